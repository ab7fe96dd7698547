"""`.ecgen-cache/`, beside the output folder: what the last build was made from, so that the same build is not done again.

A note holds the fingerprint of all that goes into a build, and that of the manifest which came out. It is JSON of a few
strings, and proves nothing alone: every file of the output is compared with the manifest, and whatever does not fit, or
cannot be read, means that the build is done. `ecgen check` does not look at it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

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
    """Return the digest of the program, its options, the definitions and the user's templates."""
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
    """The files of ecgen itself, as strings: this runs in every build."""
    for folder in _PROGRAM:
        for parent, _, names in os.walk(folder):
            yield from (f"{parent}/{name}" for name in names if name.endswith((".py", ".j2")))


def recall(out: Path, key: str) -> tuple[int, str] | None:
    """Return how many files are up to date, and the remark on them, where a build of that key came to just what is there."""
    try:
        note = json.loads(_note(out).read_bytes())
        if note["key"] != key or not isinstance(note["remark"], str):
            return None
        content = (out / manifest.NAME).read_bytes()
        if hashlib.sha256(content).hexdigest() != note["manifest"]:
            return None
        listed = json.loads(content)["files"]
        for path, digest in listed.items():
            file = out / path
            if file.is_symlink() or manifest.digest(file.read_bytes()) != digest:
                return None
        return len(listed), note["remark"]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def keep(out: Path, key: str, remark: str) -> None:
    """Note that the folder is what a build of that key comes to. A note that cannot be written is done without."""
    note = _note(out)
    with contextlib.suppress(OSError):
        digest = hashlib.sha256((out / manifest.NAME).read_bytes()).hexdigest()
        note.parent.mkdir(exist_ok=True)
        (note.parent / ".gitignore").write_text("*\n")
        new = note.with_name(f"{note.name}.{os.getpid()}")
        new.write_text(json.dumps({"key": key, "manifest": digest, "remark": remark}))
        os.replace(new, note)


def _note(out: Path) -> Path:
    real = out.resolve()
    return real.parent / _FOLDER / f"{real.name}.json"
