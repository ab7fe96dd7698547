"""Find a project's place in its git repository; a forge names files from the repository's root and reads workflows there."""

from __future__ import annotations

import os.path
import posixpath
from collections.abc import Callable
from pathlib import Path


def root_of(folder: Path) -> Path | None:
    """Return the root of the git repository that contains `folder`; None if there is none."""
    # In a worktree or submodule, .git is a file.
    place = folder.resolve()
    return next((each for each in (place, *place.parents) if (each / ".git").exists()), None)


def below(root: Path, folder: Path) -> str:
    """Return the folder relative to the root, such as `services/shop`; empty for the root itself."""
    inside = folder.resolve().relative_to(root).as_posix()
    return "" if inside == "." else inside


def from_root() -> Callable[[str], str]:
    """Return a function from a path relative to the working directory to one relative to the repository's root."""
    here = Path.cwd()
    root = root_of(here)
    prefix = below(root, here) if root else ""

    def named(file: str) -> str:
        if not prefix or os.path.isabs(file):
            return file
        return posixpath.normpath(posixpath.join(prefix, file.replace("\\", "/")))

    return named
