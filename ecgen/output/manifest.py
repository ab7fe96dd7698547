"""`.ecgen.json`: which files of the output folder ecgen wrote, and what was in them when it did.

One file a line and sorted, so that merges rarely conflict; where they do, both sides are read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

NAME = ".ecgen.json"

_ENTRY = re.compile(r'^\s*("(?:[^"\\]|\\.)*"): "([0-9a-f]{64})",?\s*$', re.MULTILINE)
_ABOUT = "What ecgen wrote here, so that it never overwrites what people did. Commit this file with the others."


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's content; git may have changed its line ends, which does not count."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def manifest(files: Mapping[str, bytes]) -> bytes:
    """Return the manifest of the files at the given paths."""
    entries = {path: digest(content) for path, content in sorted(files.items())}
    return (json.dumps({"about": _ABOUT, "files": entries}, indent=2) + "\n").encode()


def parse(content: bytes) -> dict[str, set[str]]:
    """Return the digests by path; of a manifest with merge conflicts, those of both sides.

    Anybody may have edited a manifest: paths that lead out of its folder are left out.
    """
    known: dict[str, set[str]] = {}
    for quoted, value in _ENTRY.findall(content.decode("utf-8", "replace")):
        try:
            path = json.loads(quoted)
        except ValueError:
            continue
        if stays_inside(path):
            known.setdefault(path, set()).add(value)
    return known


def stays_inside(path: str) -> bool:
    """Whether a path, with `/` between its parts, names something in the folder itself, on every system."""
    return (
        path.isprintable()  # no NUL, nothing that UTF-8 cannot write
        and not any(character in path for character in "\\:")
        and all(part not in ("", ".", "..") for part in path.split("/"))
    )
