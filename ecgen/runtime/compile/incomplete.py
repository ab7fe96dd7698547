"""Instances that do not hold all of their fields: made by hand with an id, or read in part.

Their missing attributes are unset, and they are of a hidden subclass until they are complete: a `__getattr__` on the models
themselves would make every attribute of every model three times as slow to read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .kept import FIXED, copied

__all__ = ["complete", "leave_unset", "raw_name"]


def leave_unset(model: Any, slots: Iterable[str]) -> None:
    """Unset these attributes, which `model` was not given."""
    for slot in slots:
        delattr(model, slot)
    _swap(model, _hidden_class(type(model)._whole))


_CLASS: Any = vars(object)["__class__"]


def complete(model: Any) -> None:
    """Set what is unset to its default: all of it was just stored."""
    whole = type(model)._whole
    if type(model) is whole:
        return
    for name in whole._mapping:
        setattr(model, raw_name(whole, name), getattr(model, name))
    _swap(model, whole)


def raw_name(cls: type[Any], name: str) -> str:
    """The name under which an attribute is set without bookkeeping."""
    raw = f"_raw_{name}"
    return raw if hasattr(cls, raw) else name


def _swap(model: Any, cls: type[Any]) -> None:
    _CLASS.__set__(model, cls)


def _hidden_class(whole: type[Any]) -> type[Any]:
    hidden: type[Any] | None = whole.__dict__.get("_hidden")
    if hidden is None:
        body = {
            "__slots__": (),
            "__module__": whole.__module__,
            "__qualname__": whole.__qualname__,
            "__doc__": whole.__doc__,
            "__class__": property(lambda _: whole),
            "__getattr__": _missing,
        }
        make: Any = type(whole)
        hidden = make(whole.__name__, (whole,), body, hidden=True)
        whole._hidden = hidden
    return hidden


def _missing(self: Any, attribute: str) -> Any:
    """Of a model made by hand, the default of a field that it was not given."""
    name = attribute.removeprefix("_raw_")
    data_type = type(self)._mapping.get(name)
    if data_type is None:
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {attribute!r}",
            name=attribute,
            obj=self,
        )
    default = data_type.get_default_value()
    if default.__class__ not in FIXED:
        # It may be changed in place, and is a value that was given then.
        self._seen = {**(self._seen or {}), name: copied(default)}
        setattr(self, raw_name(type(self), name), default)
    return default
