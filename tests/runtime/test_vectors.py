"""Vectors, which 9.x leaves out of what it shows: every way of reading brings them, on every server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from observing import fresh_prefix, watched

from ecgen.runtime import (
    DenseVector,
    Flattened,
    Keyword,
    Model,
    MultiJoin,
    MultiJoinLoose,
    Namespace,
    Nested,
    Object,
    ObjectValue,
    SingleJoin,
    SparseVector,
    connect,
    ids,
)
from ecgen.testing.server import Server

HERE = __name__
LONG = [0.5] * 128  # mapped as dense_vector by a server that may map what it likes


class Part(ObjectValue):
    __slots__ = ("seen",)
    _mapping = {"seen": DenseVector("seen", dims=2, index=False)}


class Picture(Model):
    __slots__ = ("album", "free", "name", "parts", "seen")
    _meta = {"index": "pictures", "store_id": True, "dynamic": "strict"}
    _mapping = {
        "id": Keyword("id"),
        "name": Keyword("name"),
        "seen": DenseVector("seen", dims=3),
        "parts": Object("parts", Part, many=True),
        "free": Object("free", dynamic="true"),
        "album": SingleJoin("album", f"{HERE}.Picture", f"{HERE}.Album:pictures"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Album(Model):
    __slots__ = ("best", "pictures", "titles")
    _meta = {"index": "albums", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "titles": Flattened("titles"),
        "best": MultiJoin("best", f"{HERE}.Album", f"{HERE}.Picture"),
        "pictures": MultiJoinLoose(
            "pictures", f"{HERE}.Album", f"{HERE}.Picture:album", do_lazy_load=True
        ),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Unstored(Model):
    __slots__ = ("words",)
    _meta = {"index": "unstored"}
    _mapping = {"words": SparseVector("words")}


@pytest.fixture(params=["es9", "es8"])
def with_vectors(request: Any, servers: Any) -> Iterator[Server]:
    """The servers whose core knows vectors."""
    server = servers.get(request.param)
    with server.client() as client, fresh_prefix(client) as prefix:
        connect(server.conf, index_prefix=prefix).create_mappings([Picture, Album, Unstored])
        yield server
    connect(None)


def _picture(**values: Any) -> Picture:
    made = Picture.create(
        seen=[1, 2, 3], parts=[Part(seen=[4, 5])], free={"long": LONG}, refresh=True, **values
    )
    return made


def _check(picture: Any) -> None:
    assert picture.seen == [1, 2, 3]
    assert [part.seen for part in picture.parts] == [[4, 5]]
    assert picture.free == {"long": pytest.approx(LONG)}


def test_every_way_of_reading_brings_them(with_vectors):
    album = Album.create()
    made = _picture(name="a", album=album)
    _check(Picture.get(made.id))
    _check(Picture.get([made.id])[0])
    _check(Picture.find_by(name="a")[0])
    _check(Picture.all(size=1)[0])
    _check(next(Picture.scan()))
    connection = Picture.get_es_connection()
    _check(connection.get(id=made.id))
    _check(connection.mget(ids=[made.id])[0])
    _check(connection.search(query={"match_all": {}})[0])
    _picture(name="b", album=album)
    page = Picture.all(size=1)
    _check(page.search_after()[0])


def test_every_way_of_loading_brings_them(with_vectors):
    album = Album.create()
    made = _picture(name="a", album=album)
    (loaded,) = Album.get(album.id).load().pictures
    _check(loaded)
    album.best = [made]
    album.save()
    (loaded,) = Album.get(album.id).load("best").best
    _check(loaded)
    both = Album.get(album.id).load()  # one multi-search
    _check(both.best[0])
    _check(both.pictures[0])


def test_models_without_a_stored_id(with_vectors):
    for weight in (1.0, 2.0, 3.0):
        Unstored.create(words={"a": weight})
    Unstored.refresh()
    page, weights = Unstored.all(size=2), []
    while page:
        weights += [one.words["a"] for one in page]
        page = page.search_after()
    assert sorted(weights) == [1.0, 2.0, 3.0]


def test_a_save_of_what_was_read_keeps_them(with_vectors):
    made = _picture(name="a")
    read = Picture.get(made.id)
    read.name, read.free = "b", {"other": LONG}
    read.save()
    again = Picture.get(made.id)
    assert (again.seen, again.name, again.free) == ([1, 2, 3], "b", {"other": pytest.approx(LONG)})
    again.name = "c"
    assert Picture.save_all([again])
    again = Picture.get(made.id)
    assert (again.seen, again.name) == ([1, 2, 3], "c")


def test_vectors_that_the_model_does_not_know_survive_a_save(with_vectors):
    album = Album.create(titles={"en": "a"})
    client = Album.get_es_connection()
    client.update(id=album.id, doc={"vector": LONG})
    album.titles = {"de": "b"}
    album.save()
    assert Album.save_all([album])
    client.indices.refresh()
    found = client.es.search(index=Album.get_index(), source={"exclude_vectors": False})
    (hit,) = found["hits"]["hits"]
    assert hit["_source"]["vector"] == pytest.approx(LONG)
    assert hit["_source"]["titles"] == {"de": "b"}


def test_what_the_caller_wants_shown_is_the_callers(with_vectors):
    made = _picture(name="a")
    found = Picture.get_es_connection().search(
        query={"ids": {"values": [made.id]}}, source=["name"]
    )[0]
    assert (found.name, hasattr(found, "free")) == ("a", False)
    found = Picture.get_es_connection().get(id=made.id, source_includes=["name"])
    assert (found.name, hasattr(found, "free")) == ("a", False)


def test_a_create_that_is_tried_again_knows_its_own_document(with_vectors):
    """Although a server shows vectors not quite as they were sent."""
    from ecgen.runtime.requests.doubts import _is_same as is_same

    sent = {"seen": [0.1, 0.7, 1 / 3], "name": "a"}
    client = Picture.get_es_connection()
    client.index(id="1", document=sent)
    shown = client.call("get", {"id": "1"})["_source"]
    assert is_same(shown, sent, Picture)
    assert not is_same(shown, {**sent, "seen": [0.1, 0.6, 1 / 3]}, Picture)
    assert not is_same(shown, {**sent, "seen": [0.1, 0.7]}, Picture)
    assert not is_same(shown, {**sent, "name": "b"}, Picture)
    assert not is_same(shown, {"name": "a"}, Picture)
    Unstored.get_es_connection().index(id="1", document={"words": {"a": 1.3, "b": 0.123456789}})
    shown = Unstored.get_es_connection().call("get", {"id": "1"})["_source"]
    assert is_same(shown, {"words": {"a": 1.3, "b": 0.123456789}}, Unstored)


# Servers that know no such question.


def test_old_servers_are_asked_once_in_a_while(es8, es7, monkeypatch):
    for server in (es8, es7):
        with server.client() as client, fresh_prefix(client) as prefix:
            namespace = Namespace("old", server.conf, index_prefix=prefix)
            picture, album = map(namespace.register_model_class, (Picture, Album))
            known = {"properties": {"id": {"type": "keyword"}, "album": {"type": "keyword"}}}
            for index in (picture.get_index(), album.get_index()):
                client.indices.create(index=index, mappings=known)
            values = {"seen": [1, 2, 3], "parts": {"seen": [4, 5]}, "free": {"long": LONG}}
            document = {**values, "id": "1", "album": "1"}
            client.index(index=picture.get_index(), id="1", document=document, refresh=True)
            client.index(index=album.get_index(), id="1", document={"best": ["1"]}, refresh=True)
            with watched(namespace.get_es()) as requests:
                _check(picture.get("1"))
                assert len(requests) == 2
                _check(picture.get("1"))
                _check(picture.get(["1"])[0])
                assert len(requests) == 4
                # It may have been updated since.
                later = time.monotonic() + 61
                monkeypatch.setattr(time, "monotonic", lambda later=later: later)
                _check(picture.get("1"))
                assert len(requests) == 6
                monkeypatch.undo()
            namespace.es_conf = server.conf
            loaded = album.get("1").load()  # a multi-search is the first to ask
            _check(loaded.best[0])
            with pytest.raises(Exception, match="404"):
                picture.get("2")
            namespace.close()


def test_only_models_that_may_hold_vectors_ask(servers):
    class Closed(Model):
        _meta = {"index": "closed", "dynamic": "strict"}
        _mapping = {
            "any": Object("any"),
            "listed": Nested("listed", properties={"a": {"type": "long"}}),
        }

    class Open(Model):
        _meta = {"index": "open", "dynamic": "strict"}
        _mapping = {"any": Object("any", dynamic=True)}

    class Below(Model):
        _meta = {"index": "below", "dynamic": "strict"}
        _mapping = {
            "listed": Nested(
                "listed", properties={"a": {"properties": {"v": {"type": "dense_vector"}}}}
            )
        }

    assert [cls._has_vectors for cls in (Closed, Open, Below, Picture, Unstored, Album)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
