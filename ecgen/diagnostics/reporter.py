"""Collects problems, each at the key or the value concerned."""

from __future__ import annotations

from ecgen.definitions.load import RawModel

from .problems import Problem
from .rules import RULES

Where = tuple[str | int, ...]
"""Keys and list positions from the top of a file."""


class Report:
    """The problems of one raw model, in the order found; at the end of `problems`, where a list is given."""

    def __init__(self, raw: RawModel, problems: list[Problem] | None = None) -> None:
        self.raw = raw
        self.problems = [] if problems is None else problems

    def at_key(self, path: Where, rule: str, message: str, hint: str | None = None) -> None:
        """Report at the last key of `path`: what it is called, or what it lacks."""
        self._add(self.raw.locate(path), rule, message, hint)

    def at_value(self, path: Where, rule: str, message: str, hint: str | None = None) -> None:
        """Report at the value of the last key of `path`."""
        self._add(self.raw.locate(path, value=True), rule, message, hint)

    def _add(self, place: tuple[int, int], rule: str, message: str, hint: str | None) -> None:
        severity = RULES[rule].severity
        self.problems.append(Problem(self.raw.file, *place, rule, message, hint, severity))
