"""The other side of joins that were loaded: targets point to the instances for which they were loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..compile.attributes import set_untracked
from ..joins import Join

if TYPE_CHECKING:
    from ..base_document import BaseDocument

__all__ = ["point_back"]


def point_back(join: Join, joined: list[tuple[BaseDocument, BaseDocument]]) -> None:
    """Let targets that were loaded point to the instance they were loaded for, where they do not point elsewhere."""
    if join.target_property is None or not joined:
        return
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
