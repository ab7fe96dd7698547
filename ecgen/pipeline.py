"""The whole story on one screen: load → validate → resolve → render. Pure: bytes in, problems and texts out."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping

from .definitions.checks.mapping_size import check_mapping_sizes
from .definitions.ir import Project
from .definitions.load import RawModel, load_bytes
from .definitions.name_words import pascal_case
from .definitions.resolve import resolve
from .definitions.validate import validate
from .diagnostics.problems import Problem, has_errors

_MODEL = re.compile(rb"^model:[ \t]*[\"']?([A-Za-z]\w*)", re.MULTILINE)


class Files:
    """Reads definitions. One that is kept for another run remembers the files it has read.

    remember   whether it will read again
    """

    def __init__(self, remember: bool = False) -> None:
        self.load: Callable[[bytes, str], tuple[RawModel | None, list[Problem]]] = load_bytes
        if remember:
            self.load = functools.lru_cache(maxsize=5000)(load_bytes)


def load_project(
    contents: Mapping[str, bytes],
    labels: Mapping[str, str] | None = None,
    package: str = "generated",
    elasticsearch: str = "9",
    files: Files | None = None,
) -> tuple[Project | None, list[Problem]]:
    """Return the project that definitions mean, and every problem of every file.

    Args:
        contents: the files' contents by the names that problems show.
        labels: what generated code calls the files; the same names where absent.
        package: the name of the package to generate.
        elasticsearch: the server's major version (`"9"`), or a full one.
        files: what was read before, where definitions are read again.

    With any error there is no project.
    """
    files = files or Files()
    problems: list[Problem] = []
    raws: list[RawModel] = []
    named: set[str] = set()
    for name, content in sorted(contents.items()):
        raw, found = files.load(content, name)
        problems += found
        if raw is not None:
            raws.append(raw)
        else:
            # The name still counts: joins to this model are not what is wrong.
            named.update(match.decode() for match in _MODEL.findall(content))
    admitted, found = validate(raws, elasticsearch)
    problems += _beside(problems, found)
    for raw in admitted:
        if "model" in raw.refused.get((), ()):
            # What others call it is what it should be called.
            named.add(pascal_case(str(raw.data.get("model", ""))))
    broken = {problem.file for problem in problems if problem.severity == "error"}
    project, found = resolve(admitted, broken, named, package, labels or {})
    found += check_mapping_sizes(project.models, elasticsearch)
    problems += _beside(problems, found)
    return (None if has_errors(problems) else project), sorted(problems)


def _beside(reported: list[Problem], found: list[Problem]) -> list[Problem]:
    """Drop problems at the place of an error that is already reported: they only follow from it."""
    places = {(each.file, each.line, each.column) for each in reported if each.severity == "error"}
    return [each for each in found if (each.file, each.line, each.column) not in places]
