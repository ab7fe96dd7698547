"""The two sides of a review: a git revision, a folder of definitions, or a folder of mapping JSON.

A revision is read from git's objects; the working tree is neither read nor changed.
"""

from __future__ import annotations

import os
import subprocess
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


class UnusableSourceError(Exception):
    """A side that cannot be read; the message says why and what to write instead."""


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
    return _branch_point(left or "HEAD", right or "HEAD"), right or None


def _branch_point(one: str, other: str) -> str:
    for name in (one, other):
        if not _is_revision(name):
            raise UnusableSourceError(f"{quoted(name)} is not a git revision; write A...B, or A...")
    try:
        return _git("merge-base", "--end-of-options", one, other).decode().strip()
    except UnusableSourceError:
        raise UnusableSourceError(
            f"{quoted(one)} and {quoted(other)} have no common ancestor here; a shallow clone lacks it: fetch the "
            "whole history ('fetch-depth: 0' of actions/checkout, or 'git fetch --unshallow')"
        ) from None


def has_left_behind(name: str) -> bool:
    """Return whether `name` is a revision with commits that HEAD lacks, so that what they added appears to be
    removed."""
    if Path(name).is_dir() or not _is_revision(name):
        return False
    return bool(_git("rev-list", "-1", "--end-of-options", f"HEAD..{name}").strip())


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
        if os.sep not in given and "/" not in given and _is_revision(given):
            raise UnusableSourceError(
                f"{quoted(given)} is a folder and a git revision; write './{given}' for the folder, or a longer name "
                "of the revision, as in 'refs/heads/…'"
            )
        return _folder(folder, configuration, files)
    if folder.is_file():
        raise UnusableSourceError(f"{quoted(given)} is a file; name its folder")
    return _revision(given, configuration, files)


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


def _revision(name: str, configuration: Configuration, files: Files) -> Side:
    if not _is_revision(name):
        raise UnusableSourceError(
            f"{quoted(name)} is neither a folder nor a git revision; OLD and NEW are a revision as in 'main', a folder "
            "of definitions or a folder of mapping JSON"
        )
    top = Path(_git("rev-parse", "--show-toplevel").decode().strip())
    prefixes = []
    for path in configuration.schemas:
        absolute = Path(os.path.abspath(path))
        for root in (top, top.resolve()):
            for each in (absolute, absolute.resolve()):
                if each.is_relative_to(root):
                    prefixes.append(each.relative_to(root).as_posix())
                    break
            else:
                continue
            break
        else:
            raise UnusableSourceError(f"{path} is outside of the git repository {top}")
    return _loaded(dict(_blobs(name, prefixes, top)), [], configuration, files)


def _blobs(revision: str, prefixes: Sequence[str], top: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the definitions of a revision under the names that the working tree would use."""
    commit = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    paths = [prefix for prefix in prefixes if prefix != "."]
    tree = _git("ls-tree", "-r", "-z", "--full-tree", commit.decode().strip(), "--", *paths)
    wanted = []
    for entry in tree.decode("utf-8", "surrogateescape").split("\0"):
        about, _, path = entry.partition("\t")
        # Symlinks and submodules are not definitions; hidden files are ignored on disk, too.
        if about.startswith("100") and path.endswith(disk.SUFFIXES) and not _hidden(path, prefixes):
            wanted.append((about.split()[2], path))
    if not wanted:
        return
    objects = _git(
        "cat-file", "--batch", stdin="\n".join(sha for sha, _ in wanted).encode() + b"\n"
    )
    at = 0
    for _, path in wanted:
        end = objects.index(b"\n", at)
        size = int(objects[at:end].split()[2])
        content = objects[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
        yield _shown(top / path), content


def _hidden(path: str, prefixes: Sequence[str]) -> bool:
    inside = max((len(p) + 1 for p in prefixes if path.startswith(f"{p}/")), default=0)
    return any(part.startswith(".") for part in path[inside:].split("/"))


def _shown(path: Path) -> str:
    return Path(os.path.relpath(path)).as_posix()


def _is_revision(name: str) -> bool:
    if name.startswith("-") or not name:
        return False
    try:
        _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except UnusableSourceError:
        return False
    return True


def _git(*arguments: str, stdin: bytes | None = None) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", *arguments],  # noqa: S607 - the user's git, wherever it is
            input=stdin,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise UnusableSourceError(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise UnusableSourceError(reason or f"git {arguments[0]} failed")
    return done.stdout
