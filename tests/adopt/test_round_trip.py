"""What is imported builds back to exactly the same mapping."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET
from ecgen.importer.define import define
from ecgen.importer.from_mapping import sources
from ecgen.importer.raised_limits import raise_limits
from ecgen.importer.settle import Settled, difference, settle
from ecgen.output.render import render
from ecgen.pipeline import load_project

from .mappings import mappings

Json = Any


def imported(mapping: Json) -> Settled:
    (source,) = sources({"mappings": mapping}, "things", "things.json")
    draft = define(source)
    raise_limits(draft)
    return settle([draft], ["thing.yaml"], "model.schema.json")[0]


def built(text: str) -> Json:
    project, problems = load_project({"thing.yaml": text.encode()})
    assert project is not None, problems
    return json.loads(render(project)["mappings/thing.json"])["mappings"]


@given(mappings())
@settings(
    max_examples=int(os.environ.get("ECGEN_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@example({})
@example({"properties": {}})
@example({"properties": {"id": {"type": "keyword"}}})
def test_any_mapping_builds_back_or_is_reported(mapping: Json) -> None:
    """Also what no server would take; then the problems say so, and what is built is still no other mapping."""
    settled = imported(mapping)
    if not settled.problems:
        assert settled.difference is None
        assert difference(mapping, built(settled.text)) is None
    comments = [line for line in settled.text.split("\n") if line.startswith("#")]
    assert max(map(len, comments)) <= 120


SAMPLES: dict[str, Json] = {
    "fields": {"raw": {"type": "keyword", "ignore_above": 256}, "words": {"type": "text"}},
    "properties": {"inner": {"type": "keyword"}},
    "path": "other",
    "relations": {"question": ["answer", "vote"], "answer": "remark"},
    "metrics": ["min", "max"],
    "default_metric": "max",
    "format": "yyyy-MM-dd||epoch_millis",
    "meta": {"unit": "ms", "on": "yes"},
    "copy_to": ["all", "rest"],
    "script": {"source": "emit(1)\nif (true) {\n  emit(2)\n}", "lang": "painless"},
    "index_options": {"type": "hnsw", "m": 16},
    "null_value": "NULL",
    "contexts": [{"name": "place", "type": "geo", "precision": 4}],
}


def sample(kind: str, name: str) -> Json:
    """A value of a parameter: what its schema allows, not the default, where that is easily said."""
    parameter = FIELD_TYPES[kind].parameters[name]
    schema = parameter.schema
    if "enum" in schema:
        return next(
            (each for each in schema["enum"] if each != parameter.default), schema["enum"][0]
        )
    if schema.get("type") == "boolean":
        return parameter.default is UNSET or not parameter.default
    if schema.get("type") in ("integer", "number"):
        return max(schema.get("minimum", 1), 2)
    return SAMPLES.get(name, "standard" if schema.get("type") == "string" else {"a": 1})


@pytest.mark.parametrize("kind", FIELD_TYPES)
def test_every_type_and_parameter(kind: str) -> None:
    """A field without parameters, and one for each parameter."""
    row = FIELD_TYPES[kind]
    plain = {"type": kind, **{each: sample(kind, each) for each in sorted(row.required)}}
    fields = {"it": plain}
    for name in row.parameters:
        fields[f"it_{name}"] = {**plain, name: sample(kind, name)}
    if "on_script_error" in row.parameters:
        fields["it_on_script_error"]["script"] = sample(kind, "script")
    # An index has one join.
    together = [{name: body} for name, body in fields.items()] if kind == "join" else [fields]
    for some in together:
        mapping = {"dynamic": "strict", "properties": {**some, "other": {"type": "keyword"}}}
        settled = imported(mapping)
        assert not settled.problems
        assert difference(mapping, built(settled.text)) is None


def test_thousands_of_fields() -> None:
    """As Beats and ECS have them: groups of groups, multi-fields, and a limit that has to be raised."""
    leaf = {
        "keyword": {"type": "keyword", "ignore_above": 1024},
        "text": {"type": "wildcard", "fields": {"text": {"type": "match_only_text"}}},
        "number": {"type": "long"},
    }
    group = {f"part_{number}": {"properties": leaf} for number in range(12)}
    mapping = {
        "_meta": {"beat": "example", "version": "8.11.0"},
        "date_detection": False,
        "dynamic_templates": [
            {"labels": {"path_match": "labels.*", "mapping": {"type": "keyword"}}}
        ],
        "properties": {
            "@timestamp": {"type": "date"},
            **{f"module_{number}": {"properties": group} for number in range(90)},
        },
    }
    settled = imported(mapping)
    assert not settled.problems
    assert settled.difference is None
    assert "limit: 5500" in settled.text
    assert difference(mapping, built(settled.text)) is None
