"""Index patterns: which names match, and whether two patterns can match one name, compared with all short names."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from ecgen.elasticsearch.index_patterns import matches, overlap


def words(letters: str, longest: int) -> list[str]:
    return ["".join(word) for size in range(longest + 1) for word in product(letters, repeat=size)]


@pytest.mark.parametrize("seed", range(3))
def test_patterns_overlap_if_a_name_matches_both(seed: int) -> None:
    patterns, names = words("ab*", 4), words("ab", 8)
    for one, other in (Random(seed).choices(patterns, k=2) for _ in range(300)):
        common = any(matches(one, name) and matches(other, name) for name in names)
        assert overlap(one, other) == common, (one, other)


def test_other_characters_stand_for_themselves() -> None:
    assert matches("logs.*", "logs.app")
    assert not matches("logs.*", "logs-app")
    assert not matches("logs?", "logs1")
    assert matches("*", "a\nb")
