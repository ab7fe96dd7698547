"""A write block is a pause: a migration blocks an index while it switches over."""

from __future__ import annotations

import itertools
import re
import threading
import time

import elastic_transport
import elasticsearch
import pytest

from ecgen.runtime import BulkError, Keyword, Long, Model, create_mappings, ids
from ecgen.runtime.client.connection import DocTypeConnection


class Row(Model):
    __slots__ = ("number",)
    _meta = {"index": "rows", "store_id": True}
    _mapping = {"id": Keyword("id"), "number": Long("number")}

    def _compute_id(self):
        return self.id or ids.uuid7()


class Other(Row):
    __slots__ = ()
    _meta = {"index": "others", "store_id": True}


class Versioned(Row):
    __slots__ = ()
    _meta = {"index": "versioned", "store_id": True, "versioned": True}


@pytest.fixture
def es(connected, server):
    create_mappings([Row, Other])
    with server.client() as client:
        yield client


def block(es, cls=Row, on=True, name="write"):
    es.indices.put_settings(index=cls.get_index(), settings={f"index.blocks.{name}": on or None})


def unblock_in(seconds, es, cls=Row):
    timer = threading.Timer(seconds, block, (es, cls, False))
    timer.start()
    return timer


def test_writes_wait_until_it_is_lifted(es):
    row = Row.create(number=1)
    gone = Row.create(number=2)
    for write in (
        lambda: Row.create(number=3),
        lambda: setattr(row, "number", 4) or row.save(),
        gone.delete,
    ):
        block(es)
        timer, start = unblock_in(0.4, es), time.monotonic()
        write()
        assert time.monotonic() - start > 0.3
        timer.join()
    Row.refresh()
    assert sorted(each.number for each in Row.all()) == [3, 4]


def test_bulks_wait(es):
    rows = [Row(number=n) for n in range(10)]
    for write in (Row.save_all, Row.save_all, Row.delete_all):
        block(es)
        timer, start = unblock_in(0.4, es), time.monotonic()
        result = write(rows)
        assert (result.succeeded, bool(result)) == (10, True)
        assert time.monotonic() - start > 0.3
        timer.join()


def test_an_index_that_is_blocked_does_not_hold_up_others(es, connected):
    connected.write_pause = 0.3
    block(es)
    rows = [cls(number=n) for n in range(4) for cls in (Row, Other)]
    result = Model.save_all(rows)
    assert (result.succeeded, result.failed) == (4, 4)
    assert {type(failure.model) for failure in result.failures} == {Row}
    assert {failure.status for failure in result.failures} == {403}
    assert Other.create(number=5)


def test_after_one_wait_in_vain_others_fail_at_once(es, connected):
    connected.write_pause = 0.5
    block(es)
    with pytest.raises(elasticsearch.AuthorizationException) as caught:
        Row.create(number=1)
    assert "ecgen apply" in caught.value.__notes__[0]
    assert "ecgen abort" in caught.value.__notes__[0]
    assert not caught.value.cascade.in_doubt
    start = time.monotonic()
    connected.write_pause = 30
    with pytest.raises(elasticsearch.AuthorizationException):
        Row.create(number=1)
    result = Row.save_all([Row(number=2)])
    assert "ecgen apply" in result.failures[0].error
    assert time.monotonic() - start < 10
    assert connected.blocked_in_vain
    block(es, on=False)
    row = Row.create(number=1)
    assert not connected.blocked_in_vain

    block(es)  # it waits again
    timer = unblock_in(0.4, es)
    row.number = 2
    row.save()
    timer.join()


def test_a_bulk_stops_where_a_block_stays(es, connected):
    connected.write_pause = 0.3
    block(es)
    taken = itertools.count()
    result = Row.save_all((Row(number=next(taken)) for _ in itertools.repeat(0)), 10, threads=2)
    assert next(taken) <= 40
    assert result.succeeded == 0
    assert result.failed + len(result.unwritten) == next(taken) - 1
    assert "FORBIDDEN/8" in result.stopped
    block(es, on=False)
    assert Row.save_all([each.model for each in result.failures] + result.unwritten)


@pytest.mark.parametrize("name", ["read_only_allow_delete", "read_only"])
def test_a_full_disk_is_no_pause(es, name):
    """Elasticsearch answers 429 TOO_MANY_REQUESTS/12, and 403 FORBIDDEN/5 for an index that somebody made read-only."""
    row = Row.create(number=1)
    block(es, name=name)
    start = time.monotonic()
    try:
        with pytest.raises(elasticsearch.ApiError) as caught:
            Row.create(number=2)
        row.number = 3
        result = Row.save_all([row, Row(number=4)])
    finally:
        block(es, on=False, name=name)
    assert time.monotonic() - start < 10
    assert caught.value.status_code == (429 if "allow" in name else 403)
    assert not hasattr(caught.value, "__notes__") or "apply" not in str(caught.value.__notes__)
    assert {failure.status for failure in result.failures} == {caught.value.status_code}


def moved(es, change=None):
    """Put another index behind the name, with the same documents under other numbers, as a migration does."""
    old, new = Versioned.get_index(), f"{Versioned.get_index()}-000002"
    es.indices.create(index=new, mappings={"properties": Versioned.get_es_mapping()})
    hits = es.search(index=old, size=100)["hits"]["hits"]
    for _ in range(len(hits) + 2):
        for hit in hits:
            es.index(index=new, id=hit["_id"], document={**hit["_source"], **(change or {})})
    es.indices.update_aliases(
        actions=[{"remove_index": {"index": old}}, {"add": {"index": new, "alias": old}}]
    )


WRITES = {
    "save": lambda row: row.save(),
    "save_all": lambda row: Versioned.save_all([row]).raise_failures(),
    "delete": lambda row: row.delete(),
    "delete_all": lambda row: Versioned.delete_all([row]).raise_failures(),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("changed", [False, True])
def test_a_versioned_write_that_waited_for_a_migration(es, write, changed):
    create_mappings([Versioned])
    rows = [Versioned(number=n) for n in range(3)]
    assert Versioned.save_all(rows, refresh=True)
    row = Versioned.get(rows[1].id)
    row.number = 100
    block(es, Versioned)
    thread = threading.Timer(0.3, moved, (es, {"number": 7} if changed else None))
    thread.start()
    failure = None
    try:
        WRITES[write](row)
    except (elasticsearch.ConflictError, BulkError) as error:
        failure = error
    thread.join()
    Versioned.refresh()
    numbers = sorted(each.number for each in Versioned.all())
    if changed:
        assert "409" in str(failure) or failure.result.failures[0].status == 409
        assert numbers == [7, 7, 7]
        return
    assert failure is None
    assert numbers == ([0, 2, 100] if "save" in write else [0, 2])
    if "save" in write:  # under the new numbers it goes on
        row.number = 101
        row.save()


CALL = DocTypeConnection.call
VANISHED = {"type": "index_not_found_exception", "reason": "no such index", "index_uuid": "8gWFh"}


class Vanishing:
    """DocTypeConnection.call, whose first writes find that the index was removed while they were under way."""

    def __init__(self, times):
        self.left = times

    def __get__(self, connection, owner):
        def call(method, arguments, *args, **options):
            self.left -= 1
            if self.left < 0:
                return CALL(connection, method, arguments, *args, **options)
            if method != "bulk":
                meta = elastic_transport.ApiResponseMeta(404, "1.1", None, 0.0, None)
                raise elasticsearch.NotFoundError("gone", meta, {"error": VANISHED})
            verbs = re.findall(
                rb'^{"(create|update|delete)":{', arguments["operations"], re.MULTILINE
            )
            item = {"status": 404, "error": VANISHED}
            return {"errors": True, "items": [{verb.decode(): item} for verb in verbs]}

        return call


@pytest.mark.parametrize("times", [1, 2])
def test_a_write_goes_to_what_takes_the_place_of_its_index(es, monkeypatch, times):
    rows = [Row(number=n) for n in range(3)]

    def vanishing():
        monkeypatch.setattr(DocTypeConnection, "call", Vanishing(times))

    vanishing()
    one = Row.create(number=3)
    for number in (4, 5):
        one.number = number
        for row in rows:
            row.number = number
        vanishing()
        one.save()
        vanishing()
        Row.save_all(rows, refresh=True).raise_failures()
    assert [row.number for row in Row.all()] == [5] * 4
    vanishing()
    one.delete()
    vanishing()
    Row.delete_all(rows, refresh=True).raise_failures()
    assert Row.count() == 0


def test_an_index_that_is_missing_is_not_asked_again(es, requests):
    row = Row.create(number=1)
    es.indices.delete(index=Row.get_index())
    row.number = 2
    requests.clear()
    with pytest.raises(elasticsearch.NotFoundError, match="no such index"):
        row.delete()
    assert len(requests) == 1
    result = Row.delete_all([row])
    assert "no such index" in result.failures[0].error
