"""serialize, str and repr: what elastic_connect's own tests held, and that nothing private or broken spoils them."""

from __future__ import annotations

import datetime
import re

import pytest

from ecgen.runtime import Date, Keyword, Long, Model, MultiJoin, SingleJoin

HERE = __name__


class Simple(Model):
    __slots__ = ("id", "value")
    _meta = {"_doc_type": "simple"}
    _mapping = {"id": Keyword(name="id"), "value": Keyword(name="value")}


class WithJoin(Model):
    __slots__ = ("id", "join", "value")
    _meta = {"_doc_type": "with_join"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        # A module that does not exist: classes are looked for only when something is loaded.
        "join": SingleJoin(name="join", source="nowhere.WithJoin", target="nowhere.Simple"),
    }


class SelfJoin(Model):
    __slots__ = ("id", "join", "value")
    _meta = {"_doc_type": "self_join"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "join": SingleJoin(name="join", source=f"{HERE}.SelfJoin", target=f"{HERE}.SelfJoin"),
    }


class WithMultiJoin(Model):
    __slots__ = ("id", "join", "value")
    _meta = {"_doc_type": "with_multi_join"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "join": MultiJoin(name="join", source=f"{HERE}.WithMultiJoin", target=f"{HERE}.Simple"),
    }


class Account(Model):
    __slots__ = ("born", "hash", "number", "password")
    _meta = {"_doc_type": "account"}
    _mapping = {
        "id": Keyword("id"),
        "password": Keyword("password"),
        "hash": Keyword("hash", private=True),
        "born": Date("born"),
        "number": Long("number"),
    }


def circle():
    a = SelfJoin(id="2", value="a")
    b = SelfJoin(id="1", value="b", join=a)
    a.join = b
    return a, b


def test_serialize_simple():
    assert Simple(value="12").serialize() == {"id": None, "value": "12"}
    assert Simple(id="1", value="12").serialize() == {"id": "1", "value": "12"}


def test_serialize_joins():
    unsaved = Simple(value="12")
    model = WithJoin(value="13", join=unsaved)
    assert model.serialize() == {"id": None, "value": "13", "join": unsaved}
    assert model.serialize(flat=True)["join"] is None
    assert model.serialize(to_str=True)["join"] == object.__repr__(unsaved)
    assert model.serialize(depth=1)["join"] == {"id": None, "value": "12"}
    assert WithJoin(value="13").serialize() == {"id": None, "value": "13", "join": None}
    assert WithJoin(join="x").serialize(depth=3)["join"] == "x"
    saved = WithJoin(id="1", value="13", join=Simple(id="2", value="12"))
    assert saved.serialize() == {"id": "1", "value": "13", "join": "2"}
    assert saved.serialize(depth=1)["join"] == {"id": "2", "value": "12"}


def test_serialize_circles_to_the_depth_asked():
    _, b = circle()
    assert b.serialize()["join"] == "2"
    assert b.serialize(depth=1)["join"] == {"id": "2", "value": "a", "join": "1"}
    assert b.serialize(depth=2)["join"]["join"] == {"id": "1", "value": "b", "join": "2"}


def test_serialize_multi_joins():
    assert WithMultiJoin(value="13").serialize() == {"id": None, "value": "13", "join": []}
    members = [Simple(id="2", value="12"), Simple(value="22"), "9"]
    model = WithMultiJoin(id="1", join=members)
    assert model.serialize()["join"] == ["2", members[1], "9"]
    assert model.serialize(flat=True)["join"] == ["2", None, "9"]
    assert model.serialize(depth=1)["join"] == [
        {"id": "2", "value": "12"},
        {"id": None, "value": "22"},
        "9",
    ]


def test_serialize_leaves_out_what_is_private_or_excluded():
    born = datetime.datetime(2000, 1, 2)
    account = Account(id="1", password="p", hash="h", born=born, number=3)
    assert account.serialize() == {"id": "1", "born": "2000-01-02T00:00:00", "number": 3}
    assert account.serialize(exclude=[])["password"] == "p"
    assert "hash" not in account.serialize(exclude=[])
    assert set(account.serialize(exclude=["id", "password"])) == {"born", "number"}
    assert account._document()["hash"] == "h"
    assert "'h'" not in repr(account)
    assert "'p'" not in str(account)


def test_str():
    assert str(Simple(value="12")) == "{'id': None, 'value': '12'}"
    model = WithJoin(value="13", join=Simple(value="12"))
    assert re.fullmatch(
        r"\{'id': None, 'value': '13', 'join': '<test_showing\.Simple object at 0x\w+>'\}",
        str(model),
    )
    assert str(circle()[0]) == "{'id': '2', 'value': 'a', 'join': '1'}"


def test_repr():
    unsaved = r"<test_showing\.Simple object at 0x\w+>\{'id': None, 'value': '12'\}"
    assert re.fullmatch(unsaved, repr(Simple(value="12")))
    assert repr(Simple(id="1", value="12")).endswith(">{'id': '1', 'value': '12'}")
    assert repr(circle()[0]).endswith(">{'id': '2', 'value': 'a', 'join': '1'}")


def test_neither_ever_fails():
    account = Account(id="1")
    account.number = object()
    account.born = "soon"
    assert "soon" in repr(account)
    assert repr(Account.__new__(Account)).startswith("<test_showing.Account")
    assert str(Account.__new__(Account))
    odd = SelfJoin(id="1")
    odd._raw_join = 3
    assert str(odd)

    class Broken(Keyword):
        def serialize(self, value, depth=0, to_str=False, flat=False):
            raise RuntimeError("no")

    class Bad(Model):
        _mapping = {"a": Broken("a")}

    assert "RuntimeError" in str(Bad(id="1"))


def test_names_are_left_out_however_they_are_given():
    account = Account(id="1", number=2)
    for exclude in (["number", "id"], {"id", "number"}, ("number", "id"), iter(["id", "number"])):
        assert account.serialize(exclude) == {"password": None, "born": None}
    assert set(account.serialize("number")) == {"id", "password", "born"}
    for number in range(100):  # names from outside may be any
        assert set(account.serialize(["id", f"{number}"])) == {"password", "born", "number"}
    assert len(Account._compiled) <= 16


def test_what_is_unset_is_shown_as_none_and_hooks_fail_as_they_do():
    bare = Account.__new__(Account)
    bare.number = 3
    assert bare.serialize() == {"id": None, "born": None, "number": 3}

    class Failing(Keyword):
        def serialize(self, value, depth, to_str, flat):
            return value.missing

    class Other(Model):
        _mapping = {"word": Failing("word"), "words": Keyword("words", many=True)}

    with pytest.raises(AttributeError, match="missing"):
        Other(word="x").serialize()
    other = Other(words=["a"])
    other.serialize(exclude=["word"])["words"].append("b")
    assert other.words == ["a"]
