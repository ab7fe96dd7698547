"""Canonical forms of parameter values: spellings that mean the same to the server become equal; invalid ones are
reported.

Seen on 9.5.3, 8.19.21 and 7.17.29: `"true"` is true but `1` and `yes` are refused; `100`, `100.0` and `"100"` are one
number; `copy_to: a` is `[a]`; an empty `meta` or `fields` is none; null is absence for a few parameters and refused
for the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from ecgen.definitions.ir import Json
from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET

from .parameter_changes import NULLABLE


class RefusedValueError(ValueError):
    """No server accepts this value; the text says why."""


_BOOLEANS: Final = {True: True, False: False, "true": True, "false": False}


def canonical(type_name: str, parameter: str, value: Json) -> Json:
    """Return the value in the canonical spelling; UNSET if it means absence.

    Raises:
        RefusedValueError: every server refuses the value when it parses the mapping.
    """
    if value is None:
        if parameter in NULLABLE:
            return UNSET
        raise RefusedValueError(f"{parameter} must not be null")
    special = _SPECIAL.get(parameter)
    if special is not None:
        return special(type_name, value)
    row = FIELD_TYPES[type_name].parameters.get(parameter)
    kind = None if row is None else row.schema.get("type")
    if kind == "boolean":
        return boolean(parameter, value)
    if kind == "integer":
        return whole(parameter, value)
    if kind == "number":
        return number(parameter, value)
    return value


def boolean(name: str, value: Json) -> bool:
    """Return true or false, also from strings.

    Raises:
        RefusedValueError: it is neither.
    """
    if isinstance(value, bool) or value in ("true", "false"):
        return _BOOLEANS[value]
    raise RefusedValueError(f"{name} must be true or false, not {value!r}")


def number(name: str, value: Json) -> float:
    """Return a number, also from a string.

    Raises:
        RefusedValueError: it is not a number.
    """
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    except (TypeError, ValueError):
        raise RefusedValueError(f"{name} must be a number, not {value!r}") from None


def whole(name: str, value: Json) -> int:
    """Return a whole number, also from a string or a float; the server cuts fractions off.

    Raises:
        RefusedValueError: it is not a number.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    given = number(name, value)
    if not math.isfinite(given):
        raise RefusedValueError(f"{name} must be finite")
    return int(given)


def _copy_to(_type: str, value: Json) -> Json:
    names = value if isinstance(value, list) else [value]
    if None in names:
        raise RefusedValueError("copy_to must not hold null")
    return [str(name) for name in names] or UNSET


def _meta(_type: str, value: Json) -> Json:
    if not isinstance(value, dict):
        raise RefusedValueError("meta must be an object")
    if len(value) > 5:
        raise RefusedValueError(f"meta takes 5 keys, not {len(value)}")
    for key, text in value.items():
        if len(key) > 20:
            raise RefusedValueError(f"meta keys take 20 characters; {key!r} is longer")
        if not isinstance(text, str):
            raise RefusedValueError(f"meta values must be strings; that of {key!r} is none")
        if len(text) > 50:
            raise RefusedValueError(f"meta values take 50 characters; that of {key!r} is longer")
    return value or UNSET


def _null_value(type_name: str, value: Json) -> Json:
    kind = FIELD_TYPES[type_name].json
    if type_name == "token_count":
        kind = "integer"
    if kind == "geo_point":
        return geo_point(value)
    if kind == "boolean":
        return boolean("null_value", value)
    if kind == "integer":
        # Beyond 2^53 a float would lose digits.
        if isinstance(value, str) and value.lstrip("-").isdigit():
            return int(value)
        if not number("null_value", value).is_integer():
            raise RefusedValueError(f"null_value must be a whole number, not {value!r}")
        return whole("null_value", value)
    if kind == "number":
        return number("null_value", value)
    if isinstance(value, (dict, list)):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def geo_point(value: Json) -> Json:
    """Return latitude and longitude from the common spellings of a point; other spellings unchanged."""
    if isinstance(value, dict) and {"lat", "lon"} <= value.keys():
        return (number("lat", value["lat"]), number("lon", value["lon"]))
    if isinstance(value, list) and len(value) >= 2:
        return (number("lat", value[1]), number("lon", value[0]))
    if isinstance(value, str) and value.count(",") in (1, 2):
        parts = value.split(",")
        return (number("lat", parts[0]), number("lon", parts[1]))
    return value


def _locale(_type: str, value: Json) -> Json:
    return str(value).replace("-", "_") or "ROOT"


def _index_prefixes(_type: str, value: Json) -> Json:
    if not isinstance(value, dict):
        raise RefusedValueError("index_prefixes must be an object")
    for key in value.keys() - {"min_chars", "max_chars"}:
        raise RefusedValueError(f"index_prefixes has no {key!r}")
    return {
        "min_chars": whole("min_chars", value.get("min_chars", 2)),
        "max_chars": whole("max_chars", value.get("max_chars", 5)),
    }


def _frequency_filter(_type: str, value: Json) -> Json:
    if not isinstance(value, dict):
        raise RefusedValueError("fielddata_frequency_filter must be an object")
    return {
        "min": number("min", value.get("min", 0)),
        "max": number("max", value.get("max", 2147483647)),
        "min_segment_size": whole("min_segment_size", value.get("min_segment_size", 0)),
    }


def _index_options(type_name: str, value: Json) -> Json:
    if type_name != "sparse_vector" or not isinstance(value, dict):
        return value
    pruning = value.get("pruning_config") or {}
    prune = boolean("prune", value.get("prune", True))
    if not prune:
        return {"prune": False}
    return {
        "prune": True,
        "ratio": number(
            "tokens_freq_ratio_threshold", pruning.get("tokens_freq_ratio_threshold", 5)
        ),
        "weight": number("tokens_weight_threshold", pruning.get("tokens_weight_threshold", 0.4)),
    }


def dynamic(value: Json) -> str:
    """Return the value of `dynamic`: `true`, `false`, `strict` or `runtime`.

    Raises:
        RefusedValueError: it is none of them.
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if text in ("true", "false") or text.lower() in ("strict", "runtime"):
        return text.lower()
    raise RefusedValueError(f"dynamic must be true, false, 'strict' or 'runtime', not {value!r}")


def _dynamic(_type: str, value: Json) -> Json:
    return dynamic(value)


def _relations(_type: str, value: Json) -> Json:
    if not isinstance(value, dict):
        raise RefusedValueError("relations must be an object")
    return {
        parent: sorted({str(child) for child in (some if isinstance(some, list) else [some])})
        for parent, some in value.items()
    }


def _scaling_factor(_type: str, value: Json) -> Json:
    factor = number("scaling_factor", value)
    if not (factor > 0 and math.isfinite(factor)):
        raise RefusedValueError(f"scaling_factor must be a positive number, not {value!r}")
    return factor


def _path(_type: str, value: Json) -> Json:
    return str(value)


_SPECIAL: Final[dict[str, Callable[[str, Json], Json]]] = {
    "copy_to": _copy_to,
    "dynamic": _dynamic,
    "fielddata_frequency_filter": _frequency_filter,
    "index_options": _index_options,
    "index_prefixes": _index_prefixes,
    "locale": _locale,
    "meta": _meta,
    "null_value": _null_value,
    "path": _path,
    "relations": _relations,
    "scaling_factor": _scaling_factor,
}
