"""`.ecgen.json`: the files in the output folder that ecgen wrote, with the digest of each.

One file a line, sorted, so that merges rarely conflict; both sides of a conflict are read.
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
    """Return the SHA-256 of a file's content with `\\n` line ends, since git may convert them."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def manifest(files: Mapping[str, bytes]) -> bytes:
    """Return the manifest of the files at the given paths."""
    entries = {path: digest(content) for path, content in sorted(files.items())}
    return (json.dumps({"about": _ABOUT, "files": entries}, indent=2) + "\n").encode()


def parse(content: bytes) -> dict[str, set[str]]:
    """Return the digests by path, those of both sides of a merge conflict.

    A manifest is untrusted input: paths that lead out of its folder are dropped.
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
    """Return whether a path with `/` separators is below the folder, on every system."""
    return (
        path.isprintable()  # no NUL, nothing that UTF-8 cannot write
        and not any(character in path for character in "\\:")
        and all(part not in ("", ".", "..") for part in path.split("/"))
    )
