"""Numbers, booleans and the rank_feature types."""

from __future__ import annotations

from typing import Final

from ..number_ranges import REAL, WHOLE
from ..parameters import (
    COERCE,
    COPY_TO,
    DOC_VALUES,
    FIELDS,
    IGNORE_MALFORMED,
    INDEX,
    META,
    ON_SCRIPT_ERROR,
    SCRIPT,
    STORE,
    SYNTHETIC_SOURCE_KEEP,
    TIME_SERIES_DIMENSION,
    TIME_SERIES_METRIC,
    flag,
    null_value,
    one_of,
)
from .row import FieldType, Parameter, rows, since, table


def _whole(name: str, description: str) -> FieldType:
    low, high = WHOLE[name]
    return FieldType(
        name,
        description,
        table(
            COERCE,
            DOC_VALUES,
            FIELDS,
            IGNORE_MALFORMED,
            INDEX,
            null_value({"type": "integer", "minimum": low, "maximum": high}),
            ON_SCRIPT_ERROR,
            SCRIPT,
            STORE,
            TIME_SERIES_DIMENSION,
            TIME_SERIES_METRIC,
            COPY_TO,
            META,
            SYNTHETIC_SOURCE_KEEP,
        ),
        data_type={
            "long": "Long",
            "integer": "Integer",
            "short": "Short",
            "byte": "Byte",
            "unsigned_long": "UnsignedLong",
        }[name],
        python="int",
        accepts="int | str",
        query="int",
        json="integer",
        minimum=low,
        maximum=high,
    )


def _fraction(name: str, data_type: str, description: str) -> FieldType:
    low, high = REAL[name]
    return FieldType(
        name,
        description,
        table(
            COERCE,
            DOC_VALUES,
            FIELDS,
            IGNORE_MALFORMED,
            INDEX,
            null_value({"type": "number", "minimum": low, "maximum": high}),
            ON_SCRIPT_ERROR,
            SCRIPT,
            STORE,
            since("8.0", TIME_SERIES_DIMENSION),
            TIME_SERIES_METRIC,
            COPY_TO,
            META,
            SYNTHETIC_SOURCE_KEEP,
        ),
        data_type=data_type,
        python="float",
        accepts="float | int | str",
        query="float | int",
        json="number",
        minimum=low,
        maximum=high,
    )


_UNSIGNED: Final = _whole("unsigned_long", "A whole number from 0 to 2^64-1.")

NUMBERS = rows(
    [
        _whole("long", "A whole number of 64 bits."),
        _whole("integer", "A whole number of 32 bits."),
        _whole("short", "A whole number of 16 bits."),
        _whole("byte", "A whole number of 8 bits."),
        _UNSIGNED._replace(
            # The mapper of unsigned_long's module has no coerce and no script.
            parameters=table(
                *(
                    parameter
                    for name, parameter in _UNSIGNED.parameters.items()
                    if name not in ("coerce", "script", "on_script_error")
                )
            ),
            since="7.10",
            module="unsigned-long",
        ),
        _fraction("double", "Double", "A floating-point number of 64 bits."),
        _fraction("float", "Float", "A floating-point number of 32 bits."),
        _fraction("half_float", "HalfFloat", "A floating-point number of 16 bits."),
        FieldType(
            "scaled_float",
            "A number kept as a long: multiplied by `scaling_factor` and rounded.",
            table(
                Parameter(
                    "scaling_factor",
                    "The factor by which values are multiplied before rounding: 100 keeps two decimals.",
                    {"type": "number", "exclusiveMinimum": 0, "maximum": REAL["double"][1]},
                ),
                COERCE,
                DOC_VALUES,
                FIELDS,
                IGNORE_MALFORMED,
                INDEX,
                null_value(
                    {"type": "number", "minimum": REAL["double"][0], "maximum": REAL["double"][1]}
                ),
                STORE,
                since("8.0", TIME_SERIES_DIMENSION),
                TIME_SERIES_METRIC,
                COPY_TO,
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="ScaledFloat",
            python="float",
            accepts="float | int | str | decimal.Decimal",
            query="float | int | decimal.Decimal",
            json="number",
            required=frozenset({"scaling_factor"}),
            module="mapper-extras",
            minimum=REAL["scaled_float"][0],
            maximum=REAL["scaled_float"][1],
        ),
        FieldType(
            "boolean",
            "True or false.",
            table(
                DOC_VALUES,
                FIELDS,
                since("8.0", IGNORE_MALFORMED),
                INDEX,
                null_value({"type": "boolean"}),
                ON_SCRIPT_ERROR,
                SCRIPT,
                STORE,
                since("8.11", TIME_SERIES_DIMENSION),
                COPY_TO,
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="Boolean",
            python="bool",
            accepts="bool",
            query="bool",
            json="boolean",
        ),
        FieldType(
            "rank_feature",
            "A positive number that raises the score of a document.",
            table(
                flag("positive_score_impact", "Whether a greater value raises the score.", True),
                Parameter(
                    "null_value",
                    "The value indexed in place of an explicit null.",
                    {"type": "number", "exclusiveMinimum": 0, "maximum": REAL["rank_feature"][1]},
                    None,
                    since="8.8",
                ),
                FIELDS,
                COPY_TO,
                META,
            ),
            data_type="RankFeature",
            python="float",
            accepts="float | int | str",
            query="float | int",
            json="number",
            module="mapper-extras",
            many=False,
            sortable=False,
            minimum=REAL["rank_feature"][0],
            maximum=REAL["rank_feature"][1],
        ),
        FieldType(
            "rank_features",
            "Positive numbers by name that raise the score of a document.",
            table(
                flag("positive_score_impact", "Whether a greater value raises the score.", True),
                FIELDS,
                COPY_TO,
                META,
            ),
            data_type="RankFeatures",
            python="dict[str, float]",
            accepts="Mapping[str, float]",
            query="str",
            json="weights",
            module="mapper-extras",
            many=False,
            sortable=False,
            multi_field=False,
        ),
        FieldType(
            "histogram",
            "A pre-aggregated histogram: `{values: […], counts: […]}`.",
            table(
                IGNORE_MALFORMED,
                Parameter(
                    "time_series_metric",
                    "Marks the field as a time series histogram.",
                    one_of("histogram"),
                    None,
                    since="8.18",
                ),
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="Histogram",
            python="dict[str, Any]",
            accepts="Mapping[str, Any]",
            query="Any",
            json="object",
            since="7.6",
            module="analytics",
            many=False,
            sortable=False,
        ),
        FieldType(
            "exponential_histogram",
            "A histogram with exponential buckets, as OpenTelemetry sends it.",
            table(
                Parameter(
                    "time_series_metric",
                    "Marks the field as a time series histogram.",
                    one_of("histogram"),
                    None,
                ),
                META,
            ),
            data_type="ExponentialHistogram",
            python="dict[str, Any]",
            accepts="Mapping[str, Any]",
            query="Any",
            json="object",
            since="9.3",
            module="exponential-histogram",
            many=False,
            sortable=False,
        ),
        FieldType(
            "aggregate_metric_double",
            "Pre-aggregated numbers: any of min, max, sum and value_count.",
            table(
                Parameter(
                    "metrics",
                    "Which numbers a document holds.",
                    {
                        "type": "array",
                        "items": one_of("min", "max", "sum", "value_count"),
                        "minItems": 1,
                    },
                ),
                Parameter(
                    "default_metric",
                    "The metric of aggregations that name none.",
                    one_of("min", "max", "sum", "value_count"),
                ),
                IGNORE_MALFORMED,
                Parameter(
                    "time_series_metric",
                    "Which kind of time series metric the field is.",
                    one_of("gauge"),
                    None,
                    since="7.16",
                ),
                META,
            ),
            data_type="AggregateMetricDouble",
            python="dict[str, float]",
            accepts="Mapping[str, float]",
            query="float | int",
            json="weights",
            required=frozenset({"metrics", "default_metric"}),
            since="7.11",
            module="aggregate-metric",
            many=False,
        ),
    ]
)
