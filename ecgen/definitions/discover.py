"""Finding definitions on disk: from folders and files to {name: content}, which is all that the stages after it see."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ecgen.diagnostics.problems import Problem

SUFFIXES = (".yaml", ".yml")
MAX_BYTES = 1024 * 1024


@dataclass(slots=True)
class Sources:
    """The definitions of a run.

    `contents` by the name that problems show, relative to the working directory where the file is below it; `labels`
    gives each the name that generated code uses, which is the same wherever ecgen was started.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    """Folders without any definition."""


def read(paths: Sequence[Path]) -> Sources:
    """Return the definitions in the folders and files `paths`; hidden files and folders are left out.

    A file that cannot be read, or that a symlink has outside of its folder, is a problem, and so is a symlink to a folder,
    which is not followed. No more of a file is read
    than the limit that `load` checks, and one byte.

    Raises:
        FileNotFoundError: for a path that is not there.
    """
    sources = Sources()
    for path in paths:
        if path.is_dir():
            root = path.resolve()
            lead = "" if _is_project(root) else f"{root.name}/"
            found = list(_definitions(path))
            linked = [below for below in found if below.endswith(os.sep)]
            found = [below for below in found if not below.endswith(os.sep)]
            if not found:
                sources.empty.append(path)
            shown = _shown(path)
            shown = "" if shown == "." else shown.rstrip("/") + "/"
            for below in linked:
                message = "the folder is a symlink, which is not followed"
                hint = "move the definitions here, or name their folder in 'schemas' as well"
                name = shown + below.replace(os.sep, "/")
                sources.problems.append(Problem(name, 1, 1, "unreadable-file", message, hint))
            for below in found:
                file, name = os.path.join(path, below), shown + below.replace(os.sep, "/")
                wrong = _wrong_link(file, root) if os.path.islink(file) else None
                if wrong:
                    sources.problems.append(Problem(name, 1, 1, "unreadable-file", wrong))
                else:
                    _add(sources, file, name, lead + below.replace(os.sep, "/"))
        elif path.exists():
            root = path.resolve().parent
            label = path.name if _is_project(root) else f"{root.name}/{path.name}"
            _add(sources, os.fspath(path), _shown(path), label)
        else:
            raise FileNotFoundError(path)
    return sources


def _is_project(folder: Path) -> bool:
    """Whether the folder is a project's own, whose name is left to whoever cloned it."""
    return any((folder / mark).exists() for mark in (".git", "pyproject.toml"))


def _definitions(folder: Path) -> Iterator[str]:
    """Paths below the folder, those of symlinks to folders with a separator at their end; strings, since to make and compare a thousand Paths takes longer than to read the files."""
    # os.walk follows no symlink to a folder, so neither circles nor other people's trees are read.
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        lead = os.path.relpath(parent, folder)
        for name in folders:
            if os.path.islink(os.path.join(parent, name)):
                yield os.path.join(*((lead,) if lead != os.curdir else ()), name, "")
        for name in sorted(files):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield name if lead == os.curdir else os.path.join(lead, name)


def _wrong_link(file: str, root: Path) -> str | None:
    try:
        os.stat(file)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "the file is a symlink to itself"
    if not Path(file).resolve().is_relative_to(root):
        return "the file is a symlink to outside of the definitions' folder"
    return None


def _shown(file: Path) -> str:
    absolute = Path(os.path.abspath(file))
    here = Path.cwd()
    return (
        absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else file.as_posix()
    )


def _add(sources: Sources, file: str, name: str, label: str) -> None:
    try:
        if not os.path.isfile(file):  # a pipe would keep us waiting
            raise OSError("it is no regular file")
        with open(file, "rb") as stream:
            sources.contents[name] = stream.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        sources.problems.append(Problem(name, 1, 1, "unreadable-file", message))
    sources.labels[name] = label
