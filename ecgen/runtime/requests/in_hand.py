"""The documents that a load of joins already holds: within one load, each document is one instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ..compile.incomplete import is_in_part
from ..compile.kept import is_same
from ..errors import FieldValueError
from ..joins import Join

if TYPE_CHECKING:
    from ..base_document import BaseDocument

__all__ = ["InHand", "OnFailure", "leave_gone"]

OnFailure: TypeAlias = Callable[[Mapping[str, Any], FieldValueError], None]
"""Called with a hit that cannot be read, and the error."""


class InHand(dict[tuple[type["BaseDocument"], str], "BaseDocument"]):
    """Models by class and id, and the documents that could not be read. Without `on_failure` the first of these is
    raised."""

    def __init__(self, on_failure: OnFailure | None) -> None:
        super().__init__()
        self.on_failure = on_failure
        self.unreadable: set[tuple[type[BaseDocument], str]] = set()

    def remember(self, model: BaseDocument) -> None:
        cls, id = type(model), model.id
        if id is not None and (cls is cls._whole or not is_in_part(model)):  # read whole
            self.setdefault((cls._whole, id), model)

    def read(self, target: type[BaseDocument], hit: Mapping[str, Any]) -> BaseDocument | None:
        """Return the model of a hit, or the existing instance; None if it cannot be read."""
        key = (target, hit["_id"])
        model = self.get(key)
        if model is None and key not in self.unreadable:
            try:
                model = self[key] = target.from_es(hit)
            except FieldValueError as error:
                if self.on_failure is None:
                    raise
                self.unreadable.add(key)
                self.on_failure(hit, error)
        return model


def leave_gone(model: BaseDocument, join: Join, before: Any, value: Any) -> None:
    """Keep the stored value unchanged where a load found nothing for an id."""
    seen, cls = getattr(model, "_seen", None), type(model)
    if not join.stored or not isinstance(seen, tuple):
        return
    place = cls._stored.index(join.attribute)
    if is_same(join.to_es(before), seen[place]):  # otherwise the program has changed it
        model._seen = type(seen)((*seen[:place], join.to_es(value), *seen[place + 1 :]))
