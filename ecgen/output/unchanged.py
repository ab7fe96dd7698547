"""Skip a build whose inputs and output are unchanged. The record is kept in `.ecgen-cache/`.

The folder is beside pyproject.toml, or else beside the output folder. A record holds the fingerprint of everything that
goes into a build, the digests of the resulting manifests, and the number of warnings. It is only a hint: every file of the
output is compared with the manifest, and on any difference or read error the build runs. The record is never read or
written through a link. `ecgen check` ignores it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from . import manifest

_FOLDER = ".ecgen-cache"
_PACKAGE = Path(__file__).resolve().parent.parent
_PROGRAM = (_PACKAGE, _PACKAGE.parent / "templates")


def fingerprint(
    options: Iterable[str],
    labels: Mapping[str, str],
    contents: Mapping[str, bytes],
    templates: Path | None,
) -> str:
    """Return the digest of ecgen's own files, the options, the definitions and the user's templates."""
    total = hashlib.sha256()

    def add(*parts: str | bytes) -> None:
        for part in parts:
            content = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
            total.update(b"%d:" % len(content) + content)

    for path in sorted(_program()):
        state = os.stat(path)
        add(path, str(state.st_size), str(state.st_mtime_ns))
    add("options", *options)
    for name, content in sorted(contents.items()):
        add(name, labels.get(name, ""), content)
    add("templates")
    for file in sorted(templates.rglob("*")) if templates else ():
        if file.is_file():
            add(str(file), file.read_bytes())
    return total.hexdigest()


def _program() -> Iterator[str]:
    """Yield the files of ecgen itself, as strings because every build calls this."""
    for folder in _PROGRAM:
        for parent, _, names in os.walk(folder):
            yield from (
                f"{parent}/{name}"
                for name in names
                if name.endswith((".py", ".j2", ".schema.json"))
            )


class Outcome(NamedTuple):
    """The result of a build: warnings, files with warnings, files written."""

    warnings: int
    warned: int
    files: int = 0


def recall(outs: Sequence[Path], key: str) -> Outcome | None:
    """Return the outcome of the recorded build if `key` and the folders' contents match it; else None."""
    note = _note(outs[0])
    try:
        if not _is_real_folder(note.parent) or note.is_symlink():
            return None
        kept = json.loads(note.read_bytes())
        outcome = Outcome(kept["warnings"], kept["warned"])
        if kept["key"] != key or not all(type(number) is int for number in outcome):
            return None
        if kept["manifests"] != _manifests(outs):
            return None
        files = 0
        for out in outs:
            listed = manifest.parse((out / manifest.NAME).read_bytes())
            for path, digests in listed.items():
                file = out / path
                if file.is_symlink() or manifest.digest(file.read_bytes()) not in digests:
                    return None
            files += len(listed)
        return outcome._replace(files=files)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def keep(outs: Sequence[Path], key: str, outcome: Outcome) -> None:
    """Record that a build of `key` resulted in these folders. Failing to write the record is not an error."""
    note = _note(outs[0])
    with contextlib.suppress(OSError):
        text = {
            "key": key,
            "manifests": _manifests(outs),
            "warnings": outcome.warnings,
            "warned": outcome.warned,
        }
        note.parent.mkdir(exist_ok=True)
        if not _is_real_folder(note.parent):
            return
        with contextlib.suppress(FileExistsError), (note.parent / ".gitignore").open("x") as file:
            file.write("*\n")
        for left in note.parent.glob(f".{note.name}-*"):  # left by a killed build
            left.unlink()
        # mkstemp makes a new file, and os.replace replaces a link instead of following it.
        handle, new = tempfile.mkstemp(prefix=f".{note.name}-", dir=note.parent)
        with os.fdopen(handle, "w") as file:
            json.dump(text, file)
        os.replace(new, note)


def _manifests(outs: Iterable[Path]) -> list[str]:
    return [hashlib.sha256((out / manifest.NAME).read_bytes()).hexdigest() for out in outs]


def _is_real_folder(folder: Path) -> bool:
    """Return whether the folder is a real one: a checkout may contain a link in its place."""
    return stat.S_ISDIR(folder.lstat().st_mode)


def _note(out: Path) -> Path:
    """Return the record's path, in the project's folder so that it never gets into a wheel."""
    real = out.resolve()
    for folder in real.parents:
        if (folder / "pyproject.toml").is_file():
            name = ".".join(real.relative_to(folder).parts)
            return folder / _FOLDER / f"{name}.json"
    return real.parent / _FOLDER / f"{real.name}.json"
