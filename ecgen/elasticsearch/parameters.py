"""Mapping parameters that several types share."""

from __future__ import annotations

from typing import Any, Final

from .built_in_analysis import ANALYZERS
from .date_formats import DEFAULT_FORMATS
from .types.row import UNSET, Parameter

BOOLEAN: Final = {"type": "boolean"}
STRING: Final = {"type": "string", "minLength": 1}
COUNT: Final = {"type": "integer", "minimum": 0, "maximum": 2147483647}
POSITIVE: Final = {"type": "integer", "minimum": 1, "maximum": 2147483647}
NUMBER: Final = {"type": "number"}
OBJECT: Final = {"type": "object"}


def one_of(*values: str) -> dict[str, Any]:
    """Return a schema for one of a few strings."""
    return {"enum": list(values)}


def flag(name: str, description: str, default: bool, since: str | None = None) -> Parameter:
    """Return a boolean parameter."""
    return Parameter(name, description, BOOLEAN, default, since)


META: Final = Parameter(
    "meta",
    "Metadata about the field (up to 5 keys of at most 20 characters, values of at most 50).",
    {
        "type": "object",
        "maxProperties": 5,
        "propertyNames": {"maxLength": 20},
        "additionalProperties": {"type": "string", "maxLength": 50},
    },
    {},
    since="7.6",
)
FIELDS: Final = Parameter(
    "fields",
    "Multi-fields: the same value indexed in other ways, searched as `field.name`.",
    {"$ref": "#/definitions/multiFields"},
    {},
)
PROPERTIES: Final = Parameter(
    "properties", "The sub-fields by name.", {"$ref": "#/definitions/properties"}, {}
)
COPY_TO: Final = Parameter(
    "copy_to",
    "The field or fields that also get this field's value.",
    {"anyOf": [STRING, {"type": "array", "items": STRING}]},
    [],
)
INDEX: Final = flag("index", "Whether the field can be searched.", True)
DOC_VALUES: Final = flag("doc_values", "Whether the field can be sorted and aggregated by.", True)
STORE: Final = flag("store", "Whether the value is stored apart from `_source`.", False)
COERCE: Final = flag("coerce", "Whether a string or a fraction is converted to fit the type.", True)
IGNORE_MALFORMED: Final = flag(
    "ignore_malformed", "Whether a document with a wrong value is indexed without the field.", False
)
IGNORE_Z_VALUE: Final = flag(
    "ignore_z_value", "Whether a third coordinate is accepted and ignored.", True
)
EAGER_GLOBAL_ORDINALS: Final = flag(
    "eager_global_ordinals", "Whether global ordinals are built at refresh.", False
)
SPLIT_QUERIES: Final = flag(
    "split_queries_on_whitespace", "Whether full text queries split their input at spaces.", False
)
IGNORE_ABOVE: Final = Parameter(
    "ignore_above",
    "Strings longer than this number of characters are not indexed.",
    COUNT,
    2147483647,
)
SYNTHETIC_SOURCE_KEEP: Final = Parameter(
    "synthetic_source_keep",
    "What a synthetic `_source` keeps as it was sent.",
    one_of("none", "arrays", "all"),
    "none",
    since="8.16",
)
TIME_SERIES_DIMENSION: Final = flag(
    "time_series_dimension", "Whether the field is a dimension of a time series.", False, "7.16"
)
TIME_SERIES_METRIC: Final = Parameter(
    "time_series_metric",
    "Which kind of time series metric the field is.",
    one_of("counter", "gauge"),
    None,
    since="7.16",
)
SCRIPT: Final = Parameter(
    "script",
    "The script that computes the field's value at index time.",
    {
        "anyOf": [
            STRING,
            {
                "type": "object",
                "properties": {
                    "source": STRING,
                    "id": STRING,
                    "lang": STRING,
                    "params": OBJECT,
                    "options": OBJECT,
                },
                "additionalProperties": False,
            },
        ]
    },
    None,
    since="7.14",
)
ON_SCRIPT_ERROR: Final = Parameter(
    "on_script_error",
    "Whether a failing script refuses the document or leaves the field out (`continue`).",
    one_of("fail", "continue"),
    "fail",
    since="7.14",
)
LOCALE: Final = Parameter(
    "locale",
    "The language of month and day names, such as `de` or `de-AT`.",
    {
        "type": "string",
        "pattern": r"^(|[Rr][Oo][Oo][Tt]|[A-Za-z]{2,3}([-_][A-Za-z]{2}([-_][A-Za-z0-9]+)?)?)$(?!\n)",
        "patternErrorMessage": "must be a locale such as 'de' or 'de-AT'",
    },
    UNSET,
)  # the default is "" (root) on 7.17, "en" on 8.19 and 9.5
FORMAT: Final = Parameter(
    "format",
    "Date formats that are read, the first also written; several joined with `||`.",
    STRING,
    DEFAULT_FORMATS["date"],
)
FIELD_INDEX_OPTIONS: Final = Parameter(
    "index_options", "What the index keeps for scoring.", one_of("docs", "freqs"), "docs"
)
NORMS: Final = flag("norms", "Whether field length counts in scoring.", False)
SIMILARITY: Final = Parameter(
    "similarity",
    "The scoring algorithm: `BM25`, `boolean`, or one defined in the index settings.",
    STRING,
    None,
)
ANALYZER: Final = Parameter(
    "analyzer",
    "The analyzer: built in, or defined in `settings.analysis.analyzer`.",
    {**STRING, "examples": sorted(ANALYZERS)},  # which editors offer
    "default",
)
# These two default to `analyzer`.
SEARCH_ANALYZER: Final = Parameter(
    "search_analyzer", "The analyzer of queries, if it differs from `analyzer`.", STRING
)
SEARCH_QUOTE_ANALYZER: Final = Parameter(
    "search_quote_analyzer", "The analyzer of phrases in queries.", STRING
)
TEXT_INDEX_OPTIONS: Final = Parameter(
    "index_options",
    "What the index keeps for scoring and highlighting.",
    one_of("docs", "freqs", "positions", "offsets"),
    "positions",
)
TERM_VECTOR: Final = Parameter(
    "term_vector",
    "Which term vectors are stored.",
    one_of(
        "no",
        "yes",
        "with_positions",
        "with_offsets",
        "with_positions_offsets",
        "with_positions_payloads",
        "with_positions_offsets_payloads",
    ),
    "no",
)
ORIENTATION: Final = Parameter(
    "orientation",
    "The vertex order of polygons: counterclockwise (`right`) or clockwise (`left`).",
    one_of("right", "counterclockwise", "ccw", "left", "clockwise", "cw"),
    "right",
)


def null_value(schema: dict[str, Any]) -> Parameter:
    """Return the parameter `null_value`; `schema` is that of a value of the field's type."""
    return Parameter("null_value", "The value indexed in place of an explicit null.", schema, None)
