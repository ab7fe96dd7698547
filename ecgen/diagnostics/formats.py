"""The formats that problems are shown in; each has a module of its own, loaded where it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from .problems import Problem
from .text import SourceLine, as_text

Format = Literal["text", "json", "github", "sarif"]


def render(
    problems: Iterable[Problem],
    form: Format = "text",
    *,
    source_line: SourceLine | None = None,
    colour: bool = False,
) -> str:
    """Problems in one of the four formats, sorted by file and line; `text` and `github` count those past a file's hundredth.

    `source_line` gives `text` the lines to show; without it, or where it gives None, the line and caret are left out.
    """
    ordered = sorted(problems, key=lambda p: (p.file, p.line, p.column, p.rule, p.message))
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
