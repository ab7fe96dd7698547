"""scaled_float: what the model holds is what the server indexes, bit for bit."""

from __future__ import annotations

import decimal
import math
import random
import struct
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgen.runtime.data_types import ScaledFloat
from ecgen.runtime.types.values import ObjectValue
from ecgen.testing.server import Server

FACTORS = (1, 10, 100, 1000, 3, 7.5, 0.1, 1e9)


class Priced(ObjectValue):
    __slots__ = tuple(f"f{number}" for number in range(len(FACTORS)))
    _mapping = {f"f{n}": ScaledFloat(f"f{n}", factor) for n, factor in enumerate(FACTORS)}


def bits(value: float) -> bytes:
    return struct.pack(">d", value)


def interesting(chance: random.Random, factor: float) -> float:
    """Mostly values at and beside ties, where wrong formulas go wrong."""
    tie = (chance.randint(-(10**6), 10**6) + 0.5) / factor
    return chance.choice(
        [
            tie,
            math.nextafter(tie, math.inf),
            math.nextafter(tie, -math.inf),
            chance.uniform(-1e6, 1e6),
            round(chance.uniform(-1e4, 1e4), 3),
            chance.uniform(-1, 1) * 10 ** chance.uniform(-15, 22),
            chance.choice([0.0, -0.0, 0.49999999999999994 / factor, 2.0**53 / factor]),
        ]
    )


def test_held_values_are_the_servers_doc_values(es7: Server) -> None:
    chance = random.Random(20260102)
    index = f"cscaled-{uuid.uuid4().hex[:12]}"
    given_values = [[interesting(chance, factor) for factor in FACTORS] for _ in range(1500)]
    with es7.client() as client:
        properties = {name: part.get_es_type() for name, part in Priced._mapping.items()}
        client.indices.create(index=index, mappings={"properties": properties})
        try:
            # Both what was given and what we would store index as what we hold.
            lines: list[dict[str, Any]] = []
            for number, row in enumerate(given_values):
                held = Priced(**{f"f{n}": value for n, value in enumerate(row)})
                lines += [{"index": {"_id": f"held{number}"}}, held.to_dict()]
                lines += [
                    {"index": {"_id": f"given{number}"}},
                    {f"f{n}": value for n, value in enumerate(row)},
                ]
            assert not client.bulk(index=index, operations=lines, refresh=True)["errors"]
            found = client.search(
                index=index,
                size=10_000,
                docvalue_fields=[{"field": name} for name in properties],
                source=False,
            )
            hits = {hit["_id"]: hit["fields"] for hit in found["hits"]["hits"]}
        finally:
            client.indices.delete(index=index)
    assert len(hits) == 2 * len(given_values)
    for number, row in enumerate(given_values):
        for n, value in enumerate(row):
            data_type = Priced._mapping[f"f{n}"]
            held_value = data_type.from_python(value)
            server = hits[f"given{number}"][f"f{n}"][0]
            assert bits(server) == bits(held_value), (FACTORS[n], value)
            if abs(value * FACTORS[n]) < 2**51:  # beyond, steps are finer than a float's digits
                assert bits(hits[f"held{number}"][f"f{n}"][0]) == bits(held_value)


def test_ranges_begin_and_end_at_the_step(es7: Server) -> None:
    """0.7 is held as 0.7000000000000001, which as the bound of a range is beyond the document that has it."""
    index = f"cscaled-{uuid.uuid4().hex[:12]}"
    price = ScaledFloat("price", 100)
    steps = range(1, 301)
    with es7.client() as client:
        client.indices.create(index=index, mappings={"properties": {"price": price.get_es_type()}})
        try:
            lines: list[dict[str, Any]] = []
            for step in steps:
                lines += [{"index": {}}, {"price": price.to_es(price.from_python(step / 100))}]
            assert not client.bulk(index=index, operations=lines, refresh=True)["errors"]
            asked: list[dict[str, Any]] = []
            for step in steps:
                for bound in (step / 100, price.from_python(step / 100)):
                    for side in ("gte", "gt", "lte", "lt"):
                        query = {"range": {"price": {side: price.to_query(bound)}}}
                        asked += [{}, {"query": query, "size": 0, "track_total_hits": True}]
            answers = client.msearch(index=index, searches=asked)["responses"]
        finally:
            client.indices.delete(index=index)
    found = [answer["hits"]["total"]["value"] for answer in answers]
    assert found == [
        count
        for step in steps
        for _ in range(2)
        for count in (301 - step, 300 - step, step, step - 1)
    ]


finite = st.floats(allow_nan=False, allow_infinity=False)


halves = st.integers(0, 53).flatmap(lambda power: st.integers(-(2**power), 2**power)).map(lambda step: step / 2)  # fmt: skip


@given(finite | halves.map(lambda steps: (steps, "of steps")), st.sampled_from(FACTORS))
def test_the_compiled_constructor_rounds_as_the_hook_does(given: Any, factor: float) -> None:
    """Whole and half numbers of steps, of every size: that a value is rounded already must not be concluded of a tie."""
    value = given[0] / factor if isinstance(given, tuple) else given
    name = f"f{FACTORS.index(factor)}"
    assert bits(getattr(Priced(**{name: value}), name)) == bits(
        Priced._mapping[name].from_python(value)
    )


@given(st.floats(-1e12, 1e12), st.sampled_from([1, 10, 100, 1000]))
def test_rounding_twice_changes_nothing(value: float, factor: int) -> None:
    data_type = ScaledFloat("price", factor)
    once = data_type.from_python(value)
    assert bits(data_type.from_python(once)) == bits(once)


@given(st.decimals(-(10**10), 10**10, allow_nan=False, allow_infinity=False))
def test_decimals_hold_the_same_number_of_steps(value: decimal.Decimal) -> None:
    as_decimal = ScaledFloat("price", 100, decimal=True)
    held = as_decimal.from_python(value)
    assert isinstance(held, decimal.Decimal)
    steps = as_decimal.steps(float(value))
    assert held * 100 == steps
    stored = as_decimal.to_es(held)
    assert bits(stored) == bits(ScaledFloat("price", 100).from_python(float(value)))
    assert as_decimal.deserialize(stored) == held


def test_decimals_ignore_the_programs_own_context() -> None:
    with decimal.localcontext(decimal.Context(prec=2)):
        held = ScaledFloat("price", 100, decimal=True).from_python("12345.67")
    assert str(held) == "12345.67"
    third = ScaledFloat("part", 3, decimal=True).from_python("0.3")
    assert abs(third - decimal.Decimal(1) / 3) < decimal.Decimal("1e-25")


def test_from_es_takes_the_source_as_it_is() -> None:
    assert ScaledFloat("price", 100).from_es({"price": 12.3456}) == 12.3456


def test_steps_are_clamped_to_64_bits() -> None:
    data_type = ScaledFloat("price", 100)
    assert data_type.steps(1e300) == 2**63 - 1
    assert data_type.steps(-1e300) == -(2**63)
    assert data_type.steps(1e307) == 2**63 - 1


class Order(ObjectValue):
    _mapping = {
        "price": ScaledFloat("price", 100),
        "exact": ScaledFloat("exact", 100, decimal=True),
    }


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, "nan", "x", True, [], float])
def test_what_is_no_finite_number_is_refused(wrong: Any) -> None:
    for name in ("price", "exact"):
        with pytest.raises(ValueError, match=rf"Order\.{name}: .* is not a (finite )?number"):
            Order(**{name: wrong})


@pytest.mark.parametrize("factor", [0, -1, math.inf, math.nan])
def test_a_scaling_factor_is_positive_and_finite(factor: float) -> None:
    with pytest.raises(ValueError, match="price: scaling_factor"):
        ScaledFloat("price", factor)


def test_the_mapping_has_the_factor_as_it_was_given() -> None:
    assert ScaledFloat("price", 100, index=False).get_es_type() == {
        "type": "scaled_float",
        "scaling_factor": 100,
        "index": False,
    }
