"""Load → validate → resolve, from bytes to a project and its problems. Pure: no disk access."""

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
from .diagnostics.problems import Problem, has_errors, in_order

_MODEL = re.compile(rb"^model:[ \t]*[\"']?([A-Za-z]\w*)", re.MULTILINE)


class Files:
    """Parses definitions; with `remember`, caches the result by content for the next run."""

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
    """Return the resolved project, and the problems of all files.

    Args:
        contents: the files' contents by the names shown in problems.
        labels: the files' names in generated code, where they differ.
        package: the name of the package to generate.
        elasticsearch: the server's version, major (`"9"`) or full.
        files: the parser of an earlier run, with its cache.

    The project is None if there is any error.
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
            # The model exists, so references to it are not reported.
            named.update(match.decode() for match in _MODEL.findall(content))
    admitted, found = validate(raws, elasticsearch)
    problems += _beside(problems, found)
    for raw in admitted:
        if "model" in raw.refused.get((), ()):
            # Other files refer to the model by the corrected name.
            named.add(pascal_case(str(raw.data.get("model", ""))))
    broken = {problem.file for problem in problems if problem.severity == "error"}
    project, found = resolve(admitted, broken, named, package, labels or {})
    found += check_mapping_sizes(project.models, elasticsearch)
    problems += _beside(problems, found)
    return (None if has_errors(problems) else project), in_order(problems)


def _beside(reported: list[Problem], found: list[Problem]) -> list[Problem]:
    """Drop problems at the place of an error that is already reported: they only follow from it."""
    places = {(each.file, each.line, each.column) for each in reported if each.severity == "error"}
    return [each for each in found if (each.file, each.line, each.column) not in places]
