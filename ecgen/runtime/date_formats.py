"""Elasticsearch's date formats: writing a datetime in one, reading a string written in one. Needs no server.

Built-in formats are spelled out as patterns of java.time, so that one small engine does both. What a pattern can say
and this engine cannot (eras, zone names, weeks by locale) makes a format unwritable: `writable_format` tells.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

__all__ = [
    "BUILT_IN",
    "DateFormat",
    "Unwritable",
    "date_formats",
    "read_epoch",
    "writable_format",
    "write_iso",
]

# [.SSS] with I: as many digits of the fraction as the value has, three at least (9.5.3 and 7.17.29 read up to nine).
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
_ISO_NAMES = (
    "date_optional_time",
    "strict_date_optional_time",
    "strict_date_optional_time_nanos",
    "iso8601",
)
BUILT_IN = frozenset(
    [
        *_ISO_NAMES,
        *_PATTERNS,
        *(
            f"strict_{name}"
            for name in _PATTERNS
            if not name.startswith("basic_") or name.startswith("basic_week")
        ),
        "epoch_millis",
        "epoch_second",
    ]
)
"""Every built-in format name that is read and written here. Tried on 9.5.3 and 7.17.29: both take them all as
formats. 7.17 refuses values of its weekyear and weekyear_week, and epoch_millis before 1970. 7.17 also knows camelCase
spellings; they are read as these."""

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTH_NAMES, _DAY_NAMES = _MONTHS.split(), _DAYS.split()
_UTC = datetime.UTC
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=_UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)


class Unwritable(ValueError):
    """A format, or a value in it, that cannot be written."""


@dataclass(frozen=True, slots=True)
class DateFormat:
    """One alternative of a field's `format`.

    write   a datetime as the format spells it. What the format has no place for is left out, as its author chose; an
            aware value in a format without a zone is written in UTC, as the server reads it; a naive one in a format
            with a zone as UTC, which the server takes it for. Unwritable (a ValueError) where the format or the year
            is beyond this engine.
    read    the datetime of a string in this format, or None. What is missing is taken from 1970-01-01, as the server
            does.
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
    """The alternatives of a `format` parameter, in order."""
    return tuple(_one(part.strip(), locale) for part in format.split("||") if part.strip())


def writable_format(format: str, locale: str | None = None) -> bool:
    """Whether the runtime can write a date in this `format`: one of its `||` alternatives is enough."""
    return any(alternative.writable for alternative in date_formats(format, locale))


def _one(name: str, locale: str | None) -> DateFormat:
    known = name if name in BUILT_IN else re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()
    if known in _ISO_NAMES:
        return DateFormat(name, _isoformat, read_iso)
    if known == "epoch_millis":
        return DateFormat(name, functools.partial(_write_epoch, 1000), _read_epoch_text_millis)
    if known == "epoch_second":
        return DateFormat(name, functools.partial(_write_epoch, 1_000_000), _read_epoch_text_second)
    pattern = _PATTERNS.get(known.removeprefix("strict_"))
    try:
        if pattern is not None:
            return _of_pattern(name, pattern, built_in=True, english=True)
        # Elasticsearch 6 and 7 mark patterns of java.time, rather than of Joda, by an 8.
        english = locale is None or locale.lower().startswith(("en", "root"))
        return _of_pattern(name, name.removeprefix("8"), built_in=False, english=english)
    except Unwritable as reason:
        return DateFormat(name, _refusing(str(reason)), lambda text: None, writable=False)


def _refusing(reason: str) -> Callable[[datetime.datetime], str]:
    def write(moment: datetime.datetime) -> str:
        raise Unwritable(reason)

    return write


# ISO 8601 and epoch numbers.


class _Days(dict[int, str]):
    """The ISO spelling of days by their ordinal, of the few thousand days that a program deals with at a time."""

    def __missing__(self, ordinal: int) -> str:
        if len(self) > 20_000:
            self.clear()
        text = self[ordinal] = f"{datetime.date.fromordinal(ordinal).isoformat()}T"
        return text


_days = _Days()
_MINUTES = [f"{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60)]
_TWO = [f"{number:02d}" for number in range(60)]
_THREE = [f"{number:03d}" for number in range(1000)]


def write_iso(moment: datetime.datetime) -> str:
    """What `moment.isoformat()` gives for a plain datetime, in two thirds of its time, and in a third for UTC: isoformat takes most of the
    time of storing a document."""
    zone = moment.tzinfo
    if zone is None:
        tail = ""
    elif zone is _UTC:
        tail = "+00:00"
    else:
        return moment.isoformat()
    day, minute = _days[moment.toordinal()], _MINUTES[moment.hour * 60 + moment.minute]
    fraction = moment.microsecond
    if not fraction:
        return f"{day}{minute}{_TWO[moment.second]}{tail}"
    thousand, rest = _THREE[fraction // 1000], _THREE[fraction % 1000]
    return f"{day}{minute}{_TWO[moment.second]}.{thousand}{rest}{tail}"


def _isoformat(moment: datetime.datetime) -> str:
    return moment.isoformat()


_ISO_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_SHORT = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")


def read_iso(text: str) -> datetime.datetime | None:
    """A date of strict_date_optional_time: `2019`, `2019-06`, or a day with or without time and zone. Else None."""
    if _ISO_START.match(text):
        try:
            return datetime.datetime.fromisoformat(text)
        except ValueError:
            return None
    if short := _ISO_SHORT.fullmatch(text):
        try:
            return datetime.datetime(int(short[1]), int(short[2] or 1), 1)
        except ValueError:
            return None
    return None


def _write_epoch(unit: int, moment: datetime.datetime) -> str | int:
    """Whole units as int; with a fraction as string (`"1560384000000.123"`), so that nothing is lost."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=_UTC)
    microseconds = (aware - _EPOCH) // _MICROSECOND
    nanoseconds = microseconds * 1000 + getattr(moment, "nanosecond", 0)
    whole, rest = divmod(nanoseconds, unit * 1000)
    # Before 1970 a fraction would count away from zero on one server and towards it on another.
    if rest == 0 or whole < 0:
        return whole
    digits = len(str(unit * 1000)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0")


_EPOCH_TEXT = re.compile(r"-?[0-9]{1,18}(\.[0-9]{0,9})?")


def read_epoch(number: float | str, unit: int) -> datetime.datetime | None:
    """The aware UTC datetime of an epoch number in units of `unit` microseconds; None where no datetime reaches it."""
    from decimal import Decimal

    try:
        return _EPOCH + int(Decimal(str(number)) * unit // 1) * _MICROSECOND
    except (OverflowError, ArithmeticError, ValueError):
        return None


def _read_epoch_text_millis(text: str) -> datetime.datetime | None:
    return read_epoch(text, 1000) if _EPOCH_TEXT.fullmatch(text) else None


def _read_epoch_text_second(text: str) -> datetime.datetime | None:
    return read_epoch(text, 1_000_000) if _EPOCH_TEXT.fullmatch(text) else None


# Patterns of java.time.

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([\[\]])|([^A-Za-z'\[\]{}#])")

_Writer = Callable[[datetime.datetime], str]


def _padded(width: int, number: Callable[[datetime.datetime], int]) -> _Writer:
    return lambda moment: str(number(moment)).zfill(width)


def _fraction(moment: datetime.datetime, digits: int) -> str:
    nanoseconds = moment.microsecond * 1000 + getattr(moment, "nanosecond", 0)
    return f"{nanoseconds:09d}"[:digits]


def _exact_fraction(moment: datetime.datetime) -> str:
    return _fraction(moment, 9).rstrip("0").ljust(3, "0")


def _two_digits(moment: datetime.datetime) -> str:
    if not 2000 <= moment.year <= 2099:
        raise Unwritable(f"two digits cannot say the year {moment.year}")
    return f"{moment.year % 100:02d}"


def _offset(moment: datetime.datetime, colon: str, zero: str) -> str:
    offset = moment.utcoffset() or datetime.timedelta(0)
    if not offset and zero:
        return zero
    minutes, seconds = divmod(int(offset.total_seconds()), 60)
    if seconds:
        raise Unwritable("an offset with seconds cannot be written")
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{colon}{abs(minutes) % 60:02d}"


def _short_offset(moment: datetime.datetime, zero: str) -> str:
    text = _offset(moment, "", zero)
    return text[:3] if len(text) == 5 and text.endswith("00") else text


_ZONE_LETTERS = "XxZ"
_NUMBERS: dict[str, tuple[str, Callable[[datetime.datetime], int]]] = {
    "d": ("day", lambda m: m.day),
    "D": ("ordinal", lambda m: m.timetuple().tm_yday),
    "H": ("hour", lambda m: m.hour),
    "k": ("hour24", lambda m: m.hour or 24),
    "K": ("hour12", lambda m: m.hour % 12),
    "h": ("hour12", lambda m: m.hour % 12 or 12),
    "m": ("minute", lambda m: m.minute),
    "s": ("second", lambda m: m.second),
    "n": ("nano", lambda m: int(_fraction(m, 9))),
    "N": ("nanoday", lambda m: _seconds(m) * 10**9 + int(_fraction(m, 9))),
    "A": ("milliday", lambda m: _seconds(m) * 1000 + m.microsecond // 1000),
}
_WEEK_NUMBERS: dict[str, tuple[str, Callable[[datetime.datetime], int]]] = {
    "Y": ("weekyear", lambda m: m.isocalendar().year),
    "w": ("week", lambda m: m.isocalendar().week),
    "e": ("weekday", lambda m: m.isoweekday()),
}


def _seconds(moment: datetime.datetime) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _token(letter: str, count: int, built_in: bool, english: bool) -> tuple[_Writer, str]:
    """How one run of a pattern letter is written, and the regular expression that reads it."""
    if letter in "yu":
        if count == 2:
            return _two_digits, "(?P<year2>[0-9]{2})"
        return _padded(count, lambda m: m.year), "(?P<year>[0-9]{4})"
    if letter in "ML" and count <= 2:
        digits = "[0-9]{2}" if count == 2 else "[0-9]{1,2}"
        return _padded(count, lambda m: m.month), f"(?P<month>{digits})"
    if letter == "S" and count <= 9:
        return lambda m: _fraction(m, count), f"(?P<fraction>[0-9]{{{count}}})"
    if letter == "I" and built_in:
        return _exact_fraction, "(?P<fraction>[0-9]{1,9})"
    if letter in _NUMBERS or (built_in and letter in _WEEK_NUMBERS):
        group, number = {**_NUMBERS, **_WEEK_NUMBERS}[letter]
        digits = f"{{{count}}}" if count > 1 else "+" if letter in "nNA" else "{1,3}"
        return _padded(count, number), f"(?P<{group}>[0-9]{digits})"
    if letter in _ZONE_LETTERS and (written := _zone(letter, count)):
        return written, "(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
    if english and letter in "MLEa" and count <= 4:
        return _name(letter, count)
    raise Unwritable(f"{letter * count!r} cannot be written")


def _zone(letter: str, count: int) -> _Writer | None:
    zero = "Z" if letter == "X" or count == 5 else ""
    if letter != "Z" and count == 1:
        return lambda m: _short_offset(m, zero)
    if (letter == "Z" and count <= 3) or count == 2:
        return lambda m: _offset(m, "", zero)
    if count in (3, 5):
        return lambda m: _offset(m, ":", zero)
    return None


def _name(letter: str, count: int) -> tuple[_Writer, str]:
    if letter == "a":
        if count > 1:
            raise Unwritable(f"{letter * count!r} cannot be written")
        return lambda m: "AM" if m.hour < 12 else "PM", "(?P<half>AM|PM)"
    length = 3 if count < 4 else 9
    if letter == "E":
        names = [name[:length] for name in _DAY_NAMES]
        return lambda m: names[m.weekday()], f"(?:{'|'.join(names)})"
    names = [name[:length] for name in _MONTH_NAMES]
    return lambda m: names[m.month - 1], f"(?P<monthname>{'|'.join(names)})"


def _of_pattern(name: str, pattern: str, built_in: bool, english: bool) -> DateFormat:
    writers: list[tuple[_Writer, int]] = []  # and how many optional sections it stands in
    expression, depth, position = "", 0, 0
    zone_depth: int | None = None
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise Unwritable(f"{name!r} is no pattern of dates")
        position = token.end()
        quoted, letter, bracket, other = token.groups()
        if letter:
            write, read = _token(letter, len(token[0]), built_in, english)
            if letter in _ZONE_LETTERS:
                zone_depth = depth
            writers.append((write, depth))
            # a field that stands twice must agree; the second is not read
            group = re.match(r"\(\?P<(\w+)>", read)
            if group and group[0] in expression:
                read = f"(?:{read[group.end() :]}"
            expression += read
        elif bracket == "[":
            depth, expression = depth + 1, f"{expression}(?:"
        elif bracket == "]":
            depth, expression = depth - 1, f"{expression})?"
        else:
            text = (quoted.replace("''", "'") or "'") if quoted is not None else other
            writers.append((_literal(text), depth))
            expression += re.escape(text)
        if depth < 0:
            raise Unwritable(f"{name!r} has an unmatched ]")
    if not writers:
        raise Unwritable("an empty pattern")
    expression += ")?" * depth
    reader = re.compile(expression)
    return DateFormat(
        name, functools.partial(_write, writers, zone_depth), functools.partial(_read, reader)
    )


def _literal(text: str) -> _Writer:
    return lambda moment: text


def _write(
    writers: list[tuple[_Writer, int]], zone_depth: int | None, moment: datetime.datetime
) -> str:
    if zone_depth is None and moment.tzinfo is not None:
        moment = moment.astimezone(_UTC)
    # java.time leaves out an optional section that it has no value for: here that can only be the zone
    skipped = zone_depth if zone_depth and moment.tzinfo is None else None
    return "".join(write(moment) for write, depth in writers if skipped is None or depth < skipped)


def _read(pattern: re.Pattern[str], text: str) -> datetime.datetime | None:
    found = pattern.fullmatch(text)
    if found is None:
        return None
    parts = {name: value for name, value in found.groupdict().items() if value is not None}
    try:
        return _assembled(parts)
    except (ValueError, OverflowError):
        return None


def _assembled(parts: dict[str, str]) -> datetime.datetime:
    number = {name: int(text) for name, text in parts.items() if text.isdigit()}
    year = number.get("year", 2000 + number["year2"] if "year2" in number else 1970)
    if "weekyear" in number:
        day = datetime.date.fromisocalendar(
            number["weekyear"], number.get("week", 1), number.get("weekday", 1)
        )
    elif "ordinal" in number:
        day = datetime.date(year, 1, 1) + datetime.timedelta(days=number["ordinal"] - 1)
    else:
        month = number.get("month", 1)
        if "monthname" in parts:
            short = [name[:3] for name in _MONTH_NAMES]
            month = short.index(parts["monthname"][:3]) + 1
        day = datetime.date(year, month, number.get("day", 1))
    hour = number.get("hour", number.get("hour24", 0) % 24)
    if "hour12" in number:
        hour = number["hour12"] % 12 + (12 if parts.get("half") == "PM" else 0)
    nanoseconds = int(parts.get("fraction", parts.get("nano", "0")).ljust(9, "0")[:9])
    if "nano" in parts:
        nanoseconds = number["nano"]
    moment = datetime.datetime(
        day.year, day.month, day.day, hour, number.get("minute", 0), number.get("second", 0)
    )
    moment += datetime.timedelta(
        microseconds=nanoseconds // 1000
        + number.get("milliday", 0) * 1000
        + number.get("nanoday", 0) // 1000
    )
    return moment.replace(tzinfo=_timezone(parts["zone"])) if "zone" in parts else moment


def _timezone(text: str) -> datetime.timezone:
    if text == "Z":
        return _UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return datetime.timezone(-offset if text[0] == "-" else offset)
