"""Dates."""

from __future__ import annotations

import datetime
import re
from typing import Any, ClassVar, Literal

from ecgen.elasticsearch.date_formats import DEFAULT_FORMATS, DateFormat, date_formats, read_epoch
from ecgen.elasticsearch.date_patterns import Unwritable

from ..errors import FieldValueError
from .base import BaseDataType, inline
from .values import NanoDatetime

# The code of write_iso, inlined for the most frequent dates: the call alone is a third of its time.
_WRITE_ISO = (
    'f"{{_DAYS[{0}.toordinal()]}}{{_MINUTES[{0}.hour * 60 + {0}.minute]}}{{_SECONDS[{0}.second]}}'
    '{{_THREE[_f // 1000]}}{{_THREE[_f % 1000]}}"'
    " if {0}.tzinfo is None and (_f := {0}.microsecond) else _iso({0})"
)


class Date(BaseDataType):
    """A datetime.datetime, naive or aware as it was given or stored.

    Takes datetimes, dates (midnight), times of day if the format has no day, strings and epoch numbers (milliseconds,
    or seconds if the format says so; the result is an aware datetime in UTC). Strings are parsed as ISO 8601 first,
    then in the field's own format, then by dateutil, which takes the month first if that is ambiguous (`6.7.2019` is
    June 7th). A string without a day, a month or a year, or with a zone that only has a name, is refused. Written in
    the first alternative of the field's `format` that can be written (see date_formats); a format without a time of
    day drops the time. Stored values are parsed in the field's format first. Elasticsearch's `date` has milliseconds
    in its index; `_source` keeps what was stored.

    auto   `created`: stamped with the time, in UTC, when the document is first saved; `updated`: then, and with each
           update that changes another field. A value that the program assigns is kept.
    """

    es_type = "date"
    kept = "{0}"
    default_format: ClassVar[str] = DEFAULT_FORMATS["date"]

    def __init__(
        self, name: str, *, auto: Literal["created", "updated"] | None = None, **options: Any
    ) -> None:
        super().__init__(name, **options)
        if auto not in (None, "created", "updated"):
            raise ValueError(f"{name}: auto is 'created' or 'updated', not {auto!r}")
        if auto and (self.many or self.default is not None):
            raise ValueError(f"{name}: a date with auto holds one value, and has no default")
        self.auto = auto
        format = self.parameters.get("format") or self.default_format
        self.formats = date_formats(format, self.parameters.get("locale"))
        names = [alternative.name for alternative in self.formats]
        self._epoch_unit = (
            1_000_000 if "epoch_second" in names and "epoch_millis" not in names else 1000
        )
        self._written: DateFormat | None = next((f for f in self.formats if f.writable), None)
        # `2019-06-13…` is parsed as the declared formats would: all that begin with an ISO day
        self._iso_first = self._written is not None and self._written.is_iso
        self._takes_iso = any(alternative.is_iso for alternative in self.formats)

    @inline(lambda _, v: f"{v}.__class__ is _datetime")
    def _convert(self, value: Any) -> Any:
        if isinstance(value, datetime.datetime) and value == value:  # NaT of pandas is not
            if type(value) is datetime.datetime:
                return value
            return datetime.datetime.combine(value.date(), value.timetz())
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return datetime.datetime(value.year, value.month, value.day)
        if isinstance(value, str):
            found = self._of_text(value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found = read_epoch(value, self._epoch_unit)
        elif isinstance(value, datetime.time):
            found = self._of_time(value)
        else:
            found = None
        if found is None:
            raise FieldValueError(_why_not(value), value)
        return found

    def _of_time(self, time: datetime.time) -> datetime.datetime:
        """Return a time of day, for formats without a day; it is read back as one of the first day of 1970."""
        moment = datetime.datetime.combine(datetime.date(1970, 1, 1), time)
        later = moment.replace(year=2001, month=2, day=3)
        if self._written is None or self._written.write(moment) != self._written.write(later):
            raise FieldValueError("is a time without a day, which the field's format needs", time)
        return moment

    def _of_text(self, text: str) -> datetime.datetime | None:
        try:
            return datetime.datetime.fromisoformat(text)
        except ValueError:
            pass
        if _BEYOND.match(text):
            return None  # dateutil would parse -0044 as the year 44
        # A few digits are a year to the default format, and milliseconds to no format.
        is_formatted = "format" in self.parameters or _EPOCH_NUMBER.fullmatch(text)
        found = self._in_format(text) if is_formatted else None
        return parse_with_dateutil(text) if found is None else found

    def _in_format(self, text: str) -> datetime.datetime | None:
        for alternative in self.formats:
            found = alternative.read(text)
            if found is not None:
                return found
        return None

    @inline(
        # without a "-" it may be an epoch number that fromisoformat takes for a date of another millennium
        lambda self, v: f'"-" in {v}' if self._iso_first else "",
        lambda _, v: f"_from_iso({v})",
        may_fail=True,
    )
    def _read(self, value: Any) -> Any:
        found = self._in_format(value) if isinstance(value, str) else None
        return self._convert(value) if found is None else found

    @inline(
        lambda self, v: f"{v}.__class__ is _datetime" if self._iso_first else "",
        lambda _, v: _WRITE_ISO.format(v),
        native=True,
    )
    def _write(self, value: Any) -> Any:
        for alternative in self.formats:
            try:
                return alternative.write(value)
            except Unwritable:
                continue
        raise FieldValueError(
            f"cannot be written in the field's format {self.parameters.get('format')!r}", value
        )

    def to_query(self, value: Any) -> Any:
        """Return a date in the field's format; a string that is no whole date as it is: `now-1d/d`, `2019-06`.

        With a fraction of the second, where the format can have one: for a value without one servers take the whole second, and
        its end for `gt` and `lte`.
        """
        try:
            written = super().to_query(value)
        except FieldValueError:
            is_text = isinstance(value, str)
            if not is_text or not (value.startswith("now") or any(map(str.isdigit, value))):
                raise
            return value
        if isinstance(written, int):
            # Text, since 8.19.21 and 9.5.3 take numbers for milliseconds, also where the format is epoch_second.
            return f"{written}.0" if written >= 0 else str(written)
        if self._takes_iso and written and (found := _WHOLE_SECOND.fullmatch(written)):
            return f"{found[1]}.000{found[2]}"
        return written


class DateNanos(Date):
    """Like Date, with nanoseconds in the index. If a document or a string has more than six digits of the second, the
    value is a NanoDatetime, a datetime with `nanosecond`; otherwise a plain datetime. The index holds 1970 to
    2262.
    """

    es_type = "date_nanos"
    default_format = DEFAULT_FORMATS["date_nanos"]

    def _convert(self, value: Any) -> Any:
        nanosecond = getattr(value, "nanosecond", 0)  # also of a pandas Timestamp
        if nanosecond:
            return NanoDatetime.of(value, nanosecond)
        return _with_nanoseconds(super()._convert(value), value)

    def _read(self, value: Any) -> Any:
        return _with_nanoseconds(super()._read(value), value)


_WHOLE_SECOND = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(|Z|[+-].*)")
_BEYOND = re.compile(r"\s*(?:[+-][0-9]+|0+|[0-9]{5,})-[0-9]{1,2}(?:-[0-9]{1,2})?(?![0-9])")
"""Dates in years outside datetime's range: `-0044-03-15`, `0000-01-01`, `+12019-06-13`."""


def _why_not(value: Any) -> str:
    is_epoch = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_epoch or (
        isinstance(value, str) and (_BEYOND.match(value) or _EPOCH_NUMBER.fullmatch(value))
    ):
        return "is not a date of the years 1 to 9999, which is all that Python's datetime holds"
    return "is not a date"


_EPOCH_NUMBER = re.compile(r"-?[0-9]{9,}(\.[0-9]+)?")
_FRACTION = re.compile(r"[.,][0-9]{6}([0-9]{1,3})(?![0-9])")


def _with_nanoseconds(moment: Any, spelled: Any) -> Any:
    if not isinstance(spelled, str) or not isinstance(moment, datetime.datetime):
        return moment
    # an epoch number has its fraction in other units
    epoch = re.fullmatch(r"-?[0-9]+\.[0-9]{3}([0-9]{1,3})", spelled)
    found = epoch or _FRACTION.search(spelled)
    nanosecond = int(found[1].ljust(3, "0")) if found else 0
    return NanoDatetime.of(moment, nanosecond) if nanosecond else moment


def parse_with_dateutil(text: str) -> datetime.datetime | None:
    """Return what dateutil parses from `text`; None if it fails, or would fill in today's day, month or year."""
    from dateutil import parser  # type: ignore[import-untyped]  # comes without stubs

    # dateutil takes missing parts from the default: two different defaults show whether any is missing.
    found = []
    for default in (datetime.datetime(2000, 1, 2), datetime.datetime(2001, 2, 3)):
        try:
            found.append(parser.parse(text, default=default, tzinfos=_named_zone))
        except (ValueError, OverflowError, TypeError):
            return None
    return found[0] if found[0] == found[1] else None


def _named_zone(name: str | None, offset: int | None) -> datetime.tzinfo | None:
    if name is None and offset is None:
        return None
    if offset is not None:
        return datetime.timezone(datetime.timedelta(seconds=offset))
    if name in ("UTC", "GMT", "Z", "z"):
        return datetime.UTC
    raise ValueError(f"{name!r} names a zone that dates cannot be sure of")
