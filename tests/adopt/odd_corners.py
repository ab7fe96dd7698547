"""Mappings with corners that people do have: names like keywords, strings for booleans, servers long gone, exports."""

from __future__ import annotations

from typing import Any, Final

_K: Final = {"type": "keyword"}


def _of(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


def _deep(levels: int) -> dict[str, Any]:
    body: dict[str, Any] = _K
    for level in range(levels):
        body = {"properties": {f"level_{level}": body}}
    return body


ODD_CORNERS: Final[dict[str, Any]] = {
    "exports of document databases": _of(
        _class=_K,
        user={"properties": {"_id": _K, "_class": _K, "_source": _K, "id": _K, "id_": _K}},
        lines={"type": "nested", "properties": {"_id": _K, "_version": {"type": "long"}}},
    ),
    "names that were metadata once": _of(_all=_K, _type=_K, _parent=_K, _size=_K, _meta=_K),
    "names like the keys of a mapping": _of(
        properties={"properties": {"type": _K, "fields": _K, "properties": _K}},
        type=_K,
        fields={"type": "text", "fields": {"fields": _K, "type": _K}},
        unchecked={"properties": {"unchecked": _K}},
        name=_K,
        required=_K,
        many=_K,
        default=_K,
        description={"type": "text"},
        index=_K,
    ),
    "names like Python's": _of(
        **dict.fromkeys(("class", "None", "self", "cls", "save", "str", "list", "datetime"), _K)
    ),
    "linked data": _of(
        **{"@id": _K, "@type": _K, "id_": _K, "owner": _of(**{"@id": _K, "id": _K})}
    ),
    "names alike in Python": _of(**dict.fromkeys(("a-b", "a_b", "a b", "aB", "AB", "ab"), _K)),
    "names that YAML reads otherwise": _of(
        **dict.fromkeys(
            ("true", "null", "no", "1", "0x1", "1e3", "~", "2020-01-01", "<<", "=", "? x", "- x"),
            _K,
        ),
        **dict.fromkeys(("a:b", "#c", " lead", "trail ", "*a", "&a", "!t", '"q"', "{", ","), _K),
    ),
    "names from everywhere": _of(
        **dict.fromkeys(("größe", "名前", "имя", "emoji😀", "\ufeffid", "é", "e\u0301"), _K)
    ),
    "dots in names": _of(**{"a.b": _K, "a.c": {"type": "long"}, "x": _of(**{"y.z": _K})}),
    "dots side by side with objects": {
        "subobjects": False,
        "properties": {"cpu": {"type": "long"}, "cpu.user": {"type": "long"}},
    },
    "strings for booleans and numbers": {
        "dynamic": "true",
        "date_detection": "false",
        "properties": {
            "a": {"type": "keyword", "index": "false", "doc_values": "true", "ignore_above": "256"},
            "b": {"type": "integer", "coerce": "false", "null_value": "1"},
            "c": {"type": "scaled_float", "scaling_factor": "100"},
            "d": {"enabled": "false"},
            "e": {"dynamic": "False", "properties": {"x": _K}},
            "f": {"type": "object", "enabled": "false"},
            "g": {"type": "boolean", "null_value": "false"},
        },
    },
    "numbers to the last digit": _of(
        a={"type": "scaled_float", "scaling_factor": 100.0},
        b={"type": "scaled_float", "scaling_factor": 1e20},
        c={"type": "unsigned_long", "null_value": 18446744073709551615},
        d={"type": "text", "boost": 2.0},
    ),
    "null": _of(
        a={"type": "keyword", "null_value": None, "copy_to": None},
        b={"type": "text", "analyzer": None, "fields": None},
    ),
    "multi-fields of multi-fields": _of(
        a={"type": "text", "fields": {"raw": {"type": "keyword", "fields": {"n": _K}}}},
        b={"type": "keyword", "fields": {"_x": _K, "a.b": _K, "1": _K, "with space": _K}},
        c={"type": "text", "fields": {}},
    ),
    "one target and several": _of(
        a={"type": "text", "copy_to": "all"},
        b={"type": "text", "copy_to": ["all"]},
        c={"type": "text", "copy_to": []},
        all={"type": "text"},
    ),
    "objects that are not looked into": _of(
        a={"enabled": False}, b={"type": "object", "enabled": False}, c={"properties": {}}
    ),
    "a server of 2": {
        "_all": {"enabled": False},
        "_timestamp": {"enabled": True},
        "_ttl": {"enabled": True, "default": "1d"},
        "_parent": {"type": "owner"},
        "properties": {
            "s": {
                "type": "string",
                "index": "analyzed",
                "include_in_all": False,
                "norms": {"enabled": False},
                "fields": {"raw": {"type": "string", "index": "not_analyzed", "doc_values": True}},
            },
            "g": {"type": "geo_point", "lat_lon": True, "geohash": True},
            "o": {"include_in_all": False, "properties": {"a": _K}},
        },
    },
    "a server of 1": {
        "_source": {"enabled": True, "compress": True},
        "_analyzer": {"path": "language"},
        "index_analyzer": "a",
        "_routing": {"required": True, "path": "u"},
        "properties": {
            "m": {"type": "multi_field", "fields": {"m": {"type": "string"}}},
            "t": {"type": "string", "index_analyzer": "x", "store": "yes", "omit_norms": True},
        },
    },
    "a mapping that says it is an object": {"type": "object", "properties": {"a": _K}},
    "nothing": {},
    "no fields": {"properties": {}},
    "templates with odd names": {
        "dynamic_templates": [
            {"weird name: {x}": {"match": "*", "mapping": {"type": "{dynamic_type}"}}},
            {"": {"match_pattern": "regex", "match": "^x.*$", "mapping": {"type": "text"}}},
            {"r": {"match_mapping_type": ["string", "long"], "runtime": {}}},
        ]
    },
    "notes of all kinds": {
        "_meta": {
            "x" * 300: ["a" * 5000, None, 1.5, -0.0, 1e-7, 12345678901234567890123, {}, [], ""],
            "lines": "one\ntwo\n\n  three\n",
            "yes": "yes",
            "invisible": "\u2028\x85\x00\ufeff\t",
        }
    },
    "runtime fields": {
        "runtime": {
            "day": {"type": "keyword", "script": {"source": "emit('x')\n// y\n"}},
            "a.b": {"type": "long"},
            "c": {"type": "composite", "script": "emit([:])", "fields": {"x": {"type": "long"}}},
        },
        "properties": {},
    },
    "what other programs understand": _of(
        v={"type": "knn_vector", "dimension": 3, "method": {"name": "hnsw", "engine": "faiss"}},
        f={"type": "flat_object"},
        t={"type": 5},
    ),
    "deep": _of(root=_deep(28)),
}
