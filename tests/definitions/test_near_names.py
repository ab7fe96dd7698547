"""Suggestions: the compiler and the runtime find the same name."""

from __future__ import annotations

import pytest

from ecgen.diagnostics import problems
from ecgen.elasticsearch.near_names import by_spelling, nearest
from ecgen.runtime import errors

KNOWN = ["ignore_above", "price", "Title"]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("ignore-above", "ignore_above"),
        ("ignore_abvoe", "ignore_above"),
        ("PRICE", "price"),
        ("title", "Title"),
        ("price", None),
        ("zzz", None),
        ("", None),
        ("price" * 100, None),
    ],
)
def test_both_halves_suggest_the_same_name(word: str, found: str | None) -> None:
    assert nearest(word, by_spelling(KNOWN)) == found
    assert problems.near_miss(word, KNOWN) == found
    assert errors.did_you_mean(word, KNOWN) == (f"; did you mean {found!r}?" if found else "")
