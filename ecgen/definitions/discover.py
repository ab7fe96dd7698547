"""Read definitions from disk: folders and files in, {name: content} out. No later stage touches the disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ecgen.diagnostics.problems import Problem

SUFFIXES = (".yaml", ".yml")
MAX_BYTES = 1024 * 1024
_USUAL_BYTES = 32 * 1024
"""Read first: to read up to the limit makes a buffer of that size for each file, which takes longer than all else."""


@dataclass(slots=True)
class Sources:
    """The definitions of a run.

    `contents` maps the name shown in problems, relative to the working directory if the file is below it, to the bytes.
    `labels` maps the same name to the one that generated code uses, which does not depend on the working directory.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    """The given folders that hold no definition."""


def read(paths: Sequence[Path]) -> Sources:
    """Return the definitions in the folders and files `paths`, except hidden files and folders.

    A problem is reported for a file that cannot be read or that is a symlink to outside its folder, and for a symlink to a
    folder, which is not followed. At most one byte more than the limit that `load` checks is read of a file.

    Raises:
        FileNotFoundError: for a path that does not exist.
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
    """Return whether the folder is a project's root, whose name each checkout chooses."""
    return any((folder / mark).exists() for mark in (".git", "pyproject.toml"))


def _definitions(folder: Path) -> Iterator[str]:
    """Yield paths below the folder as strings; a symlink to a folder ends with a separator.

    Strings, since making and comparing a thousand Path objects takes longer than reading the files.
    """
    # os.walk does not follow symlinks to folders: no cycles, and nothing outside the folder is read.
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
        if not os.path.isfile(file):  # opening a pipe would block
            raise OSError("it is not a regular file")
        with open(file, "rb") as stream:
            content = stream.read(_USUAL_BYTES)
            if len(content) == _USUAL_BYTES:
                content += stream.read(MAX_BYTES + 1 - _USUAL_BYTES)
            sources.contents[name] = content
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        sources.problems.append(Problem(name, 1, 1, "unreadable-file", message))
    sources.labels[name] = label
