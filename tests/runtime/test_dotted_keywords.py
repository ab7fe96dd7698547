"""find_by, count, scan and sorts by multi-fields and by properties of objects and nested objects: dotted names."""

from __future__ import annotations

import pytest

from ecgen.runtime import (
    Alias,
    Completion,
    FieldValueError,
    Flattened,
    Integer,
    IntegerRange,
    Keyword,
    Model,
    Nested,
    Object,
    ObjectValue,
    Range,
    Text,
    create_mappings,
)


class Seam(ObjectValue):
    __slots__ = ("thread",)
    _mapping = {"thread": Keyword("thread")}


class Label(ObjectValue):
    __slots__ = ("text_",)
    _mapping = {"text_": Text("words", fields={"raw": {"type": "keyword"}})}


class Variant(ObjectValue):
    __slots__ = ("colour", "label", "seams", "stock")
    _mapping = {
        "colour": Keyword("colour"),
        "stock": Integer("stock"),
        "label": Object("label", Label),
        "seams": Nested("seams", Seam, many=True),
    }


class Shirt(Model):
    __slots__ = ("bag", "box", "draft", "free", "hidden", "misc", "name", "notes", "rank")
    __slots__ += ("seasons", "sku", "suggest", "variants", "x__y")
    _meta = {"index": "shirts", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "name": Text("name", fields={"raw": {"type": "keyword"}}),
        "variants": Nested("variants", Variant, many=True),
        "box": Object("box", properties={"lids": {"type": "nested", "properties": {"n": {"type": "long"}}}}),
        "free": Object("free", dynamic=False),
        "draft": Object("draft", enabled=False),
        "hidden": Keyword("hidden", index=False, doc_values=False),
        "notes": Text("notes", index=False),
        "rank": Flattened("rank"),
        "x__y": Integer("x__y"),
        "bag": Nested("bag", many=True),
        "misc": Object("misc"),
        "seasons": IntegerRange("seasons"),
        "suggest": Completion("suggest"),
        "sku": Alias("sku", path="name.raw"),
    }  # fmt: skip


@pytest.fixture
def shirts(connected):
    create_mappings([Shirt])
    red = {"colour": "red", "stock": 5, "label": {"text_": "Big Red"}, "seams": [{"thread": "silk"}]}  # fmt: skip
    models = [
        Shirt(id="1", name="Work shirt", variants=[red, {"colour": "blue", "stock": 0}], x__y=7),
        Shirt(id="2", name="Shirt", variants=[{"colour": "red", "stock": 1}], box={"lids": [{"n": 2}, {"n": 3}]}),
        Shirt(id="3", name="Vest", variants=[{"stock": 9}], hidden="a", rank={"a": {"b": "1"}}),
        Shirt(id="4", name="Sock", draft={"a": 1}, free={"a": 1}, rank={"a": {"b": "2", "c": "3"}}, misc={"a": {"n": 5}},
              bag=[{"n": 1, "of": {"k": 2}}, {"n": 3}], seasons={"gte": 1, "lte": 4}, suggest="Sock"),
    ]  # fmt: skip
    Shirt.save_all(models, overwrite=True, refresh=True).raise_failures()
    return Shirt


FOUND = [
    ({"variants.colour": "red"}, "12"),
    ({"variants__colour": "red"}, "12"),
    ({"variants.colour": ["blue", "green"]}, "1"),
    ({"variants.colour": []}, ""),
    ({"variants.colour": None}, "34"),
    ({"variants.colour": ["blue", None]}, "134"),
    ({"variants.stock": {"gte": 1, "lt": 5}}, "2"),
    ({"variants.stock": [{"lt": 1}, 9]}, "13"),
    # each keyword may be true of another nested object, a dict is about one
    ({"variants.colour": "blue", "variants.stock": 5}, "1"),
    ({"variants": {"colour": "blue", "stock": 5}}, ""),
    ({"variants": {"colour": "red", "stock": {"lt": 5}}}, "2"),
    ({"variants": [{"colour": "blue"}, {"stock": 9}]}, "13"),
    ({"variants": None}, "4"),
    ({"variants": [None, {"colour": "blue"}]}, "14"),
    ({"variants": {"colour": None}}, "3"),
    ({"variants.label.text_": "red big"}, "1"),
    ({"variants__label__text___raw": "Big Red"}, "1"),
    ({"variants.label": {"text_": "red"}}, "1"),
    ({"variants.seams.thread": "silk"}, "1"),
    ({"variants.seams.thread": None}, "234"),
    ({"variants.seams": {"thread": "silk"}}, "1"),
    ({"variants": {"colour": "red", "seams": {"thread": "silk"}}}, "1"),
    ({"variants": {"colour": "red", "seams": None}}, "2"),
    ({"box.lids.n": {"gt": 2}}, "2"),
    ({"box.lids": {"n": 2}}, "2"),
    ({"box": {"lids": {"n": 3}}}, "2"),
    ({"name__raw": "Work shirt"}, "1"),
    ({"name.raw": ["Vest", "Sock"], "variants__stock": 9}, "3"),
    ({"rank__a__b": "1"}, "3"),
    ({"x__y": 7}, "1"),
    # objects with any keys: a dict is about their keys, and at a key a dict of sides is a range
    ({"rank": {"a": {"b": "1"}}}, "3"),
    ({"rank": {"a.b": ["1", "2"], "a": {"c": "3"}}}, "4"),
    ({"rank": [{"a": {"b": "1"}}, {"a": {"c": "3"}}]}, "34"),
    ({"rank": {"a": {"c": None}}}, "123"),
    ({"rank__a__b": {"gt": "1", "lte": "2"}}, "4"),  # 7.17.29 insists on both sides, 9.5.3 does not
    ({"rank": {"gt": "1"}}, ""),
    ({"rank": {}}, "34"),
    ({"misc": {"a": {"n": {"gte": 5}}}}, "4"),
    ({"misc__a": {"n": Range(gt=5)}}, ""),
    ({"bag": {"n": 3}}, "4"),
    ({"bag": {"n": 3, "of": {"k": 2}}}, ""),
    ({"bag__n": {"lt": 2}, "bag__of": {"k": 2}}, "4"),
    ({"seasons": 3}, "4"),
    ({"sku": "Vest"}, "3"),
]  # fmt: skip
SORTS = [
    ("variants.stock", "1234"),
    ([{"variants.stock": "desc"}], "3124"),
    (["variants.stock:desc"], "3124"),
    ([{"variants.seams.thread": {"order": "asc", "missing": "_first"}}], "2341"),
    ([{"variants.label.text_.raw": {"order": "asc", "missing": "_first"}}], "2341"),
    ([{"box.lids.n": {"order": "asc", "missing": 0}}], "1342"),
    ([{"variants.stock": {"order": "asc", "nested": {"path": "variants", "filter": {"term": {"variants.colour": "red"}}}}}], "2134"),
]  # fmt: skip


def test_what_they_find(shirts):
    for asked, ids in FOUND:
        found = "".join(sorted(one.id for one in shirts.find_by(**asked)))
        assert (asked, found) == (asked, ids)
    assert shirts.count(variants__colour=["blue", None]) == 3
    assert [one.id for one in shirts.scan(variants__seams__thread="silk")] == ["1"]


def test_what_they_delete(shirts):
    assert shirts.delete_all(list(shirts.scan(variants__colour="red")), refresh=True).succeeded == 2
    assert sorted(one.id for one in shirts.all()) == ["3", "4"]


def test_text_of_a_nested_object_is_scored(shirts):
    ((model, hit),) = shirts.find_by(variants__label__text_="red", sort="_score").with_hits()
    assert model.id == "1"
    assert hit.score > 0


def test_sorts(shirts):
    for sort, ids in SORTS:
        page, seen = shirts.find_by(sort=sort, size=1), ""
        while page:
            seen += page[0].id
            page = page.search_after()
        assert (sort, seen) == (sort, ids)
        assert "".join(one.id for one in shirts.scan(sort=sort)) == ids


UNINDEXED = [
    {"draft": {"a": 1}}, {"draft": None}, {"draft.a": 1}, {"draft__a__b": None},
    {"hidden": "a"}, {"hidden": None}, {"hidden": {"gte": "a"}}, {"hidden": []},
    {"notes": "a"}, {"notes": None},
]  # fmt: skip
NO_VALUES = [
    {"rank": "a"}, {"rank": {1: 2}}, {"rank": {"a": [{"b": b"1"}]}}, {"rank__a": Seam(thread="x")}, {"misc": [["a"]]},
    {"free": {"a": 1}}, {"box": {"lid": 1}}, {"bag": {"n": Label()}}, {"bag": [1]}, {"variants": {"stock": {"more": 1}}},
    {"variants": Seam(thread="silk")}, {"variants": Shirt(id="1")}, {"seasons": {"gte": 1}}, {"seasons": Range(gte=1)}, {"seasons": {}},
    {"suggest": {"input": "x"}}, {"suggest": [["x"]]}, {"sku": {"a": 1}}, {"sku": Shirt(id="1")}, {"sku": Range(gte=1)}, {"name": {"raw": "x"}},
]  # fmt: skip
UNKNOWN = ("free.a", "variants.color", "variants__seams__threat", "box.lid", "name__raw__x", "_x")


def test_what_no_query_can_hold_is_refused(shirts, requests):
    """A server would answer 400, or the client could not write it."""
    for asked in NO_VALUES:
        ((keyword, _),) = asked.items()
        for method in (shirts.find_by, shirts.count):
            with pytest.raises(FieldValueError, match=f"^Shirt.{keyword}"):
                method(**asked)
    assert not requests


def test_what_is_not_indexed_is_refused(shirts, requests):
    """Elasticsearch finds nothing then, or, for None, everything, without an error."""
    for asked in UNINDEXED:
        for method in (shirts.find_by, shirts.count):
            with pytest.raises(FieldValueError, match=r"cannot be searched for: its definition leaves it"):  # fmt: skip
                method(**asked)
    for asked in UNKNOWN:
        with pytest.raises(TypeError, match=f"Shirt has no field '{asked}'"):
            shirts.find_by(**{asked: 1})
    assert not requests
