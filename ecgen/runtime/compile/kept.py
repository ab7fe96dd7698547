"""Copies of a model's values as read or saved, to detect changes later; requests/updates.py compares them.

Immutable values are kept as they are. Of mutable ones a private copy is kept.
"""

from __future__ import annotations

import copy
import datetime
import decimal
import uuid
from typing import Any, NamedTuple

from ..signalled import raise_signalled

UNKNOWN: Any = ...
"""Placeholder for an unknown value: the model's value is always sent."""

FIXED: set[type[Any]] = {
    *(type(None), bool, int, float, str, bytes, decimal.Decimal, uuid.UUID),
    *(datetime.datetime, datetime.date, datetime.time),
}
"""Classes whose instances are immutable."""


class Fragment(NamedTuple):
    """The kept value of a field with variable keys of which only some were fetched: it cannot be written."""

    of: Any


class Respelled(tuple[Any, ...]):
    """The kept values of a document that spells fields differently from the mapping: `{"size.width": 1}`."""

    __slots__ = ()


def copied(value: Any) -> Any:
    """Return a copy that shares no mutable part with `value`; UNKNOWN if it cannot be made."""
    kind = value.__class__
    if kind in FIXED:
        return value
    try:
        if kind is list or kind is tuple:
            return [member if member.__class__ in FIXED else copied(member) for member in value]
        if kind is dict:
            return {
                key: member if member.__class__ in FIXED else copied(member)
                for key, member in value.items()
            }
        if hasattr(kind, "_copy"):
            return value._copy()
        return copy.deepcopy(value)
    except Exception as error:  # noqa: BLE001 - a user's own type may hold what cannot be copied; or values are nested too deeply
        raise_signalled(error)
        return UNKNOWN


def is_same(now: Any, kept: Any) -> bool:
    """Return whether a held value still equals the one that `kept` was made of, in type and spelling too."""
    if now is kept:
        return True
    kind = now.__class__
    if kind is list or kind is tuple:
        several = kept.__class__ is list or kept.__class__ is tuple
        return several and len(now) == len(kept) and all(map(is_same, now, kept))
    if kind is not kept.__class__:
        return False
    if kind is dict:
        return now.keys() == kept.keys() and all(is_same(now[key], kept[key]) for key in now)
    if hasattr(kind, "_copy"):
        return all(
            is_same(getattr(now, name, UNKNOWN), getattr(kept, name, UNKNOWN))
            for name in kind._mapping
        )
    # equal instants of two zones, 1.0 and 1.00, 0.0 and -0.0
    return bool(now == kept) and repr(now) == repr(kept)
