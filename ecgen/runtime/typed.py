"""What only type checkers see: attributes that take more than they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

__all__ = ["Attribute"]

Held = TypeVar("Held", covariant=True)
Taken = TypeVar("Taken", contravariant=True)


class Attribute(Generic[Held, Taken]):
    """In annotations of a model: an attribute that holds the one, and to which the other may be assigned. Values are fitted when
    the model is saved; until then it holds what was assigned."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Held: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...

        def __set__(self, instance: object, value: Taken) -> None: ...
