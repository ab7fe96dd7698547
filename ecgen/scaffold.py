"""Implement `ecgen init`: add a first definition, `[tool.ecgen]`, editor settings and CI to a project.

Existing files are not changed, except that `[tool.ecgen]` is appended to a pyproject.toml without it.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ecgen.diagnostics.command_error import CommandError

from .definitions.schema_file import schema_text
from .output.new_files import write_new
from .workflow import workflow

FIRST: Final = """\
# yaml-language-server: $schema=model.schema.json
#
# One model: a Python class, its module and its index. Change it, then run `ecgen build`.
model: Article
index: articles
description: Something to read.

# How a document gets its id. Without this line ecgen makes a time-ordered UUID when the document is created.
# compute_id: "{slug}"

# The default order of Article.find_by() and Article.all().
sort: [{published: desc}]

# strict: documents with fields that are not defined below are refused.
dynamic: strict

fields:
  # A keyword is found, sorted and aggregated as a whole.
  slug:
    type: keyword
    ignore_above: 256
    required: true
    description: The last part of the article's address.
  # Text is found by its words; the multi-field title.raw is for sorting.
  title:
    type: text
    required: true
    fields: {raw: {type: keyword, ignore_above: 256}}
  body: text
  # Elasticsearch has no arrays; `many` makes it a list in Python.
  tags: {type: keyword, ignore_above: 64, many: true}
  status:
    type: keyword
    enum: [draft, published]
    default: draft
  # Exact to the cent, unlike a float.
  price: {type: scaled_float, scaling_factor: 100}
  published: date

# A join to another model stores the id of its document:
# joins:
#   author: {type: single, target: Author, inverse: articles}
"""
_TABLE: Final = """\
[tool.ecgen]
schemas = "schemas"      # the definitions
out = "generated"        # the package of Python models and mapping JSON
io = "sync"              # or "async": models that are awaited
elasticsearch = "9"      # the oldest server in use
"""
_EDITOR: Final = """\
{
  "yaml.schemas": {
    "./schemas/model.schema.json": "schemas/**/*.yaml"
  }
}
"""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What was done in a project's folder."""

    wrote: tuple[Path, ...]
    pyproject: Path
    table: Literal["left", "added", "wrote"]
    """What became of [tool.ecgen]: it was there, was added to the file, or the file is new."""
    schemas: Path
    left_schemas: bool
    """The folder has definitions already."""
    left: tuple[Path, ...]
    """Files that were there."""
    editor: str | None
    """What is missing in the editor's settings, which were there."""
    first: str | None
    """The first definition as seen from the folder, if it was written."""


def set_up(folder: Path) -> SetUp:
    """Set up a project.

    Raises:
        CommandError: a file cannot be read or written; nothing was written then.
    """
    if not folder.is_dir():
        raise CommandError(f"{folder}: folder not found")
    pyproject = folder / "pyproject.toml"
    before = _read(pyproject)
    table = _configured(before, pyproject)
    schemas = _schemas(table, folder)
    first, settings = schemas / "article.yaml", folder / ".vscode" / "settings.json"
    wanted = {
        first: FIRST,
        schemas / "model.schema.json": schema_text(),
        settings: _EDITOR.replace("schemas/", f"{_below(schemas, folder)}/"),
    }
    path, text = workflow(folder)
    wanted[path] = text
    left_schemas = schemas.is_dir() and any(schemas.rglob("*.y*ml"))
    if left_schemas:
        del wanted[first]
    left = {path: wanted.pop(path) for path in list(wanted) if os.path.lexists(path)}
    editor = left.get(settings)
    if editor is not None and b"model.schema.json" in settings.read_bytes():
        editor = None
    extended = _extended(pyproject, before or b"") if table is None else b""
    write_new(wanted)
    try:
        if table is None:
            _replace(pyproject, extended)
    except OSError as error:
        for path in wanted:
            path.unlink()
        reason = (error.strerror or str(error)).lower()
        raise CommandError(
            f"{pyproject}: the file cannot be written: {reason}; nothing was written"
        ) from error
    return SetUp(
        tuple(wanted),
        pyproject,
        "left" if table is not None else "wrote" if before is None else "added",
        schemas,
        left_schemas,
        tuple(left),
        editor,
        _below(first, folder) if first in wanted else None,
    )


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CommandError(f"{path}: the file cannot be read: {reason}") from error


def _configured(content: bytes | None, path: Path) -> dict[str, Any] | None:
    """Return the table [tool.ecgen]; None if there is none."""
    document = _parsed(content or b"", path)
    tool = document.get("tool", {})
    table = tool.get("ecgen") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else None


def _parsed(content: bytes, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except ValueError as error:
        raise CommandError(f"{path}: this is not TOML: {error}; fix it first") from error


def _schemas(table: dict[str, Any] | None, folder: Path) -> Path:
    named = (table or {}).get("schemas", "schemas")
    first = named[0] if isinstance(named, list) and named else named
    return folder / first if isinstance(first, str) else folder / "schemas"


def _below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _extended(path: Path, content: bytes) -> bytes:
    """Return the content with the table appended; existing bytes are unchanged."""
    end = "\r\n" if b"\r\n" in content else "\n"
    gap = "" if not content else end if content.endswith(b"\n") else end * 2
    added = content + (gap + _TABLE.replace("\n", end)).encode()
    by_hand = CommandError(
        f"{path}: [tool.ecgen] cannot be added at the end; add it by hand:\n{_TABLE}"
    )
    try:
        after = tomllib.loads(added.decode("utf-8"))
    except ValueError as error:
        raise by_hand from error
    del after["tool"]["ecgen"]
    before = _parsed(content, path)
    if after != {"tool": {}, **before}:  # it became part of another table or value
        raise by_hand
    return added


def _replace(path: Path, content: bytes) -> None:
    target = path.resolve()
    mode = target.stat().st_mode & 0o777 if target.exists() else None
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".ecgen-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, mode if mode is not None else 0o666 & ~umask)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
