"""The content of copies and pickles, by the names of fields: a field may have been added or removed since pickling."""

from __future__ import annotations

import contextlib
import copyreg
from typing import Any

from .incomplete import leave_unread, leave_unset, raw_name
from .kept import UNKNOWN


def state_of(model: Any) -> dict[str, Any]:
    """Return the set attributes of a model; `_seen`, a tuple in the order of fields, as a dict by field."""
    held = dict(getattr(model, "__dict__", ()))
    for name in copyreg._slotnames(type(model)):  # type: ignore[attr-defined]
        with contextlib.suppress(AttributeError):  # unset, or only looked up in a hidden class
            held[name] = object.__getattribute__(model, name)
    seen = held.get("_seen")
    if isinstance(seen, tuple):
        held["_seen"] = {
            "read": dict(zip(type(model)._stored, seen, strict=True)),
            "as": type(seen),
        }
    elif isinstance(seen, list):
        held["_seen"], held["_left"] = None, seen
    else:
        held["_seen"] = {"by hand": seen} if "_seen" in held else None
    return held


def restored(instance: Any, state: Any) -> None:
    """Restore the attributes of a copy or a pickle without bookkeeping: nothing was assigned, so no other side of a
    join is updated.

    A field that was removed is ignored. One that is new reads as a field that is missing in a document.
    """
    held = _merged(state)
    cls = type(instance)
    closed = not hasattr(instance, "__dict__")
    for name, value in held.items():
        if name not in ("_seen", "_left", "_not_fetched") and not (
            closed and not hasattr(cls, name)
        ):
            setattr(instance, raw_name(cls, name), value)
    of_model = hasattr(cls, "_stored")
    seen = held.get("_seen")
    read = seen.get("read") if seen else None
    left = held.get("_left")
    unset = [name for name in held.get("_not_fetched", ()) if name in cls._mapping]
    for name, data_type in cls._mapping.items():
        if name in held or name in unset:
            continue
        if (seen and read is None) or (read and read.get(name) is UNKNOWN):
            unset.append(name)
        elif of_model and not seen and "_seen" in held:
            setattr(instance, raw_name(cls, name), data_type.get_default_value())
            left = None if left is None else [*left, name]
        else:
            setattr(instance, raw_name(cls, name), [] if data_type.many else None)
    if not of_model:
        if unset:
            leave_unread(instance, ())
        return
    if left is not None:
        instance._seen = left
    elif seen and read is not None:
        instance._seen = seen["as"](
            read[name] if name in read else () if cls._mapping[name].many else None
            for name in cls._stored
        )
    elif seen:
        instance._seen = seen["by hand"]
    elif "_seen" not in held:  # an old pickle: all is sent
        instance._seen = (UNKNOWN,) * len(cls._stored)
    if unset:
        (leave_unread if read is not None else leave_unset)(instance, ())


def _merged(state: Any) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for part in state if isinstance(state, tuple) else (state,):
        held.update(part or {})
    return held
