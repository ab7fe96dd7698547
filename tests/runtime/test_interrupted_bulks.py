"""Ctrl-C while a bulk builds its lines, or notes the outcomes: what was taken is told, and saved again is stored once."""

from __future__ import annotations

import pytest

from ecgen.runtime import Keyword, Long, Model, create_mappings, ids
from ecgen.runtime.client import connection as connections
from ecgen.runtime.requests import bulk_lines, bulk_save, planned


class Item(Model):
    __slots__ = ("number",)
    _meta = {"index": "items", "store_id": True}
    _mapping = {"id": Keyword("id"), "number": Long("number")}

    def _compute_id(self):
        return self.id or ids.uuid7()


class Versioned(Item):
    __slots__ = ()
    _meta = {"index": "versioned", "store_id": True, "versioned": True}


def interrupting(function, at):
    """The function, which is interrupted before its call of that number."""
    calls = 0

    def called(*args):
        nonlocal calls
        calls += 1
        if calls == at:
            raise KeyboardInterrupt
        return function(*args)

    return called


@pytest.mark.parametrize("cls", [Item, Versioned])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (bulk_lines.Encoding, "new"),  # lines are built
        (planned.Write, "aim"),  # they become single writes
        (bulk_save, "note_written"),  # outcomes are noted
        (connections, "take"),  # models are taken
    ],
)
def test_saved_again_each_is_stored_once(connected, monkeypatch, owner, name, cls):
    create_mappings([cls])
    for at in (1, 4, 5, 6):
        items = [cls(number=number) for number in range(7)]
        with monkeypatch.context() as patch:
            if name == "Request":
                patch.setattr(connections, "_answer", interrupting(connections._answer, at))
            else:
                patch.setattr(owner, name, interrupting(getattr(owner, name), at))
            try:
                # Another thread, which is never interrupted, sends the full chunks.
                Model.save_all(items, chunk_size=9 if name == "aim" else 3, threads=1)
            except KeyboardInterrupt as interrupt:
                told = interrupt.bulk
                assert told.succeeded <= 7
                taken = [*told.unwritten, *(failure.model for failure in told.failures)]
                assert len({id(item) for item in taken}) == len(taken)
        Model.save_all(items).raise_failures()
        for item in items:
            item.number += 10
        Model.save_all(items, refresh=True).raise_failures()
        assert len({item.id for item in items}) == 7
        assert sorted(found.number for found in cls.scan()) == list(range(10, 17))
        Model.delete_all(items, refresh=True).raise_failures()
