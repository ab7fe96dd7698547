"""model.schema.json: what a definition may look like, for editors and for the gate; made from the tables.

Run `python -m ecgen.definitions.schema` after changing a table; a test checks that the committed file is fresh.

A field's schema depends on its `type`. Draft-07 says so with a chain of `if`s, one a type, which editors follow.
Beside the chain is `x-ecgen-by-type`, from each type to the same definition; the gate follows that one, in a
fortieth of the time. `""` is for fields without a type, `"*"` for those of any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET, FieldType, Parameter

from . import index_parts, settings_schema
from .language import (
    FIELD_KEYS,
    FIELD_NAME,
    JOIN_KEYS,
    MODEL_KEYS,
    MULTI_FIELD_NAME,
    PROPERTY_NAME,
)

PATH = Path(__file__).with_name("model.schema.json")
BY_TYPE = "x-ecgen-by-type"
OBJECT_SIGNS = ("properties", "dynamic", "enabled", "subobjects")
"""Any of these makes a field without a type an object, as servers show objects."""

_WIDTH = 120
_IN_MULTI_FIELDS = ("type", "unchecked")
_OF_STORED = ("required", "many", "default", "enum", "private")
ENUMERABLE = frozenset({"string", "integer", "number", "boolean", "date", "ip"})
"""Kinds of values that an `enum` can list."""


def model_schema() -> dict[str, Any]:
    """The schema of one file, JSON Schema draft-07."""
    shared = _Shared()
    properties = {name: _key(key) for name, key in MODEL_KEYS.items()}
    fields = {f"field.{row.name}": _field(row, shared) for row in FIELD_TYPES.values()}
    multi = [row for row in FIELD_TYPES.values() if row.multi_field]
    definitions: dict[str, Any] = {
        "fields": _members(FIELD_NAME, "field"),
        "properties": _members(PROPERTY_NAME, "field"),
        "multiFields": _members(MULTI_FIELD_NAME, "multiField"),
        "joins": _members(FIELD_NAME, "join"),
        "field": _by_type("field", FIELD_TYPES, untyped="field.untyped"),
        "multiField": _by_type("multiField", [row.name for row in multi]),
        "join": {
            "type": "object",
            "required": ["type", "target"],
            "properties": {name: shared.key(key, "key.join") for name, key in JOIN_KEYS.items()},
            "additionalProperties": False,
        },
        **index_parts.DEFINITIONS,
        "mapping": _mapping(),
        "mappings": {"type": "object", "additionalProperties": {"$ref": "#/definitions/mapping"}},
        "runtimeField": _runtime_field(),
        **settings_schema.definitions(),
        **fields,
        "field.untyped": _untyped(shared),
        "field.unchecked": _unchecked_field(FIELD_KEYS, shared),
        **{f"multiField.{row.name}": _multi_field(row, shared) for row in multi},
        "multiField.unchecked": _unchecked_field(_IN_MULTI_FIELDS, shared),
        **{f"mapping.{row.name}": _server_field(row, shared) for row in FIELD_TYPES.values()},
        **{f"runtimeField.{kind}": index_parts.runtime_field(kind) for kind in index_parts.RUNTIME_TYPES},
    }  # fmt: skip
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "ecgen model",
        "description": "One Elasticsearch model: a class, an index and its mapping.",
        "type": "object",
        "required": ["model"],
        "properties": properties,
        "additionalProperties": False,
        "definitions": definitions | shared.definitions,
    }


class _Shared:
    """Keys and parameters that are used more than once become definitions, and are referred to."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def key(self, key: Parameter, family: str = "key", owner: str = "") -> dict[str, Any]:
        """A reference to the schema of a key's value; `owner` tells it from another type's key of that name."""
        schema = _key(key)
        text = _text(schema)
        name = self._names.get(text)
        if name is None:
            name = f"{family}.{key.name}"
            if name in self.definitions:
                name = f"{name}.{owner}"
            self._names[text] = name
            self.definitions[name] = schema
        return {"$ref": f"#/definitions/{name}"}


def _members(name: Mapping[str, Any], member: str) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {key: value for key, value in name.items() if key != "type"},
        "additionalProperties": {"$ref": f"#/definitions/{member}"},
    }


def _by_type(family: str, types: Iterable[str], untyped: str | None = None) -> dict[str, Any]:
    """A bare type name, or a mapping whose other keys `type` decides."""
    listed = list(types)
    refs = {name: {"$ref": f"#/definitions/{family}.{name}"} for name in listed}
    # What `unchecked` passes on may be of a type that this schema does not know.
    others = {
        "required": ["unchecked"],
        "dependencies": {"unchecked": {"$ref": f"#/definitions/{family}.unchecked"}},
    }
    no_type = {"$ref": f"#/definitions/{untyped}"} if untyped else {"required": ["type"]}
    return {
        "type": ["string", "object"],
        BY_TYPE: {"": no_type, **refs, "*": others},
        "if": {"type": "string"},
        "then": {"enum": [name for name in listed if not FIELD_TYPES[name].required]},
        "else": {
            "if": {"not": {"required": ["unchecked"]}},
            "then": {
                "properties": {
                    "type": {"enum": listed, "description": FIELD_KEYS["type"].description}
                }
            },
            "allOf": [*_chain(refs), {"if": {"not": {"required": ["type"]}}, "then": no_type}],
        },
    }


def _chain(refs: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": ref}
        for name, ref in refs.items()
    ]


def _mapping() -> dict[str, Any]:
    """A field as Elasticsearch has it, in a template; `{dynamic_type}` is filled in by the server."""
    refs = {name: {"$ref": f"#/definitions/mapping.{name}"} for name in FIELD_TYPES}
    others = {
        "properties": {
            "type": {
                "type": "string",
                "pattern": r"^\{",
                "patternErrorMessage": "must be a field type",
            }
        }
    }
    return {
        "type": "object",
        BY_TYPE: {"": {}, **refs, "*": others},
        "allOf": _chain(refs),
    }


def _runtime_field() -> dict[str, Any]:
    refs = {
        name: {"$ref": f"#/definitions/runtimeField.{name}"} for name in index_parts.RUNTIME_TYPES
    }
    return {
        "type": "object",
        BY_TYPE: {
            "": {"required": ["type"]},
            **refs,
            "*": {"properties": {"type": {"enum": list(refs)}}},
        },
        "allOf": _chain(refs),
    }


def _field(row: FieldType, shared: _Shared) -> dict[str, Any]:
    keys = dict(FIELD_KEYS)
    if row.name != "scaled_float":
        del keys["python"]
    if row.json not in ENUMERABLE:
        del keys["enum"]
    if not row.stored:
        keys = {name: key for name, key in keys.items() if name not in _OF_STORED}
    properties = {name: shared.key(key) for name, key in keys.items()}
    if not row.many and row.stored:
        properties["many"] = {"description": FIELD_KEYS["many"].description, "const": False}
    return _of_type(row, properties, row.parameters, shared)


def _multi_field(row: FieldType, shared: _Shared) -> dict[str, Any]:
    keys = {name: shared.key(FIELD_KEYS[name]) for name in _IN_MULTI_FIELDS}
    parameters = {
        name: parameter
        for name, parameter in row.parameters.items()
        if name not in ("fields", "copy_to")
    }
    return _of_type(row, keys, parameters, shared)


def _server_field(row: FieldType, shared: _Shared) -> dict[str, Any]:
    """Mapping parameters alone; the fields inside are as Elasticsearch has them, too."""
    parameters = dict(row.parameters)
    inner = [name for name, each in parameters.items() if "$ref" in each.schema]
    for name in inner:
        del parameters[name]
    schema = _of_type(row, {}, parameters, shared)
    schema["properties"] |= {name: {"$ref": "#/definitions/mappings"} for name in inner}
    return schema


def _of_type(
    row: FieldType,
    keys: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    shared: _Shared,
) -> dict[str, Any]:
    properties = {**keys, "type": {"const": row.name, "description": row.description}}
    for name, parameter in parameters.items():
        properties[name] = shared.key(parameter, "parameter", row.name)
    schema: dict[str, Any] = {"properties": properties, "additionalProperties": False}
    needs = [_needs(name) if "unchecked" in keys else {"required": [name]} for name in sorted(row.required)]  # fmt: skip
    if needs:
        schema |= needs[0] if len(needs) == 1 else {"allOf": needs}
    return schema


def _needs(name: str) -> dict[str, Any]:
    """The key must be there, if not among what `unchecked` passes on."""
    passed_on = {
        "required": ["unchecked"],
        "properties": {"unchecked": {"type": "object", "required": [name]}},
    }
    return {"if": passed_on, "else": {"required": [name]}}


def _untyped(shared: _Shared) -> dict[str, Any]:
    """An object, if anything about it says so; what is passed on unchecked may say it."""
    absent: dict[str, Any] = dict.fromkeys(OBJECT_SIGNS, False)
    return {
        "if": {"properties": {**absent, "unchecked": {"properties": absent}}},
        "then": {"required": ["type"]},
        "else": _field(FIELD_TYPES["object"], shared),
    }


def _unchecked_field(keys: Iterable[str], shared: _Shared) -> dict[str, Any]:
    return {
        "properties": {name: shared.key(FIELD_KEYS[name]) for name in keys},
        "additionalProperties": False,
    }


def _key(key: Parameter) -> dict[str, Any]:
    description = key.description
    if key.since:
        description += f" Since Elasticsearch {key.since}."
    if key.deprecated:
        description += f" Deprecated: {key.deprecated}."
    schema = dict(key.schema)
    if "$ref" in schema:
        # Draft-07 ignores what is beside a $ref, and editors then lose the description.
        schema = {"allOf": [schema]}
    schema = {"description": description, **schema}
    if key.default is not UNSET and key.default is not None:
        schema["default"] = key.default
    return schema


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(value: Any, room: int, indent: str = "") -> str:
    """JSON, with every part that fits on one line on one."""
    text = _text(value)
    if len(indent) + len(text) + room <= _WIDTH or not isinstance(value, dict | list) or not value:
        return text
    inner = indent + " "
    if isinstance(value, dict):
        parts = [
            f"{inner}{_text(key)}: " + _lines(each, len(_text(key)) + 4, inner)
            for key, each in value.items()
        ]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _lines(each, 1, inner) for each in value) + f"\n{indent}]"


def text() -> str:
    """The file's text."""
    return _lines(model_schema(), 0) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
