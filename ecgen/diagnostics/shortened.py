"""Limit the problems shown of a file to 100, and count the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from .problems import Problem, has_errors

MOST = 100


class OfOneFile(NamedTuple):
    """The problems of a file that are printed, and those that are only counted."""

    file: str
    printed: list[Problem]
    counted: list[Problem]

    @property
    def rest(self) -> str:
        """`… and 58,900 more in this file; ecgen check --format json shows all`."""
        return f"… and {len(self.counted):,} more in this file; ecgen check --format json shows all"

    @property
    def severity(self) -> str:
        """The highest severity among the counted problems."""
        return "error" if has_errors(self.counted) else "warning"


def by_file(problems: Iterable[Problem]) -> Iterator[OfOneFile]:
    """Yield the problems of each file, sorted; errors are printed before warnings because they fail a build."""
    for file, group in groupby(problems, lambda problem: problem.file):
        found = list(group)
        ranked = sorted(range(len(found)), key=lambda number: found[number].severity != "error")
        printed = [found[number] for number in sorted(ranked[:MOST])]
        yield OfOneFile(file, printed, [found[number] for number in ranked[MOST:]])
