"""Attributes whose assignment runs code: those of joins, and of types with an `on_update`."""

from __future__ import annotations

import inspect
from typing import Any

from ..types.base import BaseDataType


class TrackedAttribute(property):
    """An attribute whose assignment calls its data type's `on_update`; reading is as fast as reading a slot."""

    def __init__(self, data_type: BaseDataType, member: Any) -> None:
        def assign(model: Any, value: Any) -> None:
            member.__set__(model, data_type.on_update(value, model))

        super().__init__(member.__get__, assign)


def _dict_member(name: str) -> property:
    """Return a slot descriptor's equivalent for classes without slots."""

    def get(model: Any) -> Any:
        try:
            return vars(model)[name]
        except KeyError:
            text = f"{type(model).__name__!r} object has no attribute {name!r}"
            raise AttributeError(text) from None

    return property(
        get,
        lambda model, value: vars(model).__setitem__(name, value),
        lambda model: vars(model).__delitem__(name),
    )


def track_attributes(cls: type[Any]) -> None:
    """Replace the attributes of `cls` whose data types have an `on_update` of their own by TrackedAttributes.

    The original descriptor remains available as `_raw_<attribute>`: readers of stored documents use it to set an
    attribute without bookkeeping.
    """
    for attribute, data_type in cls._mapping.items():
        if type(data_type).on_update is BaseDataType.on_update:
            continue
        member = inspect.getattr_static(cls, attribute, None)
        if isinstance(member, TrackedAttribute):
            # A subclass with a `_mapping` of its own has other data types over the same slots.
            member = inspect.getattr_static(cls, f"_raw_{attribute}")
        elif not hasattr(member, "__set__"):
            member = _dict_member(attribute)
        setattr(cls, f"_raw_{attribute}", member)
        setattr(cls, attribute, TrackedAttribute(data_type, member))


def set_untracked(model: Any, attribute: str, value: Any) -> None:
    """Assign without bookkeeping."""
    setattr(model, f"_raw_{attribute}", value)
