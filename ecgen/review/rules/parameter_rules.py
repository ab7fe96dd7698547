"""The rows of the rule table about one mapping parameter each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class ParameterRule:
    """The meaning of a change of one parameter.

    `updated` and `filled` are applied in place, `filled` only to later documents; `refused` is not applied.
    """

    parameter: str
    kind: Literal["updated", "filled", "refused"]
    summary: str
    why: str
    server: str | None = None
    """Additional text about the server."""
    seen: str = "Checked on 9.5.3, 8.19.21 and 7.17.29."


_EXTRAS: Final = "Checked on 7.17.29; the cores of 8 and 9 lack the type."
_NEWER: Final = "Checked on 9.5.3 and 8.19.21."
_READ: Final = (
    "From the source of Elasticsearch's mappers (8 and 9), which says of each parameter whether an update may change "
    "it: no node of the tests has the type."
)
_SCRIPTS: Final = (
    "From the source of Elasticsearch's mappers (8 and 9), which says of each parameter whether an update may change "
    "it: the nodes of the tests have no script language."
)
_DOCUMENTS: Final = "What is indexed of older documents was made the old way, and stays so until they are indexed again."
_STORED: Final = (
    "It decides what is written to disk for every document; one index does not mix both."
)

PARAMETERS: Final = (
    ParameterRule("ignore_above", "filled", "How long a string may be to be indexed.", _DOCUMENTS),
    ParameterRule(
        "coerce",
        "filled",
        "Whether values of a neighbouring type are converted.",
        "Older documents were accepted or refused by the old rule.",
    ),
    ParameterRule(
        "ignore_malformed",
        "filled",
        "Whether a value that does not fit is left out instead of refused.",
        "Older documents were accepted or refused by the old rule.",
    ),
    ParameterRule(
        "ignore_z_value",
        "filled",
        "Whether a third coordinate is accepted.",
        "Older documents were accepted or refused by the old rule.",
    ),
    ParameterRule(
        "eager_global_ordinals",
        "updated",
        "Whether aggregations are prepared at refresh.",
        "It trades time at refresh for time at the first search; no document is touched.",
    ),
    ParameterRule(
        "split_queries_on_whitespace",
        "updated",
        "Whether a query is split at blanks.",
        "It is about queries alone.",
    ),
    ParameterRule(
        "fielddata",
        "updated",
        "Whether a text can be sorted and aggregated by, in memory.",
        "It is about searches alone. Sorts and aggregations by the field fail without it.",
    ),
    ParameterRule(
        "fielddata_frequency_filter",
        "updated",
        "Which terms fielddata holds.",
        "It is about searches alone.",
    ),
    ParameterRule("meta", "updated", "Notes about a field.", "The server does nothing with them."),
    ParameterRule(
        "depth_limit",
        "filled",
        "How deep a flattened object may be.",
        "Deeper documents are refused from then on.",
    ),
    ParameterRule(
        "max_input_length", "filled", "How much of a completion's input is indexed.", _DOCUMENTS
    ),
    ParameterRule(
        "copy_to",
        "filled",
        "Which fields get the values, too.",
        "Older documents have not been copied.",
        "Takes it in place and replaces it whole, for documents written from then on. Left out, nothing is copied any more.",
    ),
    ParameterRule(
        "search_analyzer",
        "updated",
        "How queries are analyzed.",
        "It is about queries alone, but terms must still meet those of the index.",
        "Takes it in place, if `analyzer` is given too where the index has one; otherwise the analyzer changes, and all is refused. If omitted, queries are analyzed as documents are.",
    ),
    ParameterRule(
        "search_quote_analyzer",
        "updated",
        "How phrases in queries are analyzed.",
        "It is about queries alone.",
        "Takes it in place, if `analyzer` is given too where the index has one. If omitted, it is reset to `search_analyzer`.",
    ),
    ParameterRule(
        "synthetic_source_keep",
        "filled",
        "What of a synthetic source is kept as it was.",
        _DOCUMENTS,
        "Fields: takes it in place. Objects, nested fields and the root: refuses it, and keeps it where it is left out.",
        _NEWER,
    ),
    ParameterRule(
        "analyzer",
        "refused",
        "How documents are analyzed.",
        "The terms of older documents were made by the old analyzer.",
        "Refuses it, also `standard` where none was named (the default is called `default`). For token_count it takes it in place.",
    ),
    ParameterRule(
        "normalizer",
        "refused",
        "How keywords are normalized.",
        "The terms of older documents were made by the old normalizer.",
    ),
    ParameterRule(
        "similarity",
        "refused",
        "How matches are scored.",
        _STORED,
        "Refuses it, also `BM25` where none was named.",
    ),
    ParameterRule(
        "index_options",
        "refused",
        "How much of a field is indexed.",
        _STORED,
        "Text, keyword, flattened: refuses it. sparse_vector: takes it in place. dense_vector: takes only steps towards a smaller index (flat → int8_flat → int4_flat → bbq_flat → hnsw → int8_hnsw → int4_hnsw → bbq_hnsw, roughly; from flat also to bbq_disk), and no smaller `m`.",
    ),
    ParameterRule("term_vector", "refused", "Whether term vectors are kept.", _STORED),
    ParameterRule("index_phrases", "refused", "Whether pairs of words are indexed.", _STORED),
    ParameterRule(
        "index_prefixes",
        "refused",
        "Whether beginnings of words are indexed.",
        _STORED,
        "Refuses it; an empty object means 2 to 5 characters, and spelling these out is no change.",
    ),
    ParameterRule(
        "position_increment_gap", "refused", "How far apart the values of a list count.", _STORED
    ),
    ParameterRule(
        "index",
        "refused",
        "Whether a field can be searched.",
        _STORED,
        "Refuses it. For code it is breaking where the field is no longer indexed: find_by on it fails.",
    ),
    ParameterRule(
        "doc_values", "refused", "Whether a field can be sorted and aggregated by.", _STORED
    ),
    ParameterRule("store", "refused", "Whether a field is kept beside the source.", _STORED),
    ParameterRule(
        "null_value",
        "refused",
        "What is indexed for an explicit null.",
        "Older nulls are indexed as the old value.",
    ),
    ParameterRule(
        "norms",
        "refused",
        "Whether the length of a text counts in scoring.",
        "Norms can be thrown away, not made up.",
        "Takes true → false in place, refuses false → true. Left out, it goes to the default: true for text, false for keyword.",
    ),
    ParameterRule(
        "format",
        "refused",
        "Which spellings of dates are understood.",
        "Older documents were read by the old one.",
        "Refuses it, also the same formats in another order or with blanks between.",
    ),
    ParameterRule(
        "locale",
        "refused",
        "The language of month and day names.",
        "Older documents were read by the old one.",
        "Refuses it. The default is `en`, on 7 `ROOT`. Of ranges other than of dates the server forgets the locale, and then refuses any but the default.",
    ),
    ParameterRule(
        "scaling_factor",
        "refused",
        "What the values of a scaled_float are multiplied by.",
        "What is indexed is the product, rounded; with another factor it would mean other numbers.",
        "Refuses it; 100 and 100.0 are one number.",
        _EXTRAS,
    ),
    ParameterRule(
        "time_series_dimension", "refused", "Whether a field identifies a time series.", _STORED
    ),
    ParameterRule(
        "time_series_dimensions",
        "refused",
        "Which keys identify a time series.",
        _STORED,
        None,
        _NEWER,
    ),
    ParameterRule("time_series_metric", "refused", "What kind of metric a field is.", _STORED),
    ParameterRule(
        "script",
        "refused",
        "The script that computes a field.",
        "Older documents hold what the old script gave.",
        "Refuses it.",
        _SCRIPTS,
    ),
    ParameterRule(
        "on_script_error",
        "filled",
        "What happens when a field's script fails.",
        "Older documents were refused, or indexed without the field, by the old rule.",
        None,
        _SCRIPTS,
    ),
    ParameterRule(
        "dims",
        "refused",
        "How long a vector is.",
        _STORED,
        "Refuses it; takes it in place where none was given.",
        _NEWER,
    ),
    ParameterRule("element_type", "refused", "What a vector is made of.", _STORED, None, _NEWER),
    ParameterRule(
        "preserve_separators", "refused", "Whether separators count in completions.", _STORED
    ),
    ParameterRule(
        "preserve_position_increments",
        "refused",
        "Whether left out words count in completions.",
        _STORED,
    ),
    ParameterRule("contexts", "refused", "What completions can be filtered by.", _STORED),
    ParameterRule(
        "max_shingle_size",
        "refused",
        "How many words search_as_you_type puts together.",
        _STORED,
        None,
        _EXTRAS,
    ),
    ParameterRule(
        "enable_position_increments",
        "refused",
        "Whether left out words are counted.",
        _STORED,
        None,
        _EXTRAS,
    ),
    ParameterRule(
        "positive_score_impact",
        "refused",
        "Whether a high value is a good one.",
        _STORED,
        None,
        _EXTRAS,
    ),
    ParameterRule(
        "relations",
        "refused",
        "Which documents are parents and children.",
        "Documents that name a relation would belong nowhere.",
        "Takes new children and new parents in place. Refuses to take any away, and to make a child of before a parent.",
        _EXTRAS,
    ),
    ParameterRule(
        "path",
        "updated",
        "Which field an alias means.",
        "Searches by the alias ask another field from then on.",
        "Takes it in place; the field must be there.",
    ),
    ParameterRule(
        "properties",
        "filled",
        "The keys of a flattened field that have a mapping of their own.",
        _DOCUMENTS,
        "Takes new keys in place, for documents written from then on, and keeps those left out. Of a key that changed it takes what it takes of a field: another type it refuses.",
        "Checked on 9.5.3.",
    ),
    ParameterRule(
        "preserve_leaf_arrays",
        "refused",
        "How a flattened field keeps lists.",
        _STORED,
        None,
        "Checked on 9.5.3.",
    ),
    ParameterRule(
        "orientation",
        "filled",
        "Which way round polygons go.",
        "Older shapes were read the old way.",
        None,
        _READ,
    ),
    ParameterRule("strategy", "refused", "The old way of indexing shapes.", _STORED, None, _READ),
    ParameterRule(
        "value",
        "refused",
        "The value of a constant_keyword.",
        "All documents have it.",
        "Refuses it; takes it in place where none was given.",
        _READ,
    ),
    ParameterRule(
        "inference_id",
        "refused",
        "The model that makes a semantic_text's vectors.",
        "Vectors of two models cannot be compared.",
        "8 refuses it. Later versions of 9 take another endpoint whose model makes vectors of the same kind, and any "
        "while nothing is indexed; that is not known here, so it counts as refused.",
        _READ,
    ),
    ParameterRule(
        "search_inference_id",
        "updated",
        "The model that makes a query's vector.",
        "It is about queries alone.",
        None,
        _READ,
    ),
    ParameterRule(
        "chunking_settings",
        "filled",
        "How a semantic_text is cut into pieces.",
        "Older documents were cut the old way.",
        None,
        _READ,
    ),
    ParameterRule(
        "metrics",
        "refused",
        "Which figures an aggregate_metric_double holds.",
        _STORED,
        None,
        _READ,
    ),
    ParameterRule(
        "default_metric",
        "refused",
        "Which figure of an aggregate_metric_double queries mean.",
        _STORED,
        None,
        _READ,
    ),
    ParameterRule(
        "priority",
        "updated",
        "Which passthrough object wins.",
        "It decides which field a name without its object means in searches.",
        "Takes a higher one in place; of a lower one it says nothing and keeps the old.",
        _READ,
    ),
    *(
        ParameterRule(
            name,
            "refused",
            f"`{name}` of an icu_collation_keyword.",
            "The sort keys of older documents were made the old way.",
            None,
            _READ,
        )
        for name in (
            "language",
            "country",
            "variant",
            "rules",
            "strength",
            "decomposition",
            "alternate",
            "case_level",
            "case_first",
            "numeric",
            "variable_top",
            "hiragana_quaternary_mode",
        )
    ),
)
