"""Render problems as text: a line each, with the source line and a caret below it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

from .problems import Problem, sentence, visible
from .shortened import by_file

SourceLine = Callable[[str, int], str | None]
"""Returns a line of a file; None if it is not available."""


def as_text(
    problems: Iterable[Problem], source_line: SourceLine | None = None, colour: bool = False
) -> str:
    """Return `file:line:column: error[rule]: message`, the source line and a caret for each problem; at most 100 a file."""
    blocks = []
    for part in by_file(problems):
        blocks += [_block(problem, source_line, colour) for problem in part.printed]
        if part.counted:
            blocks.append(f"{visible(part.file)}: {part.rest}\n")
    return "".join(blocks)


def _block(problem: Problem, source_line: SourceLine | None, colour: bool) -> str:
    label = f"{problem.severity}[{problem.rule}]"
    if colour:
        label = f"\x1b[{31 if problem.severity == 'error' else 33};1m{label}\x1b[0m"
    place = f"{visible(problem.file)}:{problem.line}:{problem.column}"
    block = f"{place}: {label}: {sentence(problem)}\n"
    line = source_line(problem.file, problem.line) if source_line else None
    return block if line is None else f"{block}{_caret(line, problem.column)}\n"


def _caret(line: str, column: int, width: int = 110) -> str:
    line = line.rstrip("\r\n")
    start = max(0, column - 1 - width * 2 // 3) if len(line) > width else 0
    before = visible(line[start : column - 1].replace("\t", " "))
    shown = before + visible(line[column - 1 : start + width].replace("\t", " "))
    lead = "…" if start else ""
    pad = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in lead + before)
    return f"    {lead}{shown}\n    {' ' * pad}^"
