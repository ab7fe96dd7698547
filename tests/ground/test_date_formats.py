"""Date formats: checks, runtime and servers agree."""

from __future__ import annotations

import datetime

import pytest

import ecgen.runtime as runtime
from ecgen.definitions.load import load_text
from ecgen.definitions.validate import validate
from ecgen.elasticsearch.date_formats import NAMES, date_formats, format_fault

MOMENT = datetime.datetime(2026, 11, 25, 21, 44, 1, 678000, tzinfo=datetime.UTC)
PATTERNS = [
    "yyyy-MM-dd",
    "uuuu-MM-dd'T'HH:mm:ss.SSSX",
    "dd.MM.yyyy HH:mm",
    "yyyy-DDD",
    "d MMM yyyy",
    "EEEE, d MMMM yyyy",
    "hh:mm a",
    "yyyy-MM-dd[ HH:mm]",
    "yyyy-MM-dd HH:mm ZZZZ",
    "yyyy-MM-dd VV",
    "yyyy-MM-dd z",
    "G yyyy",
    "e",
    "QQQ yyyy",
    "yyyy-MM-dd HH:mm ZZZZ||strict_date_optional_time",
    "VV||epoch_second",
    "VV||z",
]


def lints(text: str) -> list[str]:
    raw, problems = load_text(
        f"model: M\nfields:\n  d:\n    type: date\n    format: {text!r}\n", "m.yaml"
    )
    assert raw is not None
    return [problem.message for problem in [*problems, *validate([raw], "9")[1]]]


def can_write(text: str) -> bool:
    field = runtime.Date("d", format=text)
    try:
        field.to_es(MOMENT)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", [*sorted(NAMES), *PATTERNS])
def test_the_lint_agrees_with_what_the_runtime_writes(text: str) -> None:
    assert format_fault(text) is None
    assert (lints(text) == []) is can_write(text)


def test_every_named_format_can_be_written() -> None:
    assert [name for name in NAMES if not date_formats(name)[0].writable] == []


def test_a_locale_counts() -> None:
    text = "model: M\nfields:\n  d: {type: date, format: d MMM yyyy, locale: fr}\n"
    raw, _ = load_text(text, "m.yaml")
    assert raw is not None
    assert [problem.rule for problem in validate([raw], "9")[1]] == ["unwritable-date-format"]


@pytest.mark.parametrize(
    ("text", "part", "reason"),
    [
        ("yyyy||", "", "it has an empty part"),
        ("foo", "foo", "the letter 'f' has no meaning in a pattern"),
        ("yyyy||MMMMMM", "MMMMMM", "the letter 'M' is repeated 6 times, and at most 5 are allowed"),
        ("VVV", "VVV", "the letter 'V' must be repeated 2 times, not 3"),
        ("yyyy]", "yyyy]", "a ']' closes nothing"),
        ("'open", "'open", "a quote is not closed"),
    ],
)
def test_what_is_wrong_is_named(text: str, part: str, reason: str) -> None:
    assert format_fault(text) == (part, reason)
