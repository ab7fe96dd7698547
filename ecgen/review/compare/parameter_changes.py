"""How servers treat a changed mapping parameter, by parameter and type.

Checked against real nodes (9.5.3, 8.19.21, 7.17.29) one pair of values at a time; tests/review repeats the check. For
types that no node of the tests has (`UNSEEN`) the rows follow the source of Elasticsearch's mappers, 8 and 9.
scaled_float, search_as_you_type, token_count, join, rank_feature, rank_features and match_only_text were seen on
7.17.29 only.
"""

from __future__ import annotations

from typing import Final, Literal

from ecgen.definitions.ir import Json
from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET

Treatment = Literal["updated", "refused", "swallowed", "norms", "relations", "vector", "once"]
"""The effect of a changed value.

`updated`: accepted; if omitted, it returns to the default. `refused`: rejected. `swallowed`: the server silently
drops the parameter. The others are decided by a function of their own.
"""

_UPDATED: Final = frozenset(
    {
        "chunking_settings",
        "coerce",
        "copy_to",
        "depth_limit",
        "eager_global_ordinals",
        "fielddata",
        "fielddata_frequency_filter",
        "ignore_above",
        "ignore_malformed",
        "ignore_z_value",
        "max_input_length",
        "meta",
        "on_script_error",
        "orientation",
        "path",
        "search_analyzer",
        "search_quote_analyzer",
        "search_inference_id",
        "split_queries_on_whitespace",
        "synthetic_source_keep",
    }
)

_BY_TYPE: Final[dict[tuple[str, str], Treatment]] = {
    ("token_count", "analyzer"): "updated",
    ("sparse_vector", "index_options"): "updated",
    ("semantic_text", "index_options"): "updated",
    ("dense_vector", "index_options"): "vector",
    ("dense_vector", "dims"): "once",
    ("constant_keyword", "value"): "once",
    ("join", "relations"): "relations",
}

# Parameters that every mapper of 7.17 accepts from old templates without knowing them.
_SWALLOWED_BY_7: Final = frozenset(
    {"boost", "doc_values", "index", "index_options", "meta", "similarity", "store"}
)
_SWALLOWED_BY_JOIN: Final = frozenset({"copy_to", "fields"})

UNSEEN: Final = frozenset(
    {
        "wildcard",
        "constant_keyword",
        "counted_keyword",
        "unsigned_long",
        "version",
        "geo_shape",
        "point",
        "shape",
        "histogram",
        "exponential_histogram",
        "aggregate_metric_double",
        "semantic_text",
        "percolator",
        "murmur3",
        "annotated_text",
        "icu_collation_keyword",
        "rank_vectors",
        "passthrough",
    }
)
"""Types that no node of the tests has."""

FRACTIONS: Final = ("double", "float", "half_float")

NULLABLE: Final = frozenset(
    {
        "null_value",
        "normalizer",
        "index_prefixes",
        "similarity",
        "time_series_metric",
        "index_options",
        "script",
        "value",
    }
)
"""Parameters that accept null, which then means their absence; the others refuse it."""


def knows(type_name: str, parameter: str, major: int) -> bool:
    """Return whether a server of that major version has the parameter for that type."""
    row = FIELD_TYPES[type_name].parameters.get(parameter)
    if row is None:
        return False
    if parameter == "time_series_dimension" and type_name in FRACTIONS:
        # 7.17 has it, but accepts only false.
        return True
    return row.since is None or int(row.since.split(".")[0]) <= major


def treatment(type_name: str, parameter: str, major: int) -> Treatment | None:
    """Return how a server treats a change of the parameter; None if it refuses the parameter itself."""
    if knows(type_name, parameter, major):
        exact = _BY_TYPE.get((type_name, parameter))
        if exact is not None:
            return exact
        if parameter == "norms":
            return "norms"
        return "updated" if parameter in _UPDATED else "refused"
    if type_name == "join" and parameter in _SWALLOWED_BY_JOIN:
        return "swallowed"
    if major < 8 and parameter in _SWALLOWED_BY_7:
        return "swallowed"
    return None


def default(type_name: str, parameter: str, major: int) -> Json:
    """Return the server's default of the parameter, in canonical form; UNSET if there is none."""
    if parameter in ("similarity", "doc_values") and type_name == "text":
        # The value BM25, or any doc_values of a text, is refused on an index created without it.
        return UNSET
    if parameter == "similarity" and type_name != "dense_vector":
        return UNSET
    if parameter == "locale":
        return "ROOT" if major < 8 else "en"
    if type_name == "sparse_vector":
        if parameter == "store":
            return major >= 9
        if parameter == "index_options":
            return {"prune": True, "ratio": 5.0, "weight": 0.4}
    row = FIELD_TYPES[type_name].parameters.get(parameter)
    if row is None or row.default is None or row.default in ({}, []):
        return UNSET
    return row.default
