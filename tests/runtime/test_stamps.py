"""`auto: created | updated`: dates that are stamped when a document is written."""

from __future__ import annotations

import datetime

import elasticsearch
import pytest
from faulty_line import FaultyLine

from ecgen.runtime import (
    Date,
    Flattened,
    Keyword,
    Long,
    Model,
    SingleJoin,
    connect,
    create_mappings,
    ids,
)

UTC = datetime.UTC


class Note(Model):
    __slots__ = ("created", "data", "number", "parent", "seen_at", "updated")
    _meta = {"index": "notes", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "number": Long("number"),
        "data": Flattened("data"),
        "created": Date("made", auto="created", required=True),
        "updated": Date("updated", auto="updated"),
        # Without a zone, and without a fraction of the second.
        "seen_at": Date("seen_at", auto="updated", format="yyyy-MM-dd HH:mm:ss"),
        "parent": SingleJoin("parent", source=f"{__name__}.Note", target=f"{__name__}.Note"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Versioned(Note):
    __slots__ = ()
    _meta = {"index": "versioned", "store_id": True, "versioned": True}


class Served(Note):
    """Ids of the server, so that circles are written twice; a name that the program gives."""

    __slots__ = ()
    _meta = {"index": "served"}

    def _compute_id(self):
        return None


@pytest.fixture(params=[Note, Versioned])
def note(request, connected):
    create_mappings([request.param])
    return request.param


def stored(model):
    found = model.get_es_connection().es.get(index=type(model).get_index(), id=model.id)
    return found["_source"]


def save(bulk, *models, **options):
    if bulk:
        type(models[0]).save_all(models).raise_failures()
    else:
        for model in models:
            model.save(**options)


@pytest.mark.parametrize("bulk", [False, True])
def test_created_once_and_updated_with_each_change(note, bulk):
    before = datetime.datetime.now(UTC)
    model, other = note(number=1), note(number=2)
    assert model.created is None
    save(bulk, model, other)
    assert before <= model.created <= model.updated <= datetime.datetime.now(UTC)
    assert model.created.tzinfo is UTC
    assert model.seen_at.tzinfo is None
    assert abs(model.seen_at - before.replace(tzinfo=None)) < datetime.timedelta(seconds=5)
    assert model.seen_at.microsecond == 0
    first, document = note.get(model.id), stored(model)
    assert (first.created, first.updated, first.seen_at) == (
        model.created,
        model.updated,
        model.seen_at,
    )
    save(bulk, model)  # nothing changed
    assert stored(model) == document
    created, updated = model.created, model.updated
    model.number = 3
    save(bulk, model)
    assert model.created == created
    assert model.updated > updated
    again = note.get(model.id)
    assert (again.created, again.updated) == (created, model.updated)
    again.number = 4
    again.data = {"replaced": 1}  # read and replaced
    save(bulk, again)
    assert note.get(model.id).updated == again.updated > model.updated
    assert note.get(model.id).created == created


def test_what_the_program_assigns_stays(note):
    told = datetime.datetime(2001, 2, 3, tzinfo=UTC)
    model = note.create(number=1, created=told, updated=told)
    assert (model.created, model.updated) == (told, told)
    assert model.seen_at is not None
    later = datetime.datetime(2002, 2, 3, tzinfo=UTC)
    model.number, model.updated = 2, later
    model.save()
    assert note.get(model.id).updated == later
    model.updated = None
    model.save()
    assert stored(model)["updated"] is None
    seen = model.seen_at
    model.updated = told  # no other change, so there is nothing to stamp
    model.save()
    assert note.get(model.id).seen_at == seen
    assert note.get(model.id).updated == told
    bulk = [note(number=n, created=told) for n in range(3)]
    assert note.save_all(bulk)
    assert {each.created for each in note.get([each.id for each in bulk])} == {told}
    assert None not in {each.updated for each in bulk}


def test_update_fields_and_models_made_by_hand(note):
    model = note.create(number=1)
    created, updated = model.created, model.updated
    model.number = 2
    model.save(update_fields=["number"])
    again = note.get(model.id)
    assert again.updated == model.updated > updated
    assert again.created == created
    if note is Note:
        hand = note(id=model.id, number=3)
        hand.save()
        found = note.get(model.id)
        assert found.created == created
        assert found.updated == hand.updated > again.updated
    told = datetime.datetime(2001, 2, 3, tzinfo=UTC)
    current = note.get(model.id)
    current.updated = told
    current.save(update_fields=["updated", "number"])
    assert note.get(model.id).updated == told


def test_a_part_of_a_document_is_stamped_as_well(connected):
    create_mappings([Note])
    model = Note.create(number=1, refresh=True)
    (part,) = Note.find_by(source=["number"])
    part.number = 2
    part.save()
    found = Note.get(model.id)
    assert found.created == model.created
    assert found.updated == part.updated > model.updated


def test_joined_models_and_circles(connected):
    create_mappings([Note, Served])
    parent = Note(number=1)
    child = Note(number=2, parent=parent)
    child.save()
    assert parent.created
    first = parent.updated
    child.number = 3
    child.save()
    assert Note.get(parent.id).updated == first
    one, other = Served(number=1), Served(number=2)
    one.parent, other.parent = other, one
    one.save()
    assert {model.updated for model in (one, other)} == {
        Served.get(model.id).updated for model in (one, other)
    }
    more = [Served(number=3), Served(number=4)]
    more[0].parent, more[1].parent = more[1], more[0]
    assert Served.save_all(more)
    assert all(Served.get(model.id).updated == model.updated for model in more)


@pytest.mark.parametrize("bulk", [False, True])
def test_what_was_not_written_is_not_stamped(note, bulk):
    taken = note.create(id="taken", number=1)
    fails = note(id="absent", number=2)
    if note is Note:
        if bulk:
            assert note.save_all([fails]).failures[0].status == 404
        else:
            with pytest.raises(elasticsearch.NotFoundError):
                fails.save()
        assert fails.updated is None
    read = note.get("taken")
    before = read.updated
    taken.delete()
    read.number = 9
    if bulk:
        assert note.save_all([read]).failures[0].status in (404, 409)
    else:
        with pytest.raises((elasticsearch.NotFoundError, elasticsearch.ConflictError)):
            read.save()
    assert read.updated == before


class Taken(Note):
    __slots__ = ()
    _meta = {"index": "taken", "store_id": True}

    def _compute_id(self):
        return f"n{self.number}"


def test_a_conflict_takes_the_stamps_back(connected):
    create_mappings([Taken])
    Taken.create(number=1)
    for write in (
        lambda model: model.save(),
        lambda model: Taken.save_all([model]).raise_failures(),
    ):
        model = Taken(number=1)
        with pytest.raises(Exception, match=r"version_conflict|already exists"):
            write(model)
        assert (model.created, model.updated, model.seen_at) == (None, None, None)
    told = datetime.datetime(2001, 2, 3, tzinfo=UTC)
    model = Taken(number=1, created=told)
    assert Taken.save_all([model, Taken(number=2)]).failed == 1
    assert (model.created, model.updated) == (told, None)
    model.number = 3
    model.save()
    assert Taken.get("n3").created == told


@pytest.fixture
def line(connected, server):
    create_mappings([Taken, Versioned])
    line = FaultyLine(server.url, late=2.0)
    conf = {**server.conf, "hosts": [line.url], "request_timeout": 1.5}
    connect(conf, connected._index_prefix)
    yield line
    line.faults, line.always = [], ""
    line.close()


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("cls", [Taken, Versioned])
def test_a_doubtful_save_sends_the_first_stamp_again(line, connected, cls, bulk):
    connected.write_pause = 0
    model = cls(number=1)
    for number in (1, 2):  # a create, an update
        model.number = number if cls is Versioned else model.number
        model.data = {"n": number}
        line.faults = ["garbage"] + ["reset before"] * 9
        with pytest.raises(
            Exception, match=r"garbage|deserialize|connection|not done|stopped|Connection"
        ):
            save(bulk, model)
        first = model.updated
        assert first is not None
        line.faults = []
        save(bulk, model)
        assert model.updated == first
        found = cls.get(model.id)
        assert (found.updated, found.created) == (first, model.created)


@pytest.mark.parametrize("auto", ["created", "updated"])
def test_nonsense(auto):
    with pytest.raises(ValueError, match="auto is 'created' or 'updated', not 'yes'"):
        Date("x", auto="yes")
    for options in ({"many": True}, {"default": "2020-01-01"}):
        with pytest.raises(ValueError, match="holds one value, and has no default"):
            Date("x", auto=auto, **options)


@pytest.mark.parametrize(
    ("format", "naive"),
    [
        (None, False),
        ("strict_date", True),
        ("epoch_millis", False),
        ("epoch_second", False),
        ("dd.MM.yyyy HH:mm", True),
    ],
)
def test_in_the_zone_and_spelling_of_the_format(connected, format, naive):
    options = {} if format is None else {"format": format}

    class Stamped(Model):
        _meta = {"index": "stamped"}
        _mapping = {"at": Date("at", auto="created", **options), "nanos": Keyword("nanos")}

    create_mappings([Stamped])
    model = Stamped.create()
    assert (model.at.tzinfo is None) == naive
    assert Stamped.get(model.id).at == model.at
    now = datetime.datetime.now(UTC)
    at = model.at.replace(tzinfo=UTC) if naive else model.at
    assert datetime.timedelta(0) <= now - at < datetime.timedelta(days=1)
