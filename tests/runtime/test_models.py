"""Models one by one: created, saved, fetched, deleted and found, on real servers."""

from __future__ import annotations

import datetime

import elasticsearch
import pytest

from ecgen.runtime import (
    BaseDataType,
    Boolean,
    Date,
    FieldValueError,
    Flattened,
    IntegrityError,
    Keyword,
    Long,
    LongRange,
    Model,
    Nested,
    Object,
    ObjectValue,
    Range,
    RequiredFieldError,
    SingleJoin,
    Text,
    connect,
    create_mappings,
    ids,
)


class Plain(Model):
    __slots__ = ("subvalue", "value")

    _meta = {"_doc_type": "plain"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "subvalue": Keyword(name="subvalue"),
    }


class Computed(Model):
    __slots__ = ("value",)

    _meta = {"_doc_type": "computed"}
    _mapping = {"id": Keyword(name="id"), "value": Keyword(name="value")}

    def _compute_id(self):
        return self.value + "_id"


class Part(ObjectValue):
    __slots__ = ("colour", "count")
    _mapping = {"colour": Keyword("colour"), "count": Long("count")}


class Rich(Model):
    """A field of each kind that find_by treats in its own way, and names that collide with its parameters."""

    __slots__ = (
        "active",
        "box",
        "class_",
        "number",
        "parts",
        "rich",
        "secret",
        "size",
        "tags",
        "title",
        "when",
    )

    _meta = {"index": "rich", "store_id": True, "dynamic": "strict"}
    _mapping = {
        "id": Keyword("id"),
        "title": Text("title", fields={"raw": {"type": "keyword"}}),
        "number": Long("number"),
        "when": Date("when", format="strict_date"),
        "active": Boolean("active"),
        "tags": Keyword("tags", many=True),
        "size": Long("size"),
        "class_": Keyword("class"),
        "box": Object("box", Part),
        "parts": Nested("parts", Part, many=True),
        "secret": Keyword("secret", private=True),
        "rich": SingleJoin("rich", f"{__name__}.Rich", f"{__name__}.Rich"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Versioned(Model):
    __slots__ = ("value",)

    _meta = {"index": "versioned", "versioned": True, "store_id": True}
    _mapping = {"id": Keyword("id"), "value": Keyword("value", required=True)}

    def _compute_id(self):
        return self.id or ids.uuid7()


@pytest.fixture
def plain(connected):
    create_mappings([Plain])
    return Plain


@pytest.fixture
def computed(connected):
    create_mappings([Computed])
    return Computed


@pytest.fixture
def rich(connected):
    create_mappings([Rich])
    return Rich


@pytest.fixture
def versioned(connected):
    create_mappings([Versioned])
    return Versioned


def stored(model):
    cls = type(model)
    return cls._es_namespace.get_es().get(index=cls.get_index(), id=model.id)["_source"]


# create and save


def test_create_without_an_id_lets_the_server_make_one(plain):
    instance = plain.create(value="value1")
    assert instance.id
    assert stored(instance) == {"value": "value1", "subvalue": None}
    assert plain.get(instance.id).value == "value1"


def test_create_with_an_id(plain):
    assert plain.create(id="100", value="a").id == "100"
    with pytest.raises(elasticsearch.ConflictError):
        plain.create(id="100", value="b")
    assert plain.get("100").value == "a"
    assert plain.create(id=7, value="c").id == "7"


def test_save_creates_and_updates(plain):
    instance = plain(value="value1")
    assert instance.save() is instance
    instance.value = "value2"
    instance.save()
    assert plain.get(instance.id).value == "value2"


def test_save_of_a_document_that_is_gone(plain):
    instance = plain(id="60", value="x")
    with pytest.raises(elasticsearch.NotFoundError):
        instance.save()
    instance = plain.create(value="x")
    instance.delete()
    with pytest.raises(elasticsearch.NotFoundError):
        instance.save()
    with pytest.raises(elasticsearch.NotFoundError):
        instance.delete()


def test_computed_ids(computed, requests):
    instance = computed.create(value="value1")
    assert instance.id == "value1_id"
    with pytest.raises(elasticsearch.ConflictError):
        computed.create(value="value1")
    assert computed(value="value2").save().id == "value2_id"
    requests.clear()
    instance.value = "value3"
    with pytest.raises(
        IntegrityError, match=r"Computed 'value1_id' has the computed id 'value3_id'"
    ):
        instance.save()
    instance.value, instance.id = "value1", "50"
    with pytest.raises(IntegrityError):
        instance.save()
    with pytest.raises(IntegrityError, match="given the id 'mine'"):
        computed.create(id="mine", value="x")
    assert not requests


def test_what_cannot_be_stored_is_refused_before_anything_is_sent(rich, versioned, requests):
    with pytest.raises(FieldValueError, match=r"Rich\.number"):
        rich(number="many")
    instance = rich(number=1)
    instance.number = "many"
    with pytest.raises(FieldValueError, match=r"Rich\.number: 'many'"):
        instance.save()
    with pytest.raises(RequiredFieldError, match="Versioned needs a value for value"):
        versioned.create()
    assert instance.id is None
    assert not requests


def test_unknown_keywords(rich):
    with pytest.raises(TypeError, match=r"'numbr'; did you mean 'number'\?"):
        rich(numbr=1)
    with pytest.raises(TypeError):
        rich.create(1)


def test_an_update_clears_what_became_none(rich):
    instance = rich.create(title="t", number=1, tags=["a"], box={"colour": "red"})
    instance.number = instance.box = None
    instance.tags = []
    instance.save()
    again = rich.get(instance.id)
    assert (again.number, again.box, again.tags, again.title) == (None, None, [], "t")


def test_an_update_replaces_dicts_whose_keys_vary(connected):
    class Open(Model):
        __slots__ = ("box", "labels", "span")
        _meta = {"index": "open"}
        _mapping = {
            "labels": Flattened("labels"),
            "span": LongRange("span"),
            "box": Object("box", properties={"labels": Flattened("labels")}),
        }

    create_mappings([Open])
    model = Open.create(labels={"a": "1"}, span=Range(gte=1, lt=5), box={"labels": {"a": "1"}})
    connected.get_es().update(index=Open.get_index(), id=model.id, doc={"others": 1})
    model.labels, model.span = {"b": "2"}, Range(gt=2)
    model.box = {"labels": {"b": "2"}}
    model.save()
    assert stored(model) == {
        "labels": {"b": "2"},
        "span": {"gt": 2},
        "box": {"labels": {"b": "2"}},
        "others": 1,
    }
    model.labels = {"c": "3"}
    gone = Open.create(labels={"x": "1"})
    Open.get(gone.id).delete()
    result = Open.save_all([model, gone])
    assert [failure.status for failure in result.failures] == [404]
    assert stored(model)["labels"] == {"c": "3"}
    with pytest.raises(elasticsearch.NotFoundError):
        gone.save()


def test_refresh_on_every_write(plain):
    instance = plain.create(value="a", refresh=True)
    assert len(plain.find_by(value="a")) == 1
    instance.value = "b"
    instance.save(refresh="wait_for")
    assert len(plain.find_by(value="b")) == 1
    instance.delete(refresh=True)
    assert len(plain.all()) == 0


def test_delete_of_a_model_that_was_never_saved(plain, requests):
    with pytest.raises(IntegrityError, match="never saved"):
        plain(value="x").delete()
    assert not requests


def test_the_id_is_stored_where_the_model_says_so(rich, plain):
    assert stored(rich.create(number=1))["id"]
    assert "id" not in stored(plain.create(value="x"))


def test_versioned_models_notice_changes_of_others(versioned):
    instance = versioned.create(value="a", refresh=True)
    mine, theirs = versioned.get(instance.id), versioned.find_by(value="a")[0]
    theirs.value = "b"
    theirs.save()
    theirs.value = "c"
    theirs.save()
    mine.value = "d"
    with pytest.raises(elasticsearch.ConflictError):
        mine.save()
    assert versioned.get(instance.id).value == "c"
    theirs.delete()
    with pytest.raises(elasticsearch.NotFoundError):
        theirs.save()


# get


def test_get_one(plain):
    instance = plain.create(id="a", value="x")
    assert plain.get("a").value == "x"
    assert plain.get("a").id == instance.id
    with pytest.raises(elasticsearch.NotFoundError):
        plain.get("b")


def test_get_several_in_the_asked_order(plain):
    for name in "abc":
        plain.create(id=name, value=name)
    found = plain.get(["c", "x", "a", "y"])
    assert [model.id for model in found] == ["c", "a"]
    assert found.missing == ["x", "y"]
    assert [model.id for model in plain.get(iter(["b", "b"]))] == ["b", "b"]


def test_get_of_nothing_asks_nothing(plain, requests):
    found = plain.get([])
    assert found == []
    assert found.missing == []
    assert not requests


def test_get_from_an_index_that_is_missing(connected):
    with pytest.raises(elasticsearch.NotFoundError, match="index_not_found"):
        Plain.get("a")
    with pytest.raises(elasticsearch.NotFoundError, match="index_not_found"):
        Plain.get(["a"])


# find_by


@pytest.fixture
def shelf(rich):
    rich.create(
        id="1",
        title="red garden chair",
        number=1,
        when="2024-05-01",
        active=True,
        tags=["a", "b"],
        size=3,
        class_="x",
        box=Part(colour="red", count=1),
        parts=[Part(colour="red", count=1), Part(colour="blue", count=2)],
    )
    rich.create(
        id="2", title="red table", number=2, when="2024-05-02", active=False, tags=["b"], rich="1"
    )
    rich.create(id="3", title="chair AND OR table*", number=3, rich="1", refresh=True)
    return rich


def found(cls, **by):
    return sorted(model.id for model in cls.find_by(**by))


def test_find_by_exact_values(shelf):
    assert found(shelf, number=2) == ["2"]
    assert found(shelf, number="2") == ["2"]
    assert found(shelf, active=False) == ["2"]
    assert found(shelf, when=datetime.date(2024, 5, 1)) == ["1"]
    assert found(shelf, when="2024-05-02") == ["2"]
    assert found(shelf, tags="b") == ["1", "2"]
    assert found(shelf, rich="1") == ["2", "3"]
    assert found(shelf, rich=shelf.get("1")) == ["2", "3"]
    assert found(shelf, id="3") == ["3"]
    assert found(shelf, id=["3", "1", "9"]) == ["1", "3"]
    assert found(shelf, tags="b", active=True) == ["1"]
    assert found(shelf, class_="x") == ["1"]


def test_find_by_text_takes_all_words(shelf):
    assert found(shelf, title="chair red") == ["1"]
    assert found(shelf, title="CHAIR") == ["1", "3"]
    assert found(shelf, title=["garden", "table"]) == ["1", "2", "3"]
    assert found(shelf, **{"title.raw": "red table"}) == ["2"]
    assert found(shelf, **{"title.raw": "red"}) == []


def test_find_by_values_never_become_syntax(shelf):
    assert found(shelf, title="chair OR nothing") == []
    assert found(shelf, title="chair AND OR table*") == ["3"]
    assert found(shelf, title="cha*") == []
    assert found(shelf, tags="*") == []
    assert found(shelf, tags='a" OR tags:"b') == []


def test_find_by_lists_and_none(shelf):
    assert found(shelf, number=[1, 3]) == ["1", "3"]
    assert found(shelf, number=(1, 3)) == ["1", "3"]
    assert found(shelf, number=[]) == []
    assert found(shelf, active=None) == ["3"]
    assert found(shelf, tags=None) == ["3"]
    assert found(shelf, tags=["a", None]) == ["1", "3"]
    assert found(shelf, rich=None) == ["1"]
    assert found(shelf, title=None) == []


def test_find_by_objects_and_nested(shelf):
    assert found(shelf, box={"colour": "red"}) == ["1"]
    assert found(shelf, box=Part(colour="red")) == ["1"]
    assert found(shelf, box={"colour": "red", "count": 2}) == []
    assert found(shelf, box=None) == ["2", "3"]
    assert found(shelf, parts={"colour": "blue", "count": 2}) == ["1"]
    assert found(shelf, parts={"colour": "red", "count": 2}) == []
    assert found(shelf, parts=[{"count": 5}, {"count": 2}]) == ["1"]
    assert found(shelf, parts=None) == ["2", "3"]
    assert found(shelf, **{"box.colour": "red"}) == ["1"]
    with pytest.raises(FieldValueError, match="no property 'color'; did you mean 'colour'"):
        shelf.find_by(box={"color": "red"})
    with pytest.raises(FieldValueError, match="neither a dict"):
        shelf.find_by(box=3)


def test_find_by_properties_given_as_json(connected):
    class Loose(Model):
        __slots__ = ("box", "labels")
        _meta = {"index": "loose"}
        _mapping = {
            "box": Object(
                "box",
                properties={
                    "colour": {"type": "keyword"},
                    "size": {"properties": {"width": {"type": "long"}}},
                },
            ),
            "labels": Flattened("labels"),
        }

    create_mappings([Loose])
    model = Loose.create(
        box={"colour": "red", "size": {"width": 3}}, labels={"a": {"b": "1"}}, refresh=True
    )
    assert found(Loose, box={"colour": "red"}) == [model.id]
    assert found(Loose, box={"size": {"width": 4}}) == []
    assert found(Loose, **{"box.size.width": 3}) == [model.id]
    assert found(Loose, **{"labels.a.b": "1"}) == [model.id]
    model.box = {"colour": "blue"}
    model.save()
    assert stored(model)["box"] == {"colour": "blue"}


def test_find_by_fields_named_like_parameters(shelf):
    assert found(shelf, size_=3) == ["1"]
    assert len(shelf.find_by(size=2)) == 2


def test_find_by_query(shelf):
    assert found(shelf, query="title:chair AND number:<3") == ["1"]
    assert found(shelf, query="title:cha*", number=3) == ["3"]
    assert found(shelf, query={"range": {"number": {"gte": 2}}}) == ["2", "3"]
    assert found(shelf) == ["1", "2", "3"]
    assert found(shelf, query="") == ["1", "2", "3"]
    assert shelf.count() == 3
    assert shelf.count(query="title:chair") == 2
    assert shelf.count(number=[1, 2]) == 2


def test_find_by_refuses_what_it_cannot_ask(rich, requests):
    with pytest.raises(TypeError, match=r"Rich has no field 'numbr'; did you mean 'number'\?"):
        rich.find_by(numbr=1)
    with pytest.raises(TypeError, match=r"has no field 'title\.rwa'"):
        rich.find_by(**{"title.rwa": 1})
    with pytest.raises(FieldValueError, match=r"Rich\.number"):
        rich.find_by(number="x")
    with pytest.raises(FieldValueError, match="was not saved yet"):
        rich.find_by(rich=rich())
    with pytest.raises(TypeError, match="by keyword only"):
        rich.find_by(1, None, None, None, (), "x")
    with pytest.raises(TypeError, match=r"Rich has no join 'rihc'; did you mean 'rich'\?"):
        rich.find_by(load=["rihc"])
    with pytest.raises(TypeError, match="sort key"):
        rich.find_by(sort=[3])
    with pytest.raises(ValueError, match=r"Rich\.secret") as caught:
        rich.find_by(secret=1.5)
    assert "1.5" not in str(caught.value)
    assert not requests


def test_find_by_with_refresh(rich):
    rich.create(number=1)
    assert len(rich.find_by(number=1, refresh=True)) == 1


def test_results(shelf):
    page = shelf.find_by(size=2, sort=[{"number": "desc"}])
    assert [model.number for model in page] == [3, 2]
    assert page.total == 3
    assert page.total_relation == "eq"
    assert page.results == page.data
    assert [hit["_id"] for hit in page.hits] == ["3", "2"]
    assert page.search_after_values == [2, "2"]
    assert page.aggregations is None
    assert page.meta["hits"]["total"]["value"] == 3
    assert type(page[:1]) is type(page)
    assert [model.id for model in page[1:] + page[:1]] == ["2", "3"]
    assert page[:1].total == 1
    assert page.copy().results == page.results
    with_aggregation = shelf.get_es_connection().search(
        size=0, aggs={"most": {"max": {"field": "number"}}}
    )
    assert with_aggregation.aggregations["most"]["value"] == 3


def test_bound_connection(shelf):
    connection = shelf.get_es_connection()
    assert connection is shelf.get_es_connection()
    assert connection.get(id="1").number == 1
    assert [model.id for model in connection.mget(ids=["2", "1"])] == ["2", "1"]
    assert connection.count()["count"] == 3
    assert connection.indices.exists()
    assert shelf.get_index() in connection.indices.get_mapping()
    assert connection.search(query={"term": {"number": 2}}, doc_type="x")[0].id == "2"
    pit = connection.open_point_in_time(keep_alive="1m")["id"]
    assert len(connection.search(pit={"id": pit})) == 3
    assert len(connection.search(body={"pit": {"id": pit}})) == 3
    assert connection.close_point_in_time(id=pit)["succeeded"]
    assert "rich" in repr(connection)
    with pytest.raises(AttributeError):
        connection.no_such_method  # noqa: B018


@pytest.mark.parametrize(
    ("filter_path", "found", "total"),
    [("aggregations", [], 0), ("hits.total", [], 3), ("hits.hits", ["1", "2", "3"], 3), (["took", "none"], [], 0)],
)  # fmt: skip
def test_a_programs_filter_path(shelf, filter_path, found, total):
    connection = shelf.get_es_connection()
    most = {"most": {"max": {"field": "number"}}}
    result = connection.search(aggs=most, sort=[{"number": "asc"}], filter_path=filter_path)
    assert [model.id for model in result] == found
    assert (result.total, result.total_relation) == (total, "eq")
    assert (result.aggregations is not None) == (filter_path == "aggregations")
    assert connection.mget(ids=["1"], filter_path="none") == []


# What a class says about itself.


def test_index_bodies():
    assert Plain.get_es_mapping() == {"value": {"type": "keyword"}, "subvalue": {"type": "keyword"}}
    assert Plain.get_index_body() == {
        "settings": {},
        "mappings": {"properties": Plain.get_es_mapping()},
    }
    body = Rich.get_index_body()
    assert body["mappings"]["dynamic"] == "strict"
    assert body["mappings"]["properties"]["id"] == {"type": "keyword"}
    assert body["mappings"]["properties"]["class"] == {"type": "keyword"}

    class Full(Model):
        _meta = {
            "settings": {"number_of_shards": 1},
            "aliases": {"all": {}},
            "dynamic": "true",
            "mappings": {"date_detection": False},
        }
        _mapping = {"a": Keyword("a")}

    assert Full.get_doctype() == "full"
    assert Full.get_index_body() == {
        "settings": {"number_of_shards": 1},
        "aliases": {"all": {}},
        "mappings": {
            "dynamic": "true",
            "date_detection": False,
            "properties": {"a": {"type": "keyword"}},
        },
    }


def test_sorts():
    class Ordered(Model):
        _meta = {"index": "ordered", "store_id": True}
        _mapping = {"order": Long("order"), "class_": Keyword("class")}

    class Declared(Ordered):
        _meta = {"index": "declared", "sort": [{"order": "desc"}]}

    assert Plain.get_default_sort() == [{"_shard_doc": "asc"}]
    assert Rich.get_default_sort() == [{"id": "asc"}]
    assert Ordered.get_default_sort() == [{"order": "asc"}, {"id": "asc"}]
    assert Declared.get_default_sort() == [{"order": "desc"}, {"_shard_doc": "asc"}]
    given = [{"class_": {"order": "desc", "missing": "_first"}}]
    assert Ordered.prepare_sort(given) == [
        {"class": {"order": "desc", "missing": "_first"}},
        {"id": "asc"},
    ]
    assert given == [{"class_": {"order": "desc", "missing": "_first"}}]
    assert Ordered.prepare_sort([{"_uid": "desc"}]) == [{"id": "desc"}]
    assert Plain.prepare_sort([{"_uid": "desc"}], stringify=True) == ["_shard_doc:desc"]
    assert Ordered.prepare_sort(["order:desc", "_score", "id"], stringify=True) == [
        "order:desc",
        "_score:desc",
        "id:asc",
    ]
    assert Ordered.prepare_sort({"order": {"order": "desc"}}, stringify=True)[0] == "order:desc"
    with pytest.raises(ValueError, match="cannot be written"):
        Ordered.prepare_sort(given, stringify=True)
    assert Ordered.prepare_sort() == Ordered.prepare_sort([]) == Ordered.get_default_sort()


def test_defaults_are_never_shared():
    first, second = Rich(), Rich()
    first.tags.append("x")
    assert second.tags == []
    assert Rich().tags == []
    given = ["a"]
    third = Rich(tags=given)
    third.tags.append("b")
    assert given == ["a"]


def test_slots_and_none():
    assert not hasattr(Plain(value="12"), "__dict__")
    with pytest.raises(AttributeError):
        Plain().not_in_slots = 1

    class NoSlots(Model):
        _mapping = {
            "id": Keyword("id"),
            "value": Keyword("value"),
            "join": SingleJoin("join", "x.NoSlots", f"{__name__}.Plain"),
        }

    instance = NoSlots(value="12", join="a")
    assert instance.__dict__ == {"value": "12", "join": "a"}
    instance.not_in_slots = "ok"
    instance.join = Plain(id="b")
    assert instance.join.id == "b"
    assert NoSlots.from_es({"_id": "1", "_source": {"join": "c"}}).join == "c"
    with pytest.raises(AttributeError, match="no attribute 'join'"):
        NoSlots.__new__(NoSlots).join  # noqa: B018


def test_subclasses_have_their_own_fields_and_may_override():
    class Base(Model):
        _mapping = {"a": Keyword("a")}

    assert Base(a="1").a == "1"
    assert Base.from_es({"_id": "x", "_source": {"a": "1"}}).id == "x"

    class Wider(Base):
        _mapping = {**Base._mapping, "b": Keyword("b")}

        def __init__(self, **values):
            super().__init__(**{"b": "default", **values})

        @classmethod
        def from_es(cls, hit):
            model = super().from_es(hit)
            model.a = model.a.upper()
            return model

    class Widest(Wider):
        _mapping = {**Wider._mapping, "c": Keyword("c")}

    for cls in (Wider, Widest):
        for _ in range(2):
            assert cls(a="1").b == "default"
            read = cls.from_es({"_id": "x", "_source": {"a": "q", "b": "1"}})
            assert (type(read), read.a, read.b) == (cls, "Q", "1")
    assert Widest(c="3").c == "3"
    assert Base(a="1").a == "1"
    assert type(Base.from_es({"_id": "x", "_source": {}})) is Base
    with pytest.raises(TypeError):
        Base(b="1")
    assert Model(id="1").id == "1"
    assert Model.from_es({"_id": "1", "_source": {}}).id == "1"


def test_own_data_types_and_their_hooks(connected):
    class Shouted(BaseDataType):
        es_type = "keyword"

        def from_python(self, value):
            return value and value.upper()

        def to_es(self, value):
            return value and f"{value}!"

        def from_es(self, source):
            return (source.get(self.name) or "").rstrip("!") or None

        def on_update(self, value, model):
            return value and value.strip()

        def on_save(self, model):
            if model.value == "AGAIN":
                model.value = "SAVED"
                return model
            return None

        def lazy_load(self, model):
            return f"{model.value} loaded"

    class Loud(Model):
        __slots__ = ("value",)
        _meta = {"index": "loud"}
        _mapping = {"value": Shouted("value")}

    create_mappings([Loud])
    model = Loud.create(value=" hi ")
    assert model.value == "HI"
    assert stored(model) == {"value": "HI!"}
    assert Loud.get(model.id).value == "HI"
    model.value = " there "
    assert model.value == "there"
    assert Loud.create(value="again").value == "SAVED"
    assert Loud.get(model.id).load().value == "HI loaded"


def test_replacing_gives_way_to_others_and_gives_up(unconnected, stub, monkeypatch):
    class Open(Model):
        _meta = {"index": "open"}
        _mapping = {"labels": Flattened("labels")}

    connect(f"http://127.0.0.1:{stub.port}")
    read = (200, {"_id": "1", "_seq_no": 1, "_primary_term": 1, "_source": {"others": 1}})
    changed = (409, {"error": {"type": "version_conflict_engine_exception"}, "status": 409})
    stub.answers = [read, changed, read, (200, {"_id": "1"})]
    model = Open(id="1", labels={"a": "1"})
    model.save()
    assert b'"others":1' in stub.bodies[-1]
    monkeypatch.setattr("ecgen.runtime.requests.save.REPLACE_ATTEMPTS", 5)
    stub.answers = [read, changed] * 5
    model.labels["a"] = "2"
    with pytest.raises(elasticsearch.ConflictError):
        model.save()
    assert not stub.answers


def test_a_method_of_another_class_meets_no_function_that_is_compiled_for_a_parent():
    class Base(Model):
        _mapping = {"a": Keyword("a")}

    Base.from_es({"_id": "x", "_source": {"a": "1"}})

    class Loud:
        @classmethod
        def from_es(cls, hit):
            model = super().from_es(hit)
            model.a += "!"
            return model

    class Wider(Loud, Base):
        _mapping = {**Base._mapping, "b": Keyword("b")}

    for _ in range(2):
        read = Wider.from_es({"_id": "x", "_source": {"a": "1", "b": "2"}})
        assert (type(read), read.a, read.b) == (Wider, "1!", "2")
        assert type(Base.from_es({"_id": "x", "_source": {"a": "1"}})) is Base
    assert [model.a for model in Wider._from_page([{"_id": "x", "_source": {"a": "1"}}])] == ["1!"]
