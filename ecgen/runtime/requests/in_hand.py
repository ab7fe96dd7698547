"""What a load of joins holds, each document as one instance, and what it sets on the models beside the join itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..base_document import BaseDocument
from ..compile.attributes import set_untracked
from ..compile.incomplete import is_in_part
from ..compile.kept import is_same
from ..errors import FieldValueError
from ..joins import Join

OnFailure: TypeAlias = Callable[[Mapping[str, Any], FieldValueError], None]
"""Called with a hit that cannot be read, and the error."""


class InHand(dict[tuple[type[BaseDocument], str], BaseDocument]):
    """Models by class and id, and the documents that could not be read: an error without `on_failure`."""

    def __init__(self, on_failure: OnFailure | None) -> None:
        super().__init__()
        self.on_failure = on_failure
        self.unreadable: set[tuple[type[BaseDocument], str]] = set()

    def remember(self, model: BaseDocument) -> None:
        if model.id is not None and not is_in_part(model):
            self.setdefault((type(model)._whole, model.id), model)

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


def point_back(join: Join, joined: list[tuple[BaseDocument, BaseDocument]]) -> None:
    """Let targets that were loaded point to the instance they were loaded for, where they do not point elsewhere."""
    owners: dict[int, tuple[BaseDocument, list[BaseDocument]]] = {}
    for owner, target in joined:
        owners.setdefault(id(target), (target, []))[1].append(owner)
    for target, pointing in owners.values():
        inverse = join._inverse_on(target)
        if inverse is None:
            return
        held = getattr(target, inverse.attribute, ...)
        if held is ...:  # not fetched
            continue
        if inverse.several:
            set_untracked(target, inverse.attribute, _with_members(held, pointing))
        elif held is None or held == pointing[0].id:
            set_untracked(target, inverse.attribute, pointing[0])


def _with_members(members: list[Any], pointing: list[BaseDocument]) -> list[Any]:
    """The list with the models in the place of their ids, and at its end where it lacks them."""
    by_id = {model.id: model for model in pointing}
    members = [
        by_id.get(member, member) if isinstance(member, str) else member for member in members
    ]
    held = {id(member) for member in members}
    held_ids = {member.id for member in members if not isinstance(member, str)}
    return members + [
        model for model in pointing if id(model) not in held and model.id not in held_ids
    ]
