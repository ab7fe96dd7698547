"""What the code of classes says, and what it does that a definition cannot say."""

from __future__ import annotations

import datetime
import dis
import enum
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from .source import Json, Source


def description(cls: type) -> str | None:
    """The class's own docstring."""
    text = cls.__dict__.get("__doc__")
    return inspect.cleandoc(text) if isinstance(text, str) and text.strip() else None


def _attributes_set(function: Any) -> set[str]:
    """The names of the attributes that a function sets, of whatever object."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return set()
    return {each.argval for each in dis.get_instructions(code) if each.opname == "STORE_ATTR"}


def leave_ids_open(made: Source, owner: str) -> None:
    """Have the ids settled by a person, since code computes them."""
    made.compute_id = ({"python": "TODO"}, None)
    made.notes.append(
        f"{owner} computes the ids in Python, and nothing builds until compute_id says "
        'how: by a rule ("{maker}-{sku}"), or by the name of a function ({python: "package.module:function"}).'
    )


def leave_open_what_save_sets(made: Source, owners: Iterable[type]) -> None:
    """Have what a save() of the program's own sets, the id or a field, settled by a person."""
    for owner in owners:
        if "save" not in owner.__dict__:
            continue
        save = f"{owner.__module__}.{owner.__qualname__}.save"
        attributes = _attributes_set(owner.__dict__["save"])
        for names, known in made.known.items():
            if len(names) == 1 and (known.attribute or names[0]) in attributes:
                known.computed = save
        if "id" in attributes and ("id",) not in made.known:
            leave_ids_open(made, save)


def stated_default(value: Any) -> tuple[Json, bool]:
    """A default as a definition has it, None where there is none; and whether code computes it instead."""
    if callable(value):
        return computed_default(value)
    if isinstance(value, datetime.date):
        return value.isoformat(), False
    default = _plain(value)
    return default, default is None and value is not None


def computed_default(make: Callable[[], Any]) -> tuple[Json, bool]:
    """The same of a function that makes it: one that gives another each time, or a date, computes it."""
    try:
        default = make()
        if default is None or default in ([], {}):
            return None, False
        same = _plain(default)
        return (same, False) if same is not None and same == _plain(make()) else (None, True)
    except Exception:  # noqa: BLE001 - the program's own code
        return None, True


def _plain(value: Any) -> Json:
    """The value where JSON has it, else None."""
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, list | tuple):
        parts = [_plain(part) for part in value]
        return None if None in parts else parts
    if isinstance(value, dict):
        inner = {str(name): _plain(part) for name, part in value.items()}
        return None if None in inner.values() else inner
    return value if isinstance(value, str | int | float | bool) else None
