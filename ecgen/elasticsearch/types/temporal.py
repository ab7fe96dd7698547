"""Dates, IP addresses, ranges and binary values."""

from __future__ import annotations

from ..date_formats import DEFAULT_FORMATS
from ..number_ranges import REAL, WHOLE
from ..parameters import (
    COERCE,
    COPY_TO,
    DOC_VALUES,
    FIELDS,
    FORMAT,
    IGNORE_MALFORMED,
    INDEX,
    LOCALE,
    META,
    ON_SCRIPT_ERROR,
    SCRIPT,
    STORE,
    SYNTHETIC_SOURCE_KEEP,
    TIME_SERIES_DIMENSION,
    null_value,
)
from .row import FieldType, Parameter, ValueKind, rows, since, table, with_default

# The range in milliseconds since 1970; nanoseconds of date_nanos must fit into 63 bits.
_MILLIS = {"date": (-(2**63), 2**63 - 1), "date_nanos": (0, (2**63 - 1) // 1_000_000)}
_DATE_IN = "datetime.date | str | int | float"  # a datetime is a date


def _date(name: str, data_type: str, description: str, date_format: Parameter) -> FieldType:
    low, high = _MILLIS[name]
    return FieldType(
        name,
        description,
        table(
            date_format,
            DOC_VALUES,
            FIELDS,
            IGNORE_MALFORMED,
            INDEX,
            LOCALE,
            null_value(
                {
                    "anyOf": [
                        {"type": "string", "minLength": 1},
                        {"type": "integer", "minimum": low, "maximum": high},
                    ]
                }
            ),
            ON_SCRIPT_ERROR,
            SCRIPT,
            STORE,
            COPY_TO,
            META,
            SYNTHETIC_SOURCE_KEEP,
        ),
        data_type=data_type,
        python="datetime.datetime",
        accepts=_DATE_IN,
        query=_DATE_IN,
        json="date",
    )


def _range(
    name: str, data_type: str, description: str, bound: str, query: str, member: ValueKind
) -> FieldType:
    bounds = {**WHOLE, **REAL}.get(name.removesuffix("_range"))
    minimum, maximum = bounds or (None, None)
    extra = (FORMAT,) if name == "date_range" else ()
    return FieldType(
        name,
        description,
        table(
            *extra,
            COERCE,
            DOC_VALUES,
            FIELDS,
            INDEX,
            LOCALE,
            STORE,
            COPY_TO,
            META,
            SYNTHETIC_SOURCE_KEEP,
        ),
        data_type=data_type,
        python=f"Range[{bound}]",
        accepts=f"Range[{bound}] | Mapping[str, Any]" + (" | str" if member == "ip" else ""),
        query=query,
        json="range",
        member=member,
        sortable=False,
        minimum=minimum,
        maximum=maximum,
    )


TIMES = rows(
    [
        _date("date", "Date", "A point in time, to the millisecond.", FORMAT),
        _date(
            "date_nanos",
            "DateNanos",
            "A point in time between 1970 and 2262, to the nanosecond.",
            with_default(FORMAT, DEFAULT_FORMATS["date_nanos"]),
        ),
        FieldType(
            "ip",
            "An IPv4 or IPv6 address.",
            table(
                DOC_VALUES,
                FIELDS,
                IGNORE_MALFORMED,
                INDEX,
                null_value({"type": "string", "minLength": 1}),
                ON_SCRIPT_ERROR,
                SCRIPT,
                STORE,
                since("7.16", TIME_SERIES_DIMENSION),
                COPY_TO,
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="Ip",
            python="str",
            accepts="str | ipaddress.IPv4Address | ipaddress.IPv6Address",
            query="str | ipaddress.IPv4Address | ipaddress.IPv6Address",
            json="ip",
        ),
        FieldType(
            "binary",
            "Bytes, kept as Base64 and not searched.",
            table(
                with_default(DOC_VALUES, False),
                FIELDS,
                STORE,
                COPY_TO,
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="Binary",
            python="bytes",
            accepts="bytes | bytearray | memoryview | str",
            query="bytes",
            json="binary",
            sortable=False,
        ),
        _range("integer_range", "IntegerRange", "A range of integers.", "int", "int", "integer"),
        _range("long_range", "LongRange", "A range of longs.", "int", "int", "integer"),
        _range("float_range", "FloatRange", "A range of floats.", "float", "float | int", "number"),
        _range(
            "double_range", "DoubleRange", "A range of doubles.", "float", "float | int", "number"
        ),
        _range(
            "date_range", "DateRange", "A range of dates.", "datetime.datetime", _DATE_IN, "date"
        ),
        _range(
            "ip_range",
            "IpRange",
            "A range of addresses, or a CIDR block.",
            "str",
            "str | ipaddress.IPv4Address | ipaddress.IPv6Address",
            "ip",
        ),
    ]
)
