"""Whether a field of a type accepts a stored value, as leniently as servers do.

Seen on 9.5.3 and 7.17.29: numbers accept numeric strings, drop fractions and take an empty string for no value (`coerce`),
keywords and texts accept any scalar, an empty string is false. A type not covered here is assumed to accept the value: then the server decides
during the copy.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ecgen.definitions.held_values import misfit
from ecgen.elasticsearch.field_types import FIELD_TYPES

Json = Any
_LUCENE_MOST: Final = 32766
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_DATE: Final = re.compile(r"[+-]?\d{4,}(-\d\d){0,2}(T.*)?|-?\d+(\.\d*)?", re.ASCII)
"""Of the default format: strict_date_optional_time, or milliseconds."""


def fits(mapping: Mapping[str, Json], value: Json) -> bool:
    """Return whether a field with this mapping accepts the value; lists are checked member by member."""
    return all(_fits(mapping, each) for each in _members(value))


def indexed_differently(mapping: Mapping[str, Json], value: Json) -> str:
    """Return how the index of such a field differs from the value, which `_source` keeps; empty if it does not. Seen on
    9.5.3 and 7.17.29."""
    kind = str(mapping.get("type", "object"))
    for each in _members(value):
        if not _fits({**mapping, "ignore_malformed": False}, each):
            return "is malformed, and ignore_malformed leaves it out of the index"
        if kind in _WHOLE and (number := _number(mapping, each)) is not None:
            if int(number) != number:
                return "has a fraction, which the index drops"
        elif kind == "keyword" and len(str(each)) > mapping.get("ignore_above", math.inf):
            return "is longer than ignore_above, which leaves it out of the index"
    return ""


def _members(value: Json) -> Iterator[Json]:
    if isinstance(value, list):
        for each in value:
            yield from _members(each)
    elif value is not None:
        yield value


def _fits(mapping: Mapping[str, Json], value: Json) -> bool:
    kind = str(mapping.get("type", "object"))
    if str(mapping.get("ignore_malformed", "false")).lower() == "true":
        return True
    if kind in ("object", "nested", "flattened", "passthrough"):
        return isinstance(value, dict)
    check = _CHECKS.get(kind)
    return check is None or check(mapping, value)


def _text(mapping: Mapping[str, Json], value: Json) -> bool:
    if isinstance(value, dict):
        return False
    if (
        mapping.get("type") == "keyword"
        and isinstance(value, str)
        and "ignore_above" not in mapping
    ):
        return len(value.encode()) <= _LUCENE_MOST
    return True


def _number(mapping: Mapping[str, Json], value: Json) -> float | None:
    if isinstance(value, (bool, dict)):
        return None
    if isinstance(value, str):
        if str(mapping.get("coerce", "true")).lower() == "false":
            return None
        text = value if mapping.get("type") == "long" else value.strip()
        if not _NUMBER.fullmatch(text):
            return None
        value = int(text) if text.lstrip("+-").isdigit() else float(text)
    return value if isinstance(value, int) or math.isfinite(value) else None


def _is_left_out(mapping: Mapping[str, Json], value: Json) -> bool:
    return value == "" and str(mapping.get("coerce", "true")).lower() != "false"


def _whole(mapping: Mapping[str, Json], value: Json) -> bool:
    number = _number(mapping, value)
    if number is None:
        return _is_left_out(mapping, value)
    if int(number) != number and str(mapping.get("coerce", "true")).lower() == "false":
        return False
    row = FIELD_TYPES[str(mapping["type"])]
    return (row.minimum is None or int(number) >= row.minimum) and (
        row.maximum is None or int(number) <= row.maximum
    )


def _decimal(mapping: Mapping[str, Json], value: Json) -> bool:
    number = _number(mapping, value)
    if number is None:
        return _is_left_out(mapping, value)
    most = {"half_float": 65520.0, "float": 3.4028235677973366e38}.get(str(mapping["type"]))
    if most is not None:
        return abs(number) < most
    if mapping["type"] == "scaled_float":
        return abs(number * float(mapping.get("scaling_factor", 1))) < 2**63
    return True


def _boolean(mapping: Mapping[str, Json], value: Json) -> bool:
    return isinstance(value, bool) or value in ("true", "false", "")


def _date(mapping: Mapping[str, Json], value: Json) -> bool:
    if isinstance(value, bool | dict):
        return False
    if isinstance(value, str) and "format" not in mapping and not _DATE.fullmatch(value):
        return False
    row = FIELD_TYPES[str(mapping["type"])]
    return misfit(row, mapping, value, for_server=True) is None


def _ip(mapping: Mapping[str, Json], value: Json) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return isinstance(value, str)


_WHOLE: Final = ("byte", "short", "integer", "long", "unsigned_long")

_CHECKS: Final[dict[str, Callable[[Mapping[str, Json], Json], bool]]] = {
    "keyword": _text,
    "text": _text,
    "match_only_text": _text,
    "constant_keyword": _text,
    "wildcard": _text,
    **dict.fromkeys(_WHOLE, _whole),
    **dict.fromkeys(("float", "half_float", "double", "scaled_float"), _decimal),
    "boolean": _boolean,
    "date": _date,
    "date_nanos": _date,
    "ip": _ip,
}
