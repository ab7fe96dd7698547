"""Output that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ecgen.building import Loaded
from ecgen.diagnostics.formats import Format, render
from ecgen.diagnostics.problems import Problem
from ecgen.repository import from_root

from .terminal import has_colour


def refuse(message: str, code: int) -> int:
    """Print why nothing was done, and return the exit code."""
    click.echo(f"error: {message}", err=True)
    return code


def show(
    loaded: Loaded, problems: Sequence[Problem], form: Format = "text", err: bool = False
) -> None:
    """Print problems, with lines of the definitions if the format has them."""
    if not problems and form == "text":
        return
    if form in ("github", "sarif"):
        named = from_root()
        problems = [each._replace(file=named(each.file)) for each in problems]
    colour = form == "text" and has_colour(sys.stderr if err else sys.stdout)
    text = render(problems, form, source_line=loaded.line, colour=colour)
    click.echo(text, nl=False, err=err, color=colour)


def place(path: Path) -> str:
    """Return the path as printed, with `/` on every system."""
    return path.as_posix()


def counted(problems: Sequence[Problem]) -> str:
    """Return `2 errors and 1 warning in 3 files`."""
    errors = sum(problem.severity == "error" for problem in problems)
    counts = [(errors, "error"), (len(problems) - errors, "warning")]
    files = len({problem.file for problem in problems})
    return f"{' and '.join(number(n, word) for n, word in counts if n)} in {number(files, 'file')}"


def number(count: int, word: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
