"""Problems as workflow commands of GitHub."""

from __future__ import annotations

from collections.abc import Iterable

from .problems import Problem, sentence, visible


def as_github(problems: Iterable[Problem]) -> str:
    """Workflow commands that GitHub shows beside the lines of a pull request."""

    def data(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def attribute(text: str) -> str:
        return data(visible(text)).replace(":", "%3A").replace(",", "%2C")

    return "".join(
        f"::{problem.severity} file={attribute(problem.file)},line={problem.line},"
        f"col={problem.column},title={attribute(f'ecgen: {problem.rule}')}::{data(sentence(problem))}\n"
        for problem in problems
    )
