"""The two sides of a review: a git revision, a folder of definitions, or a folder of mapping JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ecgen.config import Configuration
from ecgen.definitions import discover as disk
from ecgen.diagnostics.command_error import CommandError
from ecgen.diagnostics.problems import Problem, has_errors, quoted
from ecgen.importer.from_mapping import read_bodies
from ecgen.pipeline import Files, load_project

from .compare.subjects import Subject, of_models
from .revisions import (
    UnusableSourceError,
    branch_point,
    definitions,
    git,
    is_revision,
    why_unknown,
)


@dataclass(frozen=True, slots=True)
class Side:
    """One side, after reading. If problems are errors it has no subjects."""

    subjects: dict[str, Subject]
    problems: list[Problem] = field(default_factory=list)


def named_sides(
    old: str, new: str | None = None, merge_base: str | None = None
) -> tuple[str, str | None]:
    """Return the two sides that the arguments of `ecgen diff` name, with `A...B` and a merge base resolved.

    `A...B` compares B with the commit where B branched off from A, `A...` the working tree with where HEAD branched
    off; `merge_base` is the A of `A...`, and `old` is then ignored.

    Raises:
        UnusableSourceError: NEW is given with a range, a revision is unknown, or the two have no common ancestor.
    """
    if merge_base is not None:
        old = f"{merge_base}..."
    left, dots, right = old.partition("...")
    if not dots or Path(old).is_dir():
        return old, new
    if new is not None:
        shown = f"--merge-base {merge_base}" if merge_base is not None else quoted(old)
        raise UnusableSourceError(f"{shown} names both sides; leave {quoted(new)} out")
    return branch_point(left or "HEAD", right or "HEAD"), right or None


def has_left_behind(name: str) -> bool:
    """Return whether `name` is a revision with commits that HEAD lacks, so that what they added appears to be
    removed."""
    if Path(name).is_dir() or not is_revision(name):
        return False
    return bool(git("rev-list", "-1", "--end-of-options", f"HEAD..{name}").strip())


def read_side(given: str | None, configuration: Configuration, files: Files) -> Side:
    """Return the side that an argument names; None is the working tree.

    A folder has precedence over a revision; if both exist it is an error.

    Args:
        files: reads them; a caching one reads what both sides have only once.

    Raises:
        UnusableSourceError: it is none of the three, or cannot be read.
    """
    if given is None:
        return _definitions_on_disk(configuration.schemas, configuration, files)
    folder = Path(given)
    if folder.is_dir():
        if os.sep not in given and "/" not in given and is_revision(given):
            raise UnusableSourceError(
                f"{quoted(given)} is a folder and a git revision; write './{given}' for the folder, or a longer name "
                "of the revision, as in 'refs/heads/…'"
            )
        return _folder(folder, configuration, files)
    if folder.is_file():
        raise UnusableSourceError(f"{quoted(given)} is a file; name its folder")
    if not is_revision(given):
        why = why_unknown(
            given,
            "OLD and NEW are a revision as in 'main', a folder of definitions or a folder of mapping JSON",
        )
        raise UnusableSourceError(f"{quoted(given)} is neither a folder nor a git revision; {why}")
    return _loaded(definitions(given, configuration), [], configuration, files)


def _folder(folder: Path, configuration: Configuration, files: Files) -> Side:
    found = disk.read([folder])
    if found.contents or found.problems:
        return _loaded(found.contents, found.problems, configuration, files)
    subjects: dict[str, Subject] = {}
    for file in _json_files(folder):
        for subject in _subjects(file):
            if subject.key in subjects:
                raise UnusableSourceError(
                    f"{subjects[subject.key].file} and {subject.file} have the same name"
                )
            subjects[subject.key] = subject
    if not subjects:
        raise UnusableSourceError(
            f"{quoted(str(folder))} has neither definitions (*.yaml) nor mapping JSON (*.json)"
        )
    return Side(subjects)


def _json_files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(files) if name.endswith(".json"))


def _subjects(file: Path) -> Iterator[Subject]:
    """Yield the index bodies in a JSON file: one by the file's stem, several by the names that the file gives them
    too."""
    shown = file.as_posix()
    try:
        found = read_bodies(file, shown)
    except CommandError as error:
        raise UnusableSourceError(str(error)) from error
    for source in found:
        key = file.stem if len(found) == 1 else f"{file.stem}/{source.name}"
        body = {"settings": source.settings, "mappings": source.mappings, "aliases": source.aliases}
        named = source.template is not None and "index_patterns" in source.template
        yield Subject(key, body, shown, template=source.template if named else None)


def _definitions_on_disk(
    schemas: Sequence[Path], configuration: Configuration, files: Files
) -> Side:
    try:
        found = disk.read(schemas)
    except FileNotFoundError as error:
        raise UnusableSourceError(
            f"there is no {error}; set 'schemas' in [tool.ecgen] of pyproject.toml, or name NEW"
        ) from error
    return _loaded(found.contents, found.problems, configuration, files)


def _loaded(
    contents: dict[str, bytes], problems: list[Problem], configuration: Configuration, files: Files
) -> Side:
    project, found = load_project(
        contents,
        package=configuration.package_name,
        elasticsearch=configuration.elasticsearch,
        files=files,
    )
    errors = [*problems, *(each for each in found if each.severity == "error")]
    if project is None or has_errors(errors):
        return Side({}, errors)
    return Side(of_models(project.models), [])
