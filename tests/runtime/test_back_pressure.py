"""A bulk does not drain its source into a server that is gone or busy; and nothing is written where no index is."""

from __future__ import annotations

import itertools
import threading
import time
import tracemalloc

import pytest
from faulty_line import FaultyLine

from ecgen.runtime import (
    BulkError,
    Keyword,
    Long,
    MissingIndexError,
    Model,
    SingleJoin,
    connect,
    create_mappings,
    ids,
)


class Row(Model):
    __slots__ = ("number", "text")
    _meta = {"index": "rows", "store_id": True}
    _mapping = {"id": Keyword("id"), "number": Long("number"), "text": Keyword("text")}

    def _compute_id(self):
        return self.id or ids.uuid7()


class Served(Model):
    __slots__ = ("number",)
    _meta = {"index": "served"}
    _mapping = {"number": Long("number")}


class Ring(Model):
    """Elasticsearch makes its ids, so a circle needs one more write."""

    _meta = {"index": "rings"}
    _mapping = {
        "number": Long("number"),
        "other": SingleJoin("other", f"{__name__}.Ring", f"{__name__}.Ring"),
    }


class Counted(Long):
    def on_save(self, model):
        model.number += 1
        return model


class Parent(Row):
    __slots__ = ()
    _meta = {"index": "parents", "store_id": True}
    _mapping = {"id": Keyword("id"), "number": Counted("number"), "text": Keyword("text")}


class Child(Row):
    __slots__ = ("parent",)
    _meta = {"index": "children", "store_id": True}
    _mapping = {
        **Row._mapping,
        "parent": SingleJoin("parent", f"{__name__}.Child", f"{__name__}.Parent"),
    }


class Source:
    """An endless one that knows how many were taken of it."""

    def __init__(self, cls=Row):
        self.cls, self.taken = cls, 0

    def __iter__(self):
        for number in itertools.count():
            self.taken = number + 1
            yield self.cls(number=number)


@pytest.mark.parametrize("cls", [Row, Served])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_dead_server_stops_an_endless_bulk(unconnected, cls, threads):
    connect("http://127.0.0.1:1").write_pause = 0.5
    source = Source(cls)
    tracemalloc.start()
    result = cls.save_all(source, 1000, threads=threads)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not result
    assert "127.0.0.1" in result.stopped or "Connection" in result.stopped
    assert source.taken <= (threads + 1) * 1000
    told = [failure.model for failure in result.failures] + result.unwritten
    assert len({id(model) for model in told}) == len(told) == source.taken
    assert all(model.id is None for model in told)
    assert peak < 20_000_000
    with pytest.raises(BulkError, match="stopped with"):
        result.raise_failures()


def test_what_completes_circles_stops_a_bulk_too(connected, server):
    create_mappings([Ring])
    line = FaultyLine(server.url)
    connect({**server.conf, "hosts": [line.url]}, connected._index_prefix).write_pause = 0.5
    taken = []

    def circles():
        while True:
            one, two = Ring(number=1), Ring(number=2)
            one.other, two.other = two, one
            taken.append(one)
            yield one

    line.faults, line.always = [""], "503 before"
    result = Ring.save_all(circles(), chunk_size=1)
    assert "503" in result.stopped
    assert len(taken) == 1
    line.always = ""
    Ring.save_all(taken, refresh=True).raise_failures()
    one, two = sorted(Ring.find_by(), key=lambda ring: ring.number)
    assert (one.other, two.other) == (two.id, one.id)


def test_what_hooks_changed_waits_for_no_second_pause(connected, server):
    create_mappings([Parent, Child])
    line = FaultyLine(server.url)
    connect({**server.conf, "hosts": [line.url]}, connected._index_prefix).write_pause = 0.5
    child = Child(number=1, parent=Parent(number=1))
    line.faults, line.always = [""], "503 before"
    result = Child.save_all([child])
    assert [failure.model for failure in result.failures] == [child]
    assert result.unwritten == [child.parent]
    line.always = ""
    Child.save_all([child, child.parent], refresh=True).raise_failures()
    assert [parent.number for parent in Parent.find_by()] == [child.parent.number]


def test_a_server_that_is_away_for_a_while_is_a_pause(connected, server):
    create_mappings([Row])
    line = FaultyLine(server.url)
    connect({**server.conf, "hosts": [line.url]}, connected._index_prefix)
    rows = [Row(number=n) for n in range(50)]

    def source():
        for row in rows:
            if row.number == 20:
                line.refuse()
                threading.Timer(1.0, line.reopen).start()
            yield row

    start = time.monotonic()
    result = Row.save_all(source(), 10, refresh=True)
    assert time.monotonic() - start > 0.8
    assert (result.succeeded, result.failed, bool(result)) == (50, 0, True)
    assert Row.count() == 50
    line.close()


@pytest.mark.parametrize("status", ["429 before", "503 before", "502 after"])
def test_a_busy_server_stops_a_bulk(connected, server, status):
    create_mappings([Row])
    line = FaultyLine(server.url)
    connect({**server.conf, "hosts": [line.url]}, connected._index_prefix).write_pause = 0.4
    assert Row.save_all([Row(number=n) for n in range(3)])
    line.always = status
    source = Source()
    result = Row.save_all(source, 100)
    assert source.taken <= 300
    assert result.stopped
    line.always = ""
    told = [failure.model for failure in result.failures] + result.unwritten
    assert len(told) == source.taken
    assert Row.save_all(told, refresh=True)
    assert Row.count() == source.taken + 3
    line.close()


def test_what_no_waiting_helps_stops_it_at_once(unconnected, stub):
    connect(f"http://127.0.0.1:{stub.port}")
    stub.answers = [(401, {"error": {"type": "security_exception"}, "status": 401})] * 30
    source, start = Source(), time.monotonic()
    result = Row.save_all(source, 10)
    assert time.monotonic() - start < 10
    assert source.taken <= 30
    assert "security_exception" in result.stopped


def test_joined_waves_stop_as_well(connected, server):
    create_mappings([Row])
    line = FaultyLine(server.url)
    connect({**server.conf, "hosts": [line.url]}, connected._index_prefix).write_pause = 0.4
    rows = [Row(number=n) for n in range(20)]
    assert Row.save_all(rows)
    for row in rows:
        row.number += 100
    line.always = "503 before"
    result = Row.save_all(itertools.cycle(rows), 5)
    assert result.stopped
    assert len(result.failures) + len(result.unwritten) <= 15
    line.always = ""
    assert Row.save_all(rows, refresh=True)
    assert Row.count(number=119) == 1
    line.close()


def test_nothing_goes_to_an_index_that_is_not_there(connected):
    for write in (Row(number=1).save, lambda: Row.create(number=1), Row.from_dict(id="x").save):
        with pytest.raises(MissingIndexError, match="create_mappings"):
            write()
    result = Row.save_all(Source(), 10)
    assert result.stopped
    assert all("create_mappings" in failure.error for failure in result.failures)
    assert not connected.get_es().indices.exists(index=Row.get_index())
    create_mappings([Row])
    assert Row.create(number=1)
    connected.delete_index(Row.get_index())
    with pytest.raises(MissingIndexError):
        Row.create(number=1)


def test_an_index_is_looked_for_once(connected, requests):
    create_mappings([Row])
    connected.es_conf = connected.es_conf
    from observing import watched

    with watched(connected.get_es()) as seen:
        for number in range(3):
            Row.create(number=number)
    assert seen.to("HEAD") == 1
