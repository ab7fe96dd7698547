"""Random pairs of mappings on a real server: whatever changes together, the verdict is what the server does."""

from __future__ import annotations

import copy
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgen.testing.server import Server

from .conftest import Agree, asker_of
from .truth import Json
from .values import COPY_TARGETS, TYPES

NAMES = ("a", "b", "c", "d")
# A second join or a join in an object is refused for reasons of its own; test_mappings_on_servers has these.
_LEAVES = sorted(set(TYPES) - {"object", "nested", "join"})
_MULTI = ("keyword", "text", "long", "date", "boolean", "double")


@st.composite
def fields(draw: st.DrawFn, types: tuple[str, ...], depth: int = 2) -> Json:
    kinds = [*types, "object", "nested"] if depth else list(types)
    kind = draw(st.sampled_from(kinds))
    if kind in ("object", "nested"):
        body: Json = {"type": kind} if kind == "nested" or draw(st.booleans()) else {}
        body["properties"] = draw(properties(types, depth - 1))
        if draw(st.booleans()):
            body["dynamic"] = draw(st.sampled_from(["true", "false", "strict"]))
        return body
    base, values = TYPES[kind]
    body = {"type": kind, **base}
    for name in draw(st.lists(st.sampled_from(sorted(values)), max_size=3, unique=True)):
        body[name] = draw(st.sampled_from(values[name]))
    if draw(st.integers(0, 3)) == 0 and kind in _MULTI:
        part = draw(st.sampled_from(_MULTI))
        body["fields"] = {draw(st.sampled_from(["x", "y"])): {"type": part}}
    return body


@st.composite
def properties(draw: st.DrawFn, types: tuple[str, ...], depth: int = 2) -> Json:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    return {name: draw(fields(types, depth)) for name in names}


@st.composite
def pairs(draw: st.DrawFn, types: tuple[str, ...]) -> tuple[Json, Json]:
    """An index's mapping, and another that differs from it in one to three places."""
    old = {"properties": {**draw(properties(types)), **COPY_TARGETS}}
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 3))):
        _change(draw, new["properties"], types)
    return old, new


def _change(draw: st.DrawFn, parts: Json, types: tuple[str, ...]) -> None:
    names = [name for name in parts if name not in COPY_TARGETS]
    how = draw(st.sampled_from(["parameter"] * 4 + ["add", "remove", "replace", "inside"]))
    if how == "add" or not names:
        name = draw(st.sampled_from(NAMES))
        parts.setdefault(name, draw(fields(types, 1)))
        return
    name = draw(st.sampled_from(names))
    body = parts[name]
    if "properties" in body and how in ("inside", "parameter"):
        _change(draw, body["properties"], types)
    elif how == "remove":
        del parts[name]
    elif how == "replace":
        parts[name] = draw(fields(types, 1))
    elif body.get("type") in TYPES:
        values: dict[str, list[Any]] = TYPES[body["type"]][1]
        parameter = draw(st.sampled_from(sorted(values)))
        if parameter in body and parameter not in TYPES[body["type"]][0] and draw(st.booleans()):
            del body[parameter]
        else:
            body[parameter] = draw(st.sampled_from(values[parameter]))


def test_random_pairs(server: Server, agree: Agree) -> None:
    types = tuple(name for name in _LEAVES if name not in server.lacks)

    @settings(
        max_examples=int(os.environ.get("ECGEN_EXAMPLES", "50")),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs(types))
    def check(pair: tuple[Json, Json]) -> None:
        old, new = pair
        if asker_of(server).fresh(old)[1] is None:
            agree(old, new)

    check()
