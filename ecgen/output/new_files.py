"""Write new files, all or none, without overwriting any."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ecgen.diagnostics.command_error import CommandError

_NEW = ".ecgen-new-"
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""The errors of os.link on file systems without hard links."""


def write_new(files: Mapping[Path, str]) -> None:
    """Write every file; if one exists or anything fails, leave none behind.

    Raises:
        CommandError: a file exists, or a folder is not writable.
    """
    present = [path for path in files if os.path.lexists(path)]
    if present:
        listed = ", ".join(map(str, present[:5])) + (
            f" and {len(present) - 5} more" if len(present) > 5 else ""
        )
        raise CommandError(
            f"{listed} exists already and is not overwritten; "
            "remove or rename it, or write to another folder with --out"
        )
    for folder in {path.parent for path in files}:
        # Remove temporary files of killed runs; a file less than an hour old may belong to a running one.
        for left in folder.glob(f"{_NEW}*"):
            if left.lstat().st_mtime < time.time() - 3600:
                left.unlink(missing_ok=True)
    made: set[Path] = set()
    folders: list[Path] = []
    try:
        for path, text in files.items():
            folders += _make_folder(path.parent)
            _write(path, text, made)
    except BaseException as error:
        for file in made:
            file.unlink(missing_ok=True)
        for folder in reversed(folders):
            folder.rmdir()
        if not isinstance(error, OSError):
            raise
        reason = (error.strerror or str(error)).lower()
        raise CommandError(
            f"{path}: the file cannot be written: {reason}; nothing was written"
        ) from error


def _write(path: Path, text: str, made: set[Path]) -> None:
    """Write one file atomically; `made` lists the files on the disk at any moment."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_NEW)
    temporary = Path(name)
    made.add(temporary)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    temporary.chmod(0o666 & ~_umask())
    try:
        # A link fails if the file exists by now; a rename would replace it.
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with path.open("x", encoding="utf-8", newline="\n") as file:
            made.add(path)
            file.write(text)
    made.add(path)
    temporary.unlink()
    made.remove(temporary)


def _make_folder(folder: Path) -> list[Path]:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    missing.reverse()
    for each in missing:
        each.mkdir()
    return missing


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
