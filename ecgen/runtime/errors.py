"""The exceptions of the runtime, and suggestions for misspelt names."""

from __future__ import annotations

import operator
import re
import reprlib
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from ecgen.elasticsearch.near_names import by_spelling, nearest


class IntegrityError(Exception):
    """The operation would break an invariant of the model, such as an id that matches its fields."""


class RequiredFieldError(IntegrityError, ValueError):
    """A required field has no value; raised by create and save before a request is sent."""


class MissingIndexError(IntegrityError):
    """The index for a new document does not exist; no request was sent."""


class NotFetched(AttributeError):
    """The field was not fetched: `source=[…]` of the request does not include it."""


class NotLoaded(Exception):
    """A join was asked for its models, and holds ids."""


class NamespaceConnectionError(Exception):
    """No server of the namespace answered in time."""


class WrongAnswerError(Exception):
    """The answer belongs to another request, so the outcome of this one is unknown."""


class NamespaceAlreadyExistsError(Exception):
    """Another namespace is registered under the same name."""


_shown = reprlib.Repr()
_shown.maxstring = _shown.maxother = 200
_shown.maxlong = 80


class FieldValueError(ValueError):
    """A value that a field's type cannot hold. The message names the model, the field's path and the value.

    `reason` is the text after the value: "is not a number". The path grows while the exception passes through nested values:
    `within("price")`, `within("[2]")`, `within("lines")` give `lines[2].price`. `document` is the id of the stored document
    that contains the value, if it was read from one.

    For a private field, the value is in neither the message nor `args` nor `value`. A reason that quotes values does so after a
    colon or a semicolon.
    """

    def __init__(self, reason: str, value: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.value = value
        self.owner = ""
        self.path = ""
        self.document: str | None = None
        self._hidden = ""

    def within(self, piece: str) -> FieldValueError:
        """Prepend an attribute, or an index such as `[2]`, to the path."""
        dot = "." if self.path and not self.path.startswith("[") else ""
        self.path = f"{piece}{dot}{self.path}"
        return self

    def hide(self) -> None:
        """Replace a private field's value by its type."""
        if not self._hidden:
            self._hidden = f"a private {type(self.value).__name__}"
            self.reason = re.split("[:;] ", self.reason, maxsplit=1)[0]
            self.args, self.value = (self.reason,), None
            self.__cause__ = None

    def __reduce__(self) -> tuple[Any, ...]:
        return (FieldValueError, (self.reason, self.value), self.__dict__)

    def __str__(self) -> str:
        where = ".".join(part for part in (self.owner, self.path) if part)
        if self.document is not None:
            where += f" of document {self.document!r}"
        shown = self._hidden or _shown.repr(self.value)
        return f"{where + ': ' if where else ''}{shown} {self.reason}"


def warn_of_unused(cls: type[Any], unused: Mapping[str, str]) -> None:
    """Warn if a class under construction overrides a method that is no longer called."""
    for name, why in unused.items():
        if name in vars(cls):
            warnings.warn(f"{cls.__qualname__}.{name} {why}", UserWarning, 3)


def whole_number(name: str, value: Any, least: int) -> int:
    """Return an argument as int; TypeError unless it is a whole number, ValueError if it is less than `least`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {value!r}") from None
    if number < least:
        raise ValueError(f"{name} is at least {least}, not {number}")
    return number


def did_you_mean(wrong: object, known: Iterable[object]) -> str:
    """Return `; did you mean 'price'?`, or an empty string if no known name is similar."""
    near = nearest(str(wrong), by_spelling(map(str, known)))
    return f"; did you mean {near!r}?" if near else ""
