"""Where the two sides of a review come from: a git revision, a folder of definitions, a folder of mapping JSON.

A revision is read from git's objects; the working tree is neither looked at nor touched.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecgen.config import Configuration
from ecgen.definitions import discover as disk
from ecgen.definitions.load import load_bytes
from ecgen.diagnostics.problems import Problem, has_errors, quoted
from ecgen.pipeline import Load, load_project

from .compare.subjects import Subject, of_bodies, of_models


class UnusableSourceError(Exception):
    """A side that cannot be read at all; the message says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side, read. With problems that are errors it has no subjects."""

    subjects: dict[str, Subject]
    problems: list[Problem] = field(default_factory=list)


def read_side(given: str | None, configuration: Configuration, load: Load = load_bytes) -> Side:
    """The side that an argument means; None is the working tree.

    A folder goes before a revision; where both exist it is an error.

    Args:
        load: reads one file; one that remembers reads what both sides have only once.

    Raises:
        UnusableSourceError: it is none of the three, or cannot be read.
    """
    if given is None:
        return _definitions_on_disk(configuration.schemas, configuration, load)
    folder = Path(given)
    if folder.is_dir():
        if os.sep not in given and "/" not in given and _is_revision(given):
            raise UnusableSourceError(
                f"{quoted(given)} is a folder and a git revision; write './{given}' for the folder, or a longer name "
                "of the revision, as in 'refs/heads/…'"
            )
        return _folder(folder, configuration, load)
    if folder.is_file():
        raise UnusableSourceError(f"{quoted(given)} is a file; name its folder")
    return _revision(given, configuration, load)


def _folder(folder: Path, configuration: Configuration, load: Load) -> Side:
    found = disk.read([folder])
    if found.contents or found.problems:
        return _loaded(found.contents, found.problems, configuration, load)
    bodies = {file.as_posix(): _body(file) for file in _json_files(folder)}
    if not bodies:
        raise UnusableSourceError(
            f"{quoted(str(folder))} has neither definitions (*.yaml) nor mapping JSON (*.json)"
        )
    stems: dict[str, str] = {}
    for name in bodies:
        stem = Path(name).stem
        if stem in stems:
            raise UnusableSourceError(f"{stems[stem]} and {name} have the same name")
        stems[stem] = name
    return Side(of_bodies(bodies))


def _json_files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(files) if name.endswith(".json"))


def _body(file: Path) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"the key {quoted(twice)} stands twice")
        return found

    try:
        body = json.loads(file.read_bytes(), object_pairs_hook=unique)
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableSourceError(f"{file.as_posix()} cannot be read: {error}") from error
    if not isinstance(body, dict):
        raise UnusableSourceError(f"{file.as_posix()} is no index body: it holds no object")
    return _index_body(body, file)


_PARTS = ("settings", "mappings", "aliases")


def _index_body(body: dict[str, Any], file: Path) -> dict[str, Any]:
    """The body in its full form: a bare mapping, and what `GET /index` answers, are understood, too."""
    if len(body) == 1:
        [inner] = body.values()
        if isinstance(inner, dict) and inner and set(inner) <= {*_PARTS, "data_stream", "warmers"}:
            name = next(iter(body))
            if name not in ("settings", "aliases", "properties", "runtime"):
                body = inner
    if body and not set(body) & set(_PARTS):
        body = {"mappings": body}
    for part in _PARTS:
        if body.get(part) is not None and not isinstance(body[part], dict):
            raise UnusableSourceError(f"{file.as_posix()}: {part} must be an object")
    return body


def _definitions_on_disk(schemas: Sequence[Path], configuration: Configuration, load: Load) -> Side:
    try:
        found = disk.read(schemas)
    except FileNotFoundError as error:
        raise UnusableSourceError(
            f"there is no {error}; set 'schemas' in [tool.ecgen] of pyproject.toml, or name NEW"
        ) from error
    return _loaded(found.contents, found.problems, configuration, load)


def _loaded(
    contents: dict[str, bytes], problems: list[Problem], configuration: Configuration, load: Load
) -> Side:
    project, found = load_project(
        contents,
        package=configuration.package_name,
        elasticsearch=configuration.elasticsearch,
        load=load,
    )
    errors = [*problems, *(each for each in found if each.severity == "error")]
    if project is None or has_errors(errors):
        return Side({}, errors)
    return Side(of_models(project.models), [])


def _revision(name: str, configuration: Configuration, load: Load) -> Side:
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
    return _loaded(dict(_blobs(name, prefixes, top)), [], configuration, load)


def _blobs(revision: str, prefixes: Sequence[str], top: Path) -> Iterator[tuple[str, bytes]]:
    """The definitions of a revision by the name that the working tree's would have."""
    commit = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    paths = [prefix for prefix in prefixes if prefix != "."]
    tree = _git("ls-tree", "-r", "-z", "--full-tree", commit.decode().strip(), "--", *paths)
    wanted = []
    for entry in tree.decode("utf-8", "surrogateescape").split("\0"):
        about, _, path = entry.partition("\t")
        # Symlinks and submodules are no definitions; hidden files are none on disk either.
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
