"""model.schema.json: fresh, and of one mind with the checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgen.definitions.fragments import fits, misfits
from ecgen.definitions.language import FIELD_KEYS, JOIN_KEYS, MODEL_KEYS
from ecgen.definitions.load import load_bytes, load_text
from ecgen.definitions.schema import PATH, model_schema, text
from ecgen.definitions.validate import validate
from ecgen.elasticsearch.field_types import FIELD_TYPES

ROOT = Path(__file__).parents[2]
SCHEMA = model_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
FRAGMENTS = [
    parameter.schema
    for table in (
        MODEL_KEYS,
        FIELD_KEYS,
        JOIN_KEYS,
        *(row.parameters for row in FIELD_TYPES.values()),
    )
    for parameter in table.values()
    if "$ref" not in parameter.schema
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "a", "true", "docs", "strict", "asc", "de", "decimal", "gauge", "x" * 60, "Product"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "name", "min", "max", "fields", "order", "lat", "lon", "x", "k" * 30]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=6,
)


def test_the_committed_schema_is_fresh() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run python -m ecgen.definitions.schema"


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "schemas").glob("*.yaml")), ids=lambda path: path.stem
)
def test_the_example_fits(path: Path) -> None:
    raw, _ = load_bytes(path.read_bytes(), path.name)
    assert raw is not None
    assert list(VALIDATOR.iter_errors(raw.data)) == []


def test_editors_are_told_what_each_key_is() -> None:
    for key in (*MODEL_KEYS, *()):
        assert SCHEMA["properties"][key]["description"]
    branches = SCHEMA["definitions"]["field"]["else"]["allOf"]
    by_type = {
        branch["if"]["properties"]["type"]["const"]: branch["then"] for branch in branches[:-1]
    }
    assert set(by_type) == set(FIELD_TYPES)
    for name, branch in by_type.items():
        for key, schema in branch["properties"].items():
            assert schema.get("description"), (name, key)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(FRAGMENTS), JSON)
def test_our_words_and_jsonschema_agree_on_every_fragment(
    schema: dict[str, Any], value: Any
) -> None:
    assert fits(schema, value) == jsonschema.Draft7Validator(schema).is_valid(value)
    for misfit in misfits(schema, value):
        assert misfit.text.startswith(("must ", "has ", "lacks "))


FIELD = st.builds(
    lambda name, keys: {"type": name, **keys},
    st.sampled_from(sorted(FIELD_TYPES)),
    st.dictionaries(st.sampled_from(sorted({k for r in FIELD_TYPES.values() for k in r.parameters} | set(FIELD_KEYS))), JSON, max_size=3),
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FIELD)
def test_what_the_checks_accept_the_schema_accepts(field: dict[str, Any]) -> None:
    """An editor never underlines what the build takes. (The checks know more: conflicts, values, names.)"""
    data = {"model": "Probe", "fields": {"probe": field}}
    raw, problems = load_text(json.dumps(data), "probe.yaml")
    assert raw is not None
    if not problems and not validate(raw):
        assert list(VALIDATOR.iter_errors(raw.data)) == []
