"""Check whether a `default` or an `enum` member is a value of the field's type."""

from __future__ import annotations

import base64
import binascii
import datetime
import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ecgen.diagnostics.problems import did_you_mean, quoted
from ecgen.elasticsearch.date_formats import DEFAULT_FORMATS, ISO_NAMES, alternatives
from ecgen.elasticsearch.field_types import FieldType
from ecgen.elasticsearch.number_ranges import REAL

_BOUNDS = ("gte", "gt", "lte", "lt")
_ISO = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?"
    r"(?:Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?"
)
_GEOHASH = re.compile(r"[0-9b-hjkmnp-z]{1,12}")
_WKT_POINT = re.compile(r"POINT\s*\(\s*([-+.\deE]+)\s+([-+.\deE]+)(?:\s+[-+.\deE]+)?\s*\)", re.I)


def misfit(
    row: FieldType, parameters: Mapping[str, Any], value: Any, *, for_server: bool = False
) -> str | None:
    """Return why the type cannot hold `value`, as text that follows the value in a message; None if it can.

    Args:
        row: the field's type.
        parameters: the field's definition (`format`, `scaling_factor`, `dims`, …).
        value: one value, not a list of values.
        for_server: the server reads the value as written. It accepts partial dates such as `2026-06`, which the runtime
            refuses in a `default`.
    """
    check = _CHECKS.get(row.json)
    wrong = check(row, parameters, value) if check else None
    if wrong is None and not for_server and row.json == "date":
        wrong = _part_of_a_date(parameters, value)
    return wrong


def faulty_key(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    """Return the key of a range or geo_point that is wrong; None if the value as a whole is."""
    if not isinstance(value, dict):
        return None
    if row.json == "range":
        return next((key for key in value if _range(row, parameters, {key: value[key]})), None)
    if row.json == "geo_point" and set(value) == {"lat", "lon"}:
        return "lat" if _geo_point(row, parameters, {**value, "lon": 0}) else "lon"
    return None


def _string(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    if isinstance(value, str):
        return None
    shown = "null" if value is None else str(value).lower() if isinstance(value, bool) else value
    return "is not text" + (
        "" if isinstance(value, dict | list) else f'; put it in quotes: "{shown}"'
    )


def _integer(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return "is not a whole number"
    return _bounds(row, value)


def _number(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "is not a number"
    if not math.isfinite(value):
        return "is not a finite number"
    if row.name == "scaled_float":
        factor = parameters.get("scaling_factor")
        if (
            isinstance(factor, int | float)
            and math.isfinite(factor)
            and abs(value * factor) >= 2**63
        ):
            return "is too large for its scaling_factor"
    return _bounds(row, value)


def _bounds(row: FieldType, value: float) -> str | None:
    if (
        row.minimum is not None
        and row.maximum is not None
        and not row.minimum <= value <= row.maximum
    ):
        return f"is out of range; {row.name} holds {row.minimum} to {row.maximum}"
    return None


def _boolean(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    word = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(
        str(value).lower(), str(value).lower()
    )
    return "is not true or false" + (f"; write {word}" if word in ("true", "false") else "")


def _date(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return "is not a date"
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a date"
    written = parameters.get("format", DEFAULT_FORMATS["date"])
    names = alternatives(written) if isinstance(written, str) else []
    if isinstance(value, str) and any(name in ISO_NAMES for name in names):
        match = _ISO.fullmatch(value)
        if match:
            year, month, day, hour, minute, second = (
                int(part) if part else None for part in match.groups()
            )
            try:
                datetime.datetime(
                    year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0
                )
            except ValueError:
                return "is not a date that exists"
            return None
        if re.fullmatch(r"-?\d+", value) and any("epoch" in name for name in names):
            return None
        if set(names) <= ISO_NAMES | {"epoch_millis", "epoch_second"}:
            return "is not a date; write it like 2026-01-31 or 2026-01-31T12:00:00Z"
    return None


def _part_of_a_date(parameters: Mapping[str, Any], value: Any) -> str | None:
    if not isinstance(value, str) or "format" in parameters:
        return None
    if re.fullmatch(r"-?[0-9]{5,8}", value):
        return "is not a date; write an epoch number without quotes"
    found = _ISO.fullmatch(value)
    if found and found[3] is None and len(value) < 9:
        return "names no day; write it like 2026-01-31"
    if found and (int(found[1]) == 0 or re.search(r"[T ]\d(?!\d)", value)):
        return "is not a date; write it like 2026-01-31 or 2026-01-31T12:00:00Z"
    return None


def _ip(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return "is not an IP address"
    return None


def _binary(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    try:
        base64.b64decode(value if isinstance(value, str) else "-", validate=True)
    except (binascii.Error, ValueError):
        return "is not Base64"
    return None


def _geo_point(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    lat: Any
    lon: Any
    if isinstance(value, dict):
        if set(value) != {"lat", "lon"}:
            return "is not a place; write {lat: 53.5, lon: 10.0}"
        lat, lon = value["lat"], value["lon"]
    elif isinstance(value, list) and len(value) in (2, 3):
        lon, lat = value[:2]
    elif isinstance(value, str):
        wkt = _WKT_POINT.fullmatch(value.strip())
        parts = value.split(",")
        if wkt:
            lon, lat = wkt[1], wkt[2]
        elif len(parts) in (2, 3):
            lat, lon = parts[:2]
        elif _GEOHASH.fullmatch(value):
            return None
        else:
            return "is not a place; write {lat: 53.5, lon: 10.0}"
        try:
            lat, lon = float(lat), float(lon)
        except ValueError:
            return "is not a place; write {lat: 53.5, lon: 10.0}"
    else:
        return "is not a place; write {lat: 53.5, lon: 10.0}"
    for name, number, limit in (("latitude", lat, 90), ("longitude", lon, 180)):
        if (
            isinstance(number, bool)
            or not isinstance(number, int | float)
            or not abs(number) <= limit
        ):
            return f"has no {name} from -{limit} to {limit}"
    return None


def _range(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    if row.member == "ip" and isinstance(value, str):
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            return "is not a block of addresses"
        return None
    if not isinstance(value, dict):
        return "is not a range; write {gte: …, lt: …}"
    for key, bound in value.items():
        if key not in _BOUNDS:
            hint = did_you_mean(key, _BOUNDS)
            return f"has a bound {quoted(key)}, which is not one of gte, gt, lte, lt" + (
                f"; {hint}" if hint else ""
            )
        if bound is not None and row.member is not None:
            wrong = _CHECKS[row.member](row, parameters, bound)
            if row.member == "date":
                wrong = wrong or _part_of_a_date(parameters, bound)
            if wrong:
                return f"has a wrong bound: {quoted(bound)} {wrong}"
    if {"gte", "gt"} <= set(value) or {"lte", "lt"} <= set(value):
        return "has two bounds at one end"
    low = _order(row.member, value.get("gte", value.get("gt")))
    high = _order(row.member, value.get("lte", value.get("lt")))
    if low is not None and high is not None:
        try:
            return "ends before it begins" if low > high else None
        except TypeError:
            return "has one bound with a time zone and one without"
    return None


def _order(member: str | None, bound: Any) -> Any:
    """Return a value to compare bounds by; None if their order is unknown."""
    if member == "date" and isinstance(bound, str):
        try:
            return datetime.datetime.fromisoformat(bound)
        except ValueError:
            return None
    if member == "ip" and isinstance(bound, str):
        # The server compares an IPv4 address as the IPv6 address that maps it (::ffff:0:0/96).
        address = ipaddress.ip_address(bound)
        return int(address) + (0xFFFF_0000_0000 if address.version == 4 else 0)
    return bound if isinstance(bound, int | float) and member != "date" else None


def _vector(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    if not isinstance(value, list) or any(_number(row, {}, member) for member in value):
        return "is not a list of numbers"
    dims = parameters.get("dims")
    if isinstance(dims, int) and parameters.get("element_type") != "bit" and len(value) != dims:
        return f"has {len(value)} numbers, but 'dims' says {dims}"
    return None


def _matrix(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    if not isinstance(value, list):
        return "is not a list of vectors"
    return next((wrong for member in value if (wrong := _vector(row, parameters, member))), None)


def _weights(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    if not isinstance(value, dict) or any(_number(row, {}, member) for member in value.values()):
        return "is not a mapping of names to numbers"
    if row.name == "rank_features" and any(
        weight < REAL["rank_feature"][0] for weight in value.values()
    ):
        return "has a number that is not positive"
    return None


def _object(row: FieldType, parameters: Mapping[str, Any], value: Any) -> str | None:
    return None if isinstance(value, dict) else "is not a mapping"


_CHECKS: Mapping[str, Callable[[FieldType, Mapping[str, Any], Any], str | None]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "ip": _ip,
    "binary": _binary,
    "geo_point": _geo_point,
    "range": _range,
    "vector": _vector,
    "matrix": _matrix,
    "weights": _weights,
    "object": _object,
}
