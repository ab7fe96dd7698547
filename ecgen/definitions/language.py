"""The keys of the definition language that are ecgen's own: of a model, a field and a join.

`schema.py` makes model.schema.json from these tables and those in `ecgen.elasticsearch`; the test of docs/language.md
reads them too. Patterns end in `$(?!\\n)` because Python's `$` alone also matches before a final newline.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from ecgen.elasticsearch.index_patterns import PRIORITY
from ecgen.elasticsearch.parameters import BOOLEAN, OBJECT, STRING
from ecgen.elasticsearch.types.row import Parameter
from ecgen.elasticsearch.types.structural import DYNAMIC

Key = Parameter
"""A key of the language: its name, its description, the JSON Schema of its value, and its default."""


def _keys(*keys: Key) -> Mapping[str, Key]:
    return MappingProxyType({key.name: key for key in keys})


def _flag(name: str, description: str, default: bool = False) -> Key:
    return Key(name, description, BOOLEAN, default)


_TEXT: Final = {"type": "string"}
_STRINGS: Final = {"type": "array", "items": STRING}
BOOLEAN_TEXT: Final = {
    "type": "string",
    "pattern": r"^(true|false)$(?!\n)",
    "patternErrorMessage": "must be true or false",
}
"""true or false in quotes, as servers show them."""
CLASS_NAME: Final = {
    "type": "string",
    "pattern": r"^(?!(None|True|False)$)[A-Z][A-Za-z0-9]*$(?!\n)",
    "patternErrorMessage": "must be a class name in PascalCase, such as 'Product'",
    "maxLength": 100,
}
_CLASS: Final = {"$ref": "#/definitions/className"}
# Control characters and bidirectional formatting characters, which editors do not show.
_INVISIBLE: Final = (
    r"\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
)
_DOTTED_NAME: Final = rf"(?!\.)(?!.*\.\.)(?!.*\.$)(?=.*\S)[^{_INVISIBLE}]{{1,500}}$(?!\n)"


def _name(forbidden: str, message: str) -> dict[str, Any]:
    return {
        "type": "string",
        "pattern": f"^{forbidden}{_DOTTED_NAME}",
        "patternErrorMessage": message,
    }


FIELD_NAME: Final = _name(
    r"(?!id$)(?!_)", "must be a field name: not 'id', not with '_' first, no dot without a name"
)
"""Of a field or join of the model itself."""
PROPERTY_NAME: Final = _name(
    "(?!_)", "must be a field name: not with '_' first, no dot without a name"
)
"""Of a property of an object."""
MULTI_FIELD_NAME: Final = {
    "type": "string",
    "pattern": rf"^(?!_)(?=.*\S)[^.{_INVISIBLE}]{{1,500}}$(?!\n)",
    "patternErrorMessage": "must be a name without dots, not with '_' first",
}
ELASTICSEARCH_NAME: Final = _name("", "must be a field name: no dot without a name")
"""Of `name`; the checks refuse further names at the top of a mapping, since these depend on the model."""
_NOT_IN_AN_INDEX_NAME: Final = r"\\/?\"<>| ,#:\u0000-\u001f\u007f-\u009f"
"""The characters in the error message of 9.5.3, without the `*` of patterns."""


def _index_name(also_forbidden: str, message: str) -> dict[str, Any]:
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": rf"^(?![-_+])(?!\.\.?$)(?!\*+$)[^{_NOT_IN_AN_INDEX_NAME}{also_forbidden}]+$(?!\n)",
        "patternErrorMessage": message,
    }


INDEX_NAME: Final = _index_name(
    "*A-Z", "must be an index name: lower case, no spaces, not with '-', '_' or '+' first"
)
INDEX_PATTERN: Final = _index_name(
    "A-Z",
    "must be an index name or a pattern: lower case, no spaces, not with '-', '_' or '+' first",
)
ALIAS_NAME: Final = _index_name(
    "*", "must be a name of an alias: no spaces, not with '-', '_' or '+' first"
)
_DESCRIPTION: Final = Key(
    "description", "A description for the generated code and documentation.", _TEXT
)
_RENAMED_FROM: Final = Key(
    "renamed_from", "The former name, so that the review reports a rename.", STRING
)

_NAME: Final = Key(
    "name",
    "The Elasticsearch name, if the Python attribute needs another.",
    ELASTICSEARCH_NAME,
)
_UNCHECKED: Final = Key(
    "unchecked",
    "Mapping parameters that ecgen does not know, sent unchanged; a field with it may have any type.",
    OBJECT,
)

MODEL_KEYS: Final = _keys(
    Key("model", "The name of the class, in PascalCase.", _CLASS),
    Key(
        "index",
        "The name of the index, without prefix, or a pattern with `*`; default: the model's name in snake_case.",
        INDEX_PATTERN,
    ),
    Key(
        "write_to",
        "Where an index pattern's model writes: a write alias, or a data stream. Also the template's name.",
        INDEX_NAME,
    ),
    _flag("data_stream", "Whether `write_to` is a data stream instead of a write alias."),
    Key(
        "priority",
        "The index template's priority; the matching template with the highest one is used.",
        {"type": "integer", "minimum": 0, "maximum": 2147483647},
        PRIORITY,
    ),
    _DESCRIPTION,
    Key(
        "extends",
        "Abstract models whose fields and joins come first, in this order.",
        {"anyOf": [_CLASS, {"type": "array", "items": _CLASS}]},
    ),
    _flag("abstract", "Whether the model can only be extended: no index, no class."),
    Key(
        "compute_id",
        "How a document gets its id: a template, a list of fields, a function, `uuid7` or `server`.",
        {
            "anyOf": [
                STRING,
                {"type": "array", "items": STRING, "minItems": 1},
                {
                    "type": "object",
                    "properties": {
                        "fields": {"type": "array", "items": STRING, "minItems": 1},
                        "separator": STRING,
                        "hash": {"enum": ["sha256", "uuid5"]},
                        "python": STRING,
                    },
                    "additionalProperties": False,
                    "if": {"not": {"required": ["python"]}},
                    "then": {"required": ["fields"]},
                },
            ]
        },
        "uuid7",
    ),
    Key(
        "routing",
        "The value that selects a document's shard: a field, a template of fields, or `given` by the program.",
        STRING,
    ),
    _flag("store_id", "Whether the id is also stored as the keyword field `id`.", True),
    _flag("versioned", "Whether saving fails if the document was changed since it was read."),
    Key(
        "sort",
        "The default sort of find_by() and all(): fields, each with `asc` or `desc`.",
        {
            "type": "array",
            "items": {
                "anyOf": [
                    STRING,
                    {
                        "type": "object",
                        "minProperties": 1,
                        "maxProperties": 1,
                        "additionalProperties": {
                            "anyOf": [
                                {"type": "string", "enum": ["asc", "desc"]},
                                {
                                    "type": "object",
                                    "properties": {
                                        "order": {"enum": ["asc", "desc"]},
                                        "mode": {"enum": ["min", "max", "sum", "avg", "median"]},
                                        "missing": {"type": ["string", "number", "boolean"]},
                                        "unmapped_type": STRING,
                                        "numeric_type": {
                                            "enum": ["double", "long", "date", "date_nanos"]
                                        },
                                        "format": STRING,
                                        "nested": OBJECT,
                                    },
                                    "additionalProperties": False,
                                },
                            ]
                        },
                    },
                ]
            },
        },
    ),
    Key(
        "dynamic",
        "How fields that are not defined are handled; `unset` uses the server's default, which adds them.",
        {"enum": [*DYNAMIC.schema["enum"], "unset"]},
        "strict",
    ),
    Key("settings", "Index settings.", {"$ref": "#/definitions/settings"}, {}),
    Key(
        "aliases",
        "Aliases of the index: a name, a list of names, or names with their options.",
        {"$ref": "#/definitions/aliases"},
        {},
    ),
    Key("fields", "The fields by name.", {"$ref": "#/definitions/fields"}, {}),
    Key("joins", "The joins by name.", {"$ref": "#/definitions/joins"}, {}),
    Key(
        "dynamic_templates",
        "Rules for fields that are not defined.",
        {"$ref": "#/definitions/dynamicTemplates"},
    ),
    Key(
        "runtime",
        "Runtime fields, computed by queries.",
        {"$ref": "#/definitions/runtimeFields"},
        since="7.11",
    ),
    Key(
        "_routing",
        "Whether every request must name a routing value.",
        {"type": "object", "properties": {"required": BOOLEAN}, "additionalProperties": False},
    ),
    Key(
        "_source",
        "Which parts of the document are stored.",
        {
            "type": "object",
            "properties": {
                "enabled": BOOLEAN,
                "includes": _STRINGS,
                "excludes": _STRINGS,
                "mode": {"enum": ["disabled", "stored", "synthetic"]},
            },
            "additionalProperties": False,
        },
    ),
    Key("_meta", "Free-form metadata of the mapping.", OBJECT),
    _flag("date_detection", "Whether strings that look like dates become date fields.", True),
    _flag("numeric_detection", "Whether strings that look like numbers become numbers."),
    Key(
        "dynamic_date_formats",
        "The formats that date detection knows.",
        {"anyOf": [STRING, _STRINGS]},
    ),
    _flag("subobjects", "Whether dots in names make objects.", True)._replace(since="8.3"),
    _flag("enabled", "Whether documents are parsed and indexed at all.", True),
    _RENAMED_FROM,
    Key(
        "unchecked",
        "Settings, mapping options and keys of an index template that ecgen does not know, sent unchanged.",
        {
            "type": "object",
            "properties": {"settings": OBJECT, "mappings": OBJECT, "index_template": OBJECT},
            "additionalProperties": False,
        },
    ),
)

MAPPING_OPTIONS: Final = frozenset(
    {
        "dynamic",
        "dynamic_templates",
        "dynamic_date_formats",
        "date_detection",
        "numeric_detection",
        "runtime",
        "subobjects",
        "enabled",
        "_meta",
        "_source",
        "_routing",
    }
)
"""The keys of a model that are copied into the mapping, beside `properties`."""

FIELD_KEYS: Final = _keys(
    Key("type", "Elasticsearch's name of the field's type.", STRING),
    _DESCRIPTION,
    _flag("required", "Whether saving a document without it fails before a request is sent."),
    _flag("many", "Whether it is a list in Python; Elasticsearch has no array type."),
    Key("default", "The value in new models.", {}),
    Key(
        "auto",
        "For a date: set in UTC when a document is `created`, or also with each update (`updated`).",
        {"enum": ["created", "updated"]},
    ),
    Key("enum", "The allowed values.", {"type": "array", "minItems": 1}),
    _flag("private", "Whether `serialize()` leaves it out."),
    _NAME,
    Key("python", "`decimal`: read a scaled_float as decimal.Decimal.", {"enum": ["decimal"]}),
    _RENAMED_FROM,
    _UNCHECKED,
)

JOIN_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "single": "The target's id is stored; loaded by get.",
        "multi": "A list of ids is stored; loaded by multi-get, in order.",
        "single_loose": "Nothing is stored; found by the target's inverse.",
        "multi_loose": "Nothing is stored; all found by the target's inverse.",
    }
)

JOIN_KEYS: Final = _keys(
    Key("type", "The kind of join.", {"enum": list(JOIN_KINDS)}),
    Key("target", "The model that is joined.", _CLASS),
    Key("inverse", "The target's join in the opposite direction.", STRING),
    Key("join_by", "The target's field to match instead of its id.", STRING),
    _flag("lazy_load", "Whether loading joins also searches for a loose join."),
    _DESCRIPTION,
    _flag("required", "Whether saving a document without it fails before a request is sent."),
    _flag("private", "Whether `serialize()` leaves it out."),
    _NAME,
    _RENAMED_FROM,
)
