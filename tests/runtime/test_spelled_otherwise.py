"""Documents of other programs: what is saved, and which joins are found, where they spell fields in other ways."""

from __future__ import annotations

import copy
import datetime
import pickle

import pytest

from ecgen.runtime import (
    Date,
    FieldValueError,
    GeoPointType,
    Integer,
    Ip,
    Keyword,
    Model,
    MultiJoin,
    MultiJoinLoose,
    Object,
    ObjectValue,
    SingleJoin,
    SingleJoinLoose,
    create_mappings,
)

HERE = __name__


class Part(ObjectValue):
    __slots__ = ("name", "number")
    _mapping = {"name": Keyword("name"), "number": Integer("number")}


class Box(ObjectValue):
    __slots__ = ("inner", "label", "parts", "sizes")
    _mapping = {
        "label": Keyword("label"),
        "sizes": Integer("sizes", many=True),
        "inner": Object("inner", Part),
        "parts": Object("parts", Part, many=True),
    }


class Parcel(Model):
    __slots__ = ("box", "city", "word")
    _meta = {"index": "parcels", "dynamic": False}
    _mapping = {
        "word": Keyword("word"),
        "box": Object("box", Box),
        "city": Keyword("address.city"),
    }


@pytest.fixture
def stored(connected):
    """Store a document as it is, and return it as it stands; without one return what is stored."""
    create_mappings([Parcel])
    es = connected.get_es()

    def store(document=None):
        if document is not None:
            es.index(index=Parcel.get_index(), id="1", document=document)
        return es.get(index=Parcel.get_index(), id="1")["_source"]

    return store


SAVES = (lambda model: model.save(), lambda model: Parcel.save_all([model]).raise_failures())


def test_objects_with_dotted_keys_inside(stored):
    cases = [
        (
            {"box": {"label": "x", "inner.name": "dotted", "other": 1}},
            lambda box: setattr(box.inner, "number", 7),
            {"box": {"label": "x", "inner": {"name": "dotted", "number": 7}, "other": 1}},
        ),
        (
            {"box": {"inner.name": "dotted", "inner": {"number": 2, "other": 1}}},
            lambda box: setattr(box, "inner", None),
            {"box": {"inner": None}},
        ),
        (
            {"box": {"label": "x", "parts.name": ["a", "b"]}},
            lambda box: setattr(box, "parts", [Part(name="c")]),
            {"box": {"label": "x", "parts": [{"name": "c", "number": None}]}},
        ),
    ]
    for before, change, after in cases:
        for save in SAVES:
            stored(before)
            model = copy.deepcopy(Parcel.get("1"))
            change(model.box)
            save(pickle.loads(pickle.dumps(model)))
            assert stored() == after
            assert Parcel.get("1").box == model.box


def test_a_field_that_was_not_fetched_takes_the_place_of_what_is_stored(stored):
    cases = [
        (
            {"box.label": "dotted", "box.inner.number": 7, "other": 1},
            {"box": Box(label="new")},
            {"other": 1, "box": {"label": "new", "sizes": [], "inner": None, "parts": []}},
        ),
        (
            {"address": {"city": "Bonn", "street": "a"}},
            {"city": "Kiel"},
            {"address": {"street": "a"}, "address.city": "Kiel"},
        ),
        (
            {"address": {"city": "Bonn"}, "word": "x"},
            {"city": None, "word": "y"},
            {"address": {}, "address.city": None, "word": "y"},
        ),
    ]
    for before, changes, after in cases:
        for save in SAVES:
            stored(before)
            model = Parcel.get("1", source=["id"])
            for name, value in changes.items():
                setattr(model, name, value)
            save(model)
            assert stored() == after


def test_an_object_fetched_in_part_may_be_stored_with_dotted_keys(stored):
    stored({"box": {"label": "x", "inner.name": "dotted"}})
    model = Parcel.get("1", source=["box.label"])
    model.box.inner = Part(number=3)
    model.save()
    assert stored() == {"box": {"label": "x", "inner": {"name": None, "number": 3}}}


def test_what_a_save_converted_in_an_object_is_not_sent_again(stored):
    for change in (
        lambda box: setattr(box.inner, "number", "5"),
        lambda box: box.sizes.append("5"),
        lambda box: setattr(box.parts[0], "number", "5"),
    ):
        stored({"box": {"label": "x", "sizes": [1], "inner": {"number": 1}, "parts": [{}]}})
        model = Parcel.get("1")
        change(model.box)
        model.save()
        other = Parcel.get("1")
        other.box.label = "theirs"
        other.save()
        model.word = "mine"
        model.save()
        found = Parcel.get("1")
        assert (found.box.label, found.word) == ("theirs", "mine")


def test_what_does_not_fit_in_an_object_stays_where_the_rest_changes(stored):
    for unfit in (
        {"inner": {"name": ["z"], "number": None}},
        {"inner": {"name": "z", "number": 3.7}},
        {"parts": [{"name": True, "number": 1}]},
    ):
        stored({"box": {"label": "x", **unfit}})
        model = Parcel.get("1")
        model.box.sizes = [5]
        model.save()
        assert stored() == {"box": {"label": "x", "sizes": [5], **unfit}}


class Lenient(Model):
    __slots__ = ("days", "ips", "places", "word")
    _meta = {"index": "lenient"}
    _mapping = {
        "days": Date("days", many=True, ignore_malformed=True),
        "places": GeoPointType("places", many=True, ignore_malformed=True),
        "ips": Ip("ips", many=True, ignore_malformed=True),
        "word": Keyword("word"),
    }


@pytest.mark.parametrize("malformed", [True, "bad", {"a": 1}, 1.5e300])
@pytest.mark.parametrize("field", ["days", "places", "ips"])
def test_one_malformed_value_is_a_list_of_it(field, malformed):
    hit = {"_id": "1", "_index": "lenient", "_source": {field: malformed}}
    for model in (Lenient.from_es(hit), Lenient._from_page([hit])[0]):
        assert getattr(model, field) == [malformed]
        assert model._seen[Lenient._stored.index(field)] in ([malformed], (malformed,))


class Open(Model):
    __slots__ = ("any",)
    _meta = {"index": "open"}
    _mapping = {"any": Object("any", enabled=False)}


def test_deep_values_are_read():
    deep = 1
    for _ in range(700):
        deep = {"a": [deep]}
    hits = [{"_id": "1", "_index": "open", "_source": {"any": deep}}]
    hits.append({"_id": "2", "_index": "open", "_source": {"any": {"a": 1}}})
    assert [model.id for model in Open._from_page(hits)] == ["1", "2"]


class Owner(Model):
    __slots__ = ("all", "first", "one", "some")
    _meta = {"index": "owners", "dynamic": False}
    _mapping = {
        "one": SingleJoin("one", f"{HERE}.Owner", f"{HERE}.Thing"),
        "some": MultiJoin("some", f"{HERE}.Owner", f"{HERE}.Thing"),
        "first": SingleJoinLoose(
            "first", f"{HERE}.Owner", f"{HERE}.Thing:owner", do_lazy_load=True
        ),
        "all": MultiJoinLoose("all", f"{HERE}.Owner", f"{HERE}.Thing:owner", do_lazy_load=True),
    }


class Thing(Model):
    __slots__ = ("day", "owner")
    _meta = {"index": "things", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "day": Date("day"),
        "owner": SingleJoin("owner", f"{HERE}.Thing", f"{HERE}.Owner"),
    }


@pytest.fixture
def things(connected):
    create_mappings([Owner, Thing])
    es = connected.get_es()
    for id, owner in {"a": "1", "b": ["1"], "c": [["1"], None], "d": 2}.items():
        es.index(index=Thing.get_index(), id=id, document={"id": id, "owner": owner})
    for id, document in {"1": {"one": "", "some": ["", "a"]}, "2": {"one": "a"}}.items():
        es.index(index=Owner.get_index(), id=id, document=document)
    es.indices.refresh(index=[Thing.get_index(), Owner.get_index()])
    return es


def ids_of(models):
    return sorted(model.id for model in models)


def test_lists_of_one_are_found_by_loose_joins(things):
    first, second = Owner.find_by(load=["all"], sort="_doc")
    assert ids_of(first.all) == ["a", "b", "c"]
    assert ids_of(second.all) == ["d"]


def test_no_id_is_empty(things):
    owners = {model.id: model for model in Owner.find_by(load=["one", "some"])}
    assert owners["1"].one is None
    assert ids_of(owners["1"].some) == ["a"]
    assert owners["2"].one.id == "a"
    owners["1"].save()
    assert things.get(index=Owner.get_index(), id="1")["_source"] == {"one": "", "some": ["", "a"]}
    assert Owner.get("1").load().some[0].id == "a"  # stored and loose joins together
    with pytest.raises(FieldValueError, match="is empty"):
        Thing.find_by(id=["a", ""])


def test_a_target_of_several_owners_hides_no_other(things):
    things.index(
        index=Thing.get_index(), id="e", document={"id": "e", "owner": ["1", "2"]}, refresh=True
    )
    for names in (["first"], ["first", "one"]):
        found = Owner.find_by(load=names, on_error="skip")
        assert {model.id: model.first.id for model in found} == {"1": "a", "2": "d"}
        assert [failure.id for failure in found.failures] == ["e"]
        with pytest.raises(FieldValueError, match=r"Thing\.owner of document 'e'.*many: true"):
            Owner.get("1").load(*names)


def test_targets_without_a_source_are_not_found(connected):
    es = connected.get_es()
    create_mappings([Owner])
    properties = Thing.get_index_body()["mappings"]["properties"]
    es.indices.create(
        index=Thing.get_index(), mappings={"_source": {"enabled": False}, "properties": properties}
    )
    es.index(index=Thing.get_index(), id="a", document={"id": "a", "owner": "1"}, refresh=True)
    es.index(index=Owner.get_index(), id="1", document={"one": "a"}, refresh=True)
    owner = Owner.get("1").load()
    assert (owner.one.id, owner.one.day, owner.first, owner.all) == ("a", None, None, [])


class Log(Model):
    __slots__ = ("at", "owner")
    _meta = {"index": "things", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "at": Date("event.at"),
        "owner": SingleJoin("event.owner", f"{HERE}.Log", f"{HERE}.Writer"),
    }


class Writer(Model):
    __slots__ = ("logs",)
    _meta = {"index": "owners"}
    _mapping = {
        "logs": MultiJoinLoose("logs", f"{HERE}.Writer", f"{HERE}.Log:owner", do_lazy_load=True)
    }


def test_fields_with_dots_are_found_by_loose_joins(connected):
    create_mappings([Writer, Log])
    es = connected.get_es()
    nested = {"id": "a", "event": {"owner": "1", "at": "2026-01-01"}}
    for id, document in {"a": nested, "b": {"id": "b", "event.owner": ["1"]}}.items():
        es.index(index=Log.get_index(), id=id, document=document, refresh=True)
    es.index(index=Writer.get_index(), id="1", document={}, refresh=True)
    logs = Writer.get("1").load().logs
    assert ids_of(logs) == ["a", "b"]
    assert {log.at for log in logs} == {datetime.datetime(2026, 1, 1), None}


@pytest.mark.parametrize("odd", [[True, False], [float("inf"), 5], [[1e400, 2.0]]])
def test_what_looks_like_one_place_and_is_none(odd):
    class Lost(Model):
        __slots__ = ("places",)
        _mapping = {"places": GeoPointType("places", many=True)}

    with pytest.raises(FieldValueError, match=r"Lost\.places.* of document '1'.* is not a place"):
        Lost.from_es({"_id": "1", "_index": "lost", "_source": {"places": odd}})
