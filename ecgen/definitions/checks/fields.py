"""Check fields, properties and multi-fields: names, nesting, and combinations of type, keys and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecgen.diagnostics.problems import quoted
from ecgen.elasticsearch.field_types import FIELD_TYPES, FieldType
from ecgen.elasticsearch.limits import DEPTH, mapping_limits
from ecgen.elasticsearch.settings import flat

from ..reporter import Report, Where
from . import conflicts
from .field_values import check_values
from .names import check_own_name


def check_properties(
    report: Report, properties: Mapping[str, Any], path: Where, depth: int = 1
) -> None:
    """Report problems of the fields below `fields` of a model or `properties` of an object."""
    names: dict[str, str] = {}
    for key, definition in properties.items():
        here = (*path, key)
        if isinstance(definition, dict):
            _field(report, definition, here, depth)
        name = definition.get("name", key) if isinstance(definition, dict) else key
        other = names.setdefault(name, key)
        if other != key:
            message = (
                f"{quoted(key)} and {quoted(other)} have one Elasticsearch name, {quoted(name)}"
            )
            report.at_key(here, "duplicate-name", message)


def _field(report: Report, definition: Mapping[str, Any], path: Where, depth: int) -> None:
    """Check one field of a model, or one property, in long form."""
    if depth == 1 and "name" in definition:
        check_own_name(report, definition["name"], (*path, "name"))
    row = row_of(definition)
    if row is None:
        return
    if row.json == "object" and depth == _depth_limit(report.raw.data):
        message = f"objects nest deeper than Elasticsearch allows, {depth} levels"
        hint = "settings can raise 'mapping.depth.limit'"
        report.at_key(path, "nesting-limit", message, hint)
        return
    conflicts.check(report, row, definition, path)
    if "auto" in definition:
        _auto(report, definition, path, depth)
    check_values(report, row, definition, path)
    if "properties" in definition:
        check_properties(report, definition["properties"], (*path, "properties"), depth + 1)
    for key, part in (definition.get("fields") or {}).items():
        part_row = row_of(part)
        if part_row is not None and isinstance(part, dict):
            conflicts.check(report, part_row, part, (*path, "fields", key))


def _auto(report: Report, definition: Mapping[str, Any], path: Where, depth: int) -> None:
    """Report `auto` on properties of objects, and together with options that conflict with it."""
    here = (*path, "auto")
    if depth > 1:
        message = "'auto' is for dates of the model itself, and this one is inside an object"
        report.at_key(here, "misplaced-key", message)
    for name in ("default", "enum"):
        if definition.get(name) is not None:
            message = (
                f"'auto' and '{name}' exclude each other: the date is stamped when it is written"
            )
            report.at_key(here, "parameter-conflict", message)
    if definition.get("many") is True:
        report.at_key(
            here, "parameter-conflict", "'auto' stamps one date, and the field holds many"
        )


_STUB = frozenset({"name", "fields"})


def type_of(definition: Any) -> str | None:
    """Return the type in a field's definition, short or long form; None if it has none."""
    return definition.get("type") if isinstance(definition, dict) else definition


def row_of(definition: Any) -> FieldType | None:
    """Return the type row of a field; None if ecgen does not know the type or the gate refused the field."""
    name = type_of(definition)
    if name is not None:
        return FIELD_TYPES.get(name)
    # Refused fields keep only their names; other fields without a type are objects.
    return FIELD_TYPES["object"] if definition and definition.keys() - _STUB else None


def _depth_limit(data: Mapping[str, Any]) -> int:
    """Return index.mapping.depth.limit: 9.5.3 refuses an object at level 20, counting the model's own fields as level 1."""
    written = {setting.name: setting.value for setting in flat(data.get("settings"))}
    limit = written.get(DEPTH)
    return limit if isinstance(limit, int) else mapping_limits(9)[DEPTH]
