"""The definitions that a command compares with a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ecgen import config as configuration
from ecgen.building import Build, BuildError
from ecgen.definitions.ir import Project
from ecgen.diagnostics import formats


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
        loaded = Build(settings).load()
    except configuration.ConfigurationError as error:
        raise UnusableDefinitionsError(str(error), 2) from None
    except BuildError as error:
        raise UnusableDefinitionsError(str(error), error.code) from None
    if loaded.project is None:
        message = "the definitions have errors; fix them first, 'ecgen check' shows them all"
        raise UnusableDefinitionsError(message, 1, formats.render(loaded.errors))
    return loaded.project, settings.elasticsearch
