"""Arguments that cannot be meant are refused before anything is sent: none is taken for something else."""

from __future__ import annotations

import pytest

from ecgen.runtime import Keyword, Model, SingleJoin, connect, create_mappings, delete_index

HERE = __name__


class Item(Model):
    __slots__ = ("code", "owner")
    _meta = {"index": "items", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "code": Keyword("code"),
        "owner": SingleJoin("owner", f"{HERE}.Item", f"{HERE}.Item"),
    }


def item():
    return Item.from_es({"_id": "1", "_index": "items", "_source": {"id": "1"}})


REFUSED = {
    # A page of 1.5 documents would never be full, so paging would end after the first.
    "size is a whole number, not 1.5": [
        lambda: Item.find_by(size=1.5),
        lambda: Item.all(size=1.5),
        lambda: list(Item.scan(size=1.5)),
    ],
    "size is a whole number, not None": [lambda: Item.find_by(size=None)],
    "chunk_size is a whole number, not '9'": [lambda: Model.save_all([item()], chunk_size="9")],
    "threads is a whole number, not nan": [
        lambda: Model.save_all([item()], threads=float("nan")),
        lambda: Model.delete_all([item()], threads=float("nan")),
    ],
    "on_error is 'raise', 'skip' or": [
        lambda: Item.get(["1"], on_error="skp"),
        lambda: Item.find_by(on_error="skp"),
    ],
    "progress is True or a function, not 5": [lambda: Model.save_all([item()], progress=5)],
    "refresh is True, False or 'wait_for', not 'soon'": [
        lambda: item().save(refresh="soon"),
        lambda: item().delete(refresh="soon"),
        lambda: Item.create(code="x", refresh="soon"),
        lambda: Model.save_all([item()], refresh="soon"),
    ],
    "a join is loaded by its name, not by": [
        lambda: item().load(["owner"]),
        lambda: Item.find_by(load=[Item]),
    ],
    "query is a str, a dict or one of elasticsearch.dsl, not 5": [
        lambda: Item.find_by(query=5),
        lambda: list(Item.scan(query=5)),
        lambda: Item.count(query=5),
    ],
    "search_after is a list of sort values, not 'x'": [
        lambda: Item.find_by(search_after="x"),
        lambda: list(Item.scan(search_after="x", sort="code")),
    ],
    "a routing is a str, not ": [
        lambda: Item.get("1", routing=["a"]),
        lambda: Item.exists("1", routing=True),
        lambda: Item.find_by(routing={"a": 1}),
        lambda: list(Item.scan(routing=item())),
        lambda: Item.count(routing=1.0),
    ],
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_cannot_be_meant_is_a_type_error(unconnected, stub, said):
    connect(f"http://127.0.0.1:{stub.port}")
    for call in REFUSED[said]:
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value).startswith(said)
    assert stub.requests == []


@pytest.mark.parametrize("index", ["*", "_all", "items,makers", "it*"])
def test_an_index_to_delete_is_one(unconnected, stub, index):
    connect(f"http://127.0.0.1:{stub.port}")
    with pytest.raises(ValueError, match="is a pattern"):
        delete_index(index)
    assert stub.requests == []


def test_whole_numbers_of_other_packages(connected):
    numpy = pytest.importorskip("numpy")
    create_mappings([Item])
    assert list(Item.find_by(size=numpy.int64(3))) == []


@pytest.mark.parametrize("refresh", ["true", "false", ""])
def test_every_refresh_that_servers_take(connected, refresh):
    create_mappings([Item])
    made = Item.create(id="1", code="x", refresh=refresh)
    made.code = "y"
    made.save(refresh=refresh)
    assert Item.delete_all([made], refresh=refresh).succeeded == 1
