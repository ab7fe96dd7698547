"""Generate model.schema.json, which editors and the gate read, from the tables of the language and of Elasticsearch.

Run `python -m ecgen.definitions.schema` after changing a table; a test checks that the committed file is current.

A field's schema depends on its `type`. Draft-07 expresses this as a chain of `if`s, one a type, which editors follow. The
gate follows `x-ecgen-by-type` beside the chain, a mapping from each type to the same definition, in a fortieth of the
time. Its key `""` is for fields without a type, `"*"` for other types.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET, FieldType, Parameter

from . import index_parts, settings_schema
from .language import (
    ALIAS_NAME,
    BOOLEAN_TEXT,
    CLASS_NAME,
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
"""A field without a type is an object if it has one of these, as in mappings returned by a server."""

_WIDTH = 120
_IN_MULTI_FIELDS = ("type", "unchecked")
_OF_STORED = ("required", "many", "default", "auto", "enum", "private")
ENUMERABLE = frozenset({"string", "integer", "number", "boolean", "date", "ip"})
"""JSON forms of the types that can have an `enum`."""


def model_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft-07) of one file."""
    shared = _Shared()
    properties = {name: _key(key) for name, key in MODEL_KEYS.items()}
    fields = {f"field.{row.name}": _field(row, shared) for row in FIELD_TYPES.values()}
    multi = [row for row in FIELD_TYPES.values() if row.multi_field]
    definitions: dict[str, Any] = {
        "className": CLASS_NAME,
        "aliasName": ALIAS_NAME,
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
        "properties": _suggested_once(properties),
        "additionalProperties": False,
        "definitions": _suggested_once(definitions | shared.definitions),
    }


class _Shared:
    """Collects the schemas of keys and parameters as definitions, so that equal ones are shared by reference."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def key(self, key: Parameter, family: str = "key", owner: str = "") -> dict[str, Any]:
        """Return a reference to the schema of a key; `owner` distinguishes keys of the same name with different schemas."""
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
    """Return the schema of a field: a bare type name, or a mapping whose `type` selects the definition."""
    listed = list(types)
    short = [name for name in listed if not FIELD_TYPES[name].required]
    refs = {name: {"$ref": f"#/definitions/{family}.{name}"} for name in listed}
    # A field with `unchecked` may have a type that this schema does not know.
    others = {
        "required": ["unchecked"],
        "dependencies": {"unchecked": {"$ref": f"#/definitions/{family}.unchecked"}},
    }
    no_type = {"$ref": f"#/definitions/{untyped}"} if untyped else {"required": ["type"]}
    return {
        "type": ["string", "object"],
        # Editors offer examples as the value; they do not look for one behind `if`.
        "examples": short,
        BY_TYPE: {"": no_type, **refs, "*": others},
        "if": {"type": "string"},
        "then": {"enum": short},
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
    """Return the schema of a field in a template, in Elasticsearch's form; the server fills in `{dynamic_type}`."""
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
    if row.json != "date":
        del keys["auto"]
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
    """Return the schema of a field in Elasticsearch's form: mapping parameters only, in its sub-fields too."""
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
    """Return the schema that requires a key, either beside `unchecked` or in it."""
    passed_on = {
        "required": ["unchecked"],
        "properties": {"unchecked": {"type": "object", "required": [name]}},
    }
    return {"if": passed_on, "else": {"required": [name]}}


def _untyped(shared: _Shared) -> dict[str, Any]:
    """Return the schema of a field without a type: an object if one of OBJECT_SIGNS is there or in `unchecked`."""
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


def _suggested_once(part: Any) -> Any:
    """Return the schema with `"true"` and `"false"` accepted beside true and false, but not suggested by editors.

    Editors suggest the members of an enum, not what a pattern matches. `gate.py` reads both branches as one enum.
    """
    if isinstance(part, list):
        return [_suggested_once(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "enum" in part and True in part["enum"] and "true" in part["enum"]:
        values = [each for each in part["enum"] if each not in ("true", "false")]
        rest = {key: value for key, value in part.items() if key != "enum"}
        return {**rest, "anyOf": [{"enum": values}, BOOLEAN_TEXT]}
    return {key: _suggested_once(value) for key, value in part.items()}


def _key(key: Parameter) -> dict[str, Any]:
    description = key.description
    if key.since:
        description += f" Since Elasticsearch {key.since}."
    if key.deprecated:
        description += f" Deprecated: {key.deprecated}."
    schema = dict(key.schema)
    if "$ref" in schema:
        # Draft-07 ignores keywords beside a $ref, so editors would not show the description.
        schema = {"allOf": [schema]}
    schema = {"description": description, **schema}
    if key.default is not UNSET and key.default is not None:
        schema["default"] = key.default
    return schema


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(value: Any, room: int, indent: str = "") -> str:
    """Return JSON text, with each part that fits the width on one line."""
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
    """Return the text of model.schema.json."""
    return _lines(model_schema(), 0) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
