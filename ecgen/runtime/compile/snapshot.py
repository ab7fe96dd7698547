"""Copies of an instance's values, to detect changes later (see kept.py), as straight-line source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..types.base import BaseDataType
from .hooks import own
from .source_text import Field, Source, fields_of
from .spelling import needs_spelling


def compile_snapshot(cls: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Compile a function that returns what `from_es` would keep in `_seen` for the model as it is now, just written.

    Of a join the key is kept; it does not change when models are loaded.
    """
    source = Source(cls, "snapshot")
    lines, kept = snapshot_term(cls, source)
    return source.compiled("_self", [*lines, f"return {kept}"])


def snapshot_term(cls: type[Any], source: Source) -> tuple[list[str], str]:
    """Return statements, and the expression for the snapshot of `_self` after them."""
    lines, kept = [], []
    for field in fields_of(cls):
        if field.is_id or not field.data_type.stored:
            continue
        held = f"_self.{field.slot}"
        kept.append(kept_term(field, held))
        if field.is_join:
            lines.append(f"{field.local} = {held}")
            call = source.hook("write", field, field.data_type.to_es)
            key = f"{call}({field.local})"
            plain = f"{field.local}.__class__ is _str or {field.local} is None"
            kept[-1] = key if field.data_type.many else f"{field.local} if {plain} else {key}"
    return lines, f"({''.join(f'{term}, ' for term in kept)})"


def compile_copier(cls: type[Any]) -> Callable[[Any], Any]:
    """Compile a function that copies an ObjectValue without sharing any mutable part."""
    source = Source(cls, "copy")
    source.names.update(_new=cls.__new__, _cls=cls)
    lines = ["other = _new(_cls)"]
    for field in fields_of(cls):
        lines.append(f"{field.local} = _self.{field.slot}")
        lines.append(f"other.{field.slot} = {kept_term(field, field.local)}")
    if needs_spelling(cls):
        source.names["_hasattr"] = hasattr
        lines += ["if _hasattr(_self, '_respelled'):", "    other._respelled = True"]
    return source.compiled("_self", [*lines, "return other"])


def kept_term(field: Field, v: str) -> str:
    """Return an expression for the kept form of the held value `v`: itself if immutable, else a copy."""
    data_type = field.data_type
    kept = data_type.kept
    # the result of a user's own hook may be of any type
    if not own(data_type, "from_es", "deserialize", "_read", "from_python", "_convert"):
        kept = BaseDataType.kept
    if data_type.many:
        kept = "_tuple({0})" if kept == "{0}" else BaseDataType.kept
    return kept.format(v)
