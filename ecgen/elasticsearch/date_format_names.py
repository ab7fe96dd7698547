"""Date formats as Elasticsearch reads them: names, and java.time patterns."""

from __future__ import annotations

import re
from typing import Any, Final

from ecgen.diagnostics.problems import did_you_mean, quoted

_NAMES: Final = [
    "date_optional_time",
    "date_time",
    "date_time_no_millis",
    "date",
    "hour",
    "hour_minute",
    "hour_minute_second",
    "hour_minute_second_fraction",
    "hour_minute_second_millis",
    "date_hour",
    "date_hour_minute",
    "date_hour_minute_second",
    "date_hour_minute_second_fraction",
    "date_hour_minute_second_millis",
    "ordinal_date",
    "ordinal_date_time",
    "ordinal_date_time_no_millis",
    "time",
    "time_no_millis",
    "t_time",
    "t_time_no_millis",
    "week_date",
    "week_date_time",
    "week_date_time_no_millis",
    "weekyear",
    "weekyear_week",
    "weekyear_week_day",
    "year",
    "year_month",
    "year_month_day",
]
NAMES: Final = frozenset(
    [
        *_NAMES,
        *(f"strict_{name}" for name in _NAMES),
        "strict_date_optional_time_nanos",
        "epoch_millis",
        "epoch_second",
        "iso8601",
        "basic_date",
        "basic_date_time",
        "basic_date_time_no_millis",
        "basic_ordinal_date",
        "basic_ordinal_date_time",
        "basic_ordinal_date_time_no_millis",
        "basic_time",
        "basic_time_no_millis",
        "basic_t_time",
        "basic_t_time_no_millis",
        "basic_week_date",
        "basic_week_date_time",
        "basic_week_date_time_no_millis",
        "strict_basic_week_date",
        "strict_basic_week_date_time",
        "strict_basic_week_date_time_no_millis",
    ]
)
"""The formats that Elasticsearch has names for."""

ISO_NAMES: Final = frozenset(
    {
        "strict_date_optional_time",
        "date_optional_time",
        "strict_date_optional_time_nanos",
        "iso8601",
    }
)
"""Those that read any ISO 8601 date, with or without time."""

# The most letters of each that java.time takes: found by asking a 9.5.3 node.
_MOST: Final = {
    **dict.fromkeys("GMELQq", 5),
    **dict.fromkeys("dhHkKmsDFa", 2),
    **dict.fromkeys("nNuyA", 19),
    **dict.fromkeys("XxZ", 5),
    **dict.fromkeys("ez", 5),
    **dict.fromkeys("wW", 2),
    "D": 3,
    "F": 2,
    "W": 1,
    "a": 1,
    "z": 4,
    "B": 5,
    "c": 5,
    "S": 9,
    "Y": 19,
    "g": 19,
    "v": 4,
}
_EXACT: Final = {"O": (1, 4), "V": (2,), "v": (1, 4), "B": (1, 4, 5)}


def split(text: Any) -> list[str]:
    """The single formats of `a||b`."""
    return [part.strip() for part in text.split("||")] if isinstance(text, str) else []


def complaint(text: str) -> tuple[str, str | None] | None:
    """Why Elasticsearch refuses a `format`, and a hint; None where it does not."""
    for part in split(text):
        if not part:
            return (
                f"the date format {quoted(text)} has an empty part",
                "several formats are joined with '||'",
            )
        if part in NAMES:
            continue
        wrong = _pattern(part)
        if wrong:
            return f"{quoted(part)} is no date format: {wrong}", did_you_mean(part, NAMES)
    return None


def _pattern(pattern: str) -> str | None:
    # A leading 8 was how 6.8 marked java.time patterns; it is still dropped.
    rest = pattern.removeprefix("8")
    if not rest:
        return "it is empty"
    position, open_brackets = 0, 0
    while position < len(rest):
        char = rest[position]
        if char == "'":
            end = rest.find("'", position + 1)
            if end < 0:
                return "a quote is not closed"
            position = end + 1
            continue
        if char in "{}#":
            return f"{quoted(char)} is reserved"
        if char == "[":
            open_brackets += 1
        elif char == "]":
            open_brackets -= 1
            if open_brackets < 0:
                return "a ']' closes nothing"
        elif char.isascii() and char.isalpha():
            length = len(rest[position:]) - len(rest[position:].lstrip(char))
            wrong = _letters(char, length, rest[position + length :])
            if wrong:
                return wrong
            position += length
            continue
        position += 1
    return None


def _letters(char: str, length: int, rest: str) -> str | None:
    if char == "p":
        return None if re.match(r"[A-Za-z]", rest) else "'p' pads what follows it, and nothing does"
    if char in _EXACT:
        if length in _EXACT[char]:
            return None
        return f"{quoted(char * length)} does not exist; {char} stands {' or '.join(map(str, _EXACT[char]))} times"
    if char not in _MOST:
        return f"the letter {quoted(char)} means nothing in a pattern"
    if length > _MOST[char] or (char == "c" and length == 2):
        return f"{quoted(char * length)} is too long"
    return None
