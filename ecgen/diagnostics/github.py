"""Render problems as GitHub workflow commands."""

from __future__ import annotations

from collections.abc import Iterable

from .problems import Problem, sentence, visible
from .shortened import by_file


def as_github(problems: Iterable[Problem]) -> str:
    """Return workflow commands, which GitHub shows beside the lines of a pull request; at most 100 a file."""

    def data(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def attribute(text: str) -> str:
        return data(visible(text)).replace(":", "%3A").replace(",", "%2C")

    def command(problem: Problem) -> str:
        return (
            f"::{problem.severity} file={attribute(problem.file)},line={problem.line},"
            f"col={problem.column},title={attribute(f'ecgen: {problem.rule}')}::{data(sentence(problem))}\n"
        )

    commands: list[str] = []
    for part in by_file(problems):
        commands += map(command, part.printed)
        if part.counted:
            commands.append(
                f"::{part.severity} file={attribute(part.file)},title=ecgen::{data(part.rest)}\n"
            )
    return "".join(commands)
