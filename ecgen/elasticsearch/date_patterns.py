"""Patterns of java.time (`yyyy-MM-dd HH:mm`): validate them as Elasticsearch does, write and parse dates."""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable, Mapping
from typing import Final

_UTC = datetime.UTC
_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTH_NAMES, _DAY_NAMES = _MONTHS.split(), _DAYS.split()


class Unwritable(ValueError):
    """A format, or a value in it, that cannot be written."""


# How often java.time allows each letter in a row, as found on a 9.5.3 node.
_MOST: Final[Mapping[str, int]] = {
    **dict.fromkeys("aW", 1),
    **dict.fromkeys("dFhHkKmsw", 2),
    "D": 3,
    "z": 4,
    **dict.fromkeys("cEeGLMQqXxZ", 5),
    "S": 9,
    **dict.fromkeys("AgNnuyY", 19),
}
_EXACT: Final[Mapping[str, tuple[int, ...]]] = {"O": (1, 4), "V": (2,), "v": (1, 4), "B": (1, 4, 5)}

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([\[\]])|([^A-Za-z'\[\]{}#])")


def pattern_fault(pattern: str) -> str | None:
    """Return why Elasticsearch refuses a pattern; None if it accepts it."""
    # A leading 8 marked java.time patterns in 6.8; later versions still ignore it.
    rest = pattern.removeprefix("8")
    if not rest:
        return "it is empty"
    position, open_brackets = 0, 0
    while position < len(rest):
        token = _TOKEN.match(rest, position)
        if token is None:
            char = rest[position]
            return "a quote is not closed" if char == "'" else f"'{char}' is reserved"
        position = token.end()
        _, letter, bracket, _ = token.groups()
        if letter:
            wrong = _letters_fault(letter, len(token[0]), rest[position:])
            if wrong:
                return wrong
        elif bracket:
            open_brackets += 1 if bracket == "[" else -1
            if open_brackets < 0:
                return "a ']' closes nothing"
    return None


def _letters_fault(char: str, length: int, rest: str) -> str | None:
    if char == "p":
        return None if re.match(r"[A-Za-z]", rest) else "'p' pads what follows it, and nothing does"
    if char in _EXACT:
        if length in _EXACT[char]:
            return None
        times = " or ".join(map(str, _EXACT[char]))
        return f"the letter '{char}' must be repeated {times} times, not {length}"
    if char not in _MOST:
        return f"the letter '{char}' has no meaning in a pattern"
    if length > _MOST[char]:
        return (
            f"the letter '{char}' is repeated {length} times, and at most {_MOST[char]} are allowed"
        )
    if char == "c" and length == 2:
        return "the letter 'c' cannot be repeated 2 times"
    return None


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
    """Return the writer of one run of a pattern letter, and the regular expression that matches its text."""
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
    if english and letter == "a" and count == 1:
        return lambda m: "AM" if m.hour < 12 else "PM", "(?P<half>AM|PM)"
    if english and letter in "MLE" and count <= 4:
        return _name(letter, count)
    raise Unwritable(f"{letter * count!r} cannot be written")


def _zone(letter: str, count: int) -> _Writer | None:
    zero = "Z" if letter == "X" or (letter == "Z" and count == 5) else ""
    if letter != "Z" and count == 1:
        return lambda m: _short_offset(m, zero)
    if (letter == "Z" and count <= 3) or count == 2:
        return lambda m: _offset(m, "", zero)
    if count in (3, 5):
        return lambda m: _offset(m, ":", zero)
    return None


def _name(letter: str, count: int) -> tuple[_Writer, str]:
    length = 3 if count < 4 else 9
    if letter == "E":
        names = [name[:length] for name in _DAY_NAMES]
        return lambda m: names[m.weekday()], f"(?:{'|'.join(names)})"
    names = [name[:length] for name in _MONTH_NAMES]
    return lambda m: names[m.month - 1], f"(?P<monthname>{'|'.join(names)})"


def of_pattern(
    name: str, pattern: str, built_in: bool, english: bool
) -> tuple[Callable[[datetime.datetime], str], Callable[[str], datetime.datetime | None]]:
    """Return the functions that write and parse dates in a pattern.

    Args:
        name: the format's name, for messages.
        pattern: the java.time pattern.
        built_in: allow ISO weeks, and `I` for as many digits of the fraction as there are.
        english: allow names of months and days, in English.

    Raises:
        Unwritable: for an element that this engine cannot write.
    """
    writers: list[tuple[_Writer, int]] = []  # with the number of enclosing optional sections
    expression, depth, position = "", 0, 0
    zone_depth: int | None = None
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise Unwritable(f"{name!r} is not a date pattern")
        position = token.end()
        quoted, letter, bracket, other = token.groups()
        if letter:
            write, read = _token(letter, len(token[0]), built_in, english)
            if letter in _ZONE_LETTERS:
                zone_depth = depth
            writers.append((write, depth))
            # a repeated field is matched, but only its first occurrence is read
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
    return functools.partial(_write, writers, zone_depth), functools.partial(_read, reader)


def _literal(text: str) -> _Writer:
    return lambda moment: text


def _write(
    writers: list[tuple[_Writer, int]], zone_depth: int | None, moment: datetime.datetime
) -> str:
    if zone_depth is None and moment.tzinfo is not None:
        moment = moment.astimezone(_UTC)
    # java.time omits optional sections without a value; in this engine only a zone can be missing.
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
    nanoseconds = number.get("nano", int(parts.get("fraction", "0").ljust(9, "0")))
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
