"""Ctrl-C while a bulk builds its lines, or notes the outcomes: what was taken is told, and saved again is stored once."""

from __future__ import annotations

import elastic_transport
import pytest

from ecgen.runtime import Keyword, Long, Model, create_mappings, ids
from ecgen.runtime.client import connection as connections
from ecgen.runtime.requests import bulk, bulk_lines, planned


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
        (bulk, "note_written"),  # outcomes are noted
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


class Named(Item):
    __slots__ = ()
    _meta = {"index": "named", "store_id": True}

    def _compute_id(self):
        return f"n{self.number}" if self.id is None else self.id


class Answers:
    """DocTypeConnection.call, whose bulk requests go wrong in turn.

    busy     the server turns every document away
    lost     it takes them, and no answer comes
    stopped  it takes them, and Ctrl-C comes before the answer
    """

    def __init__(self, *faults):
        self.faults = list(faults)
        self.call = connections.DocTypeConnection.call

    def __get__(self, connection, owner):
        def call(method, *args, **options):
            fault = self.faults.pop(0) if method == "bulk" and self.faults else ""
            answer = None if fault == "busy" else self.call(connection, method, *args, **options)
            if fault == "stopped":
                raise KeyboardInterrupt
            if fault == "lost":
                raise elastic_transport.ConnectionError("reset")
            return answer or busy(args[0]["operations"])

        return call


def busy(operations):
    error = {"type": "es_rejected_execution_exception", "reason": "busy"}
    item = {"create": {"status": 429, "error": error}}
    documents = operations.count(b"\n") // 2
    return {"errors": True, "items": [item] * documents}


def changed(cls):
    create_mappings([cls])
    items = [cls(number=number) for number in range(4)]
    Model.save_all(items).raise_failures()
    for item in items:
        item.number += 10
    return items


def assert_stored_once(items):
    Model.save_all(items, refresh=True).raise_failures()
    numbers = sorted(found.number for found in type(items[0]).scan())
    assert numbers == sorted(item.number for item in items)


def test_what_was_turned_away_and_is_sent_again_is_in_doubt(connected, monkeypatch):
    items = changed(Versioned)
    with monkeypatch.context() as patch:
        patch.setattr(connections.DocTypeConnection, "call", Answers("busy", "stopped"))
        with pytest.raises(KeyboardInterrupt) as stopped:
            Model.save_all(items)
    assert stopped.value.bulk.unwritten == items  # no longer the answer of the first request
    assert_stored_once(items)


@pytest.mark.one_server
def test_doubt_outlives_an_interrupt_between_two_answers(connected, monkeypatch):
    stops = 0
    for at in range(1, 40, 3):
        items = changed(Versioned)
        with monkeypatch.context() as patch:
            patch.setattr(connections.DocTypeConnection, "call", Answers("lost"))
            patch.setattr(Versioned, "get_index", interrupting(Versioned.get_index, at))
            try:
                Model.save_all(items).raise_failures()
            except KeyboardInterrupt:
                stops += 1
        assert_stored_once(items)
        Model.delete_all(items, refresh=True).raise_failures()
    assert stops > 3


def test_a_request_goes_on_that_an_interrupt_hid(connected, monkeypatch):
    """It falls after the thread was started, and before the bulk knows of it."""
    create_mappings([Named])
    items = [Named(number=number) for number in range(6)]
    tasks = []

    def start(*args):
        task = connections_start(*args)
        tasks.append(task)
        if len(tasks) == 2:
            while answers.faults:
                connections.sleep(0.001)
            connections.sleep(0.01)  # the first answer comes; the request will be repeated
            raise KeyboardInterrupt
        return task

    connections_start, answers = connections.start, Answers("", "busy")
    with monkeypatch.context() as patch:
        patch.setattr(connections.DocTypeConnection, "call", answers)
        patch.setattr(connections, "start", start)
        with pytest.raises(KeyboardInterrupt):
            Model.save_all(items, chunk_size=3, threads=2)
    for task in tasks:
        connections.finish(task)
    assert_stored_once(items)
