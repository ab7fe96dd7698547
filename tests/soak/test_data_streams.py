"""Models over data streams, on a node of their own: without Elastic's modules no server can delete a stream."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import elasticsearch
import pytest

from ecgen.runtime import (
    Date,
    Flattened,
    IntegrityError,
    Keyword,
    Long,
    MissingIndexError,
    Model,
    aio,
    connect,
    create_mappings,
    delete_index,
    get_es,
    ids,
)
from ecgen.testing import EmbeddedNode

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "runtime"))
from faulty_line import FaultyLine

FIELDS = {
    "at": Date("@timestamp"),
    "number": Long("number"),
    "data": Flattened("data"),
}


def stream(name, **more):
    return {
        "index": f"{name}-*",
        "write_to": f"{name}-shop",
        "index_template": {"data_stream": {}},
        "dynamic": "strict",
        "sort": [{"at": "desc"}],
        **more,
    }


class View(Model):
    _meta = stream("views", store_id=True)
    _mapping = {"id": Keyword("id"), **FIELDS}

    def _compute_id(self):
        return self.id or ids.uuid7()


class Versioned(View):
    _meta = stream("versioned", store_id=True, versioned=True)


class Served(Model):
    """The server makes the ids."""

    _meta = stream("served")
    _mapping = FIELDS


class Later(aio.Model):
    _meta = stream("later", store_id=True)
    _mapping = {"id": Keyword("id"), **FIELDS}


@pytest.fixture(scope="module", params=["9.5.3", "8.19.21"])
def node(request):
    with EmbeddedNode(request.param) as node:
        yield node


@pytest.fixture
def connected(node):
    yield connect(node.conf)
    connect(None)


def places(cls):
    cls.refresh()
    found = sorted(
        get_es().search(index=cls.get_index(), size=100)["hits"]["hits"], key=lambda hit: hit["_id"]
    )
    return {hit["_id"]: int(hit["_index"][-1]) for hit in found}


def test_documents_are_created_through_the_stream_and_changed_where_they_are(connected):
    for cls in (View, Versioned):
        name = cls.get_write_index()
        with pytest.raises(MissingIndexError, match=f"no index '{name}'"):
            cls.create(at="2026-01-01")
        assert create_mappings([cls]) == [name]
        assert create_mappings([cls]) == []
        assert cls.find_by() == []
        for id in "abc":
            cls.create(id=id, at="2026-01-01", number=1)
        get_es().indices.rollover(alias=name)
        new = [cls(at="2026-02-01") for _ in range(3)]
        assert cls.save_all(new)
        new[0].number = 5
        new[0].save()
        cls.refresh()
        read = {each.id: each for each in cls.all()}
        read["a"].number = 2
        read["a"].save()
        read["b"].data = {"key": 1}  # read and replaced
        read["b"].save()
        read["c"].delete()
        assert places(cls) == {"a": 1, "b": 1, **{each.id: 2 for each in new}}
        read = list(cls.scan())
        for each in read:
            each.number, each.data = 7, {"of": each.id}
        assert cls.save_all(read, refresh=True)
        assert cls.count(number=7) == 5
        assert cls.get("b").data == {"of": "b"}
        assert cls.delete_all(cls.find_by(), refresh=True).succeeded == 5
        assert cls.count() == 0


def test_ids_that_the_server_makes(connected):
    create_mappings([Served])
    first = Served.create(at="2026-01-01")
    new = [Served(at="2026-01-02") for _ in range(3)]
    assert Served.save_all(new)
    for each in (first, *new):
        each.number = 1
    assert Served.save_all([first, *new], refresh=True)
    assert Served.count(number=1) == 4


def test_what_a_stream_does_not_take_is_refused_by_the_server(connected):
    create_mappings([View])
    View.create(id="x", at="2026-01-01", refresh=True)
    with pytest.raises(elasticsearch.ConflictError):
        View.create(id="x", at="2026-01-01")
    by_hand = View(id="x", number=1)
    create_only = "op_type of create are allowed in data streams"
    for write in (by_hand.save, lambda: by_hand.save(overwrite=True), by_hand.delete):
        with pytest.raises(elasticsearch.BadRequestError, match=create_only):
            write()
    assert create_only in View.save_all([by_hand], overwrite=True).failures[0].error
    get_es().indices.rollover(alias=View.get_write_index())
    View.create(id="x", at="2026-01-02", refresh=True)  # another document to a stream
    with pytest.raises(IntegrityError, match="two documents of View with the id 'x'"):
        View.get("x")
    for each in View.find_by():
        each.delete(refresh=True)
    assert not View.exists("x")


@pytest.mark.parametrize("loss", ["reset after", "502 after", "half a body"])
def test_a_create_whose_answer_was_lost_is_found_in_the_stream(connected, node, loss):
    create_mappings([View, Versioned])
    for cls in (View, Versioned):
        before = cls.count()
        line = FaultyLine(node.url, late=2.0)
        connect({**node.conf, "hosts": [line.url], "request_timeout": 1.5})
        try:
            line.faults = [loss]
            view = cls.create(id=ids.uuid7(), at="2026-01-01")
            line.faults = [loss]
            assert cls.save_all([cls(at="2026-01-01") for _ in range(3)])
            line.faults = [loss]
            view.number = 3
            view.save()
            line.faults = [loss]
            view.delete()
            assert len(places(cls)) == before + 3
        finally:
            line.close()
            connect(node.conf)


def test_a_create_in_doubt_is_found_after_a_rollover(connected, node):
    create_mappings([View])
    before = View.count()
    views = [View(at="2026-01-01", number=n) for n in range(2)]
    line = FaultyLine(node.url, late=2.0)
    connect({**node.conf, "hosts": [line.url], "request_timeout": 1.5})
    try:
        for view in views:
            line.faults = ["reset after", *["reset before"] * 3]
            with pytest.raises(elasticsearch.ConnectionError):
                view.save()
    finally:
        line.close()
        connect(node.conf)
    get_es().indices.rollover(alias=View.get_write_index())
    views[0].save()
    assert View.save_all(views[1:])
    assert len(places(View)) == before + 2
    for view in views:
        view.number += 1
        view.save()


def test_a_stream_stays_where_the_server_has_no_way_to_delete_it(connected):
    """The template is left as well, since the server refuses to delete it under a stream."""
    create_mappings([View])
    View.create(at="2026-01-01")
    with pytest.raises(elasticsearch.ApiError, match="/_data_stream/views-shop"):
        delete_index(View.get_write_index())
    assert get_es().indices.exists_index_template(name=View.get_write_index())
    get_es().indices.put_index_template(
        name="none-shop", body={**View.get_index_template(), "index_patterns": ["none-*"]}
    )
    delete_index("none-shop")  # before its first document
    assert not get_es().indices.exists_index_template(name="none-shop")


def test_asynchronously(node):
    async def main():
        aio.connect(node.conf | {"node_class": "aiohttp"})
        async with aio._namespaces["_default"]:
            assert await aio.create_mappings([Later]) == ["later-shop"]
            first = await Later.create(id="a", at="2026-01-01")
            await aio.get_es().indices.rollover(alias="later-shop")
            assert await Later.save_all([Later(at="2026-01-02") for _ in range(3)])
            first.number = 1
            await first.save()
            await Later.refresh()
            assert [each.number for each in await Later.find_by()] == [None, None, None, 1]
            assert (await Later.get("a")).number == 1
            await first.delete()
        aio.connect(None)

    asyncio.run(main())
