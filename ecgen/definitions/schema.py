"""model.schema.json: the contract for authors' editors, generated from the tables.

Run `python -m ecgen.definitions.schema` after changing a table; a test holds that the committed file is fresh.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET, FieldType, Parameter

from .checks.names import FIELD_NAME_PATTERN, TOP_NAME_PATTERN
from .language import FIELD_KEYS, JOIN_KEYS, MODEL_KEYS

PATH = Path(__file__).with_name("model.schema.json")


def model_schema() -> dict[str, Any]:
    """The schema of one file, JSON Schema draft-07."""
    types = list(FIELD_TYPES)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "ecgen model",
        "description": "One Elasticsearch model: a class, an index and its mapping.",
        "type": "object",
        "required": ["model"],
        "additionalProperties": False,
        "properties": {name: _key(key) for name, key in MODEL_KEYS.items()}
        | {
            "fields": {
                "description": MODEL_KEYS["fields"].description,
                "allOf": [{"$ref": "#/definitions/fields"}],
            }
        },
        "definitions": {
            "fields": _named(TOP_NAME_PATTERN, "#/definitions/field"),
            "properties": _named(FIELD_NAME_PATTERN, "#/definitions/field"),
            "multiFields": _named(r"^[^.]*[^.\s][^.]*$", "#/definitions/multiField"),
            "joins": _named(TOP_NAME_PATTERN, "#/definitions/join"),
            "field": _by_type(types, own=True),
            "multiField": _by_type(
                [name for name in types if FIELD_TYPES[name].multi_field], own=False
            ),
            "join": {
                "type": "object",
                "required": ["type", "target"],
                "additionalProperties": False,
                "properties": {name: _key(key) for name, key in JOIN_KEYS.items()},
            },
        },
    }


def _named(pattern: str, member: str) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"pattern": pattern},
        "additionalProperties": {"$ref": member},
    }


def _by_type(types: list[str], own: bool) -> dict[str, Any]:
    """A bare type name, or a mapping whose other keys `type` decides: an `if` each, which editors follow."""
    bare = [name for name in types if not FIELD_TYPES[name].required]
    branches = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": _of_type(FIELD_TYPES[name], own),
        }
        for name in types
    ]
    signs = [{"required": [name]} for name in ("properties", "dynamic", "enabled", "subobjects")]
    passed_on = {"required": ["unchecked"], "properties": {"unchecked": {"anyOf": signs}}}
    implicit = {
        "if": {"not": {"required": ["type"]}},
        "then": _of_type(FIELD_TYPES["object"], own) | {"anyOf": [*signs, passed_on]},
    }
    return {
        "if": {"type": "string"},
        "then": {"enum": bare},
        "else": {
            "type": "object",
            # `unchecked` lets a type pass that this schema does not know.
            "if": {"not": {"required": ["unchecked"]}},
            "then": {
                "properties": {
                    "type": {"enum": types, "description": FIELD_KEYS["type"].description}
                }
            },
            "allOf": [*branches, implicit] if own else branches,
            **({} if own else {"required": ["type"]}),
        },
    }


def _of_type(row: FieldType, own: bool) -> dict[str, Any]:
    keys = {name: key for name, key in FIELD_KEYS.items() if own or name in ("type", "unchecked")}
    if row.name != "scaled_float":
        keys.pop("python", None)
    if not row.stored:
        for name in ("required", "many", "default", "enum", "private"):
            keys.pop(name, None)
    properties = {name: _key(key) for name, key in keys.items()}
    properties["type"] = {"const": row.name, "description": row.description}
    for name, parameter in row.parameters.items():
        if own or name not in ("fields", "copy_to"):
            properties[name] = _key(parameter)
    if own and not row.many and row.stored:
        properties["many"] = {**properties["many"], "const": False}
    schema: dict[str, Any] = {"properties": properties, "additionalProperties": False}
    if row.required:
        # What `unchecked` passes on may be it.
        schema["anyOf"] = [{"required": sorted(row.required)}, {"required": ["unchecked"]}]
    return schema


def _key(key: Parameter) -> dict[str, Any]:
    description = key.description
    if key.since:
        description += f" Since Elasticsearch {key.since}."
    if key.deprecated:
        description += f" Given up: {key.deprecated}."
    schema: dict[str, Any] = {"description": description, **_plain(key.schema)}
    if key.default is not UNSET and key.default is not None:
        schema["default"] = key.default
    return schema


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        # Draft-07 ignores what stands beside a $ref, and editors then lose the description.
        return {"allOf": [dict(schema)]}
    return dict(schema)


def text() -> str:
    """The file's text."""
    return json.dumps(model_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
