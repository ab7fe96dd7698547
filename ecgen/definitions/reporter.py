"""Collect problems, each at a key or value of a file."""

from __future__ import annotations

from ecgen.diagnostics.problems import Problem
from ecgen.diagnostics.rules import RULES

from .load import RawModel

Where = tuple[str | int, ...]
"""Keys and list positions from the top of a file."""


class Report:
    """Collects the problems of one raw model, in a new list or at the end of `problems`."""

    def __init__(self, raw: RawModel, problems: list[Problem] | None = None) -> None:
        self.raw = raw
        self.problems = [] if problems is None else problems

    def at_key(self, path: Where, rule: str, message: str, hint: str | None = None) -> None:
        """Report a problem of the last key of `path`: its name, or something missing in it."""
        self._add(self.raw.locate(path), rule, message, hint)

    def at_value(self, path: Where, rule: str, message: str, hint: str | None = None) -> None:
        """Report a problem of the value of the last key of `path`."""
        self._add(self.raw.locate(path, value=True), rule, message, hint)

    def _add(self, place: tuple[int, int], rule: str, message: str, hint: str | None) -> None:
        severity = RULES[rule].severity
        self.problems.append(Problem(self.raw.file, *place, rule, message, hint, severity))
