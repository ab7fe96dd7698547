"""Where a document is: in which index, if its model's name stands for several, and under which routing value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

GIVEN = "given"
"""The rule of models whose documents are given their routing value by the program."""


class Place(NamedTuple):
    """The index of a document, None for the one that its model names; and its routing value."""

    index_name: str | None
    routing: str | None


def place_reader(cls: Any) -> Callable[[Any, str | None, str | None], None]:
    """Return a function that records index and routing of a hit on an instance, if they differ from the class's.
    `seen[0]` is the name of the index for which nothing is recorded; readers compare with it before they call."""
    known: dict[tuple[str | None, str | None], Place] = {}
    seen = cls._plain_index

    def note(model: Any, index: str | None, routing: str | None) -> None:
        if index == seen[0]:
            index = None
        if index is None and routing is None:
            return
        place = known.get((index, routing))
        if place is None:
            if index is not None and index == cls.get_index():
                seen[0] = index
                note(model, index, routing)
                return
            if len(known) > 10_000:
                known.clear()
            place = known[index, routing] = Place(index, routing)
        model._place = place

    return note


def given_place(routing: Any) -> Place:
    """Return the place of a new document with the routing value of the program; ValueError if that is not allowed."""
    value = str(routing)
    if not value or "," in value:
        raise ValueError(refused_routing(value))
    return Place(None, value)


def refused_routing(routing: str) -> str:
    why = "searches take it for several values" if routing else "it is empty"
    return f"{routing!r} cannot be the routing of a document: {why}"
