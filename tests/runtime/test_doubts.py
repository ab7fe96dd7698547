"""Writes whose answer was lost: saved again, each is stored once, and one's own document is no conflict."""

from __future__ import annotations

import elasticsearch
import pytest
from faulty_line import LOSSES, FaultyLine

from ecgen.runtime import Keyword, Long, Model, connect, create_mappings, ids
from ecgen.runtime.requests import bulk_send, save
from ecgen.runtime.requests.planned import Write


class Random(Model):
    """An id of its own, made at random."""

    __slots__ = ("number",)
    _meta = {"index": "random", "store_id": True}
    _mapping = {"id": Keyword("id"), "number": Long("number")}

    def _compute_id(self):
        return self.id or ids.uuid7()


class Computed(Model):
    """An id that somebody else may choose as well."""

    __slots__ = ("number",)
    _meta = {"index": "computed"}
    _mapping = {"number": Long("number")}

    def _compute_id(self):
        return f"n{self.number // 1000}"


class Served(Model):
    """An id that the server makes."""

    __slots__ = ("number",)
    _meta = {"index": "served"}
    _mapping = {"number": Long("number")}


class Versioned(Random):
    __slots__ = ()
    _meta = {"index": "versioned", "store_id": True, "versioned": True}


class Noted(Keyword):
    """Its on_save changes the document once more."""

    def on_save(self, model):
        model.note = "saved"
        return model


class Hooked(Random):
    __slots__ = ("note",)
    _meta = {"index": "hooked", "store_id": True}
    _mapping = {**Random._mapping, "note": Noted("note")}


FAULTS = [
    *([loss] for loss in LOSSES),
    ["reset after", "refuse after"],
    ["reset after", "reset before", "reset before", "reset before"],
    ["502 after", "429 before", "429 before", "429 before", "429 before"],
    ["garbage", "reset before", "reset before", "reset before", "reset before"],
]


@pytest.fixture
def line(connected, server, request):
    parameters = getattr(request.node, "callspec", request).params
    create_mappings(
        [parameters["cls"]] if "cls" in parameters else [Random, Computed, Served, Versioned]
    )
    line = FaultyLine(server.url, late=2.0)
    line.shorten(connect({**server.conf, "hosts": [line.url]}, connected._index_prefix).get_es())
    yield line
    line.faults, line.always = [], ""
    line.close()


def count(cls):
    cls.refresh()
    return cls.count()


@pytest.mark.parametrize("cls", [Random, Computed])
def test_a_save_that_is_repeated(line, cls):
    for n, faults in enumerate(FAULTS):
        model = cls(number=n * 1000)
        line.faults = list(faults)
        failures = []
        for _ in range(3):
            try:
                model.save()
                break
            except (elasticsearch.ApiError, elasticsearch.TransportError) as error:
                failures.append(error)
                line.faults = []
                if "refuse after" in faults:
                    line.reopen()
        assert model.id, faults
        assert not [each for each in failures if isinstance(each, elasticsearch.ConflictError)]
        assert cls.get(model.id).number == n * 1000
        assert count(cls) == n + 1, faults


@pytest.mark.parametrize("cls", [Hooked])
def test_a_repeated_save_whose_hook_changes_the_document(line, cls):
    model = cls(number=1)
    line.always = "too late"
    with pytest.raises(elasticsearch.ConnectionTimeout):
        model.save()
    line.always = ""
    model.save()
    assert cls.get(model.id).note == "saved"
    assert count(cls) == 1


def test_a_new_model_in_doubt_that_is_given_an_id(line):
    """It is an update then, and in doubt as one."""
    model = Versioned(number=1)
    line.always = "too late"
    for id in (None, "chosen"):
        model.id = id
        with pytest.raises(elasticsearch.ConnectionTimeout):
            model.save()
    assert model.id == "chosen"
    line.always = ""
    with pytest.raises(elasticsearch.NotFoundError):
        model.save()


@pytest.mark.parametrize("cls", [Random, Computed])
def test_a_changed_save_that_is_repeated(line, cls):
    """What is there is the model's own, of an earlier attempt, and takes the new values."""
    for n, fault in enumerate(["too late", "garbage", "a page"]):
        model = cls(number=n * 1000)
        line.always = fault
        with pytest.raises((elasticsearch.ApiError, elasticsearch.TransportError)):
            model.save()
        model.number += 1
        line.always = "reset before"
        with pytest.raises(elasticsearch.ConnectionError):
            model.save()
        line.always = ""
        model.number += 1
        model.save()
        assert cls.get(model.id).number == n * 1000 + 2
        assert count(cls) == n + 1


@pytest.mark.parametrize("cls", [Random, Computed])
@pytest.mark.parametrize("pause", [0, 30])
def test_a_bulk_that_is_repeated(line, connected, cls, pause):
    connected.write_pause = pause
    for n, faults in enumerate(FAULTS[-5:] if pause else FAULTS):
        if pause and "refuse after" in faults:
            continue
        models = [cls(number=(n * 10 + each) * 1000) for each in range(10)]
        line.faults = list(faults)
        result = cls.save_all(models)
        if pause:
            assert result, faults  # it waited, and went on by itself
        line.faults = []
        if "refuse after" in faults:
            line.reopen()
        if not result:
            again = cls.save_all([each.model for each in result.failures] + result.unwritten)
            assert not again.failures, faults
        assert all(model.id for model in models)
    assert count(cls) == len({model.id for model in cls.scan()})
    assert count(cls) % 10 == 0


@pytest.mark.parametrize("cls", [Random, Computed])
def test_a_generator_that_fails_and_an_answer_that_is_lost(line, connected, cls):
    connected.write_pause = 0
    models = [cls(number=n * 1000) for n in range(30)]

    def source():
        yield from models
        raise RuntimeError("the file is broken")

    line.faults = ["", "too late"]
    try:  # whichever of the two comes first stops it
        bulk = cls.save_all(source(), 10, threads=2)
    except RuntimeError as stopped:
        bulk = stopped.bulk
    line.faults = []
    told = [failure.model for failure in bulk.failures] + bulk.unwritten
    left = [model for model in models if model.id is None]
    assert {id(model) for model in told} <= {id(model) for model in left}
    assert bulk.succeeded == 30 - len(left) < 30
    assert cls.save_all(left)
    assert count(cls) == 30


def test_somebody_elses_document_is_a_conflict_without_a_doubt_and_with_one(line):
    Computed.create(number=1000)
    with pytest.raises(elasticsearch.ConflictError):
        Computed.create(number=1000)  # the same, but not by us
    line.faults = ["reset after"]
    with pytest.raises(elasticsearch.ConflictError):
        Computed.create(number=1001)
    assert Computed.get("n1").number == 1000
    result = Computed.save_all([Computed(number=1000), Computed(number=2000)])
    assert [failure.status for failure in result.failures] == [409]


def test_elasticsearch_itself_repeats_writes(line, connected):
    """At a failover of the primary it answers 409 for what it wrote: a random id can be nobody else's."""
    models = [Random(number=n) for n in range(3)]
    known = iter([f"own{n}" for n in range(3)])
    given = {id(model): next(known) for model in models}

    def compute(self):
        # random at each call, but the first of them is the id that is there already
        return self.id or given.pop(id(self), None) or ids.uuid7()

    original, Random._compute_id = Random._compute_id, compute
    try:
        for n in range(3):
            connected.get_es().create(
                index=Random.get_index(), id=f"own{n}", document={"id": f"own{n}", "number": n}
            )
        models[0].save()
        assert Random.save_all(models[1:])
    finally:
        Random._compute_id = original
    assert [model.id for model in models] == ["own0", "own1", "own2"]
    assert count(Random) == 3


def test_a_look_up_that_fails_fails_its_own_documents_only(line, connected):
    """The document that an attempt had made is deleted before it is looked up; and the look-up has no answer."""
    connected.write_pause = 0
    line.faults = ["too late"]
    models = [Computed(number=n * 1000) for n in range(4)]
    assert Computed.save_all(models).failed == 4
    Served.create(number=1)
    es = connected.get_es()
    send = es.transport.perform_request
    lost = []

    def perform_request(method, target, **options):
        if "_mget" in target and not lost:
            lost.append(target)
            raise elasticsearch.ConnectionError("gone")
        return send(method, target, **options)

    es.transport.perform_request = perform_request
    result = Model.save_all([*models, Served(number=2), Computed(number=9000)])
    es.transport.perform_request = send
    assert lost
    assert {failure.model.number for failure in result.failures} == {0, 1000, 2000, 3000}
    assert Computed.save_all(failure.model for failure in result.failures)
    assert count(Computed) == 5


def test_ids_that_the_server_makes_are_sent_once(line, connected):
    """Nothing tells whether such a document was written, so it is in doubt, and no call sends it a second time."""
    sent = 0
    for loss in LOSSES:
        if loss == "429 before":
            continue
        line.faults, line.attempts = [loss], []
        with pytest.raises((elasticsearch.ApiError, elasticsearch.TransportError)):
            Served.create(number=1)
        assert len(line.attempts) == 1, loss
        line.faults, line.attempts = [loss], []
        result = Served.save_all([Served(number=1), Served(number=2)])
        assert (result.succeeded, result.failed, len(line.attempts)) == (0, 2, 1), loss
        assert result.stopped
        sent += 0 if "before" in loss else 3
    assert count(Served) == sent


def test_a_delete_whose_answer_was_lost(line, connected):
    models = [Random(number=n) for n in range(3)]
    assert Random.save_all(models)
    line.faults = ["reset after"]
    models[0].delete()
    line.faults = ["reset after"]
    assert Random.delete_all(models[1:]).succeeded == 2
    assert count(Random) == 0
    with pytest.raises(elasticsearch.NotFoundError):
        models[0].delete()


def save_one(model):
    model.save()


def save_several(model):
    result = Versioned.save_all([model])
    if result.failures:
        raise result.failures[0].exception or elasticsearch.ConflictError(
            result.failures[0].error, None, None
        )


@pytest.mark.parametrize("save", [save_one, save_several])
def test_a_versioned_update_whose_answer_was_lost(line, connected, save):
    connected.write_pause = 0
    model = Versioned.create(number=1)
    for n, faults in enumerate([["reset after"], ["too late"], ["garbage"], ["502 after"]]):
        model.number = 10 * n + 2
        line.faults = list(faults)
        try:
            save(model)
        except (elasticsearch.TransportError, elasticsearch.ApiError) as error:
            failure = error
            line.faults = []
            save(model)  # it meets its own document
            assert failure
        model.number += 1
        save(model)
        assert Versioned.get(model.id).number == 10 * n + 3
    # and somebody else's change is a conflict all the same
    line.faults = ["too late"]
    model.number = 200
    with pytest.raises(elasticsearch.ConnectionTimeout):
        save(model)
    other = Versioned.get(model.id)
    other.number = 300
    other.save()
    model.number = 201
    with pytest.raises(elasticsearch.ConflictError):
        save(model)
    assert Versioned.get(model.id).number == 300


@pytest.mark.parametrize("cls", [Random, Computed, Versioned])
@pytest.mark.parametrize("fault", ["too late", "garbage", "reset after"])
def test_a_delete_that_is_repeated(line, cls, fault):
    """By the program, after an exception: what the first attempt may have deleted is no NotFoundError."""
    models = [cls(number=n * 1000) for n in range(6)]
    for model in models:
        model.save()
    line.faults = [fault] + ["reset before"] * 9
    with pytest.raises((elasticsearch.ApiError, elasticsearch.TransportError)):
        models[0].delete()
    line.faults = []
    models[0].delete()
    with pytest.raises(elasticsearch.NotFoundError):
        models[0].delete()
    # A second object of the document has no doubt.
    other = cls.get(models[1].id)
    models[1].delete()
    with pytest.raises(elasticsearch.NotFoundError):
        other.delete()
    line.faults = [fault] + ["reset before"] * 40
    cls._es_namespace.write_pause = 0
    result = cls.delete_all(models[2:5])
    assert result.failed + len(result.unwritten) == 3
    line.faults = []
    assert cls.delete_all(models[2:5]).succeeded == 3
    assert [failure.status for failure in cls.delete_all(models[2:5]).failures] == [404] * 3
    assert count(cls) == 1


@pytest.mark.parametrize("cls", [Random, Versioned])
def test_a_delete_without_doubt_finds_nothing(line, cls):
    """The first attempt was turned away, and somebody else deleted the document."""
    model = cls(number=1)
    model.save()
    line.faults = ["429 before"] * 9
    with pytest.raises(elasticsearch.ApiError):
        model.delete()
    line.faults = []
    cls.get(model.id).delete()
    with pytest.raises(elasticsearch.NotFoundError):
        model.delete()
    assert cls.delete_all([model]).failures[0].status == 404


@pytest.mark.parametrize("delete", [False, True])
@pytest.mark.parametrize("several", [False, True])
def test_a_conflict_that_cannot_be_looked_up(delete, several):
    """A write that waited for a migration may be in doubt then; a delete is not: the conflict says that it did nothing."""
    model = Versioned(number=1)
    model.id, model._version = "x", (1, 1)
    write = Write(model, update=True, delete=delete)
    write.aim()
    write.waited, write.answer = True, {"status": 409}
    steps = bulk_send._own_steps([write], None) if several else save._own_steps(write, "i", {})
    assert next(steps).method == "mget"
    with pytest.raises(StopIteration if several else elasticsearch.ConnectionError):
        steps.throw(elasticsearch.ConnectionError("gone"))
    assert write.doubtful is not delete
