"""Reads of an index that has lost shards: those of a migration's swap come back in a moment, under another index."""

from __future__ import annotations

import dataclasses
import json
import threading
import time

import elasticsearch
import pytest
from observing import fresh_prefix

from ecgen.runtime import Keyword, Long, Model, SingleJoin, connect, create_mappings
from ecgen.runtime.client import connection
from ecgen.runtime.requests.patience import READ_PAUSES, has_lost_shards

HERE = __name__
COUNT = 60
UUID = "SN8Ha0lTB6lnRYXguLAigw"


class Maker(Model):
    __slots__ = ("number",)
    _meta = {"index": "makers", "store_id": True}
    _mapping = {"id": Keyword("id"), "number": Long("number")}

    def _compute_id(self):
        return str(self.number)


class Thing(Model):
    __slots__ = ("maker", "number")
    _meta = {"index": "things", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "number": Long("number"),
        "maker": SingleJoin("maker", f"{HERE}.Thing", f"{HERE}.Maker"),
    }

    def _compute_id(self):
        return str(self.number)


class Unstored(Thing):
    """Its full pages need a point in time."""

    __slots__ = ()
    _meta = {"index": "things"}


def lost(kind, uuid=UUID):
    return {"type": kind, "reason": "…", "index_uuid": uuid, "index": "things"}


GONE = lost("index_not_found_exception")
MISSING = lost("index_not_found_exception", "_na_")
SHARDLESS = {"type": "no_shard_available_action_exception", "reason": "…", "root_cause": [GONE]}
LIMIT = {"type": "illegal_argument_exception", "reason": "…"}
CONTEXT = {
    "type": "search_phase_execution_exception",
    "reason": "Partial shards failure",
    "root_cause": [{"type": "search_context_missing_exception", "reason": "…"}],
}


def of_part(error, part):
    """Return a change of an answer: one of its parts is an error."""

    def change(body):
        body[part][-1] = {"_id": body[part][-1].get("_id"), "error": error}
        return body

    return change


class Line:
    """Between the client and a server: for a while its answers are changed, or errors take their place."""

    def __init__(self, client):
        self.asked = []
        self.lose(None, 0)
        node = client.transport.node_pool.get()
        send = node.perform_request

        def perform_request(method, target, **options):
            answer = send(method, target, **options)
            return self.changed(method, target, answer)

        node.perform_request = perform_request

    def lose(self, changes, times, after=0):
        self.asked.clear()
        self.changes, self.counts = changes, range(after, after + times)

    def changed(self, method, target, answer):
        self.asked.append(f"{method} {target}")
        if len(self.asked) - 1 not in self.counts:
            return answer
        meta, data = answer
        if isinstance(self.changes, tuple):
            status, error = self.changes
            data = b"" if method == "HEAD" else json.dumps({"error": error}).encode()
            return type(answer)(dataclasses.replace(meta, status=status), data)
        return type(answer)(meta, json.dumps(self.changes(json.loads(data))).encode())


@pytest.fixture
def things(connected):
    create_mappings([Maker, Thing])
    Maker.create(number=7, refresh=True)
    made = [Thing(number=n, maker="7") for n in range(COUNT)]
    Thing.save_all(made, refresh=True).raise_failures()
    return connected


@pytest.fixture
def line(things):
    return Line(things.get_es())


def numbers(found):
    return sorted(each.number for each in found)


IDS = [str(n) for n in range(COUNT)]
READS = {
    "get": lambda: Thing.get("3").number == 3,
    "exists": lambda: Thing.exists("3"),
    "get many": lambda: numbers(Thing.get(IDS)) == list(range(COUNT)),
    "count": lambda: Thing.count() == COUNT,
    "find_by": lambda: numbers(Thing.find_by(size=COUNT + 1)) == list(range(COUNT)),
    "load": lambda: Thing.get("3").load("maker").maker.number == 7,
    "search": lambda: numbers(Thing.search()[:COUNT].execute()) == list(range(COUNT)),
    "count of a search": lambda: Thing.search().count() == COUNT,
}


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize(
    ("read", "changes"),
    [
        ("get", (503, SHARDLESS)),
        ("exists", (503, None)),
        ("get many", of_part(SHARDLESS, "docs")),
        ("get many", of_part(GONE, "docs")),
        ("count", (503, SHARDLESS)),
        ("count", (404, CONTEXT)),
        ("find_by", (404, GONE)),
        ("find_by", (404, CONTEXT)),
        ("load", of_part(GONE, "docs")),
        ("search", (404, CONTEXT)),
        ("count of a search", (404, GONE)),
    ],
)
def test_a_read_waits_for_the_shards(line, monkeypatch, read, changes, times):
    monkeypatch.setattr(connection, "READ_PAUSES", [0.001] * len(READ_PAUSES))
    if read == "load":
        thing = Thing.get("3")
        line.lose(changes, times)
        assert thing.load("maker").maker.number == 7
    else:
        line.lose(changes, times)
        assert READS[read]()
    # The client itself repeats a 503 three times, at once.
    assert len(line.asked) == times + 1


@pytest.mark.parametrize(
    ("read", "changes", "kind"),
    [
        ("get", (503, SHARDLESS), "no_shard_available"),
        ("get many", of_part(GONE, "docs"), "index_not_found"),
        ("count", (404, GONE), "index_not_found"),
        ("find_by", (404, GONE), "index_not_found"),
    ],
)
def test_not_forever(line, read, changes, kind):
    line.lose(changes, 100)
    began = time.monotonic()
    with pytest.raises(elasticsearch.ApiError, match=kind):
        READS[read]()
    assert time.monotonic() - began >= sum(READ_PAUSES)
    assert len(line.asked) == 1 + len(READ_PAUSES) + 3 * (changes in [(503, SHARDLESS)])


@pytest.mark.parametrize(
    ("read", "most"), [("get", 1), ("count", 1), ("find_by", 1), ("get many", 2)]
)
def test_an_index_that_is_missing_is_not_waited_for(line, things, read, most):
    things.get_es().indices.delete(index=Thing.get_index())
    line.lose(None, 0)
    with pytest.raises(elasticsearch.NotFoundError):
        READS[read]()
    assert len(line.asked) == most


def test_a_multi_get_that_looked_by_the_old_name_asks_once_more(line):
    line.lose(of_part(MISSING, "docs"), 1)
    assert READS["get many"]()
    line.lose(of_part(MISSING, "docs"), 2)
    with pytest.raises(elasticsearch.NotFoundError):
        READS["get many"]()


@pytest.mark.parametrize(("error", "again"), [(SHARDLESS, True), (CONTEXT, True), (LIMIT, False)])
def test_a_part_of_a_multi_search(error, again):
    told = {"responses": [{"hits": {}}, {"error": error}]}
    assert has_lost_shards("msearch", {}, told, True) is again


@pytest.mark.parametrize("error", [GONE, CONTEXT])
def test_a_page_whose_point_in_time_is_gone_opens_another(line, error):
    """Its requests: a full page, a point in time, the page in that; then the last two again, and close both."""
    line.lose((404, error), 1, after=2)
    assert numbers(Unstored.find_by(size=COUNT)) == list(range(COUNT))
    assert [each.split("?")[0].split("/")[-1] for each in line.asked] == [
        *("_search", "_pit", "_search"),
        *("_pit", "_pit", "_search"),
    ]


@pytest.mark.parametrize("error", [GONE, CONTEXT])
def test_a_scan_that_has_given_nothing_begins_again(line, error):
    """Its requests: a point in time, the first page; the same again after closing it; two pages more, and closing."""
    line.lose((404, error), 1, after=1)
    assert numbers(Thing.scan(size=COUNT // 2)) == list(range(COUNT))
    assert [each.split("?")[0].split("/")[-1] for each in line.asked] == [
        *("_pit", "_search", "_pit"),
        *("_pit", "_search", "_search", "_search", "_pit"),
    ]
    line.lose((404, error), 0)
    line.counts = (1, 4)  # both first pages
    with pytest.raises(elasticsearch.NotFoundError, match="or a migration replaced the index"):
        list(Thing.scan(size=COUNT // 2))
    assert line.asked[-1].startswith("DELETE")


@pytest.mark.parametrize("error", [GONE, CONTEXT])
def test_a_scan_whose_index_was_replaced_says_so(line, error):
    line.lose((404, error), 1, after=2)
    with pytest.raises(elasticsearch.NotFoundError, match="or a migration replaced the index"):
        list(Thing.scan(size=COUNT // 2))


def test_a_part_of_the_shards_is_not_counted(connected):
    """Two shards of which a server of one node starts one; nor those that a time limit of the cluster's stops."""
    settings = {
        "number_of_shards": 2,
        "number_of_replicas": 0,
        "routing.allocation.total_shards_per_node": 1,
    }
    es = connected.get_es().options(request_timeout=60)
    es.indices.create(index=Thing.get_index(), settings=settings, wait_for_active_shards=0)
    es.cluster.health(index=Thing.get_index(), wait_for_active_shards=1)
    partial = es.count(index=Thing.get_index())
    assert partial["_shards"]["failed"] == 1  # with 200
    asked = Line(connected.get_es())
    for read in ("count", "find_by", "search", "count of a search"):
        with pytest.raises(elasticsearch.ApiError) as caught:
            READS[read]()
        assert caught.value.status_code == 503
        assert "allow_partial_search_results=false" in asked.asked[-1]
    assert numbers(Thing.search().params(allow_partial_search_results=True).execute()) == []


def test_readers_do_not_notice_that_an_alias_takes_the_place_of_an_index(server):
    """As the first migration of an index does it; on real servers the shards go before the name leads to the new index."""
    with server.client() as client, fresh_prefix(client) as prefix:
        namespace = connect(server.conf, index_prefix=prefix)
        failed, stop, ready = [], threading.Event(), threading.Event()
        name = Thing.get_index()

        def fill(index):
            client.indices.create(index=index, settings={"number_of_shards": 2, "number_of_replicas": 0}, mappings=Thing.get_index_body()["mappings"])  # fmt: skip
            lines = [line for n in IDS for line in ({"index": {"_id": n}}, {"id": n, "number": int(n), "maker": "7"})]  # fmt: skip
            client.bulk(index=index, operations=lines, refresh=True)

        def read(what):
            while not stop.is_set():
                ready.wait()
                try:
                    if not READS[what]():
                        failed.append((what, "wrong"))
                except Exception as error:  # noqa: BLE001
                    failed.append((what, error))

        try:
            create_mappings([Maker])
            Maker.create(number=7, refresh=True)
            fill(name)
            ready.set()
            readers = [threading.Thread(target=read, args=(what,)) for what in READS]
            for reader in readers:
                reader.start()
            for turn in range(3):
                fill(f"{name}-{turn}")
                time.sleep(0.1)
                client.indices.update_aliases(
                    actions=[
                        {"remove_index": {"index": name}},
                        {"add": {"index": f"{name}-{turn}", "alias": name}},
                    ]
                )
                time.sleep(0.2)
                if turn < 2:
                    ready.clear()
                    time.sleep(0.5)  # until the reads under way have ended
                    client.indices.delete(index=f"{name}-{turn}")
                    fill(name)
                    ready.set()
            stop.set()
            for reader in readers:
                reader.join()
        finally:
            stop.set()
            ready.set()
            namespace.close()
            connect(None)
        assert failed == []
