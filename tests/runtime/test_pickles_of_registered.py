"""Classes that a namespace made, and their instances, survive pickle and copy."""

from __future__ import annotations

import copy
import pickle

import pytest

from ecgen.runtime import Keyword, Model, Namespace, NamespaceConnectionError
from ecgen.runtime.data_types import MultiJoin, SingleJoin, Text


class Held(Model):
    __slots__ = ("kin", "name", "text")
    _mapping = {
        "name": Keyword("name"),
        "text": Text("text"),
        "kin": SingleJoin("kin", source=f"{__name__}.Held", target=f"{__name__}.Held"),
    }


def test_classes_and_instances():
    archive = Namespace("pickled_archive", None)
    cls = archive.register_model_class(Held)
    assert pickle.loads(pickle.dumps(cls)) is cls
    kin = cls(name="b")
    for again in (
        pickle.loads(pickle.dumps(cls(name="a", kin=kin))),
        copy.deepcopy(cls(name="a", kin=kin)),
    ):
        assert (type(again), again.name, type(again.kin), again.kin.name) == (cls, "a", cls, "b")


def test_a_process_without_the_namespace_says_so():
    passing = Namespace("pickled_passing", None)
    pickled = pickle.dumps(passing.register_model_class(Held)(name="a"))
    Held._es_namespace.class_for(Held)
    del passing
    import gc

    gc.collect()
    with pytest.raises(
        NamespaceConnectionError, match="'pickled_passing', which this process has not made"
    ):
        pickle.loads(pickled)


def test_the_original_s_module_of_types_has_the_joins_too():
    assert MultiJoin.__name__ == "MultiJoin"
