"""BaseDataType: how every field type of a model converts, stores, reads and shows a value.

Two layers. The hooks (`from_python`, `serialize`, `deserialize`, `from_es`, `to_es`, …) are public, take whole values
(a list if the field is `many`) and may be overridden. The types of this package override what converts one value that
is not None: `_convert`, `_read` and `_write`, and may declare beside each the source that replaces it in the compiled
functions of a model (see `inline`).
"""

from __future__ import annotations

import collections
import copy
import enum as enums
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, ClassVar, NamedTuple, TypeVar

from ..errors import FieldValueError, did_you_mean, warn_of_unused
from ..signalled import raise_signalled

# What counts as several values for a `many` field. Not Iterable: strings, dicts and IP networks are one value each.
_SEVERAL = (list, tuple, set, frozenset, collections.deque, Iterator, KeysView, ValuesView)


_UNUSED = {
    "_has_es_type": "is never called: set `stored = False` for a type that documents do not hold",
    "include_in_flat": "is never called: `serialize` decides what is shown",
    "get_join_by": "is never called: give the join `join_by`",
}
"""Hooks of the original that nothing calls, and their replacements."""

Hook = TypeVar("Hook", bound=Callable[..., Any])
Term = Callable[[Any, str], str]
"""An expression, made of the data type and the name of the variable that holds the value, which may be None."""


class Inline(NamedTuple):
    """See `inline`."""

    when: Term = lambda _, v: ""
    gives: Term | None = None
    changes: Term | None = None
    may_fail: bool = False
    native: bool = False


def inline(
    when: Term,
    gives: Term | None = None,
    *,
    changes: Term | None = None,
    may_fail: bool = False,
    native: bool = False,
) -> Callable[[Hook], Hook]:
    """Declare source code that replaces a call of `_convert`, `_read`, `_write`, or of a public hook that overrides what
    calls them: what it does with the usual values. A subclass that overrides the hook does not inherit it.

    when      condition under which the hook need not be called; "True" for always and "" for never
    gives     the hook's result in that case; by default the value itself
    changes   condition under which the result may differ from the value; by default always
    may_fail  both may raise TypeError or ValueError for a value that is not None, and the hook is called then
    native    a serializer that writes datetimes gets the value itself
    """

    def mark(hook: Hook) -> Hook:
        hook.inline = Inline(when, gives, changes, may_fail, native)  # type: ignore[attr-defined]
        return hook

    return mark


class BaseDataType:
    """One field of a model.

    name        the field's name in Elasticsearch
    many        the field holds a list; a bare value is taken as a list of one
    required    create and save refuse None (and an empty list)
    default     the value if the constructor is given none, as JSON or as a Python value
    enum        the only values that `from_python` accepts
    private     left out of `serialize()` unless it is stored; its value is not shown in errors
    parameters  Elasticsearch's own mapping parameters, passed on unchanged

    A value that the type cannot hold raises FieldValueError, a ValueError.
    """

    es_type: ClassVar[str] = ""
    """The type's name in a mapping; for a direct subclass without one, its class name in lower case."""

    stored: ClassVar[bool] = True
    """Whether a document holds the field; loose joins and aliases are not stored."""

    absent: ClassVar[str] = "None"
    """The stored form of None, as source: `[]` for the few types that refuse an explicit null, and "" to omit the
    field: vectors, which 9.x omits from the `_source` that it shows, so that None may mean "not shown"."""

    kept: ClassVar[str] = "_copied({0})"
    """The copy of a held value that is kept to detect changes, as source: `{0}` if values are immutable."""

    auto: str | None = None
    """For dates: `created` or `updated`, when a save stamps them."""

    value_class: Any = None
    """For objects: the class of the values, if they are not dicts."""

    attribute: str
    """The Python attribute; Model sets it from the key in `_mapping`."""

    def __init__(
        self,
        name: str,
        *,
        many: bool = False,
        required: bool = False,
        default: Any = None,
        enum: Iterable[Any] | None = None,
        private: bool = False,
        **parameters: Any,
    ) -> None:
        self.name = name
        self.attribute = name
        self.many = many
        self.required = required
        self.default = default
        self.private = private
        self.parameters = parameters
        self.keeps_malformed = parameters.get("ignore_malformed") in (True, "true")
        self.enum = None if enum is None else tuple(enum)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        warn_of_unused(cls, _UNUSED)

    # The hooks.

    def from_python(self, value: Any) -> Any:
        """Convert a program's value to the form that the model holds. None stays None (an empty list if `many`)."""
        if value is None:
            return [] if self.many else None
        if self.many:
            return self._members(value, self._convert_one)
        return self._convert_one(value)

    def deserialize(self, value: Any) -> Any:
        """Convert a value from a stored document to the form that the model holds."""
        if value is None:
            return [] if self.many else None
        try:
            return self._members(value, self._read) if self.many else self._read(value)
        except Exception as error:  # noqa: BLE001 - whatever another program stored
            raise_signalled(error)
            odd = self._read_odd(value, error)
            return [odd] if self.many and not isinstance(odd, list) else odd

    def from_es(self, source: Mapping[str, Any]) -> Any:
        """Return the field's value in a hit's `_source`."""
        return self.deserialize(source.get(self.name))

    def serialize(
        self, value: Any, depth: int = 0, to_str: bool = False, flat: bool = False
    ) -> Any:
        """Return a held value as JSON. A value that was assigned and never converted is shown unchanged."""
        try:
            return self._stored_form(value)
        except (ValueError, TypeError, AttributeError):
            return value

    def to_es(self, value: Any) -> Any:
        """Return a held value as stored: the result of an overridden `serialize`, else the type's own form."""
        if type(self).serialize is not BaseDataType.serialize:
            # By name: the original's signature has no defaults.
            return self.serialize(value, depth=0, to_str=False, flat=False)
        return self._stored_form(value)

    def to_query(self, value: Any) -> Any:
        """Convert one value of find_by() to Elasticsearch's form, also one outside `enum`, as old documents have."""
        return None if value is None else self._write(self._convert(_plain(value)))

    def get_es_type(self) -> dict[str, Any]:
        """Return the field's entry in the mapping."""
        return {"type": self.es_type or type(self).__name__.lower(), **self.parameters}

    def get_default_value(self) -> Any:
        """Return the value of a field for which the constructor was given none; a new object on each call."""
        return self.from_python(copy.deepcopy(self.default))

    def lazy_load(self, model: Any) -> Any:
        """Return what the attribute holds once the joins of `model` are loaded."""
        return getattr(model, self.attribute)

    def on_save(self, model: Any) -> Any:
        """Called when `model` was saved; joins save their targets. Returns what was saved, or None."""
        return None

    def on_update(self, value: Any, model: Any) -> Any:
        """Called when `value` is assigned to the attribute of `model`; returns what is assigned instead."""
        return value

    # One value that is not None.

    def _convert(self, value: Any) -> Any:
        return value

    @inline(lambda _, v: "True")
    def _read(self, value: Any) -> Any:
        return value

    @inline(lambda _, v: "True")
    def _write(self, value: Any) -> Any:
        return value

    def _read_odd(self, value: Any, error: Exception) -> Any:
        """Return the value of a stored form for which `_read` failed with `error`.

        As for the server, a list of one is its member, an empty list is no value, and nested lists are one list. A
        value that the mapping ignores as malformed is returned unchanged. FieldValueError otherwise.
        """
        if isinstance(value, list) and not self._is_one(value):
            members = list(_flat(value, self._is_one))
            if self.many:
                return self._members(members, self._read_alone)
            if len(members) < 2:
                return self._read_alone(members[0]) if members else None
            raise FieldValueError(
                "is a list where the model has one value (write `many: true` in its definition)",
                value,
            ) from None
        if self.keeps_malformed:
            return value
        if isinstance(error, FieldValueError):
            raise error
        why = f": {error}" if isinstance(error, ValueError) else ""
        raise FieldValueError(
            f"cannot be read as {self.get_es_type().get('type', 'object')}{why}", value
        ) from error

    def _read_alone(self, value: Any) -> Any:
        try:
            return self._read(value)
        except Exception as error:  # noqa: BLE001 - as in deserialize
            raise_signalled(error)
            return self._read_odd(value, error)

    def _is_one(self, value: Any) -> bool:
        """Return whether `value` is a single value although the field is `many`."""
        return not isinstance(value, _SEVERAL) and not is_array(value)

    def _stored_form(self, value: Any) -> Any:
        if value is None:
            return None
        if self.many:
            return [None if member is None else self._write(member) for member in value]
        return self._write(value)

    def _convert_one(self, value: Any) -> Any:
        value = self._convert(_plain(value))
        if self.enum is not None and value not in self.enum:
            known = ", ".join(map(repr, self.enum))
            raise FieldValueError(
                f"is not one of {known}{did_you_mean(value, self.enum)}".rstrip(), value
            )
        return value

    def _members(self, value: Any, one: Callable[[Any], Any]) -> list[Any]:
        members: list[Any] = []
        for index, member in enumerate((value,) if self._is_one(value) else listed(value)):
            try:
                members.append(None if member is None else one(member))
            except FieldValueError as error:
                error.within(f"[{index}]")
                raise
        return members

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


def at(piece: str, convert: Callable[[Any], Any], value: Any) -> Any:
    """Return the converted value; errors name it as this piece of the whole."""
    try:
        return convert(value)
    except FieldValueError as error:
        error.within(piece)
        raise


def _flat(values: list[Any], is_one: Callable[[Any], bool]) -> Iterable[Any]:
    """Yield the members of nested lists, without nulls."""
    for member in values:
        if isinstance(member, list) and not is_one(member):
            yield from _flat(member, is_one)
        elif member is not None:
            yield member


def _plain(value: Any) -> Any:
    """Return the value of an enum member, and numpy numbers as Python's own; any other value unchanged."""
    if isinstance(value, enums.Enum):
        return value.value
    if hasattr(type(value), "tolist") and getattr(value, "ndim", 1) == 0:
        return _in_microseconds(value).tolist()
    return value


# Arrays and series of any package: nothing is imported for them.


def is_array(value: Any) -> bool:
    """Return whether the value is an array of the standard library or numpy, or a pandas series."""
    return (
        hasattr(type(value), "tolist")
        and not isinstance(value, memoryview)
        and getattr(value, "ndim", 1) > 0
    )


def listed(value: Any) -> Iterable[Any]:
    """Return the members, with an array's numbers as Python's own."""
    return _in_microseconds(value).tolist() if is_array(value) else value  # type: ignore[no-any-return]


def _in_microseconds(value: Any) -> Any:
    # numpy dates with nanoseconds would become whole numbers.
    is_date = getattr(getattr(value, "dtype", None), "kind", "") == "M"
    is_numpy = type(value).__module__.partition(".")[0] == "numpy"
    return value.astype("datetime64[us]") if is_date and is_numpy else value
