"""Render a plan as a unified diff, as `git diff` shows it after the build."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from .write import Plan


def patch(plan: Plan) -> str:
    """Return the changes of all files of a plan except `.ecgen.json`."""
    return "".join(part for path in plan.changed for part in _of_file(plan, path))


def _of_file(plan: Plan, path: str) -> Iterator[str]:
    if path not in plan.write and path not in plan.remove:
        return  # a conflict: the build leaves the file
    file = plan.out / path
    name = file.as_posix().lstrip("/")
    old = _lines(file.read_bytes()) if file.is_file() else []
    new = _lines(plan.write[path]) if path in plan.write else []
    before = f"a/{name}" if file.is_file() else "/dev/null"
    after = f"b/{name}" if path in plan.write else "/dev/null"
    lines = list(difflib.unified_diff(old, new, before, after))
    if not lines:  # an empty file is added or removed
        yield f"--- {before}\n+++ {after}\n"
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[str]:
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    return re.findall(r"[^\n]*\n|[^\n]+", text)
