"""The definitions that a command compares with a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ecgen import config as configuration
from ecgen.definitions import discover as sources
from ecgen.definitions.ir import Project
from ecgen.diagnostics import formats
from ecgen.pipeline import load_project


class UnusableDefinitionsError(Exception):
    """The definitions cannot be used. Holds the reason, the problems as text, and the exit code."""

    def __init__(self, message: str, code: int, problems: str = "") -> None:
        super().__init__(message)
        self.code, self.problems = code, problems


def read_definitions(schemas: Sequence[Path]) -> tuple[Project, str]:
    """Return the project of the given or the configured folders, and the server version that it is written for.

    Raises:
        UnusableDefinitionsError: there are no definitions, or they have errors.
    """
    try:
        settings = configuration.read(Path.cwd()).overridden(schemas=tuple(schemas))
    except configuration.ConfigurationError as error:
        raise UnusableDefinitionsError(str(error), 2) from None
    try:
        found = sources.read(settings.schemas)
    except FileNotFoundError as error:
        message = f"there is no {error}; name the folder of the definitions"
        raise UnusableDefinitionsError(message, 2) from None
    project, wrong = load_project(
        found.contents, found.labels, elasticsearch=settings.elasticsearch
    )
    errors = [each for each in (*found.problems, *wrong) if each.severity == "error"]
    if project is None or errors:
        message = "the definitions have errors; fix them first, 'ecgen check' shows them all"
        raise UnusableDefinitionsError(message, 1, formats.render(errors))
    return project, settings.elasticsearch
