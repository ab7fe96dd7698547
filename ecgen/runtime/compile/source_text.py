"""The source generated for one class: its fields, the names that it refers to, and compiling it to functions."""

from __future__ import annotations

import datetime
import inspect
import keyword
import linecache
from collections.abc import Callable
from typing import Any

from ecgen.elasticsearch.date_formats import DAYS, MINUTES, SECONDS, THREE, write_iso

from ..errors import FieldValueError
from ..signalled import raise_signalled
from ..types.base import BaseDataType
from .kept import copied


class Field:
    """One entry of `_mapping`, and the slot of an instance that holds its value."""

    def __init__(self, cls: type[Any], number: int, attribute: str, data_type: BaseDataType):
        if not attribute.isidentifier() or keyword.iskeyword(attribute):
            raise ValueError(f"{cls.__name__}._mapping: {attribute!r} cannot be an attribute")
        self.attribute = attribute
        self.data_type = data_type
        self.is_id = attribute == "id" and is_model(cls)
        self.is_plain = not isinstance(inspect.getattr_static(cls, attribute, None), property)
        self.slot = attribute if self.is_plain else f"_raw_{attribute}"
        self.is_join = hasattr(data_type, "get_target")
        self.local = f"_{number}"
        """A variable name that no field has."""

    @property
    def empty(self) -> str:
        """The value of a field that holds nothing, as source."""
        return "[]" if self.data_type.get_default_value() == [] else "None"


def fields_of(cls: type[Any]) -> list[Field]:
    return [
        Field(cls, number, attribute, data_type)
        for number, (attribute, data_type) in enumerate(cls._mapping.items())
    ]


def is_model(cls: type[Any]) -> bool:
    return hasattr(cls, "_meta")


FILE_PREFIX = "<ecgen "
"""The prefix of the file names under which compiled functions appear."""

_CLASSES = (
    *(type, str, bool, int, float, list, tuple, dict, bytes, datetime.datetime),
    *(FieldValueError, KeyError, AttributeError, TypeError, ValueError),
)
_NAMES: dict[str, Any] = {
    # Under names that no field has: a field may be named `type`.
    **{f"_{kind.__name__}": kind for kind in _CLASSES},
    "_from_iso": datetime.datetime.fromisoformat,
    "_iso": write_iso,
    "_DAYS": DAYS,
    "_MINUTES": MINUTES,
    "_SECONDS": SECONDS,
    "_THREE": THREE,
    "_join": "".join,
    "_copied": copied,
}
"""What the source of any class may refer to."""


class Source:
    """The source of functions of one class, with the names that they refer to."""

    def __init__(self, cls: type[Any], name: str):
        self._cls = cls
        self._name = name
        self.owner = cls.__name__
        self._lines: list[str] = []
        self.names = {"__name__": cls.__module__, **_NAMES}

    def hook(self, kind: str, field: Field, function: Callable[[Any], Any]) -> str:
        """Return the name under which the source calls `function`; its errors name the class and the field."""
        if kind != "show":
            # A program's values raise its own errors; a stored value may be anything.
            refusals = Exception if kind in ("read", "from_es") else ValueError
            function = located(self.owner, field.data_type, function, refusals)
        name = f"_{kind}_{field.attribute}"
        self.names[name] = function
        return name

    def function(self, name: str, parameters: str, body: list[str]) -> None:
        self._lines += [f"def {name}({parameters}):", *indented(body), "", ""]

    def compiled(self, parameters: str, body: list[str]) -> Callable[..., Any]:
        """Add the function that the source is named after, and return it."""
        self.function(self._name, parameters, body)
        text = "\n".join(self._lines)
        title = f"{FILE_PREFIX}{self._cls.__module__}.{self._cls.__qualname__}.{self._name}>"
        # Two classes may have the same name, for example in two namespaces.
        while title in linecache.cache and linecache.getlines(title) != text.splitlines(True):
            title = title[:-1] + "'>"
        linecache.cache[title] = (len(text), None, text.splitlines(True), title)
        exec(compile(text, title, "exec"), self.names)  # noqa: S102 - made of identifiers and literals alone
        function: Callable[..., Any] = self.names[self._name]
        function.__qualname__ = f"{self._cls.__qualname__}.{self._name}"
        return function


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def located(
    owner: str,
    data_type: BaseDataType,
    function: Callable[[Any], Any],
    refusals: type[Exception] = ValueError,
) -> Callable[[Any], Any]:
    """Return the function with errors that name the field; `refusals` mean that it cannot hold the value."""
    attribute, private = data_type.attribute, data_type.private

    def calling(value: Any) -> Any:
        try:
            return function(value)
        except FieldValueError as error:
            raise _placed(error) from error.__cause__
        except refusals as reason:  # a hook of the user's own
            raise_signalled(reason)
            named = "" if isinstance(reason, ValueError) else f"{type(reason).__name__}: "
            refused = FieldValueError(f"is refused: {named}{reason}", value)
            raise _placed(refused) from (None if private else reason)

    def _placed(error: FieldValueError) -> FieldValueError:
        error.within(attribute).owner = owner
        if private:
            error.hide()
        return error

    return calling
