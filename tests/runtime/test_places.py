"""Where a document is: several indices behind a name, and routing."""

from __future__ import annotations

import contextlib
import copy
import pickle

import elasticsearch
import pytest

from ecgen.runtime import (
    Flattened,
    IntegrityError,
    Keyword,
    Long,
    Model,
    SingleJoin,
    create_mappings,
    ids,
)


class Log(Model):
    __slots__ = ("data", "kin", "line", "number")
    _meta = {"index": "logs", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "line": Keyword("line"),
        "number": Long("number"),
        "data": Flattened("data"),
        "kin": SingleJoin("kin", source=f"{__name__}.Log", target=f"{__name__}.Log"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Versioned(Log):
    __slots__ = ()
    _meta = {"index": "logs", "store_id": True, "versioned": True}


@pytest.fixture(params=[Log, Versioned])
def rolled(request, connected):
    """Three documents behind an alias whose write index is a second one by now; a fourth is there."""
    cls = request.param
    es, name = cls.get_es_connection().es, cls.get_index()
    body = {"mappings": {"properties": cls.get_es_mapping()}}
    es.indices.create(index=f"{name}-1", aliases={name: {"is_write_index": True}}, **body)
    for id in "abc":
        es.index(index=name, id=id, document={"id": id, "line": "old", "kin": "d"}, refresh=True)
    es.indices.create(index=f"{name}-2", **body)
    es.indices.update_aliases(actions=[
        {"add": {"index": f"{name}-1", "alias": name, "is_write_index": False}},
        {"add": {"index": f"{name}-2", "alias": name, "is_write_index": True}},
    ])  # fmt: skip
    cls.create(id="d", line="new", kin="a", refresh=True)
    return cls


def stored(cls, index, id):
    es = cls.get_es_connection().es
    return es.get(index=f"{cls.get_index()}-{index}", id=id)["_source"]


def test_what_was_read_is_saved_and_deleted_where_it_is(rolled):
    by_id = {log.id: log for log in rolled.find_by()}
    by_id["a"].line = "changed"
    by_id["a"].save()
    assert stored(rolled, 1, "a")["line"] == "changed"
    by_id["d"].line = "changed"
    by_id["d"].save()
    assert stored(rolled, 2, "d")["line"] == "changed"
    scanned = {log.id: log for log in rolled.scan()}
    scanned["b"].data = {"key": 1}  # read and replaced
    scanned["b"].save()
    assert stored(rolled, 1, "b")["data"] == {"key": 1}
    pickle.loads(pickle.dumps(copy.copy(scanned["c"]))).delete(refresh=True)
    assert sorted(log.id for log in rolled.find_by()) == ["a", "b", "d"]


def test_bulks_go_there_too(rolled):
    logs = rolled.find_by()
    for log in logs:
        log.line = "bulk"
    assert rolled.save_all(logs, refresh=True)
    assert stored(rolled, 1, "a")["line"] == stored(rolled, 2, "d")["line"] == "bulk"
    assert rolled.delete_all(rolled.find_by(), refresh=True).succeeded == 4
    assert rolled.count() == 0


def test_a_bulk_reads_what_it_replaces_where_it_is(rolled):
    """One id in both indices: each is read, merged and written in its own."""
    es, name = rolled.get_es_connection().es, rolled.get_index()
    twin = {"id": "a", "line": "new", "data": {"of": "two"}}
    es.index(index=f"{name}-2", id="a", document=twin, refresh=True)
    logs = rolled.find_by()
    assert len(logs) == 5
    for log in logs:
        log.data = {"key": log.line}
    assert rolled.save_all(logs)
    assert [stored(rolled, n, "a")["line"] for n in (1, 2)] == ["old", "new"]
    assert [stored(rolled, n, "a")["data"] for n in (1, 2)] == [{"key": "old"}, {"key": "new"}]
    assert stored(rolled, 1, "c")["data"] == {"key": "old"}
    if rolled is Log:  # made by hand: nothing tells where it is, so it is looked for
        assert Log.save_all([Log(id="c", data={"by": "hand"})])
        assert stored(rolled, 1, "c")["data"] == {"by": "hand"}


def test_a_bulk_learns_where_it_wrote(connected):
    """New documents go through the name; afterwards its write index is another."""
    for cls in (Log, Versioned):
        es, name = cls.get_es_connection().es, cls.get_index()
        body = {"mappings": {"properties": cls.get_es_mapping()}}
        es.indices.create(index=f"{name}-1", aliases={name: {"is_write_index": True}}, **body)
        logs = [cls(line=str(n)) for n in range(5)]
        assert cls.save_all(logs)
        es.indices.create(index=f"{name}-2", **body)
        es.indices.update_aliases(actions=[
            {"add": {"index": f"{name}-1", "alias": name, "is_write_index": False}},
            {"add": {"index": f"{name}-2", "alias": name, "is_write_index": True}},
        ])  # fmt: skip
        cls._es_namespace.members.clear()
        logs[0].line = "changed"
        logs[0].save()
        assert cls.save_all(logs[1:])
        assert stored(cls, 1, logs[0].id)["line"] == "changed"
        logs[0].delete()
        assert cls.delete_all(logs[1:])
        es.indices.delete(index=f"{name}-1,{name}-2")


def test_what_a_bulk_finds_to_be_no_alias_is_not_asked_again(connected):
    create_mappings([Log])
    plain = Log._es_namespace.plain_indices
    assert Log.get_index() not in plain
    assert Log.save_all([Log(line="x")])
    assert Log.get_index() in plain
    assert Log.save_all([Log(line="x")])


def test_get_and_joins_find_it(rolled):
    assert rolled.get("a").line == "old"
    found = rolled.get(["d", "x", "a"])
    assert [log.id for log in found] == ["d", "a"]
    assert found.missing == ["x"]
    with pytest.raises(elasticsearch.NotFoundError):
        rolled.get("x")
    log = rolled.get("a").load()
    assert log.kin.line == "new"
    log.line = "from a get"
    log.save()
    assert stored(rolled, 1, "a")["line"] == "from a get"


def test_an_id_that_is_there_twice_is_an_error(rolled):
    es = rolled.get_es_connection().es
    es.index(index=f"{rolled.get_index()}-2", id="a", document={"id": "a"}, refresh=True)
    with pytest.raises(
        IntegrityError, match=r"two documents of .* with the id 'a': in .*-[12] and in .*-[12]"
    ):
        rolled.get("a")
    # each of the two can be saved and deleted all the same
    for log in rolled.find_by(line="old"):
        log.delete(refresh=True)
    assert rolled.get("a").line is None


def test_the_name_leads_on_where_the_index_is_no_longer_the_place(connected):
    """A migration: a copy in a new index, the old one blocked, then the alias on the new one alone."""
    es, name = Log.get_es_connection().es, Log.get_index()
    body = {"mappings": {"properties": Log.get_es_mapping()}}
    es.indices.create(index=f"{name}-1", aliases={name: {}}, **body)
    es.index(index=name, id="a", document={"id": "a", "line": "old"}, refresh=True)
    read, other, bulked = Log.find_by()[0], Log.get("a"), Log.find_by()
    es.indices.create(index=f"{name}-2", **body)
    es.index(index=f"{name}-2", id="a", document={"id": "a", "line": "old"}, refresh=True)
    es.indices.put_settings(index=f"{name}-1", settings={"index.blocks.write": True})
    es.indices.update_aliases(actions=[
        {"remove": {"index": f"{name}-1", "alias": name}},
        {"add": {"index": f"{name}-2", "alias": name}},
    ])  # fmt: skip
    read.line = "after"
    read.save()
    assert stored(Log, 2, "a")["line"] == "after"
    assert Log.save_all(bulked)
    es.indices.delete(index=f"{name}-1")
    other.line = "later"
    other.save()
    assert stored(Log, 2, "a")["line"] == "later"
    other.delete()
    assert not es.indices.exists(index=f"{name}-1")


def test_a_remembered_index_is_not_made_anew(rolled):
    es, name = rolled.get_es_connection().es, rolled.get_index()
    logs = {log.id: log for log in rolled.find_by()}
    logs["a"].save()  # so that what stands behind the name was just asked
    es.indices.delete(index=f"{name}-1")
    rolled._es_namespace.members.clear()
    for write in (logs["a"].save, logs["b"].delete):
        with pytest.raises(elasticsearch.NotFoundError):
            write()
    assert rolled.save_all([logs["c"]]).failures[0].status == 404
    assert not es.indices.exists(index=f"{name}-1")


# Routing.


class Shelf(Model):
    __slots__ = ("data", "tenant")
    _meta = {
        "index": "shelves",
        "store_id": True,
        "routing": "tenant",
        "settings": {"number_of_shards": 3},
    }
    _mapping = {"id": Keyword("id"), "tenant": Keyword("tenant"), "data": Flattened("data")}


def test_a_bulk_reads_what_it_replaces_by_its_routing(connected):
    """Not by a search, which would find two documents of that id, and only what was refreshed."""
    create_mappings([Shelf])
    shelves = [Shelf.create(id="x", tenant=f"t{n}", data={"n": n}) for n in (0, 7)]
    for shelf in shelves:
        shelf.data = {"tenant": shelf.tenant}
    assert Shelf.save_all(shelves)
    for shelf in shelves:
        found = Shelf.get("x", routing=shelf.tenant)
        assert found.data == {"tenant": found.tenant}


class Order(Model):
    __slots__ = ("note", "number", "tenant")
    _meta = {
        "index": "orders",
        "store_id": True,
        "routing": "tenant",
        "mappings": {"_routing": {"required": True}},
        "settings": {"number_of_shards": 3},
    }
    _mapping = {
        "id": Keyword("id"),
        "tenant": Keyword("tenant"),
        "number": Keyword("number"),
        "note": Keyword("note"),
    }

    def _compute_id(self):
        return self.id or f"o-{self.number}"


class Given(Order):
    __slots__ = ()
    _meta = {**Order._meta, "index": "given", "routing": "given"}


class Template(Order):
    __slots__ = ()
    _meta = {**Order._meta, "index": "templates", "routing": "{tenant|lower}-{number}"}


def test_a_routed_model_is_written_and_found(connected):
    create_mappings([Order])
    order = Order.create(tenant="acme", number="1", refresh=True)
    order.note = "changed"
    order.save(refresh=True)
    assert Order.save_all([Order(tenant=f"t{n}", number=str(n)) for n in range(2, 9)], refresh=True)
    assert Order.get("o-1").note == "changed"
    assert Order.get("o-1", routing="acme").note == "changed"
    assert [found.tenant for found in Order.get(["o-2", "x", "o-3"])] == ["t2", "t3"]
    assert [found.id for found in Order.find_by(routing="acme", note="changed")] == ["o-1"]
    assert Order.count(routing="acme") >= 1
    assert {found.id for found in Order.scan(routing="t5", size=1)} >= {"o-5"}
    every = Order.find_by(sort="number")
    for found in every:
        found.note = "bulk"
    assert Order.save_all(every, refresh=True)
    assert Order.count(note="bulk") == 8
    every[0].delete()
    assert Order.delete_all(every[1:], refresh=True)
    assert Order.count() == 0


def test_a_changed_routing_is_an_error_before_anything_is_sent(connected, requests):
    create_mappings([Order])
    Order.create(tenant="acme", number="1", refresh=True)
    order = Order.find_by()[0]
    order.tenant = "other"
    requests.clear()
    with pytest.raises(IntegrityError, match="has the routing 'other' now, and had 'acme'"):
        order.save()
    assert Order.save_all([order]).failures[0].error.startswith("Order 'o-1' has the routing")
    assert requests == []
    order.delete(refresh=True)  # it is where it was
    with pytest.raises(
        IntegrityError, match=r"Order\.tenant is part of its routing, but it has no value"
    ):
        Order.create(number="2")


def test_templates_and_given_values(connected):
    create_mappings([Template, Given])
    Template.create(tenant="ACME", number="1", refresh=True)
    assert Template.find_by().hits[0]["_routing"] == "acme-1"
    given = Given.create(tenant="a", number="1", routing="north", refresh=True)
    given.note = "x"
    given.save(refresh=True)
    assert Given.find_by(routing="north")[0].note == "x"
    assert Given.get("o-1").note == "x"
    with pytest.raises(IntegrityError, match=r"routed by a value that is given: Given\(…, routing"):
        Given(tenant="a", number="2").save()
    for number in range(9):  # until one leads to another shard
        with contextlib.suppress(elasticsearch.ConflictError):
            Given.create(tenant="b", number="1", routing=str(number), refresh=True)
            break
    with pytest.raises(IntegrityError, match="with the routing 'north'"):
        Given.get("o-1")
    assert Given.get("o-1", routing=str(number)).tenant == "b"


def test_a_field_twice_in_a_template(unconnected):
    routing = {"routing": "{tenant|lower}-{number}-{ tenant |upper}"}
    twice = type("Twice", (Model,), {"_mapping": Order._mapping, "_meta": routing})
    assert twice._routing(twice(tenant="Acme", number="1")) == "acme-1-ACME"


def test_the_keyword_and_a_field_of_that_name(unconnected):
    class Route(Model):
        _mapping = {"routing": Keyword("routing")}

    with pytest.raises(TypeError, match="asked for as routing_"):
        Route.find_by(routing="x")
    assert Route(routing="x").routing == "x"
    with pytest.raises(ValueError, match="names no field"):
        type("Bad", (Model,), {"_mapping": {}, "_meta": {"routing": "tenant"}})
    with pytest.raises(ValueError, match="is no filter"):
        type("Bad", (Model,), {"_mapping": Order._mapping, "_meta": {"routing": "{tenant|big}"}})
