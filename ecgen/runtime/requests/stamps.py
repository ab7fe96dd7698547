"""Dates that are stamped when a document is written: `auto: created | updated`.

A value that the program assigned is kept. A failed save takes its stamps back, unless it may have succeeded: the next
attempt then sends the same.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Mapping
from typing import Any

from ..base_document import BaseDocument
from ..compile.first_use import is_compiled
from ..compile.incomplete import raw_name
from ..compile.kept import UNKNOWN, is_same
from .planned import Write
from .updates import known_of


def stamp_new(model: BaseDocument) -> dict[str, Any]:
    """Stamp a model whose document is new; return what its attributes held before, UNKNOWN for one that was unset."""
    return {
        name: _stamp(model, name)
        for name in type(model)._stamped
        if getattr(model, name, None) is None
    }


def stamp_change(write: Write) -> dict[str, Any]:
    """Stamp an update that changes another field; return what the attributes held before."""
    model, document, before = write.model, write.document or {}, {}
    mapping = type(model)._mapping
    stamped = {mapping[name].name for name in type(model)._stamped}
    if not stamped or write.was_new or document.keys() <= stamped:
        return {}
    for name in type(model)._stamped:
        data_type = mapping[name]
        if data_type.auto != "updated" or _is_assigned(model, name, document):
            continue
        before[name] = _stamp(model, name)
        value = getattr(model, name)
        document[data_type.name] = data_type.to_es(value)
        note_seen(write, name, value)
    return before


def note_seen(write: Write, name: str, value: Any) -> None:
    """Record that the value is stored, in what the model keeps in `_seen` after the write."""
    seen = write.seen
    if isinstance(seen, dict):
        write.seen = {**seen, name: value}
        if value is UNKNOWN:
            del write.seen[name]
    else:
        stored = type(write.model)._stored
        write.seen = type(seen)(
            value if each == name else kept for each, kept in zip(stored, seen, strict=True)
        )


def _is_assigned(model: BaseDocument, name: str, document: Mapping[str, Any]) -> bool:
    """Return whether the program has assigned the date."""
    cls = type(model)
    if is_compiled(cls, "_document"):
        return cls._mapping[name].name in document
    return not is_same(getattr(model, name, None), known_of(model).get(name))


def _stamp(model: BaseDocument, name: str) -> Any:
    cls = type(model)
    data_type = cls._mapping[name]
    try:
        before = object.__getattribute__(model, name)
    except AttributeError:  # made by hand, or fetched in part
        before = UNKNOWN
    # As it will be read back: without a zone, or without a time of day, if the field's format has none.
    now = data_type.deserialize(data_type.to_es(datetime.datetime.now(datetime.UTC)))
    setattr(model, raw_name(cls, name), now)
    return before


def unstamp(model: BaseDocument, before: Mapping[str, Any]) -> None:
    """Restore what the attributes held before they were stamped."""
    for name, value in before.items():
        raw = raw_name(type(model), name)
        if value is not UNKNOWN:
            setattr(model, raw, value)
        else:
            with contextlib.suppress(AttributeError):  # done before an interrupt
                delattr(model, raw)
