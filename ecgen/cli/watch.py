"""`ecgen build --watch`: build again after every save.

Needs the extra `ecgen-es[watch]` (watchfiles, which receives changes from the operating system). pyproject.toml is not
watched: its options take effect at the next start.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from ecgen.config import Configuration
from ecgen.definitions import discover as sources

QUIET = 20
"""Milliseconds without a change after which a save is complete: editors write a file in several steps."""
LONGEST = 100
"""Milliseconds after which a build starts even if files are still changing."""
LOOK = 250
"""Milliseconds between checks whether a folder has been replaced."""


def watch(configuration: Configuration, build: Callable[[], int]) -> int:
    """Call `build`, and again after each change of definitions or templates, until Ctrl-C; return the exit code.

    Prints a line for each build, and any problems. A failed build leaves the output unchanged, and the watch goes on.
    """
    try:
        import watchfiles  # noqa: F401 - fail before the first build
    except ImportError:
        click.echo(
            "error: --watch needs the package watchfiles; install it with pip install 'ecgen-es[watch]'",
            err=True,
        )
        return 2
    announced = False
    folders = _folders(configuration)
    try:
        seen = _contents(configuration)
        code = _timed(build, "")
        if code == 2:  # wrong usage: no save can fix it
            return code
        for changed in _changes(folders):
            now = _contents(configuration)
            if not announced:
                click.echo(f"watching {', '.join(map(str, folders))}; Ctrl-C ends it")
                announced = True
            if changed or now != seen:
                _timed(build, changed)
            seen = now
    except KeyboardInterrupt:
        click.echo("\nstopped watching")
    return 0


def _timed(build: Callable[[], int], changed: str) -> int:
    start = time.perf_counter()
    code = build()
    if code == 0:
        took = round((time.perf_counter() - start) * 1000)
        click.echo(f"built{' after ' + changed if changed else ''} in {took} ms")
    return code


def _contents(configuration: Configuration) -> dict[str, bytes]:
    try:
        return sources.read(configuration.schemas).contents
    except FileNotFoundError:
        return {}


def _folders(configuration: Configuration) -> list[Path]:
    """Return the folders to watch; those of single files, since editors save by replacing a file."""
    found = [path if path.is_dir() else path.parent for path in configuration.schemas]
    if configuration.templates is not None:
        found.append(configuration.templates)
    return list(dict.fromkeys(found))


def _changes(folders: list[Path]) -> Iterator[str]:
    """Yield the names of changed files after each save, and an empty text when a watch has (re)started.

    Changes before the start of a watch are unknown. Ends only with KeyboardInterrupt.
    """
    from watchfiles import Change
    from watchfiles import watch as changes_of

    suffixes = (*sources.SUFFIXES, ".j2")
    roots = {os.path.abspath(folder) for folder in folders}

    def ours(change: Change, path: str) -> bool:
        name = os.path.basename(path)
        if change == Change.deleted and os.path.abspath(path) in roots:
            return True
        return name.endswith(suffixes) and not name.startswith(".")

    missing = False
    while True:
        before = _identities(folders)
        if None in before:
            if not missing:
                gone = (str(f) for f, known in zip(folders, before, strict=True) if known is None)
                click.echo(f"{', '.join(gone)} has gone; waiting for it to come back", err=True)
            missing = True
            time.sleep(0.1)
            continue
        missing = False
        batches = changes_of(
            *folders,
            watch_filter=ours,
            debounce=LONGEST,
            step=QUIET,
            rust_timeout=LOOK,
            yield_on_timeout=True,
        )
        begun = False
        try:
            for batch in batches:
                changed = {os.path.abspath(path) for _, path in batch}
                if changed & roots or _identities(folders) != before:
                    # A folder was replaced, for example by git checkout: watch the new one.
                    break
                if not begun:
                    begun = True
                    yield ""
                if changed:
                    names = sorted(set(map(os.path.basename, changed)))
                    yield names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        except OSError:  # a folder was removed before the watch began
            time.sleep(0.1)


def _identities(folders: list[Path]) -> list[tuple[int, int] | None]:
    found: list[tuple[int, int] | None] = []
    for folder in folders:
        try:
            status = folder.stat()
            found.append((status.st_dev, status.st_ino))
        except OSError:
            found.append(None)
    return found
