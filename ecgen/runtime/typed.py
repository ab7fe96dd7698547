"""Types for type checkers only: attributes that accept more types than they return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

Held = TypeVar("Held", covariant=True)
Taken = TypeVar("Taken", contravariant=True)


class Attribute(Generic[Held, Taken]):
    """Annotation of a model's attribute that reads as one type, and to which another may be assigned. Values are
    converted when the model is saved; until then the attribute holds what was assigned."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Held: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...

        def __set__(self, instance: object, value: Taken) -> None: ...
