"""Render problems in an output format; each format's module is imported on use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from .problems import Problem, in_order
from .text import SourceLine, as_text

Format = Literal["text", "json", "github", "sarif"]


def render(
    problems: Iterable[Problem],
    form: Format = "text",
    *,
    source_line: SourceLine | None = None,
    colour: bool = False,
) -> str:
    """Return problems in one of the formats, sorted by file and line; `text` and `github` show at most 100 a file.

    `source_line` returns the line that `text` shows above the caret; without it, or if it returns None, both are omitted.
    """
    ordered = in_order(problems)
    if form == "json":
        from .json import as_json

        return as_json(ordered)
    if form == "github":
        from .github import as_github

        return as_github(ordered)
    if form == "sarif":
        from .sarif import as_sarif

        return as_sarif(ordered)
    return as_text(ordered, source_line, colour)
