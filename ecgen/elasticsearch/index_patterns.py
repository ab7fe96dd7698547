"""Index patterns: names with `*`, as index templates and requests have them."""

from __future__ import annotations

import re
from itertools import product
from typing import Final

PRIORITY: Final = 500
"""The priority of a template that does not say one; Elastic's own templates have 100 and 200 (9.5.3)."""

FIRST: Final = "-000001"
"""The end of the first index behind a write alias; a rollover counts on from it."""


def is_pattern(name: str) -> bool:
    return "*" in name


def matches(pattern: str, name: str) -> bool:
    """Return whether a pattern matches a name."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


def overlap(one: str, other: str) -> bool:
    """Return whether a name exists that both patterns match."""
    # The lengths of what is matched of the two.
    reached = {(0, 0)}
    for i, j in product(range(len(one) + 1), range(len(other) + 1)):
        if (i, j) not in reached:
            continue
        left, right = one[i : i + 1], other[j : j + 1]
        if left == right:
            reached.add((i + 1, j + 1))
        if left == "*" or (right == "*" and left):
            reached.add((i + 1, j))
        if right == "*" or (left == "*" and right):
            reached.add((i, j + 1))
    return (len(one), len(other)) in reached
