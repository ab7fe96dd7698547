"""JSON Schema of what a model has beside fields and joins: dynamic templates, runtime fields, aliases, analysis.

`schema.py` assembles these; review and import validate values by the names of the definitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ecgen.elasticsearch.built_in_analysis import CHAR_FILTERS, FILTERS, TOKENIZERS
from ecgen.elasticsearch.parameters import BOOLEAN, META, OBJECT, SCRIPT, STRING

Fragment = Mapping[str, Any]


def _closed(properties: Mapping[str, Fragment], *required: str) -> dict[str, Any]:
    """Return the schema of a mapping with these keys only."""
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = list(required)
    return {**schema, "additionalProperties": False}


def _named(member: Fragment, **more: Any) -> dict[str, Any]:
    """Return the schema of a mapping of names to members."""
    return {"type": "object", "additionalProperties": member, **more}


def _listed(member: Fragment) -> dict[str, Any]:
    """Return the schema of one member or a list of them."""
    return {"anyOf": [member, {"type": "array", "items": member, "minItems": 1}]}


_JSON_TYPE: Final = {
    "type": "string",
    "enum": ["object", "string", "long", "double", "boolean", "date", "binary", "*"],
}
_TEMPLATE = _closed(
    {
        "match": _listed(STRING),
        "unmatch": _listed(STRING),
        "path_match": _listed(STRING),
        "path_unmatch": _listed(STRING),
        "match_mapping_type": _listed(_JSON_TYPE),
        "unmatch_mapping_type": _listed(_JSON_TYPE),
        "match_pattern": {"enum": ["simple", "regex"]},
        "mapping": {"$ref": "#/definitions/mapping"},
        "runtime": OBJECT,
    }
)
_TEMPLATE |= {"if": {"not": {"required": ["runtime"]}}, "then": {"required": ["mapping"]}}
RUNTIME_TYPES: Final[Mapping[str, Mapping[str, Fragment]]] = {
    "boolean": {},
    "composite": {"fields": OBJECT},
    "date": {"format": STRING, "locale": STRING},
    "double": {},
    "geo_point": {},
    "ip": {},
    "keyword": {},
    "long": {},
    "lookup": {
        "target_index": STRING,
        "input_field": STRING,
        "target_field": STRING,
        "fetch_fields": {"type": "array", "minItems": 1},
    },
}
"""The types of runtime fields, with the keys that only that type has."""
_REQUIRED: Final = {"composite": ("script",), "lookup": tuple(RUNTIME_TYPES["lookup"])}
_OF_ALL_RUNTIME_FIELDS: Final[Mapping[str, Fragment]] = {
    "script": SCRIPT.schema,
    "on_script_error": {"enum": ["fail", "continue"]},
    "meta": META.schema,
}
_ALIAS: Final = {
    **_closed(
        {
            "filter": OBJECT,
            "routing": STRING,
            "index_routing": {
                **STRING,
                "pattern": r"^[^,]+$(?!\n)",
                "patternErrorMessage": "must be one value",
            },
            "search_routing": STRING,
            "is_write_index": BOOLEAN,
            "is_hidden": BOOLEAN,
        }
    ),
    "type": ["object", "null"],
}
_ALIAS_NAME: Final = {"$ref": "#/definitions/aliasName"}
_PART: Final = {"type": "object"}


def _names(built_in: Iterable[str]) -> list[str]:
    """The names to offer, without the deprecated spellings (`edgeNGram`)."""
    return sorted(name for name in built_in if name == name.lower())


# The examples are for editors. Servers ignore other keys; the checks know what may be written here.
_ANALYZER: Final[dict[str, Any]] = {
    **_PART,
    "properties": {
        "type": {"examples": ["custom", "fingerprint", "pattern", "standard", "stop"]},
        "tokenizer": {"examples": _names(TOKENIZERS)},
        "filter": {"items": {"examples": _names(FILTERS)}},
        "char_filter": {"items": {"examples": _names(CHAR_FILTERS)}},
    },
}
_ANALYSIS: Final = _closed(
    {
        "analyzer": _named({"$ref": "#/definitions/analyzer"}),
        **{
            section: _named({"$ref": "#/definitions/analysisPart"})
            for section in ("normalizer", "tokenizer", "filter", "char_filter")
        },
    }
)


def runtime_field(kind: str) -> dict[str, Any]:
    """Return the schema of a runtime field of the given type."""
    keys = {"type": {"const": kind}, **_OF_ALL_RUNTIME_FIELDS, **RUNTIME_TYPES[kind]}
    return _closed(keys, *_REQUIRED.get(kind, ()))


DEFINITIONS: Final[Mapping[str, dict[str, Any]]] = {
    "dynamicTemplates": {
        "type": "array",
        "items": _named(
            {"$ref": "#/definitions/dynamicTemplate"}, minProperties=1, maxProperties=1
        ),
    },
    "dynamicTemplate": _TEMPLATE,
    "runtimeFields": _named({"$ref": "#/definitions/runtimeField"}),
    "aliases": {
        "anyOf": [
            _ALIAS_NAME,
            {"type": "array", "items": _ALIAS_NAME},
            _named({"$ref": "#/definitions/alias"}, propertyNames=_ALIAS_NAME),
        ]
    },
    "alias": _ALIAS,
    "analysis": _ANALYSIS,
    "analysisPart": _PART,
    "analyzer": _ANALYZER,
    "similarity": _named({"$ref": "#/definitions/analysisPart"}),
}
