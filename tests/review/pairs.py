"""Pairs of mappings beyond single parameters: what comes, goes, moves, is spelled otherwise or is refused outright."""

from __future__ import annotations

from typing import Any

Json = Any
Pair = tuple[str, Json, Json]


def P(**fields: Json) -> Json:
    return {"properties": fields}


def obj(**fields: Json) -> Json:
    return {"properties": fields}


K: Json = {"type": "keyword"}
L: Json = {"type": "long"}
TX: Json = {"type": "text"}

PAIRS: list[Pair] = [
    ("add", P(a=K), P(a=K, b=L)),
    ("remove", P(a=K, b=L), P(a=K)),
    ("type", P(a=K), P(a=TX)),
    ("remove+add", P(a=K), P(b=K)),
    ("add mf", P(a=K), P(a={**K, "fields": {"t": TX}})),
    ("rm mf", P(a={**K, "fields": {"t": TX}}), P(a=K)),
    ("rm mf {}", P(a={**K, "fields": {"t": TX}}), P(a={**K, "fields": {}})),
    ("mf type", P(a={**K, "fields": {"t": TX}}), P(a={**K, "fields": {"t": L}})),
    ("mf swap", P(a={**K, "fields": {"t": TX}}), P(a={**K, "fields": {"u": TX}})),
    (
        "mf type keyword->wild ",
        P(a={**TX, "fields": {"t": K}}),
        P(a={**TX, "fields": {"t": {**K, "ignore_above": 10}}}),
    ),
    (
        "mf param changed but parent param removed",
        P(a={**K, "ignore_above": 5, "fields": {"t": K}}),
        P(a={**K, "fields": {"t": {**K, "ignore_above": 10}}}),
    ),
    ("obj prop add", P(o=obj(a=K)), P(o=obj(a=K, b=K))),
    ("obj prop rm", P(o=obj(a=K, b=K)), P(o=obj(a=K))),
    ("obj no props", P(o=obj(a=K)), P(o={"type": "object"})),
    ("obj add", P(a=K), P(a=K, o=obj(a=K))),
    ("obj rm", P(a=K, o=obj(a=K)), P(a=K)),
    ("obj->nested", P(o=obj(a=K)), P(o={"type": "nested", **obj(a=K)})),
    ("nested->obj", P(o={"type": "nested", **obj(a=K)}), P(o=obj(a=K))),
    (
        "nested->obj explicit",
        P(o={"type": "nested", **obj(a=K)}),
        P(o={"type": "object", **obj(a=K)}),
    ),
    ("nested-> no type no props", P(o={"type": "nested", **obj(a=K)}), P(o={"dynamic": "false"})),
    ("obj->flattened", P(o=obj(a=K)), P(o={"type": "flattened"})),
    ("flattened->obj", P(o={"type": "flattened"}), P(o=obj(a=K))),
    ("obj->kw", P(o=obj(a=K)), P(o=K)),
    ("kw->obj", P(o=K), P(o=obj(a=K))),
    ("obj explicit type", P(o=obj(a=K)), P(o={"type": "object", **obj(a=K)})),
    ("kw->alias", P(a=K, b=K), P(a=K, b={"type": "alias", "path": "a"})),
    ("alias->kw", P(a=K, b={"type": "alias", "path": "a"}), P(a=K, b=K)),
    (
        "alias path",
        P(a=K, c=K, b={"type": "alias", "path": "a"}),
        P(a=K, c=K, b={"type": "alias", "path": "c"}),
    ),
    (
        "alias path missing",
        P(a=K, c=K, b={"type": "alias", "path": "a"}),
        P(a=K, c=K, b={"type": "alias", "path": "x"}),
    ),
    (
        "alias path removed target (kept by server)",
        P(a=K, c=K, b={"type": "alias", "path": "a"}),
        P(c=K, b={"type": "alias", "path": "a"}),
    ),
    ("alias added", P(a=K), P(a=K, b={"type": "alias", "path": "a"})),
    ("alias to object", P(o=obj(a=K)), P(o=obj(a=K), b={"type": "alias", "path": "o"})),
    (
        "alias to alias",
        P(a=K, b={"type": "alias", "path": "a"}),
        P(a=K, b={"type": "alias", "path": "a"}, c={"type": "alias", "path": "b"}),
    ),
    (
        "alias to mf",
        P(a={**K, "fields": {"t": TX}}),
        P(a={**K, "fields": {"t": TX}}, b={"type": "alias", "path": "a.t"}),
    ),
    (
        "alias into nested",
        P(o={"type": "nested", **obj(a=K)}),
        P(o={"type": "nested", **obj(a=K)}, b={"type": "alias", "path": "o.a"}),
    ),
    ("copy_to missing target", P(a=K), P(a={**K, "copy_to": "zz"})),
    ("copy_to self", P(a=K), P(a={**K, "copy_to": "a"})),
    ("copy_to in mf", P(a=K), P(a={**K, "fields": {"t": {**TX, "copy_to": "a"}}})),
    ("copy_to object", P(a=K, o=obj(b=K)), P(a={**K, "copy_to": "o"}, o=obj(b=K))),
    (
        "copy_to out of nested",
        P(a=K, o={"type": "nested", **obj(b=K)}),
        P(a=K, o={"type": "nested", **obj(b={**K, "copy_to": "a"})}),
    ),
    (
        "copy_to into nested",
        P(a=K, o={"type": "nested", **obj(b=K)}),
        P(a={**K, "copy_to": "o.b"}, o={"type": "nested", **obj(b=K)}),
    ),
    (
        "copy_to mf target",
        P(b={**K, "fields": {"t": TX}}, a=K),
        P(b={**K, "fields": {"t": TX}}, a={**K, "copy_to": "b.t"}),
    ),
    ("no type", P(a=K), P(a={})),
    ("no type new", P(a=K), P(a=K, b={})),
    ("type null", P(a=K), P(a={"type": None})),
    ("unknown type", P(a=K), P(a=K, b={"type": "keywrd"})),
    ("unknown param", P(a=K), P(a={**K, "ignore_abvoe": 1})),
    ("unknown param boost num", P(a=L), P(a={**L, "boost": 1.0})),
    ("unknown root param", P(a=K), {**P(a=K), "foo": 1}),
    ("obj unknown param", P(o=obj(a=K)), P(o={"index": True, **obj(a=K)})),
    ("object mf", P(a=K), P(a={**K, "fields": {"t": obj(b=K)}})),
    ("nested mf", P(a=K), P(a={**K, "fields": {"t": {"type": "nested"}}})),
    ("alias mf", P(a=K), P(a={**K, "fields": {"t": {"type": "alias", "path": "a"}}})),
    ("mf in mf", P(a=K), P(a={**K, "fields": {"t": {**TX, "fields": {"u": K}}}})),
    ("mf flattened", P(a=K), P(a={**K, "fields": {"t": {"type": "flattened"}}})),
    ("mf geo", P(a=K), P(a={**K, "fields": {"t": {"type": "geo_point"}}})),
    ("mf completion", P(a=K), P(a={**K, "fields": {"t": {"type": "completion"}}})),
    ("mf dense_vector", P(a=K), P(a={**K, "fields": {"t": {"type": "dense_vector", "dims": 4}}})),
    ("mf name w dot", P(a=K), P(a={**K, "fields": {"t.x": TX}})),
    ("meta 6", P(a=K), P(a={**K, "meta": {str(i): "x" for i in range(6)}})),
    ("meta 5", P(a=K), P(a={**K, "meta": {str(i): "x" for i in range(5)}})),
    ("meta 51", P(a=K), P(a={**K, "meta": {"x": "y" * 51}})),
    ("meta 50", P(a=K), P(a={**K, "meta": {"x": "y" * 50}})),
    ("meta key 21", P(a=K), P(a={**K, "meta": {"x" * 21: "y"}})),
    ("meta nonstr", P(a=K), P(a={**K, "meta": {"x": 1}})),
    ("meta null", P(a=K), P(a={**K, "meta": {"x": None}})),
    ("meta is null", P(a=K), P(a={**K, "meta": None})),
    ("true as str", P(a=L), P(a={**L, "coerce": "true"})),
    ("false as str", P(a={**L, "coerce": False}), P(a={**L, "coerce": "false"})),
    ("bool 1", P(a=L), P(a={**L, "coerce": 1})),
    ("bool yes", P(a=L), P(a={**L, "coerce": "yes"})),
    ("index null", P(a=L), P(a={**L, "index": None})),
    ("store null", P(a=L), P(a={**L, "store": None})),
    ("ia str", P(a={**K, "ignore_above": 100}), P(a={**K, "ignore_above": "100"})),
    ("ia float", P(a={**K, "ignore_above": 100}), P(a={**K, "ignore_above": 100.0})),
    ("ia neg", P(a=K), P(a={**K, "ignore_above": -1})),
    ("ia 0", P(a=K), P(a={**K, "ignore_above": 0})),
    ("ia null", P(a={**K, "ignore_above": 100}), P(a={**K, "ignore_above": None})),
    ("nv num in kw", P(a={**K, "null_value": "1"}), P(a={**K, "null_value": 1})),
    ("nv str in long", P(a={**L, "null_value": 1}), P(a={**L, "null_value": "1"})),
    ("nv 1.0 in long", P(a={**L, "null_value": 1}), P(a={**L, "null_value": 1.0})),
    (
        "nv double 1 vs 1.0",
        P(a={"type": "double", "null_value": 1}),
        P(a={"type": "double", "null_value": 1.0}),
    ),
    (
        "nv float 0.1 vs '0.1'",
        P(a={"type": "float", "null_value": 0.1}),
        P(a={"type": "float", "null_value": "0.1"}),
    ),
    (
        "nv bool str",
        P(a={"type": "boolean", "null_value": True}),
        P(a={"type": "boolean", "null_value": "true"}),
    ),
    (
        "nv date int/str",
        P(a={"type": "date", "null_value": 0}),
        P(a={"type": "date", "null_value": "0"}),
    ),
    (
        "nv date eq instants",
        P(a={"type": "date", "null_value": "2020-01-01"}),
        P(a={"type": "date", "null_value": "2020-01-01T00:00:00Z"}),
    ),
    (
        "nv ip eq",
        P(a={"type": "ip", "null_value": "::1"}),
        P(a={"type": "ip", "null_value": "0:0:0:0:0:0:0:1"}),
    ),
    (
        "nv geo eq",
        P(a={"type": "geo_point", "null_value": "1,2"}),
        P(a={"type": "geo_point", "null_value": {"lat": 1, "lon": 2}}),
    ),
    ("nv bad", P(a=L), P(a={**L, "null_value": "x"})),
    ("geo nv removed", P(a={"type": "geo_point", "null_value": "1,2"}), P(a={"type": "geo_point"})),
    (
        "text an+sa",
        P(a={**TX, "analyzer": "simple"}),
        P(a={**TX, "analyzer": "simple", "search_analyzer": "standard"}),
    ),
    ("text sa without an, old no an", P(a=TX), P(a={**TX, "search_analyzer": "standard"})),
    (
        "text sa without an, old an",
        P(a={**TX, "analyzer": "simple"}),
        P(a={**TX, "search_analyzer": "standard"}),
    ),
    (
        "text sa=an",
        P(a={**TX, "analyzer": "simple"}),
        P(a={**TX, "analyzer": "simple", "search_analyzer": "simple"}),
    ),
    ("text sa=default", P(a={**TX}), P(a={**TX, "search_analyzer": "default"})),
    (
        "text an default,sa",
        P(
            a={
                **TX,
            }
        ),
        P(a={**TX, "analyzer": "default", "search_analyzer": "simple"}),
    ),
    (
        "text an standard vs default",
        P(
            a={
                **TX,
            }
        ),
        P(a={**TX, "analyzer": "standard"}),
    ),
    ("text an std->absent", P(a={**TX, "analyzer": "standard"}), P(a={**TX})),
    (
        "text sqa added",
        P(a={**TX, "analyzer": "simple", "search_analyzer": "standard"}),
        P(
            a={
                **TX,
                "analyzer": "simple",
                "search_analyzer": "standard",
                "search_quote_analyzer": "simple",
            }
        ),
    ),
    (
        "text sqa w/o sa",
        P(a={**TX, "analyzer": "simple"}),
        P(a={**TX, "analyzer": "simple", "search_quote_analyzer": "standard"}),
    ),
    ("text sqa w/o an", P(a={**TX}), P(a={**TX, "search_quote_analyzer": "standard"})),
    (
        "text sa rm",
        P(a={**TX, "analyzer": "simple", "search_analyzer": "standard"}),
        P(a={**TX, "analyzer": "simple"}),
    ),
    (
        "text an & sa rm",
        P(a={**TX, "analyzer": "simple", "search_analyzer": "standard"}),
        P(a={**TX}),
    ),
    ("text analyzer unknown", P(a=TX), P(a={**TX, "analyzer": "nope"})),
    ("kw norm unknown", P(a=K), P(a={**K, "normalizer": "nope"})),
    ("dotted prop", P(o=obj(a=K)), P(**{"o.a": K})),
    ("dotted prop add", P(a=K), P(**{"o.a": K})),
    ("empty new", P(a=K), {}),
    ("null properties", P(a=K), {"properties": None}),
    ("empty props", P(a=K), P()),
    ("empty field name", P(a=K), P(a=K, **{"": K})),
    ("_id field", P(a=K), P(a=K, _id=K)),
    ("_meta ok", P(a=K), P(a=K, _foo=K)),
    ("phrases+index false", P(a=TX), P(a=TX, b={**TX, "index": False, "index_phrases": True})),
    (
        "prefix change",
        P(a={**TX, "index_prefixes": {}}),
        P(a={**TX, "index_prefixes": {"min_chars": 2, "max_chars": 5}}),
    ),
    ("limit depth", P(a=K), P(a=K, b=obj(c=obj(d=K)))),
    (
        "subobj false dotted",
        {"properties": {"a": K}},
        {"properties": {"a": K, "o": {"subobjects": False, "properties": {"x.y": K}}}},
    ),
    ("object enabled false w props", P(a=K), P(a=K, o={"enabled": False, "properties": {"x": K}})),
    (
        "nested in nested add",
        P(o={"type": "nested", **obj(a=K)}),
        P(o={"type": "nested", **obj(a=K, n={"type": "nested"})}),
    ),
    ("field & type array", P(a=K), P(a={"type": ["keyword"]})),
    ("type case", P(a=K), P(a={"type": "Keyword"})),
    (
        "format same w spaces",
        P(a={"type": "date", "format": "yyyy||MM"}),
        P(a={"type": "date", "format": "yyyy || MM"}),
    ),
    ("norms null", P(a=TX), P(a={**TX, "norms": None})),
    ("index as no", P(a=K), P(a={**K, "index": "no"})),
    ("fields list", P(a=K), P(a={**K, "fields": []})),
    ("copy_to str/list", P(a={**K, "copy_to": "b"}, b=K), P(a={**K, "copy_to": ["b"]}, b=K)),
    ("copy_to dup", P(a={**K, "copy_to": "b"}, b=K), P(a={**K, "copy_to": ["b", "b"]}, b=K)),
    ("number float->double", P(a={"type": "float"}), P(a={"type": "double"})),
    ("int->long", P(a={"type": "integer"}), P(a=L)),
    ("date->date_nanos", P(a={"type": "date"}), P(a={"type": "date_nanos"})),
    ("long->integer", P(a=L), P(a={"type": "integer"})),
    ("two: ok+refused", P(a=K, b=L), P(a={**K, "ignore_above": 1}, b=K)),
]


def _vector(options: Json) -> Json:
    more = {} if options is None else {"index_options": options}
    return P(v={"type": "dense_vector", "dims": 64, **more})


_OPTIONS: list[Json] = [
    None,
    {"type": "flat"},
    {"type": "int8_flat"},
    {"type": "int4_flat"},
    {"type": "hnsw"},
    {"type": "int8_hnsw"},
    {"type": "int4_hnsw"},
    {"type": "bbq_hnsw"},
    {"type": "bbq_flat"},
    {"type": "hnsw", "m": 8},
    {"type": "hnsw", "m": 32},
    {"type": "hnsw", "ef_construction": 200},
    {"type": "int8_hnsw", "m": 8},
]
VECTORS: list[Pair] = [
    (f"{old} → {new}", _vector(old), _vector(new))
    for old in _OPTIONS
    for new in _OPTIONS
    if old != new
]

_ROOT: Json = P(f=K, d={"type": "date"})
_TEMPLATES: Json = [{"a": {"match": "x*", "mapping": K}}, {"b": {"match": "y*", "mapping": K}}]
_OPTION_VALUES: dict[str, list[Json]] = {
    "dynamic": [True, "false", "strict", "runtime"],
    "dynamic_templates": [[], _TEMPLATES[:1], _TEMPLATES, _TEMPLATES[::-1]],
    "_meta": [{}, {"a": 1}, {"b": 1}, None],
    "_routing": [{}, {"required": True}, {"required": False}],
    "_source": [
        {},
        {"enabled": True},
        {"enabled": False},
        {"excludes": ["f"]},
        {"includes": ["f"]},
    ],
    "date_detection": [True, False],
    "numeric_detection": [True, False],
    "dynamic_date_formats": [["yyyy"], ["yyyy", "MM"], ["MM", "yyyy"], []],
    "runtime": [{}, {"r": K}, {"r": L}, {"s": K}, {"r": K, "s": K}],
    "enabled": [True, False],
    "subobjects": [True, False],
    "_field_names": [{"enabled": False}],
    "no_such_option": [True],
}
OPTIONS: list[Pair] = [
    (f"{name}: {old} → {new}", old, new)
    for name, values in _OPTION_VALUES.items()
    for old in [_ROOT, *({name: value, **_ROOT} for value in values)]
    for new in [_ROOT, *({name: value, **_ROOT} for value in values)]
    if old is not new
]

_STAMPED: Json = {"_data_stream_timestamp": {"enabled": True}}
_DATE: Json = {"type": "date"}
STAMPS: list[Pair] = [
    (f"a data stream over {field}", properties, {**_STAMPED, **properties})
    for field in [
        _DATE,
        {"type": "date_nanos"},
        {**_DATE, "format": "epoch_millis", "locale": "de", "meta": {"unit": "ms"}},
        {**_DATE, "doc_values": True, "index": True, "ignore_malformed": False},
        {**_DATE, "doc_values": False},
        {**_DATE, "index": False},
        {**_DATE, "ignore_malformed": True},
        {**_DATE, "null_value": "2020-01-01"},
        {**_DATE, "store": True},
        {**_DATE, "fields": {"k": K}},
        {**_DATE, "copy_to": "other"},
        K,
    ]
    for properties in [{"properties": {"@timestamp": field}}]
] + [
    ("a data stream without @timestamp", P(a=_DATE), {**_STAMPED, **P(a=_DATE)}),
    ("no data stream any more", {**_STAMPED, **P(**{"@timestamp": _DATE})}, P(**{"@timestamp": _DATE})),
    (
        "a data stream no more",
        {**_STAMPED, **P(**{"@timestamp": _DATE})},
        {"_data_stream_timestamp": {"enabled": False}, **P(**{"@timestamp": _DATE})},
    ),
]  # fmt: skip
