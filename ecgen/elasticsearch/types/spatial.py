"""Points, shapes and vectors."""

from __future__ import annotations

from typing import Final

from ..parameters import (
    BOOLEAN,
    COERCE,
    COPY_TO,
    DOC_VALUES,
    FIELDS,
    IGNORE_MALFORMED,
    IGNORE_Z_VALUE,
    INDEX,
    META,
    NUMBER,
    ON_SCRIPT_ERROR,
    ORIENTATION,
    SCRIPT,
    STORE,
    SYNTHETIC_SOURCE_KEEP,
    null_value,
    one_of,
)
from ..vector_indices import INDEX_OPTIONS
from .row import FieldType, Parameter, rows, since, table, with_default

_POINT: Final = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 3},
        {
            "type": "object",
            "properties": {
                "lat": {"type": "number", "minimum": -90, "maximum": 90},
                "lon": {"type": "number", "minimum": -180, "maximum": 180},
            },
            "required": ["lat", "lon"],
            "additionalProperties": False,
        },
    ]
}
_SHAPE_IN: Final = "Mapping[str, Any] | str"

SPACES = rows(
    [
        FieldType(
            "geo_point",
            "A place on Earth.",
            table(
                DOC_VALUES,
                FIELDS,
                IGNORE_MALFORMED,
                IGNORE_Z_VALUE,
                since("7.14", INDEX),
                null_value(_POINT),
                ON_SCRIPT_ERROR,
                SCRIPT,
                STORE,
                Parameter(
                    "time_series_metric",
                    "Marks the field as a time series of positions.",
                    one_of("position"),
                    None,
                    since="8.8",
                ),
                COPY_TO,
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="GeoPointType",
            python="GeoPoint",
            accepts="GeoPoint | Mapping[str, float] | Sequence[float] | str",
            query="GeoPoint | Mapping[str, float] | Sequence[float] | str",
            json="geo_point",
            sortable=False,  # only by distance: 7.17 and 9.5.3 refuse a plain sort
        ),
        FieldType(
            "geo_shape",
            "A shape on Earth, as GeoJSON or WKT.",
            table(
                with_default(COERCE, False),
                since("8.4", DOC_VALUES),
                FIELDS,
                IGNORE_MALFORMED,
                IGNORE_Z_VALUE,
                INDEX,
                ORIENTATION,
                Parameter(
                    "strategy",
                    "The deprecated indexing strategy.",
                    one_of("recursive", "term"),
                    deprecated="prefix trees were removed, leave it out",
                ),
                STORE,
                COPY_TO,
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="GeoShape",
            python="dict[str, Any] | str",
            accepts=_SHAPE_IN,
            query=_SHAPE_IN,
            json="any",
            module="spatial",
            sortable=False,
        ),
        FieldType(
            "point",
            "A point in a plane.",
            table(
                since("8.4", DOC_VALUES),
                FIELDS,
                IGNORE_MALFORMED,
                IGNORE_Z_VALUE,
                INDEX,
                null_value(
                    {
                        "anyOf": [
                            {"type": "string", "minLength": 1},
                            {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 3},
                            {
                                "type": "object",
                                "properties": {"x": NUMBER, "y": NUMBER},
                                "required": ["x", "y"],
                                "additionalProperties": False,
                            },
                        ]
                    }
                ),
                STORE,
                COPY_TO,
                META,
            ),
            data_type="Point",
            python="dict[str, Any] | str",
            accepts="Mapping[str, Any] | Sequence[float] | str",
            query="Mapping[str, Any] | Sequence[float] | str",
            json="any",
            since="7.8",
            module="spatial",
            sortable=False,
        ),
        FieldType(
            "shape",
            "A shape in a plane, as GeoJSON or WKT.",
            table(
                with_default(COERCE, False),
                since("8.4", DOC_VALUES),
                FIELDS,
                IGNORE_MALFORMED,
                IGNORE_Z_VALUE,
                INDEX,
                ORIENTATION,
                STORE,
                COPY_TO,
                META,
            ),
            data_type="Shape",
            python="dict[str, Any] | str",
            accepts=_SHAPE_IN,
            query=_SHAPE_IN,
            json="any",
            since="7.4",
            module="spatial",
            sortable=False,
        ),
        FieldType(
            "dense_vector",
            "A vector of numbers for nearest-neighbour search.",
            table(
                Parameter(
                    "dims",
                    "The number of dimensions; default: that of the first document.",
                    {"type": "integer", "minimum": 1, "maximum": 32768},
                ),
                Parameter(
                    "element_type",
                    "The type of the vector's elements.",
                    one_of("float", "byte", "bit", "bfloat16"),
                    "float",
                    since="8.6",
                ),
                Parameter("index", "Whether nearest neighbours can be searched.", BOOLEAN, True),
                Parameter(
                    "similarity",
                    "The similarity function.",
                    one_of("cosine", "dot_product", "l2_norm", "max_inner_product"),
                    since="8.0",
                ),
                Parameter(
                    "index_options",
                    "The algorithm of the index and its settings.",
                    {
                        "type": "object",
                        "properties": {"type": one_of(*INDEX_OPTIONS)},
                        "required": ["type"],
                    },
                    since="8.0",
                ),
                FIELDS,
                COPY_TO,
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="DenseVector",
            python="list[float]",
            accepts="Sequence[float]",
            query="Sequence[float]",
            json="vector",
            since="7.3",
            module="vectors (before 8.0)",
            multi_field=False,
            many=False,
            sortable=False,
        ),
        FieldType(
            "rank_vectors",
            "Several vectors of numbers, for late interaction ranking.",
            table(
                Parameter(
                    "dims",
                    "The number of dimensions; default: that of the first document.",
                    {"type": "integer", "minimum": 1, "maximum": 32768},
                ),
                Parameter(
                    "element_type",
                    "The type of the vectors' elements.",
                    one_of("float", "byte", "bit", "bfloat16"),
                    "float",
                ),
                META,
            ),
            data_type="RankVectors",
            python="list[list[float]]",
            accepts="Sequence[Sequence[float]]",
            query="Any",
            json="matrix",
            since="8.18",
            module="rank-vectors",
            many=False,
            multi_field=False,
            sortable=False,
        ),
        FieldType(
            "sparse_vector",
            "Weights by token, as ELSER makes them.",
            table(
                # The default is true from 9.2 on (9.5.3), false before (8.19.21).
                Parameter("store", "Whether the weights are stored.", BOOLEAN, since="8.15"),
                Parameter(
                    "index_options",
                    "Which tokens queries leave out.",
                    {
                        "type": "object",
                        "properties": {
                            "prune": BOOLEAN,
                            "pruning_config": {
                                "type": "object",
                                "properties": {
                                    "tokens_freq_ratio_threshold": {
                                        "type": "number",
                                        "minimum": 1,
                                        "maximum": 100,
                                    },
                                    "tokens_weight_threshold": {
                                        "type": "number",
                                        "minimum": 0,
                                        "maximum": 1,
                                    },
                                },
                                "additionalProperties": False,
                            },
                        },
                        "additionalProperties": False,
                    },
                    since="8.19",
                ),
                FIELDS,
                COPY_TO,
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="SparseVector",
            python="dict[str, float]",
            accepts="Mapping[str, float]",
            query="str",
            json="weights",
            since="8.11",
            multi_field=False,
            many=False,
            sortable=False,
        ),
    ]
)
