"""Check that `default`, `enum` and `null_value` of a field are values of its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecgen.diagnostics.problems import did_you_mean, quoted
from ecgen.elasticsearch.field_types import FIELD_TYPES, FieldType

from ..held_values import faulty_key, misfit
from ..reporter import Report, Where


def check_values(
    report: Report, row: FieldType, definition: Mapping[str, Any], path: Where
) -> None:
    """Report values in `enum`, `default` and `null_value` that a field of this type cannot hold."""
    if "enum" in definition:
        _enum(report, row, definition, (*path, "enum"))
    if definition.get("default") is not None:
        _default(report, row, definition, (*path, "default"), definition.get("enum"))
    null_value = definition.get("null_value")
    if (
        null_value is not None
        and "null_value" in row.parameters
        and row.json in ("date", "ip", "geo_point")
    ):
        wrong = misfit(row, definition, null_value, for_server=True)
        if wrong:
            message = f"'null_value' of {row.name} cannot be {quoted(null_value)}: it {wrong}"
            report.at_value((*path, "null_value"), "wrong-parameter", message)


def _enum(report: Report, row: FieldType, definition: Mapping[str, Any], path: Where) -> None:
    enum = definition["enum"]
    seen: set[tuple[type, Any]] = set()
    for position, value in enumerate(enum):
        here = (*path, position)
        wrong = misfit(row, definition, value)
        if wrong:
            said, _, hint = wrong.partition("; ")
            report.at_value(
                here,
                "wrong-enum",
                f"'enum' of {row.name} cannot contain {quoted(value)}: it {said}",
                hint or None,
            )
        elif (type(value), value) in seen:
            report.at_value(here, "wrong-enum", f"'enum' lists {quoted(value)} twice")
        if not wrong:
            seen.add((type(value), value))


def _default(
    report: Report,
    row: FieldType,
    definition: Mapping[str, Any],
    path: Where,
    enum: list[Any] | None,
) -> None:
    default = definition["default"]
    if definition.get("many") is True:
        if not isinstance(default, list):
            message = (
                f"the default of a field with 'many: true' must be a list, not {quoted(default)}"
            )
            report.at_value(
                path,
                "wrong-default",
                message,
                f"write [{default}]" if isinstance(default, str) else None,
            )
            return
        members = [((*path, position), value) for position, value in enumerate(default)]
    elif isinstance(default, list) and row.json not in ("vector", "matrix", "geo_point", "any"):
        message = f"the default {quoted(default)} is a list, but the field holds one value"
        report.at_value(path, "wrong-default", message, "is 'many: true' missing?")
        return
    else:
        members = [(path, default)]
    for here, value in members:
        wrong = misfit(row, definition, value)
        if wrong:
            said, _, remedy = wrong.partition("; ")
            message = f"the default of {row.name} cannot be {quoted(value)}: it {said}"
            key = faulty_key(row, definition, value)
            place = here if key is None else (*here, key)
            say = report.at_key if said.startswith("has a bound") else report.at_value
            say(place, "wrong-default", message, remedy or None)
        elif enum is not None and not any(
            type(value) is type(each) and value == each for each in enum
        ):
            message = f"the default {quoted(value)} is not in the field's 'enum'"
            hint = did_you_mean(value, [each for each in enum if isinstance(each, str)])
            report.at_value(here, "default-not-in-enum", message, hint)
        elif row.json == "object" and isinstance(value, dict):
            _object_default(report, definition.get("properties"), value, here)


def _object_default(
    report: Report, properties: Any, default: Mapping[str, Any], path: Where
) -> None:
    if not isinstance(properties, dict):
        return
    for key, value in default.items():
        part = properties.get(key)
        if key not in properties:
            message = f"the default has {quoted(key)}, which is not one of the 'properties'"
            report.at_key((*path, key), "wrong-default", message, did_you_mean(key, properties))
            continue
        written: Mapping[str, Any] = part if isinstance(part, dict) else {"type": part}
        kind = written.get("type")
        row = FIELD_TYPES.get(str(kind))
        if row and row.stored and value is not None:
            _default(report, row, {**written, "default": value}, (*path, key), None)
