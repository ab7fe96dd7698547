"""What a join holds once it is loaded, and what signatures and reprs show. No server is asked."""

from __future__ import annotations

import inspect

import pytest

from ecgen.runtime import (
    Integer,
    Keyword,
    Model,
    MultiJoin,
    MultiJoinLoose,
    NotFetched,
    NotLoaded,
    SingleJoin,
    aio,
)


class Owner(Model):
    __slots__ = ("name", "things")
    _mapping = {
        "id": Keyword("id"),
        "name": Keyword("name"),
        "things": MultiJoinLoose(
            "things", source=f"{__name__}.Owner", target=f"{__name__}.Thing:owner"
        ),
    }


class Thing(Model):
    __slots__ = ("kin", "number", "owner", "routing", "size")
    _mapping = {
        "id": Keyword("id"),
        "number": Integer("number"),
        "size": Integer("size"),
        "routing": Keyword("routing"),
        "owner": SingleJoin(
            "owner", source=f"{__name__}.Thing", target=f"{__name__}.Owner:things", required=True
        ),
        "kin": MultiJoin("kin", source=f"{__name__}.Thing", target=f"{__name__}.Thing"),
    }


def test_what_is_loaded():
    owner = Owner(name="Kit")
    thing = Thing(number=1, owner=owner)
    assert thing.get_joined("owner") is owner
    assert owner.get_joined("things") == [thing]
    assert thing.get_joined("kin") == []
    thing.kin = [Thing(number=2), "a"]
    with pytest.raises(
        NotLoaded, match=r"Thing\.kin holds the id 'a': load\('kin'\) loads the Thing"
    ):
        thing.get_joined("kin")
    with pytest.raises(NotLoaded, match=r"Thing\.owner holds the id 'x'"):
        Thing(owner="x").get_joined("owner")
    with pytest.raises(NotLoaded, match=r"Thing\.owner holds nothing: the Owner is gone"):
        Thing().get_joined("owner")
    with pytest.raises(TypeError, match="Thing has no join 'ownr'; did you mean 'owner'"):
        thing.get_joined("ownr")
    with pytest.raises(TypeError, match="no join 'number'"):
        thing.get_joined("number")


def test_a_join_that_was_not_fetched(monkeypatch):
    from ecgen.runtime.requests.selection import read_hit, selection_of

    hit = {"_id": "1", "_source": {"number": 3}}
    thing = read_hit(Thing, hit, selection_of(Thing, {"source": ["number"]}))
    with pytest.raises(NotFetched):
        thing.get_joined("owner")


def names(method):
    return list(inspect.signature(method).parameters)


@pytest.mark.parametrize("base", [Model, aio.Model])
def test_signatures(base):
    class Made(base):
        _mapping = Thing._mapping

    own = ["id", "number", "owner", "kin"]
    assert names(Made.find_by) == [
        "size", "sort", "search_after", "query", "load", "refresh", "routing", "source", "on_error",
        "id", "number", "size_", "routing_", "owner", "kin",
    ]  # fmt: skip
    assert names(Made.count) == [
        "query",
        "routing",
        "id",
        "number",
        "size",
        "routing_",
        "owner",
        "kin",
    ]
    assert set(own) < set(names(Made.scan))
    assert names(Made.create)[:3] == ["refresh", "routing", "id"]
    assert "routing_" in names(Made.create)
    assert "number" in names(Made)
    assert inspect.iscoroutinefunction(Made.find_by) == (base is aio.Model)

    class More(Made):
        _mapping = {**Made._mapping, "more": Keyword("more")}

    assert "more" in names(More.find_by)
    assert "more" not in names(Made.find_by)
    assert "things" not in names(Owner.find_by)
    assert "things" in names(Owner.create)
    assert More(id="1").find_by.__self__ is More
    assert Made.find_by.__doc__.startswith("Return a page of the documents whose fields match")


def test_an_override_calls_the_one_above():
    class Special(Thing):
        @classmethod
        def find_by(cls, *args, **fields):
            return super().find_by(*args, **fields)

    with pytest.raises(TypeError, match="Special has no field 'nmber'; did you mean 'number'"):
        Special.find_by(nmber=1)


def test_an_unsaved_model_shows_its_values():
    assert "'number': 3" in repr(Thing(number=3))
    assert repr(Thing(number=3)).startswith(f"<{__name__}.Thing object at 0x")
