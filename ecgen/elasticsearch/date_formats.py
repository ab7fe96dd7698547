"""Elasticsearch's date formats: their names, validation of custom formats, and writing and parsing dates.

Built-in formats are written out as java.time patterns, so that one engine handles both. A format with a pattern element
that this engine lacks (eras, zone names, weeks by locale) is unwritable: see `writable_format`. No server is needed.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from .date_patterns import Unwritable, of_pattern, pattern_fault

# `I` is ours: the digits of the fraction that the value has, at least three (9.5.3 and 7.17.29 read up to nine).
_PATTERNS = {
    "basic_date": "yyyyMMdd",
    "basic_date_time": "yyyyMMdd'T'HHmmss.IX",
    "basic_date_time_no_millis": "yyyyMMdd'T'HHmmssX",
    "basic_ordinal_date": "yyyyDDD",
    "basic_ordinal_date_time": "yyyyDDD'T'HHmmss.IX",
    "basic_ordinal_date_time_no_millis": "yyyyDDD'T'HHmmssX",
    "basic_time": "HHmmss.IX",
    "basic_time_no_millis": "HHmmssX",
    "basic_t_time": "'T'HHmmss.IX",
    "basic_t_time_no_millis": "'T'HHmmssX",
    "basic_week_date": "YYYY'W'wwe",
    "basic_week_date_time": "YYYY'W'wwe'T'HHmmss.IX",
    "basic_week_date_time_no_millis": "YYYY'W'wwe'T'HHmmssX",
    "date": "yyyy-MM-dd",
    "date_hour": "yyyy-MM-dd'T'HH",
    "date_hour_minute": "yyyy-MM-dd'T'HH:mm",
    "date_hour_minute_second": "yyyy-MM-dd'T'HH:mm:ss",
    "date_hour_minute_second_fraction": "yyyy-MM-dd'T'HH:mm:ss.I",
    "date_hour_minute_second_millis": "yyyy-MM-dd'T'HH:mm:ss.SSS",
    "date_time": "yyyy-MM-dd'T'HH:mm:ss.IXXX",
    "date_time_no_millis": "yyyy-MM-dd'T'HH:mm:ssXXX",
    "hour": "HH",
    "hour_minute": "HH:mm",
    "hour_minute_second": "HH:mm:ss",
    "hour_minute_second_fraction": "HH:mm:ss.I",
    "hour_minute_second_millis": "HH:mm:ss.SSS",
    "ordinal_date": "yyyy-DDD",
    "ordinal_date_time": "yyyy-DDD'T'HH:mm:ss.IXXX",
    "ordinal_date_time_no_millis": "yyyy-DDD'T'HH:mm:ssXXX",
    "time": "HH:mm:ss.IXXX",
    "time_no_millis": "HH:mm:ssXXX",
    "t_time": "'T'HH:mm:ss.IXXX",
    "t_time_no_millis": "'T'HH:mm:ssXXX",
    "week_date": "YYYY-'W'ww-e",
    "week_date_time": "YYYY-'W'ww-e'T'HH:mm:ss.IXXX",
    "week_date_time_no_millis": "YYYY-'W'ww-e'T'HH:mm:ssXXX",
    "weekyear": "YYYY",
    "weekyear_week": "YYYY-'W'ww",
    "weekyear_week_day": "YYYY-'W'ww-e",
    "year": "yyyy",
    "year_month": "yyyy-MM",
    "year_month_day": "yyyy-MM-dd",
}
ISO_NAMES = frozenset(
    [
        "date_optional_time",
        "strict_date_optional_time",
        "strict_date_optional_time_nanos",
        "iso8601",
    ]
)
"""The formats that accept any ISO 8601 date, with or without time."""
_EPOCH_UNITS = {"epoch_millis": 1000, "epoch_second": 1_000_000}
"""The formats of epoch numbers, with the microseconds of one unit."""
NAMES = frozenset(
    ISO_NAMES
    | _PATTERNS.keys()
    | {
        f"strict_{name}"
        for name in _PATTERNS
        if not name.startswith("basic_") or name.startswith("basic_week")
    }
    | _EPOCH_UNITS.keys()
)
"""Every named format; all can be written and parsed here.

9.5.3 and 7.17.29 accept all of them in a mapping. 7.17 refuses values of its weekyear and weekyear_week, and
epoch_millis before 1970; it also accepts the names in camelCase, which are treated alike here."""

DEFAULT_FORMATS = {
    "date": "strict_date_optional_time||epoch_millis",
    "date_nanos": "strict_date_optional_time_nanos||epoch_millis",
}
"""The `format` of a date field without one."""


class FormatFault(NamedTuple):
    """Why Elasticsearch refuses a `format`: the faulty alternative ("" if one is empty) and the reason."""

    part: str
    reason: str


def as_on_8(text: str) -> str:
    """Return a format of Elasticsearch 7 in the spelling of 8 and 9: 7.17.29 accepts `dateOptionalTime` as an old name."""
    return "||".join(map(_name_on_8, text.split("||")))


def _name_on_8(name: str) -> str:
    """Return the name of a built-in format that is written in camelCase; any other text unchanged."""
    snake = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
    is_old = name[:1].islower() and snake in NAMES and not snake.startswith("epoch_")
    return snake if is_old else name


def alternatives(text: str) -> list[str]:
    """Return the formats that `||` joins."""
    return [part.strip() for part in text.split("||")]


def format_fault(text: str) -> FormatFault | None:
    """Return what is wrong with a `format`; None if Elasticsearch accepts it."""
    for part in alternatives(text):
        if not part:
            return FormatFault(part, "it has an empty part")
        reason = None if part in NAMES else pattern_fault(part)
        if reason:
            return FormatFault(part, reason)
    return None


_UTC = datetime.UTC
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=_UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DateFormat:
    """One alternative of a field's `format`.

    write   Return the datetime as text, or as an int for epoch formats. Parts that the format lacks are dropped. An aware
            value is converted to UTC if the format has no zone; a naive one is taken as UTC if it has one, as the server
            does. Raises Unwritable (a ValueError) if this engine cannot write the format or the year.
    read    Return the datetime of a string, or None if it is not in this format. Missing parts are those of 1970-01-01,
            as on the server.
    """

    name: str
    write: Callable[[datetime.datetime], str | int]
    read: Callable[[str], datetime.datetime | None]
    writable: bool = True

    @property
    def is_iso(self) -> bool:
        """Whether isoformat() writes it."""
        return self.write is _isoformat


@functools.cache
def date_formats(format: str, locale: str | None = None) -> tuple[DateFormat, ...]:
    """Return the alternatives of a `format` parameter, in order."""
    return tuple(_one(part, locale) for part in alternatives(format) if part)


def writable_format(format: str, locale: str | None = None) -> bool:
    """Return whether the runtime can write a date in one of the `||` alternatives of `format`."""
    return any(alternative.writable for alternative in date_formats(format, locale))


def _one(name: str, locale: str | None) -> DateFormat:
    known = _name_on_8(name)
    if known in ISO_NAMES:
        return DateFormat(name, _isoformat, read_iso)
    if unit := _EPOCH_UNITS.get(known):
        write, read = functools.partial(_write_epoch, unit), functools.partial(_read_epoch, unit)
        return DateFormat(name, write, read)
    pattern = _PATTERNS.get(known.removeprefix("strict_"))
    try:
        if pattern is not None:
            return DateFormat(name, *of_pattern(name, pattern, built_in=True, english=True))
        # In Elasticsearch 6 and 7 a leading 8 marks a java.time pattern, as opposed to a Joda one.
        english = not locale or locale.lower().startswith(("en", "root"))
        own = of_pattern(name, name.removeprefix("8"), built_in=False, english=english)
        return DateFormat(name, *own)
    except Unwritable as reason:
        return DateFormat(name, _refusing(str(reason)), lambda text: None, writable=False)


def _refusing(reason: str) -> Callable[[datetime.datetime], str]:
    def write(moment: datetime.datetime) -> str:
        raise Unwritable(reason)

    return write


# ISO 8601 and epoch numbers


class _Days(dict[int, str]):
    def __missing__(self, ordinal: int) -> str:
        if len(self) > 20_000:
            self.clear()
        text = self[ordinal] = f"{datetime.date.fromordinal(ordinal).isoformat()}T"
        return text


DAYS = _Days()
"""Cache of days in ISO format with a trailing `T`, by ordinal; cleared when it holds more than 20,000."""
MINUTES = [f"{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60)]
SECONDS = [f"{number:02d}." for number in range(60)]
THREE = [f"{number:03d}" for number in range(1000)]


def write_iso(moment: datetime.datetime) -> str:
    """Return `moment.isoformat()`.

    Takes two thirds of isoformat's time for a naive datetime, a third for UTC. isoformat used to take most of the time of
    storing a document.
    """
    zone = moment.tzinfo
    if zone is None:
        tail = ""
    elif zone is _UTC:
        tail = "+00:00"
    else:
        return moment.isoformat()
    day = DAYS[moment.toordinal()]
    minute, second = MINUTES[moment.hour * 60 + moment.minute], SECONDS[moment.second]
    fraction = moment.microsecond
    if not fraction:
        return f"{day}{minute}{second[:2]}{tail}"
    return f"{day}{minute}{second}{THREE[fraction // 1000]}{THREE[fraction % 1000]}{tail}"


def _isoformat(moment: datetime.datetime) -> str:
    return moment.isoformat()


_ISO_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_SHORT = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")


def read_iso(text: str) -> datetime.datetime | None:
    """Return the date in strict_date_optional_time (`2019`, `2019-06`, a day with or without time and zone); else None."""
    try:
        if _ISO_START.match(text):
            return datetime.datetime.fromisoformat(text)
        if short := _ISO_SHORT.fullmatch(text):
            return datetime.datetime(int(short[1]), int(short[2] or 1), 1)
    except ValueError:
        pass
    return None


def _write_epoch(unit: int, moment: datetime.datetime) -> str | int:
    """Return whole units as int, and a fraction as text (`"1560384000000.123"`), which loses no precision."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=_UTC)
    microseconds = (aware - _EPOCH) // _MICROSECOND
    nanoseconds = microseconds * 1000 + getattr(moment, "nanosecond", 0)
    whole, rest = divmod(nanoseconds, unit * 1000)
    # Servers differ in the sign of a fraction before 1970, so none is written.
    if rest == 0 or whole < 0:
        return whole
    digits = len(str(unit * 1000)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0")


_EPOCH_TEXT = re.compile(r"-?[0-9]{1,18}(\.[0-9]{0,9})?")


def read_epoch(number: float | str, unit: int) -> datetime.datetime | None:
    """Return the UTC datetime of an epoch number in units of `unit` microseconds; None if datetime cannot represent it."""
    try:
        return _EPOCH + int(Decimal(str(number)) * unit // 1) * _MICROSECOND
    except (OverflowError, ArithmeticError, ValueError):
        return None


def _read_epoch(unit: int, text: str) -> datetime.datetime | None:
    return read_epoch(text, unit) if _EPOCH_TEXT.fullmatch(text) else None
