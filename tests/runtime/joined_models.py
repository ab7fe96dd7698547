"""Hand-written models as elastic_connect's users wrote them, with every kind of join."""

from __future__ import annotations

from ecgen.runtime import (
    Keyword,
    Long,
    Model,
    MultiJoin,
    MultiJoinLoose,
    SingleJoin,
    SingleJoinLoose,
    ids,
)

HERE = __name__


class Parent(Model):
    __slots__ = ("child", "id", "value")

    _meta = {"_doc_type": "model_parent"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "child": SingleJoin(name="child", source=f"{HERE}.Parent", target=f"{HERE}.Child"),
    }


class Child(Model):
    __slots__ = ("id", "parent", "value")

    _meta = {"_doc_type": "model_child"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "parent": SingleJoin(name="parent", source=f"{HERE}.Child", target=f"{HERE}.Parent"),
    }


class One(Model):
    __slots__ = ("id", "many", "value")

    _meta = {"_doc_type": "model_one"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "many": MultiJoin(name="many", source=f"{HERE}.One", target=f"{HERE}.Many:one"),
    }


class Many(Model):
    __slots__ = ("id", "one", "value")

    _meta = {"_doc_type": "model_many"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "one": SingleJoin(name="one", source=f"{HERE}.Many", target=f"{HERE}.One:many"),
    }


class IdOne(Model):
    __slots__ = ("id", "many", "value")

    _meta = {"_doc_type": "model_id_one"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "many": MultiJoin(name="many", source=f"{HERE}.IdOne", target=f"{HERE}.IdMany:one"),
    }

    def _compute_id(self):
        return self.value


class IdMany(Model):
    __slots__ = ("id", "one", "value")

    _meta = {"_doc_type": "model_id_many"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "one": SingleJoin(name="one", source=f"{HERE}.IdMany", target=f"{HERE}.IdOne:many"),
    }


class User(Model):
    __slots__ = ("key", "keys", "value")

    _meta = {"_doc_type": "model_user"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "key": SingleJoinLoose(
            name="key", source=f"{HERE}.User", target=f"{HERE}.Key:user", do_lazy_load=True
        ),
        "keys": MultiJoinLoose(
            name="keys", source=f"{HERE}.User", target=f"{HERE}.Key:user", do_lazy_load=True
        ),
    }


class UserNoLoad(Model):
    __slots__ = ("key", "keys", "value")

    _meta = {"_doc_type": "model_user_no_load"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "key": SingleJoinLoose(name="key", source=f"{HERE}.UserNoLoad", target=f"{HERE}.Pass:user"),
        "keys": MultiJoinLoose(
            name="keys", source=f"{HERE}.UserNoLoad", target=f"{HERE}.Pass:user"
        ),
    }


class Key(Model):
    __slots__ = ("user", "value")

    _meta = {"_doc_type": "model_key"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "user": SingleJoin(name="user", source=f"{HERE}.Key", target=f"{HERE}.User"),
    }


class Pass(Model):
    __slots__ = ("user", "value")

    _meta = {"_doc_type": "model_pass"}
    _mapping = {
        "id": Keyword(name="id"),
        "value": Keyword(name="value"),
        "user": SingleJoin(name="user", source=f"{HERE}.Pass", target=f"{HERE}.UserNoLoad"),
    }


class Node(Model):
    """A tree whose ids are made by the client and stored; the parent and the children are the same class."""

    __slots__ = ("children", "order", "parent", "peers")

    _meta = {"index": "nodes", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "order": Long("order"),
        "parent": SingleJoin("parent", f"{HERE}.Node", ".joined_models.Node:children"),
        "children": MultiJoinLoose("children", f"{HERE}.Node", f"{HERE}.Node:parent", True),
        "peers": MultiJoin("peers", f"{HERE}.Node", f"{HERE}.Node"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Self(Model):
    """A circle of server-made ids is possible here."""

    __slots__ = ("other", "value")

    _meta = {"index": "selves"}
    _mapping = {
        "value": Keyword("value"),
        "other": SingleJoin("other", f"{HERE}.Self", f"{HERE}.Self"),
    }


ALL = [Parent, Child, One, Many, IdOne, IdMany, User, UserNoLoad, Key, Pass, Node, Self]
