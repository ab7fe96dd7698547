"""Where a project is inside its git repository. A forge names files from the repository's root, and reads workflows there."""

from __future__ import annotations

import os.path
import posixpath
from collections.abc import Callable
from pathlib import Path


def root_of(folder: Path) -> Path | None:
    """The root of the git repository that holds `folder`; None outside of one."""
    # A worktree and a submodule have a file of that name.
    place = folder.resolve()
    return next((each for each in (place, *place.parents) if (each / ".git").exists()), None)


def below(root: Path, folder: Path) -> str:
    """`services/shop`, and `` for the root itself."""
    inside = folder.resolve().relative_to(root).as_posix()
    return "" if inside == "." else inside


def from_root() -> Callable[[str], str]:
    """How a forge names a file that is named from the working directory."""
    here = Path.cwd()
    root = root_of(here)
    prefix = below(root, here) if root else ""

    def named(file: str) -> str:
        if not prefix or os.path.isabs(file):
            return file
        return posixpath.normpath(posixpath.join(prefix, file.replace("\\", "/")))

    return named
