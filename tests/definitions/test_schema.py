"""model.schema.json: current, a valid schema, and equal to what `ecgen check` reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgen.definitions.gate import BY_TYPE, gate
from ecgen.definitions.language import BOOLEAN_TEXT, FIELD_KEYS, MODEL_KEYS
from ecgen.definitions.load import load_bytes, load_text
from ecgen.definitions.schema import PATH, model_schema, text
from ecgen.definitions.validate import validate
from ecgen.elasticsearch.field_types import FIELD_TYPES

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(PATH.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
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
    assert model_schema() == SCHEMA


def test_it_is_a_schema_of_a_length_that_can_be_read() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert len(PATH.read_text(encoding="utf-8").splitlines()) <= 6500


@pytest.mark.parametrize(
    "path", sorted((ROOT / "schemas").glob("*.yaml")), ids=lambda path: path.stem
)
def test_the_example_fits(path: Path) -> None:
    raw, _ = load_bytes(path.read_bytes(), path.name)
    assert raw is not None
    assert list(VALIDATOR.iter_errors(raw.data)) == []
    assert list(gate().refusals(raw.data)) == []


def test_editors_read_what_each_key_is() -> None:
    for key in MODEL_KEYS:
        assert SCHEMA["properties"][key]["description"] or "$ref" in SCHEMA["properties"][key]
    for name in FIELD_TYPES:
        for key, schema in SCHEMA["definitions"][f"field.{name}"]["properties"].items():
            if "$ref" in schema:
                schema = SCHEMA["definitions"][schema["$ref"].removeprefix("#/definitions/")]
            assert schema.get("description"), (name, key)


@pytest.mark.parametrize("family", ["field", "multiField", "mapping", "runtimeField"])
def test_the_chain_of_editors_names_what_the_gate_follows(family: str) -> None:
    """Each `if` for a type, and the type in x-ecgen-by-type, lead to the same definition."""
    schema = SCHEMA["definitions"][family]
    branches = {name: ref for name, ref in schema[BY_TYPE].items() if name not in ("", "*")}
    chain = {
        branch["if"]["properties"]["type"]["const"]: branch["then"]
        for branch in schema.get("else", schema)["allOf"]
        if "properties" in branch["if"]
    }
    assert chain == branches
    if family != "runtimeField":
        assert set(branches) == {
            row.name for row in FIELD_TYPES.values() if family != "multiField" or row.multi_field
        }


def parts(schema: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, schema
    if isinstance(schema, dict | list):
        for key, each in schema.items() if isinstance(schema, dict) else enumerate(schema):
            yield from parts(each, (*path, key))


def test_the_rules_that_errors_in_an_authors_words_need() -> None:
    """No two branches of an `anyOf` for one JSON type, nothing quadratic, and patterns that match whole strings."""

    def types(branch: dict[str, Any]) -> list[str]:
        if "$ref" in branch:
            branch = SCHEMA["definitions"][branch["$ref"].removeprefix("#/definitions/")]
        if "type" not in branch:
            return sorted({type(each).__name__ for each in branch["enum"]})
        kind = branch["type"]
        return kind if isinstance(kind, list) else [kind]

    for path, part in parts(SCHEMA):
        assert path[-1:] != ("uniqueItems",)
        if path[-1:] == ("anyOf",) and BOOLEAN_TEXT not in part:  # the gate reads both as one enum
            listed = [kind for branch in part for kind in types(branch)]
            assert len(listed) == len(set(listed)), path
        if isinstance(part, dict) and isinstance(part.get("pattern"), str):
            assert part["pattern"].endswith(r"$(?!\n)") or part["pattern"] == r"^\{", path
            assert part["patternErrorMessage"].startswith("must be "), path


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('model: "A\\n"\nfields: {a: long}\n', 1),
        ('model: A\nfields: {"x\\n": long}\n', 2),
        ('model: A\nfields: {a: long}\njoins: {b: {type: single, target: "B\\n"}}\n', 3),
        ('model: A\nindex: "a\\n"\nfields: {a: long}\n', 2),
        ('model: A\nfields: {a: {type: date, locale: "de\\n"}}\n', 2),
        ('model: A\nfields: {a: long}\naliases: "b\\n"\n', 3),
        ('model: A\nfields: {a: long}\nsettings: {number_of_shards: "1\\n"}\n', 3),
    ],
)
def test_a_final_newline_is_part_of_a_name(text: str, line: int) -> None:
    raw, _ = load_text(text, "a.yaml")
    assert raw is not None
    assert [problem.line for problem in validate([raw])[1] if problem.severity == "error"] == [line]


FIELD = st.builds(
    lambda name, keys: {"type": name, **keys},
    st.sampled_from(sorted(FIELD_TYPES)),
    st.dictionaries(st.sampled_from(sorted({k for r in FIELD_TYPES.values() for k in r.parameters} | set(FIELD_KEYS))), JSON, max_size=3),
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FIELD)
def test_editors_and_the_gate_agree(field: dict[str, Any]) -> None:
    """The gate accepts what jsonschema accepts by the published schema, with its chain of `if`s."""
    data = {"model": "Probe", "fields": {"probe": field}}
    assert gate().takes(data, "model") == VALIDATOR.is_valid(data)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FIELD)
def test_no_refusal_is_dropped(field: dict[str, Any]) -> None:
    """Everything that the gate refuses is an error of the file, at a line of it."""
    raw, problems = load_text(
        json.dumps({"model": "Probe", "fields": {"probe": field}}), "probe.yaml"
    )
    assert raw is not None
    if not problems and not gate().takes(raw.data, "model"):
        assert any(each.severity == "error" for each in validate([raw])[1])
