"""The content of copies and pickles, by the names of fields: a field may have been added or removed since pickling."""

from __future__ import annotations

import contextlib
import copyreg
from typing import Any

from .incomplete import leave_unread, leave_unset, raw_name
from .kept import UNKNOWN


def state_of(model: Any) -> dict[str, Any]:
    """Return the set attributes of a model; `_seen` as a dict that says of what kind it is.

    read     for a model that was read or saved: its values by field, and in `as` its class
    by hand  for one made by hand with an id
    new      for a new one; None if it is not set
    """
    held = dict(getattr(model, "__dict__", ()))
    for name in copyreg._slotnames(type(model)):  # type: ignore[attr-defined]
        with contextlib.suppress(AttributeError):  # unset, or only looked up in a hidden class
            held[name] = object.__getattribute__(model, name)
    seen = held.get("_seen", [])
    if isinstance(seen, tuple):
        read = dict(zip(type(model)._stored, seen, strict=True))
        held["_seen"] = {"read": read, "as": type(seen)}
    elif isinstance(seen, list):
        held["_seen"] = {"new": held.get("_seen")}
    else:
        held["_seen"] = {"by hand": seen}
    return held


def restored(instance: Any, state: Any) -> None:
    """Restore the attributes of a copy or a pickle without bookkeeping: nothing was assigned, so no other side of a
    join is updated.

    A field that was removed is ignored. One that is new reads as a field that is missing in a document.
    """
    cls, held = type(instance), _merged(state)
    kept = held.pop("_seen", None) or {}  # empty for an object, and in an old pickle of a model
    read, left = kept.get("read", {}), kept.get("new")
    unset = [name for name in held.pop("_not_fetched", ()) if name in cls._mapping]
    closed = not hasattr(instance, "__dict__")
    for name, value in held.items():
        if not closed or hasattr(cls, name):
            setattr(instance, raw_name(cls, name), value)
    for name, data_type in cls._mapping.items():
        if name in held or name in unset:
            continue
        if "by hand" in kept or read.get(name) is UNKNOWN:
            unset.append(name)
        elif "new" in kept:
            setattr(instance, raw_name(cls, name), data_type.get_default_value())
            left = None if left is None else [*left, name]
        else:
            setattr(instance, raw_name(cls, name), [] if data_type.many else None)
    if "read" in kept:
        instance._seen = kept["as"](
            read[name] if name in read else () if cls._mapping[name].many else None
            for name in cls._stored
        )
    elif "by hand" in kept:
        instance._seen = kept["by hand"]
    elif left is not None:
        instance._seen = left
    elif not kept and hasattr(cls, "_stored"):  # an old pickle: all is sent
        instance._seen = (UNKNOWN,) * len(cls._stored)
    if unset:
        (leave_unset if "by hand" in kept else leave_unread)(instance, ())


def _merged(state: Any) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for part in state if isinstance(state, tuple) else (state,):
        held.update(part or {})
    return held
