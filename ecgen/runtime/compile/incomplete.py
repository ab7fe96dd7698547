"""Instances that hold only some of their fields: made by hand with an id, or read in part (`source=[…]`).

Their missing attributes are unset, and their class is a hidden subclass: a `__getattr__` on the models themselves
would make reading every attribute of every model three times as slow. Each class has two of them. On a model made by
hand a missing attribute reads as its default; a field that was not fetched of a document, or of an object in it,
raises NotFetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import NotFetched
from ..signalled import raise_signalled
from ..types.base import BaseDataType
from .kept import FIXED, UNKNOWN, Fragment, copied


def leave_unset(model: Any, slots: Iterable[str]) -> None:
    """Unset the attributes that `model` was not given."""
    for slot in slots:
        delattr(model, slot)
    _swap(model, _hidden_class(_whole(model), _ByHand))


def leave_unread(holder: Any, attributes: Iterable[str]) -> None:
    """Unset the attributes of a model or an object that were not fetched."""
    whole = _whole(holder)
    for name in attributes:
        delattr(holder, raw_name(whole, name))
    _swap(holder, _hidden_class(whole, _InPart if hasattr(whole, "_meta") else _ObjectInPart))


def is_in_part(holder: Any) -> bool:
    """Return whether the instance lacks attributes that were not fetched."""
    return isinstance(holder, _InPart)


def not_fetched(holder: Any) -> tuple[str, ...]:
    """Return the attributes that were not fetched."""
    if not is_in_part(holder):
        return ()
    return tuple(name for name in holder._mapping if not hasattr(holder, name))


def complete(model: Any) -> None:
    """Set unset attributes to their defaults: the whole document was just stored."""
    whole = type(model)._whole
    if type(model) is whole:
        return
    for name in whole._mapping:
        setattr(model, raw_name(whole, name), getattr(model, name))
    _swap(model, whole)


def raw_name(cls: type[Any], name: str) -> str:
    """Return the name under which an attribute is set without bookkeeping."""
    raw = f"_raw_{name}"
    return raw if hasattr(cls, raw) else name


def _whole(holder: Any) -> type[Any]:
    cls: type[Any] = type(holder)
    whole: type[Any] = getattr(cls, "_whole", cls)  # an object's class has none unless it is hidden
    return whole


def _swap(model: Any, cls: type[Any]) -> None:
    is_class: Any = vars(object)["__class__"]  # not the property of a hidden class
    is_class.__set__(model, cls)


def _hidden_class(whole: type[Any], kind: type[Any]) -> type[Any]:
    hidden: type[Any] | None = whole.__dict__.get(kind.__name__)
    if hidden is None:
        body = {
            "__slots__": (),
            "__module__": whole.__module__,
            "__qualname__": whole.__qualname__,
            "__doc__": whole.__doc__,
            "__class__": property(lambda _: whole),
            "_whole": whole,
        }
        make: Any = type(whole)
        hidden = make(whole.__name__, (kind, whole), body, hidden=True)
        setattr(whole, kind.__name__, hidden)
    return hidden


class _ByHand:
    """What the hidden class of models made by hand adds."""

    __slots__ = ()

    def __getattr__(self: Any, attribute: str) -> Any:
        """Return the default of a field that the model was not given."""
        name = _field_of(self, attribute)
        default = type(self)._mapping[name].get_default_value()
        if default.__class__ not in FIXED:
            # It is mutable, so keep it: it then counts as given.
            self._seen = {**(self._seen or {}), name: copied(default)}
            setattr(self, raw_name(type(self), name), default)
        return default


class _InPart:
    """What the hidden class of models read in part adds."""

    __slots__ = ()

    def __getattr__(self: Any, attribute: str) -> Any:
        name = _field_of(self, attribute)
        raise NotFetched(
            f"{type(self).__name__}.{name} was not fetched: source= does not name it",
            name=attribute,
            obj=self,
        )


def _field_of(holder: Any, attribute: str) -> str:
    """Return the field of an attribute that is unset."""
    name = attribute.removeprefix("_raw_")
    if name in type(holder)._mapping:
        return name
    text = f"{type(holder).__name__!r} object has no attribute {attribute!r}"
    raise AttributeError(text, name=attribute, obj=holder)


class _ObjectInPart(_InPart):
    """What the hidden class of objects that were fetched in part adds."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # as of whole ones

    def _copy(self: Any) -> Any:
        other = object.__new__(type(self))
        for name, value in _held(self).items():
            setattr(other, name, copied(value))
        return other

    def _store(self: Any) -> Any:
        absent = ", ".join(not_fetched(self))
        raise NotFetched(
            f"this {type(self).__name__} was fetched without {absent}, so it cannot be stored as a whole",
            obj=self,
        )

    def to_dict(self: Any) -> dict[str, Any]:
        return {
            self._mapping[name].name: self._mapping[name].to_es(value)
            for name, value in _held(self).items()
        }

    def __eq__(self: Any, other: Any) -> Any:
        """Return whether the attributes that both hold are equal."""
        if isinstance(other, Mapping):
            try:
                other = type(self)._whole.from_dict(other)
            except (TypeError, ValueError):
                return False
        if _whole(other) is not _whole(self):
            return NotImplemented
        theirs = _held(other)
        return all(
            name not in theirs or value == theirs[name] for name, value in _held(self).items()
        )

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        held = {**_held(self), **getattr(self, "__dict__", {})}
        return object.__new__, (_whole(self),), {**held, "_not_fetched": not_fetched(self)}


def _held(value: Any) -> dict[str, Any]:
    return {name: now for name in value._mapping if (now := getattr(value, name, ...)) is not ...}


# Ids and routings of models that were read in part.


def decides(model: Any, compute: Callable[[Any], Any]) -> bool:
    """Return whether `compute` (of an id or a routing) gives a changed result for a model read in part since its
    fields changed, whatever the unfetched fields hold: placeholders stand for them. False if that cannot be
    determined."""
    whole = type(model)._whole
    now = {name: getattr(model, name, UNKNOWN) for name in whole._stored}
    before = {
        name: each.of if isinstance(each, Fragment) else each
        for name, each in zip(whole._stored, model._seen, strict=True)
    }

    def computed(values: Mapping[str, Any]) -> Any:
        scratch = whole.__new__(whole)
        scratch.id = model.id
        for name, value in values.items():
            held = _stand_in(whole._mapping[name]) if value is UNKNOWN else value
            setattr(scratch, raw_name(whole, name), held)
        return compute(scratch)

    try:
        return bool(computed(before) != computed(now))
    except Exception as error:  # noqa: BLE001 - a program's own function may want other values than these
        raise_signalled(error)
        return False


def _stand_in(data_type: BaseDataType) -> Any:
    for value in ("1", "2000-01-01", "true", "192.0.2.1"):
        try:
            return data_type.from_python(value)
        except ValueError:
            continue
    return None
