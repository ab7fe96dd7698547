"""The runtime can hold every default that the checks accept; it would fail at the first instance otherwise."""

from __future__ import annotations

from typing import Any

import pytest

import ecgen.runtime as runtime
from ecgen.definitions.held_values import misfit
from ecgen.elasticsearch.field_types import FIELD_TYPES

ACCEPTED: dict[str, list[Any]] = {
    "date": [
        "2026-06-01",
        "2026-6-1",
        "2026-06-01T10:00Z",
        "2026-06-01 10:00",
        "1780272000000",
        1780272000000,
    ],
    "ip": ["10.0.0.1", "::1"],
    "geo_point": ["53.5,10", "POINT (10 53)", "u4pruyd", [10, 53], {"lat": 1, "lon": 2}],
    "boolean": [True, False],
    "binary": ["aGk=", ""],
    "integer": [1, -1],
    "double": [1, 1.5],
    "keyword": ["a", ""],
    "dense_vector": [[1, 2, 3]],
    "integer_range": [{"gte": 1, "lt": 2}, {"gte": None}, {}],
    "date_range": [{"gte": "2026-01-01", "lt": "2026-02-01"}, {"lt": "2026-02-01T00:00:00Z"}],
    "ip_range": ["10.0.0.0/8", {"gte": "10.0.0.1", "lte": "10.0.0.2"}],
    "rank_features": [{"a": 1}, {}],
}
REFUSED: dict[str, list[Any]] = {
    "date": [
        "2026",
        "2026-06",
        "2026-06-01T1",
        "2026-02-30",
        "12345",
        "0000-01-01",
        "x",
        True,
    ],
    "ip": ["10.0.0.0/8", "1.2.3"],
    "geo_point": ["91,0", "a b", {"lat": 91, "lon": 0}],
    "boolean": ["", 0],
    "integer": [1.5, True, 2**31],
    "double": ["x", float("nan")],
    "keyword": [True, 1.5],
    "integer_range": [{"gte": 3, "lt": 2}, {"gte": 1, "gt": 1}, {"x": 1}],
    "date_range": [
        {"gte": "2026"},
        {"gte": "x"},
        {"gte": "2026-02-01", "lt": "2026-01-01"},
        {"gte": "2026-01-01", "lt": "2026-02-01T00:00:00Z"},
    ],
    "ip_range": [
        "x",
        {"gte": "10.0.0.2", "lte": "10.0.0.1"},
        {"gte": "::ffff:0:1", "lte": "1.1.1.1", "lt": "1.1.1.1"},
    ],
    "rank_features": [{"a": -1}, {"a": 0}, [1]],
}


def _both(kind: str, value: Any) -> tuple[bool, bool]:
    parameters = {"dims": 3} if kind == "dense_vector" else {}
    row = FIELD_TYPES[kind]
    try:
        getattr(runtime, row.data_type)("f", **parameters).from_python(value)
    except ValueError:
        held = False
    else:
        held = True
    return misfit(row, parameters, value) is None, held


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, vs in ACCEPTED.items() for v in vs])
def test_both_accept(kind: str, value: Any) -> None:
    assert _both(kind, value) == (True, True)


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, vs in REFUSED.items() for v in vs])
def test_both_refuse(kind: str, value: Any) -> None:
    assert _both(kind, value) == (False, False)


def test_a_null_value_may_be_what_the_server_alone_reads() -> None:
    assert misfit(FIELD_TYPES["date"], {}, "2026-06", for_server=True) is None
    assert misfit(FIELD_TYPES["date"], {}, "2026-06") == "names no day; write it like 2026-01-31"
    assert misfit(FIELD_TYPES["date"], {"format": "yyyy-MM"}, "2026-06") is None
