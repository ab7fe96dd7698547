"""Ranges of numbers: checks, runtime and servers agree."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator

import pytest
from elasticsearch import BadRequestError

import ecgen.runtime as runtime
from ecgen.definitions.held_values import misfit
from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.elasticsearch.number_ranges import REAL, WHOLE
from ecgen.testing.server import Server

NUMBERS = [name for name, row in FIELD_TYPES.items() if row.json in ("integer", "number")]


def held_by_checks(kind: str, value: float) -> bool:
    return misfit(FIELD_TYPES[kind], {"scaling_factor": 1}, value) is None


def held_by_runtime(kind: str, value: float) -> bool:
    row = FIELD_TYPES[kind]
    factor = {"scaling_factor": 1} if kind == "scaled_float" else {}
    try:
        getattr(runtime, row.data_type)("f", **factor).from_python(value)
    except ValueError:
        return False
    return True


def edges(kind: str) -> Iterator[float]:
    if kind in WHOLE:
        low, high = WHOLE[kind]
        yield from (low - 1, low, high, high + 1)
    else:
        least, most = REAL[kind]
        yield from (least, most, math.inf, math.nan, math.nextafter(least, -math.inf))
        yield math.nextafter(most, math.inf)


@pytest.mark.parametrize("kind", [kind for kind in NUMBERS if kind != "scaled_float"])
def test_checks_and_runtime_hold_the_same_numbers(kind: str) -> None:
    if kind not in WHOLE and kind not in REAL:
        pytest.fail(f"{kind} has no range in the table")
    for value in edges(kind):
        assert held_by_checks(kind, value) == held_by_runtime(kind, value), value


def test_a_half_float_holds_what_rounds_to_a_finite_one() -> None:
    for held in (held_by_checks, held_by_runtime):
        assert held("half_float", 65510)
        assert not held("half_float", 65520)
        assert held("float", 3.4028235e38)
        assert not held("float", 3.4028236e38)


def test_servers_hold_the_same_numbers(server: Server) -> None:
    beyond = {"half_float": 65520, "float": 3.4028236e38} | {
        name: high + 1 for name, (_, high) in WHOLE.items() if name != "unsigned_long"
    }
    properties = {kind: {"type": kind} for kind in beyond}
    index = f"ground-{uuid.uuid4().hex}"
    with server.client() as es:
        es.indices.create(index=index, mappings={"properties": properties})
        try:
            for edge in (0, 1):
                held = {kind: {**WHOLE, **REAL}[kind][edge] for kind in beyond}
                es.index(index=index, document=held)
            for kind, value in beyond.items():
                with pytest.raises(BadRequestError):
                    es.index(index=index, document={kind: value})
        finally:
            es.indices.delete(index=index)
