"""`overwrite=True`: what a feed writes, whether or not the documents are there."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import elasticsearch
import pytest
from faulty_line import FaultyLine

from ecgen.runtime import (
    Date,
    Flattened,
    IntegrityError,
    Keyword,
    Long,
    Model,
    RequiredFieldError,
    SingleJoin,
    connect,
    create_mappings,
    ids,
)


class Maker(Model):
    __slots__ = ("country", "name")
    _meta = {"index": "makers", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "name": Keyword("name", required=True),
        "country": Keyword("country"),
    }

    def _compute_id(self):
        return self.name


class Row(Model):
    __slots__ = ("changed", "data", "made", "maker", "price", "sku", "state", "tags")
    _meta = {"index": "rows", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "sku": Keyword("sku", required=True),
        "price": Long("price"),
        "state": Keyword("state", default="draft"),
        "tags": Keyword("tags", many=True),
        "data": Flattened("data"),
        "made": Date("made", auto="created", required=True),
        "changed": Date("changed", auto="updated"),
        "maker": SingleJoin("maker", source=f"{__name__}.Row", target=f"{__name__}.Maker"),
    }

    def _compute_id(self):
        return self.sku


class Versioned(Row):
    __slots__ = ()
    _meta = {"index": "versioned", "store_id": True, "versioned": True}


class Served(Row):
    __slots__ = ()
    _meta = {"index": "served"}

    def _compute_id(self):
        return None


class Random(Row):
    __slots__ = ()
    _meta = {"index": "random", "store_id": True}

    def _compute_id(self):
        return self.id or ids.uuid7()


@pytest.fixture
def rows(connected):
    create_mappings([Row, Maker])
    return connected


def write(bulk, *models):
    if bulk:
        type(models[0]).save_all(models, overwrite=True).raise_failures()
    else:
        for model in models:
            model.save(overwrite=True)


@pytest.mark.parametrize("bulk", [False, True])
def test_it_is_made_and_then_merged(rows, bulk):
    first = Row(sku="a", price=1, tags=["x"])
    write(bulk, first)
    stored = Row.get("a")
    assert (stored.price, stored.state, stored.tags, stored.made) == (1, "draft", ["x"], first.made)
    assert first.made is not None
    stored.state, stored.data = "live", {"one": 1}
    stored.save()
    # The next night: what the feed says, and nothing else.
    second = Row(sku="a", price=2)
    write(bulk, second)
    found = Row.get("a")
    assert (found.price, found.state, found.tags, found.data) == (2, "live", ["x"], {"one": 1})
    assert found.made == first.made
    assert found.changed == second.changed > first.changed
    assert second.made is None  # of the document that was there nothing was read
    # What is saved afterwards sends no default either.
    second.price = 3
    second.save()
    found = Row.get("a")
    assert (found.price, found.state, found.tags, found.made) == (3, "live", ["x"], first.made)


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize(
    "through", [lambda row: row, copy.copy, lambda row: pickle.loads(pickle.dumps(row))]
)
def test_what_is_given_is_written_though_it_is_the_default(rows, bulk, through):
    Row.create(sku="a", price=1, state="live", tags=["x"], data={"one": 1})
    write(bulk, through(Row(sku="a", price=None, state="draft", tags=[], data={"two": 2})))
    found = Row.get("a")
    assert (found.price, found.state, found.tags, found.data) == (None, "draft", [], {"two": 2})


@pytest.mark.parametrize("bulk", [False, True])
def test_by_hand_with_an_id_and_what_was_assigned(rows, bulk):
    Row.create(sku="a", price=1, state="live")
    hand = Row(id="a", sku="a")
    hand.price = 5
    write(bulk, hand, Row(id="b", sku="b", price=6))
    assert (Row.get("a").price, Row.get("a").state) == (5, "live")
    assert (Row.get("b").price, Row.get("b").state) == (6, "draft")
    with pytest.raises(IntegrityError, match="is given the id 'c', but its computed id is 'd'"):
        Row(id="c", sku="d").save(overwrite=True)
    with pytest.raises(RequiredFieldError):
        Row(id="a", price=1).save(overwrite=True)


@pytest.mark.parametrize("bulk", [False, True])
def test_a_model_that_was_read_is_made_again_where_it_is_gone(rows, bulk):
    Row.create(sku="a", price=1, state="live", data={"one": 1})
    Row.create(sku="b", price=1)
    gone, there = Row.get("a"), Row.get("b")
    gone.price, gone.data = 2, {"two": 2}
    there.data = {"three": 3}  # read and replaced
    Row.get("a").delete()
    write(bulk, gone, there)
    assert (Row.get("a").price, Row.get("a").state, Row.get("a").data) == (2, "live", {"two": 2})
    assert (Row.get("b").price, Row.get("b").data) == (1, {"three": 3})
    changed = Row.get("b").changed
    write(bulk, Row.get("b"))
    assert Row.get("b").changed == changed  # nothing changed


@pytest.mark.parametrize("bulk", [False, True])
def test_new_models_that_hang_on_it_are_overwritten_as_well(rows, bulk):
    for country in ("DE", None):
        given = {} if country is None else {"country": country}
        write(bulk, Row(sku="a", maker=Maker(name="m", **given)), Row(sku="b", maker="m"))
    assert Maker.get("m").country == "DE"
    assert {Row.get("a").maker, Row.get("b").maker} == {"m"}
    assert Row.create(sku="c", maker=Maker.get("m")).maker.name == "m"


@pytest.mark.parametrize("bulk", [False, True])
def test_refusals(rows, bulk):
    create_mappings([Versioned, Served])
    Row.create(sku="a", price=1, refresh=True)
    (part,) = Row.find_by(source=["price"])
    part.price = 3
    for model, told in (
        (Versioned(sku="a"), "is versioned, and overwrite does not ask"),
        (Served(sku="a"), "Elasticsearch makes the ids of Served"),
        (part, "was fetched without"),
    ):
        with pytest.raises(Exception, match=told):
            write(bulk, model)
    result = Row.save_all([Row(sku="b"), Versioned(sku="b"), Row(sku="c")], overwrite=True)
    assert (result.succeeded, result.failed) == (2, 1)
    with pytest.raises(TypeError, match="takes no update_fields"):
        Row(sku="a").save(overwrite=True, update_fields=["price"])
    assert Row.get("a").price == 1


@pytest.fixture
def line(connected, server):
    create_mappings([Row, Random, Maker])
    line = FaultyLine(server.url, late=2.0)
    conf = {**server.conf, "hosts": [line.url], "request_timeout": 1.5}
    connect(conf, connected._index_prefix)
    yield line
    line.faults, line.always = [], ""
    line.close()


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("fault", ["reset after", "garbage", "502 after", "reset before"])
def test_an_answer_that_was_lost(line, connected, bulk, fault):
    """Called again by the program, or sent again by itself: one document, its first date, what the last one said."""
    connected.write_pause = 0
    for cls in (Row, Random):
        model = cls(sku=f"{fault} {bulk}", price=1)
        line.faults = [fault] + ["reset before"] * 9
        with pytest.raises(Exception, match=r"."):
            write(bulk, model)
        line.faults = []
        assert (model.made, model.changed) == (None, None)
        model.price = 2
        write(bulk, model)
        assert cls.get(model.id).price == 2
        assert cls.get(model.id).made is not None
        cls.refresh()
        assert cls.count() == 1
        line.faults = [fault]
        model.price = 3
        if bulk or fault != "garbage":  # an answer that makes no sense is raised by single saves
            connected.write_pause = 30
            write(bulk, model)
            connected.write_pause = 0
        line.faults = []
        made = cls.get(model.id).made
        again = cls(sku=model.sku, id=model.id, price=4)
        write(bulk, again)
        assert (cls.get(model.id).made, cls.get(model.id).price) == (made, 4)


def test_a_usual_save_after_a_doubtful_overwrite_knows_its_own_document(line):
    model = Row(sku="a", price=1)
    line.faults = ["garbage"]
    with pytest.raises(elasticsearch.SerializationError):
        model.save(overwrite=True)
    line.faults = []
    model.save()
    assert Row.get("a").price == 1


class Product(Model):
    __slots__ = ("maker", "name", "price", "sku", "state")
    _meta = {"index": "products", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "sku": Keyword("sku", required=True),
        "name": Keyword("name"),
        "price": Long("price"),
        "state": Keyword("state", default="new"),
        "maker": SingleJoin("maker", source=f"{__name__}.Product", target=f"{__name__}.Maker"),
    }

    def _compute_id(self):
        return self.id or f"{self.maker}-{self.sku}"


def test_a_feed_of_every_night(connected):
    """The lines of docs/runtime.md, with fewer rows."""
    page = (Path(__file__).parents[2] / "docs" / "runtime.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(feed = .*?)```", page, re.DOTALL)
    create_mappings([Product])
    for night in range(2):
        names = {"Product": Product}
        exec(lines.replace("50_000", "2500").replace("price=n)", f"price=n + {night})"), names)
        assert names["result"].succeeded == 2500
        if not night:
            Product(id="hansen-F-7", state="sold").save()
    Product.refresh()
    assert Product.count() == 2500
    product = Product.get("hansen-F-7")
    assert (product.price, product.name, product.state) == (8, "Chair 7", "sold")
