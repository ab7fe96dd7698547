"""Ctrl-C at the points that tests of single requests do not reach: found by interrupting at one call after another."""

from __future__ import annotations

import contextlib
import gc
import threading

import elastic_transport
import pytest
from test_interrupted_bulks import Item, Versioned, interrupting

from ecgen.runtime import (
    BulkError,
    Keyword,
    Long,
    Model,
    MultiJoinLoose,
    SingleJoin,
    create_mappings,
)
from ecgen.runtime.client import connection as connections
from ecgen.runtime.client import primitives
from ecgen.runtime.compile import collector
from ecgen.runtime.requests import bulk, bulk_lines, bulk_save, claims, save

HERE = __name__
pytestmark = pytest.mark.one_server


class Ring(Model):
    """Its ids are made by the server, so a circle needs one more write."""

    _meta = {"index": "rings", "versioned": True}
    _mapping = {
        "id": Keyword("id"),
        "number": Long("number"),
        "other": SingleJoin("other", f"{HERE}.Ring", f"{HERE}.Ring"),
    }


class Owner(Item):
    _meta = {"index": "owners"}
    _mapping = {
        "id": Keyword("id"),
        "number": Long("number"),
        "parts": MultiJoinLoose("parts", f"{HERE}.Owner", f"{HERE}.Part:owner"),
    }


class Part(Item):
    _meta = {"index": "parts"}
    _mapping = {
        "id": Keyword("id"),
        "number": Long("number"),
        "owner": SingleJoin("owner", f"{HERE}.Part", f"{HERE}.Owner:parts"),
    }


def interrupted(function, at=1):
    """The function, which is interrupted after its call of that number."""
    calls = 0

    def called(*args, **options):
        nonlocal calls
        calls += 1
        result = function(*args, **options)
        if calls == at:
            raise KeyboardInterrupt
        return result

    return called


def ring():
    one, two = Ring(number=1), Ring(number=2)
    one.other, two.other = two, one
    return one, two


def others(model):
    return [each.other for each in sorted(type(model).scan(), key=lambda each: each.number)]


class Interrupting(dict):
    def update(self, *args):
        super().update(*args)
        raise KeyboardInterrupt


@pytest.mark.parametrize("where", ["claiming", "releasing"])
def test_a_claim_ends_wherever_the_save_is_interrupted(connected, monkeypatch, where):
    create_mappings([Item])
    item = Item.create(number=1)
    item.number = 2
    with monkeypatch.context() as patch:
        if where == "claiming":
            patch.setattr(claims, "_claims", Interrupting())
        else:
            patch.setattr(claims.Claim, "release", interrupting(claims.Claim.release, 1))
        with pytest.raises(KeyboardInterrupt):
            item.save()
    assert not claims._claims
    thread = threading.Thread(target=item.save, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    assert Item.get(item.id).number == 2


def test_a_thread_goes_on_whose_notification_was_lost():
    ended = primitives.Future()
    thread = threading.Thread(target=primitives.finish, args=[ended], daemon=True)
    thread.start()
    ended._state = "FINISHED"  # as set_result does before it notifies
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("write", "owner", "name"),
    [
        ("new", bulk, "Batch"),
        ("new", connections, "call"),
        ("new", connections, "finish"),
        ("new", bulk, "note_written"),
        ("changed", connections, "call"),
        ("changed", bulk, "note_written"),
        ("delete", bulk, "Batch"),
        ("delete", connections, "call"),
        ("delete", connections, "finish"),
        ("delete", bulk, "deleted"),
    ],
)
def test_each_model_is_told_once(connected, monkeypatch, write, owner, name):
    create_mappings([Versioned])
    act = Model.delete_all if write == "delete" else Model.save_all
    for at in (1, 2):
        items = [Versioned(number=number) for number in range(5)]
        if write != "new":
            Model.save_all(items).raise_failures()
        for item in items:
            item.number += 10
        source = iter(items)
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, interrupted(getattr(owner, name), at + (name == "Batch")))
            with pytest.raises(KeyboardInterrupt) as stopped:
                act(source, chunk_size=2, threads=1, progress=lambda result: None)
        told = stopped.value.bulk
        left = [*told.unwritten, *(failure.model for failure in told.failures)]
        assert len(set(map(id, left))) == len(left)
        assert told.succeeded + len(left) == 5 - source.__length_hint__()
        act([*left, *source]).raise_failures()
        Versioned.refresh()
        numbers = [] if write == "delete" else list(range(10, 15))
        assert sorted(found.number for found in Versioned.scan()) == numbers
        if numbers:
            Model.delete_all(items, refresh=True).raise_failures()


def test_what_a_written_owner_joins_is_told_too(connected, monkeypatch):
    create_mappings([Owner, Part])
    owner = Owner(number=1, parts=[Part(number=2), Part(number=3)])
    with monkeypatch.context() as patch:
        patch.setattr(connections, "_answer", interrupting(connections._answer, 2))
        with pytest.raises(KeyboardInterrupt) as stopped:
            Model.save_all([owner])
    told = stopped.value.bulk
    assert (told.succeeded, told.unwritten) == (1, owner.parts)
    Model.save_all(told.unwritten, refresh=True).raise_failures()
    assert [part.owner for part in Part.scan()] == [owner.id] * 2


@pytest.mark.parametrize("name", ["note_place", "complete"])
def test_an_answer_is_noted_as_a_whole(connected, monkeypatch, name):
    create_mappings([Versioned])
    item = Versioned(number=1)
    for number in (1, 2):
        item.number = number
        with monkeypatch.context() as patch:
            patch.setattr(save, name, interrupted(getattr(save, name)))
            with contextlib.suppress(KeyboardInterrupt):  # an update completes nothing
                item.save()
        item.save()
        assert Versioned.get(item.id).number == number
    Versioned.refresh()
    assert Versioned.count() == 1


@pytest.mark.parametrize("how", [interrupting, interrupted])  # before and after
@pytest.mark.parametrize("many", [True, False])
def test_a_circle_that_lacks_an_id_is_told_as_not_written(connected, monkeypatch, many, how):
    create_mappings([Ring])
    one, two = ring()
    owner = bulk_save if many else save
    with monkeypatch.context() as patch:
        patch.setattr(owner, "amend", how(owner.amend, 1))
        with pytest.raises(KeyboardInterrupt) as stopped:
            Model.save_all([one]) if many else one.save()
    left = stopped.value.bulk if many else stopped.value.cascade
    left = [*left.unwritten, *getattr(left, "in_doubt", [])]
    assert len(left) == 1
    Model.save_all(left, refresh=True).raise_failures()
    assert others(one) == [two.id, one.id]


def test_a_circle_of_versioned_models_can_be_saved_again(connected):
    create_mappings([Ring])
    one, two = ring()
    Model.save_all([one]).raise_failures()
    for each in (one, two):
        each.number += 10
    Model.save_all([one, two], refresh=True).raise_failures()
    assert others(one) == [two.id, one.id]


def test_models_that_are_planned_one_by_one_keep_no_ids(connected, monkeypatch):
    create_mappings([Item])
    read, bad, new = Item.create(number=1), Item(number=2), Item(number=3)
    bad.number = "x"
    for at in (1, 2):
        with monkeypatch.context() as patch:
            patch.setattr(bulk_save, "take_back", interrupting(bulk_save.take_back, at))
            with pytest.raises(KeyboardInterrupt):
                Model.save_all([new, read, bad])
        assert (new.id, bad.id) == (None, None)


def test_a_delete_that_was_answered_can_be_repeated(connected, monkeypatch):
    for cls in (Item, Versioned):
        create_mappings([cls])
        item = cls.create(number=1)
        with monkeypatch.context() as patch:
            patch.setattr(save, "deleted", interrupting(save.deleted, 1))
            with pytest.raises(KeyboardInterrupt):
                item.delete()
        item.delete()
        assert not cls.exists(item.id)


def test_an_interrupt_while_a_failure_is_passed_on(connected, monkeypatch):
    create_mappings([Item])

    def items():
        yield Item(number=1)
        raise ValueError

    state = connections.inspect.getgeneratorstate
    with monkeypatch.context() as patch:
        patch.setattr(connections.inspect, "getgeneratorstate", interrupting(state, 1))
        with pytest.raises(KeyboardInterrupt) as stopped:
            Model.save_all(items())
    assert [item.number for item in stopped.value.bulk.unwritten] == [1]


def test_interrupted_twice(connected, monkeypatch):
    create_mappings([Item])
    items = [Item(number=number) for number in range(6)]

    def finish(task):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(connections, "finish", finish)
        with pytest.raises(KeyboardInterrupt) as stopped:
            Model.save_all(items, chunk_size=2, threads=2)
    told = stopped.value.bulk
    assert told.succeeded + len(told.unwritten) == 6
    Model.save_all(items, refresh=True).raise_failures()
    assert sorted(item.number for item in Item.scan()) == list(range(6))


def test_a_scan_that_is_interrupted_as_it_begins_is_closed(connected, requests, monkeypatch):
    create_mappings([Item])
    state = connections.inspect.getgeneratorstate
    with monkeypatch.context() as patch:
        patch.setattr(connections.inspect, "getgeneratorstate", interrupting(state, 1))
        with pytest.raises(KeyboardInterrupt):
            next(Item.scan())
    assert [request.partition(" ")[0] for request in requests[1:]] == ["POST", "DELETE"]


@pytest.mark.parametrize("call", ["isenabled", "disable", "append", "work", "enable"])
@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_is_as_before_wherever_its_pause_is_interrupted(monkeypatch, call, is_on):
    """Python delivers an interrupt after a call."""
    pausing = Pausing()
    (gc.enable if is_on else gc.disable)()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(collector, "_pausing", pausing)
            if call in ("isenabled", "disable", "enable"):
                patch.setattr(collector.gc, call, interrupted(getattr(gc, call)))
            elif call == "append":
                pausing.is_interrupting = True
            work = interrupted(gc.isenabled, 1 if call == "work" else 0)
            if is_on or call in ("isenabled", "work"):
                with pytest.raises(KeyboardInterrupt):
                    collector.without_collector(work)
            else:
                assert collector.without_collector(work) is False
        assert gc.isenabled() is is_on
    finally:
        gc.enable()


class Pausing(list):
    is_interrupting = False

    def append(self, item):
        super().append(item)
        if self.is_interrupting:
            raise KeyboardInterrupt


class Named(Versioned):
    _meta = {"index": "named", "versioned": True}

    def _compute_id(self):
        return f"n{self.number}" if self.id is None else self.id


class TimeLimit(Exception):
    """As a signal's handler raises it."""


@pytest.mark.parametrize("many", [True, False])
def test_an_error_of_a_signal_handler_leaves_doubt(connected, monkeypatch, many):
    create_mappings([Named])
    call = connections.DocTypeConnection.call

    def answer_lost(*args, **options):
        call(*args, **options)
        raise TimeLimit

    item = Named(number=1)
    save_all = (lambda: Model.save_all([item]).raise_failures()) if many else item.save
    delete_all = (lambda: Model.delete_all([item]).raise_failures()) if many else item.delete
    for act in (save_all, save_all, delete_all):
        with monkeypatch.context() as patch:
            patch.setattr(connections.DocTypeConnection, "call", answer_lost)
            with pytest.raises((TimeLimit, BulkError)):
                act()
        act()
        assert Named.exists("n1") == (act is not delete_all)
        item.number += 1


class LateBatch(bulk_lines.Batch):
    def __init__(self, writes=()):
        super().__init__(writes)
        self.models = Late()


class Late(list):
    def append(self, item):
        super().append(item)
        if len(self) == 2:
            raise TimeLimit


def test_a_model_that_is_in_the_batch_is_told_once(connected, monkeypatch):
    create_mappings([Item])
    items = [Item(number=number) for number in range(4)]
    with monkeypatch.context() as patch:
        patch.setattr(bulk_save, "Batch", LateBatch)
        with pytest.raises(TimeLimit) as caught:
            Item.save_all(items)
    result = caught.value.bulk
    assert (result.succeeded, result.failures) == (0, [])
    assert sorted(each.number for each in result.unwritten) == [0, 1, 2, 3]
    assert Item.save_all(items, refresh=True).succeeded == 4
    assert Item.count() == 4


@pytest.mark.parametrize(
    ("act", "name"),
    [("save", "conceal"), ("save", "remember"), ("save", "take_back"), ("delete", "remember")],
)
def test_while_what_a_failure_left_is_restored(connected, monkeypatch, act, name):
    create_mappings([Versioned])
    item = Versioned(number=1)
    if act == "delete":
        item.save()
    call, attempts = connections.DocTypeConnection.call, []

    def answer_lost(*args, **options):
        attempts.append(args)
        if len(attempts) == 4:  # the last
            call(*args, **options)
        raise elastic_transport.ConnectionError("reset")

    with monkeypatch.context() as patch:
        patch.setattr(connections.DocTypeConnection, "call", answer_lost)
        patch.setattr(save, name, interrupting(getattr(save, name), 1))
        with pytest.raises(KeyboardInterrupt):
            getattr(item, act)()
    getattr(item, act)()
    Versioned.refresh()
    assert Versioned.count() == (act == "save")
