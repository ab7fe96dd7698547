"""A difference of two models, and matching the parts of one to those of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ecgen.definitions.ir import Field, Join, Location

from ..renaming import Move
from ..rules.verdicts import Code, Server

Part = TypeVar("Part", Field, Join)


@dataclass(frozen=True, slots=True)
class ModelDifference:
    """A difference of two models that their mappings do not show, or show less precisely."""

    rule: str
    path: str
    location: Location
    message: str
    server: Server = "none"
    code: Code | None = None
    """If it differs from the rule's usual one."""
    todo: str | None = None
    """If they differ from the rule's usual ones."""
    was: str | None = None
    """The old name, if it was renamed."""
    inside: tuple[Move, ...] = ()
    """Of a renamed object: its properties that were renamed with it."""


def match(part: Part, old: Sequence[Part], new: Sequence[Part]) -> Part | None:
    """Return the old part of the same name as `part`, or the one it was renamed from if that was removed."""
    names = {each.name: each for each in old}
    if part.name in names:
        return names[part.name]
    if part.renamed_from is None:
        return None
    still = {each.name for each in new}
    for each in old:
        if part.renamed_from in (each.name, each.attribute) and each.name not in still:
            return each
    return None
