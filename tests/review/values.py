"""Plausible values of every mapping parameter of every type that the tests' nodes have."""

from __future__ import annotations

from typing import Any

Json = Any
Values = dict[str, list[Json]]

_FLAG: list[Json] = [True, False]
_ANY: Values = {
    "index": _FLAG,
    "doc_values": _FLAG,
    "store": _FLAG,
    "meta": [{}, {"unit": "ms"}, {"unit": "s"}],
    "copy_to": [[], "c1", ["c1", "c2"]],
    "synthetic_source_keep": ["none", "arrays", "all"],
}
_NUMBER: Values = {
    **_ANY,
    "coerce": _FLAG,
    "ignore_malformed": _FLAG,
    "null_value": [None, 1, 2],
    "time_series_dimension": _FLAG,
    "time_series_metric": ["gauge", "counter"],
}
_DATE: Values = {
    **_ANY,
    "ignore_malformed": _FLAG,
    "format": ["strict_date_optional_time||epoch_millis", "yyyy-MM-dd", "epoch_second||yyyy"],
    "locale": ["en", "de", "ROOT"],
    "null_value": [None, "2020", "2021"],
}
_RANGE: Values = {**_ANY, "coerce": _FLAG, "locale": ["en", "de", "ROOT"]}
_TEXT: Values = {
    **_ANY,
    "analyzer": ["default", "standard", "simple"],
    "search_analyzer": ["standard", "simple"],
    "search_quote_analyzer": ["standard", "simple"],
    "similarity": ["BM25", "boolean"],
    "index_options": ["positions", "docs", "offsets"],
    "norms": _FLAG,
    "term_vector": ["no", "yes", "with_positions"],
}
_OBJECT: Values = {
    "dynamic": [True, "false", "strict"],
    "enabled": _FLAG,
    "subobjects": _FLAG,
    "synthetic_source_keep": ["none", "all"],
}


def _only(*names: str, **more: list[Json]) -> Values:
    return {**{name: _ANY[name] for name in names}, **more}


TYPES: dict[str, tuple[dict[str, Json], Values]] = {
    **{
        name: ({}, _NUMBER)
        for name in ("long", "integer", "short", "byte", "double", "float", "half_float")
    },
    "scaled_float": (
        {"scaling_factor": 100},
        {**_NUMBER, "scaling_factor": [100, 100.0, "100", 10]},
    ),
    "text": (
        {},
        {
            **_TEXT,
            "index_phrases": _FLAG,
            "index_prefixes": [None, {}, {"min_chars": 2, "max_chars": 5}, {"min_chars": 1}],
            "position_increment_gap": [100, 50],
            "fielddata": _FLAG,
            "fielddata_frequency_filter": [{"min": 0.1}, {"min": 0.2, "min_segment_size": 3}],
            "eager_global_ordinals": _FLAG,
        },
    ),
    "keyword": (
        {},
        {
            **_ANY,
            "ignore_above": [2147483647, 256, "256", 100],
            "normalizer": [None, "lowercase"],
            "norms": _FLAG,
            "null_value": [None, "a", "b"],
            "similarity": ["BM25", "boolean"],
            "index_options": ["docs", "freqs"],
            "split_queries_on_whitespace": _FLAG,
            "eager_global_ordinals": _FLAG,
            "time_series_dimension": _FLAG,
        },
    ),
    "date": ({}, _DATE),
    "date_nanos": ({}, _DATE),
    "boolean": (
        {},
        {
            **_ANY,
            "ignore_malformed": _FLAG,
            "null_value": [None, True, False],
            "time_series_dimension": _FLAG,
        },
    ),
    "binary": ({}, _only("doc_values", "store", "meta", "copy_to", "synthetic_source_keep")),
    **{
        name: ({}, _RANGE)
        for name in ("integer_range", "float_range", "long_range", "double_range", "ip_range")
    },
    "date_range": ({}, {**_RANGE, "format": _DATE["format"]}),
    "ip": (
        {},
        {
            **_ANY,
            "ignore_malformed": _FLAG,
            "null_value": [None, "::1", "::2"],
            "time_series_dimension": _FLAG,
        },
    ),
    "flattened": (
        {},
        _only(
            "index",
            "doc_values",
            "meta",
            "synthetic_source_keep",
            depth_limit=[20, 10],
            ignore_above=[2147483647, 100],
            index_options=["docs", "freqs"],
            null_value=[None, "a", "b"],
            similarity=["BM25", "boolean"],
            split_queries_on_whitespace=_FLAG,
            eager_global_ordinals=_FLAG,
            time_series_dimensions=[["a"], ["b"]],
        ),
    ),
    "geo_point": (
        {},
        {
            **_ANY,
            "ignore_malformed": _FLAG,
            "ignore_z_value": _FLAG,
            "null_value": [None, "1,2", {"lat": 1, "lon": 2}, [3, 4]],
        },
    ),
    "dense_vector": (
        {"dims": 4},
        _only(
            "index",
            "meta",
            "copy_to",
            "synthetic_source_keep",
            dims=[4, 8],
            element_type=["float", "byte"],
            similarity=["cosine", "dot_product"],
        ),
    ),
    "sparse_vector": (
        {},
        _only(
            "store",
            "meta",
            "copy_to",
            "synthetic_source_keep",
            index_options=[{}, {"prune": False}],
        ),
    ),
    "completion": (
        {},
        _only(
            "meta",
            "copy_to",
            "synthetic_source_keep",
            analyzer=["simple", "standard"],
            search_analyzer=["simple", "standard"],
            max_input_length=[50, 20],
            preserve_separators=_FLAG,
            preserve_position_increments=_FLAG,
            contexts=[[{"name": "a", "type": "category"}], [{"name": "b", "type": "category"}]],
        ),
    ),
    "search_as_you_type": ({}, {**_TEXT, "max_shingle_size": [3, 2, 4], "doc_values": [False]}),
    "token_count": (
        {"analyzer": "standard"},
        {
            **_ANY,
            "null_value": [None, 1, 2],
            "analyzer": ["standard", "simple"],
            "enable_position_increments": _FLAG,
        },
    ),
    "join": (
        {"relations": {"q": "a"}},
        {
            **_ANY,
            "eager_global_ordinals": _FLAG,
            "relations": [{"q": "a"}, {"q": ["a", "b"]}, {"q": "a", "a": "c"}, {"p": "a"}],
        },
    ),
    "rank_feature": ({}, {**_ANY, "positive_score_impact": _FLAG}),
    "rank_features": ({}, {**_ANY, "positive_score_impact": _FLAG}),
    "match_only_text": ({}, _ANY),
    "object": ({"properties": {"p": {"type": "keyword"}}}, _OBJECT),
    "nested": (
        {"properties": {"p": {"type": "keyword"}}},
        {**_OBJECT, "include_in_parent": _FLAG, "include_in_root": _FLAG},
    ),
}
"""By type: the parameters that it must have, and some values of each that it may have."""

COPY_TARGETS: Json = {"c1": {"type": "keyword"}, "c2": {"type": "keyword"}}
