"""Saves that meet: new models shared by several, one document written by many, and versions that changed."""

from __future__ import annotations

import threading

import elasticsearch
import pytest

from ecgen.runtime import (
    Flattened,
    Keyword,
    Long,
    Model,
    MultiJoin,
    SingleJoin,
    create_mappings,
    ids,
)


class Parent(Model):
    __slots__ = ("name", "rows")
    _meta = {"index": "parents", "dynamic": "strict"}
    _mapping = {
        "name": Keyword("name"),
        "rows": MultiJoin("rows", f"{__name__}.Parent", f"{__name__}.Row:parent"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Row(Model):
    __slots__ = ("number", "parent")
    _meta = {"index": "rows", "dynamic": "strict"}
    _mapping = {
        "number": Long("number"),
        "parent": SingleJoin("parent", f"{__name__}.Row", f"{__name__}.Parent:rows"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Counter(Model):
    __slots__ = ("a", "b", "open")
    _meta = {"index": "counters"}
    _mapping = {"a": Long("a"), "b": Long("b"), "open": Flattened("open")}


class Guarded(Model):
    __slots__ = ("a", "open")
    _meta = {"index": "guarded", "versioned": True}
    _mapping = {"a": Long("a"), "open": Flattened("open")}


@pytest.fixture
def index(connected):
    create_mappings([Parent, Row, Counter, Guarded])
    return connected


def at_once(*works):
    """Do all of it at the same time, in threads (in test_aio_races each with an event loop); what each raised, or None."""
    outcomes = [None] * len(works)
    start = threading.Barrier(len(works))

    def carry_out(place, work):
        start.wait()
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            outcomes[place] = error

    threads = [
        threading.Thread(target=carry_out, args=(place, work)) for place, work in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def stored(model, server):
    with server.client() as client:
        client.indices.refresh(index=model.get_index())
        hits = client.search(index=model.get_index(), size=100, version=True)["hits"]["hits"]
    return {hit["_id"]: hit for hit in hits}


def test_a_new_parent_that_many_share_is_written_once(index, server):
    parent = Parent(name="p")
    rows = [Row(number=number, parent=parent) for number in range(20)]
    assert at_once(*(row.save for row in rows)) == [None] * 20
    assert {hit["_source"]["number"] for hit in stored(Row, server).values()} == set(range(20))
    (only,) = stored(Parent, server).values()
    assert sorted(only["_source"]["rows"]) == sorted(row.id for row in rows)
    assert only["_version"] == 1


def test_rows_created_and_saved_in_bulk_wait_for_a_parent_as_well(index, server):
    parent = Parent(name="p")
    rows = [Row(number=number, parent=parent) for number in range(20)]
    works = [
        lambda: Row.save_all(rows[:10]).raise_failures(),
        lambda: Row.save_all(rows[10:]).raise_failures(),
        lambda: Row._create(rows[3]),
        rows[4].save,
        parent.save,
    ]
    assert at_once(*works) == [None] * 5
    assert len(stored(Row, server)) == 20
    assert len(stored(Parent, server)) == 1


def test_a_parent_that_cannot_be_saved_is_tried_by_each(index, server):
    parent = Parent(name="p" * 40_000)  # too long for a keyword
    rows = [Row(number=number, parent=parent) for number in range(4)]
    failures = at_once(*(row.save for row in rows))
    assert [type(failure) for failure in failures] == [elasticsearch.BadRequestError] * 4
    assert stored(Parent, server) == {}
    parent.name = "p"
    assert at_once(*(row.save for row in rows)) == [None] * 4
    assert len(stored(Row, server)) == 4


@pytest.mark.parametrize("field", ["a", "open"])
def test_one_document_written_by_eight_is_never_a_conflict(index, server, field):
    model = Counter.create(id="1", a=0, open={"k": "v"})
    copies = [Counter.get("1") for _ in range(8)]

    def write(number, each):
        def work():
            for turn in range(5):
                each.open[f"k{number}"] = str(turn)
                if field == "a":
                    each.open = copies[number].open
                    each.a = number * 10 + turn
                if turn % 2:
                    each.save()
                else:
                    Counter.save_all([each]).raise_failures()

        return work

    assert at_once(*(write(number, each) for number, each in enumerate(copies))) == [None] * 8
    assert at_once(*[model.save] * 8) == [None] * 8
    assert len(stored(Counter, server)) == 1


def test_versioned_models_conflict(index, server):
    Guarded.create(id="1", a=1, open={"k": "v"})
    fresh, stale = Guarded.get("1"), Guarded.get("1")
    fresh.a = 2
    fresh.save()
    for act in (stale.save, stale.delete):
        with pytest.raises(elasticsearch.ConflictError):
            act()
    stale.open["k"] = "w"
    with pytest.raises(elasticsearch.ConflictError):
        stale.save()
    assert [f.status for f in Guarded.save_all([stale]).failures] == [409]
    assert [f.status for f in Guarded.delete_all([stale]).failures] == [409]
    assert stored(Guarded, server)["1"]["_source"]["a"] == 2
    fresh.a = 3
    assert Guarded.save_all([fresh])
    fresh.delete()
    again = Guarded.create(id="1", a=1)
    assert Guarded.delete_all([again])
    assert stored(Guarded, server) == {}


def test_a_versioned_model_made_by_hand_overwrites_nothing(index, server):
    Guarded.create(id="1", a=1)
    by_hand = Guarded.from_dict(id="1", a=2)
    for act in (by_hand.save, by_hand.delete):
        with pytest.raises(elasticsearch.ConflictError, match="was not read"):
            act()
    for result in (Guarded.save_all([by_hand]), Guarded.delete_all([by_hand])):
        (failure,) = result.failures
        assert (failure.status, type(failure.exception)) == (409, elasticsearch.ConflictError)
    assert stored(Guarded, server)["1"]["_source"]["a"] == 1
    unread = Guarded.from_es({"_id": "1", "_source": {"a": 1}})  # without its version
    unread.a = 5
    with pytest.raises(elasticsearch.ConflictError, match="was not read"):
        unread.save()


def test_a_hook_that_saves_within_a_save_waits_for_nobody(index, server):
    class Hooked(Keyword):
        def on_save(self, model):
            other = model.__dict__.get("other")
            if other is not None and other.id is not None:
                model.__dict__["other"] = None
                return model.save()
            return None

    class Noisy(Model):
        _meta = {"index": "noisy"}
        _mapping = {"a": Hooked("a")}

        def _compute_id(self):
            return self.id or ids.uuid7()

    create_mappings([Noisy])
    noisy = Noisy(a="x")
    noisy.other = Noisy(id="other")
    noisy.save()
    assert len(stored(Noisy, server)) == 1
