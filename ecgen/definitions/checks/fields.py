"""Fields, properties and multi-fields: their names, types, keys and parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ecgen.diagnostics.problems import did_you_mean, near_miss, quoted
from ecgen.diagnostics.reporter import Report, Where
from ecgen.elasticsearch.field_types import FIELD_TYPES, FieldType
from ecgen.elasticsearch.limits import DEPTH, mapping_limits

from ..fragments import misfits, subject
from ..language import FIELD_KEYS, JOIN_KINDS
from . import conflicts
from .field_values import check_values
from .index_settings import setting
from .names import check_member_name
from .parameters import PARAMETERS, check_parameter_value, type_of, unknown_parameter

# What people write who come from Python, SQL or other mappers.
_OTHER_WORLDS = {
    "string": "did you mean 'keyword' (found as a whole) or 'text' (found by its words)?",
    "str": "did you mean 'keyword' (found as a whole) or 'text' (found by its words)?",
    "varchar": "did you mean 'keyword' (found as a whole) or 'text' (found by its words)?",
    "uuid": "did you mean 'keyword'?",
    "enum": "did you mean 'keyword' with 'enum: […]'?",
    "url": "did you mean 'keyword'?",
    "int": "did you mean 'integer'?",
    "bigint": "did you mean 'long'?",
    "number": "did you mean 'long', 'double' or 'scaled_float'?",
    "decimal": "did you mean 'scaled_float'?",
    "money": "did you mean 'scaled_float'?",
    "datetime": "did you mean 'date'?",
    "timestamp": "did you mean 'date'?",
    "time": "did you mean 'date'?",
    "bool": "did you mean 'boolean'?",
    "bytes": "did you mean 'binary'?",
    "dict": "did you mean 'object' or 'flattened'?",
    "json": "did you mean 'object' or 'flattened'?",
    "map": "did you mean 'object' or 'flattened'?",
    "list": "Elasticsearch has no arrays; give the type of the members and 'many: true'",
    "array": "Elasticsearch has no arrays; give the type of the members and 'many: true'",
    "custom": None,
}


def check_properties(report: Report, properties: Any, path: Where, depth: int = 1) -> None:
    """The mapping of names to fields below `fields` of a model or `properties` of an object."""
    if not isinstance(properties, dict):
        what = "'fields'" if path == ("fields",) else "'properties'"
        message = f"{what} must be a mapping of names to fields, not {quoted(properties)}"
        hint = None
        if isinstance(properties, str) and "\u00a0" in properties:
            hint = "it has a non-breaking space in it, which YAML takes for a letter"
        elif isinstance(properties, str) and re.match(r"[^\s:]+:\S", properties):
            hint = "is a space missing after ':'?"
        report.at_value(path, "wrong-value", message, hint)
        return
    names: dict[str, str] = {}
    for key, definition in properties.items():
        here = (*path, key)
        if not check_member_name(report, key, here, top=depth == 1):
            continue
        check_field(report, key, definition, here, depth)
        name = definition.get("name", key) if isinstance(definition, dict) else key
        if isinstance(name, str):
            other = names.setdefault(name, key)
            if other != key:
                message = (
                    f"{quoted(key)} and {quoted(other)} have one Elasticsearch name, {quoted(name)}"
                )
                report.at_key(here, "duplicate-name", message)
    if not _keeps_dots(report.raw.data, path):
        _check_dotted(report, names, properties, path)


def _keeps_dots(data: Any, path: Where) -> bool:
    """Whether `subobjects: false` stands above: dots are then part of names, and make no objects."""
    for step in (*path, None):
        if not isinstance(data, Mapping):
            return False
        if data.get("subobjects") is False:
            return True
        data = data.get(step)
    return False


def _check_dotted(
    report: Report, names: Mapping[str, str], properties: Mapping[str, Any], path: Where
) -> None:
    """A name with a dot is a property of an object, which its first part then is."""
    for name, key in names.items():
        parts = name.split(".")
        for length in range(1, len(parts)):
            other = names.get(".".join(parts[:length]))
            kind = type_of(properties.get(other)) if other else None
            if kind is not None and kind not in ("object", "nested", "passthrough"):
                message = f"{quoted(key)} makes {quoted(other)} an object, but it is {kind}"
                report.at_key((*path, key), "field-name", message)
            elif other and ".".join(parts[length:]) in _sub_names(properties[other]):
                message = f"{quoted(key)} stands in {quoted(other)} already"
                report.at_key((*path, key), "duplicate-name", message)


def _sub_names(definition: Any) -> frozenset[str]:
    properties = definition.get("properties") if isinstance(definition, dict) else None
    return frozenset(properties) if isinstance(properties, dict) else frozenset()


def check_field(report: Report, key: str, definition: Any, path: Where, depth: int) -> None:
    """One field of a model, or one property."""
    if isinstance(definition, str):
        row = _type(report, definition, path, short=True)
        if row:
            _required(report, row, {"type": definition}, path)
        return
    if not isinstance(definition, dict):
        message = f"the field {quoted(key)} must be a type or a mapping with one, not {quoted(definition)}"
        if definition is None:
            message = f"the field {quoted(key)} has no type"
        (report.at_key if definition is None else report.at_value)(
            path,
            "missing-key" if definition is None else "wrong-value",
            message,
            f"write '{key[:40]}: keyword', or '{key[:40]}: {{type: keyword}}'",
        )
        return
    _own_keys(report, definition, path, top=depth == 1)
    if "type" not in definition and not _is_object(definition):
        _missing_type(report, key, definition, path)
        return
    kind = definition.get("type", "object")
    if isinstance(kind, str) and kind not in FIELD_TYPES and "unchecked" in definition:
        _all_unchecked(report, definition, path)
        return
    row = _type(report, kind, (*path, "type"))
    if row is None:
        return
    for name, value in definition.items():
        if name in row.parameters:
            _parameter(report, row, name, value, (*path, name), depth)
        elif name not in FIELD_KEYS:
            unknown_parameter(report, row, name, (*path, name), value=value)
    if row.json == "object" and depth == _depth_limit(report.raw.data):
        message = f"objects nest deeper than Elasticsearch allows, {depth} levels"
        hint = "settings can raise 'mapping.depth.limit'"
        report.at_key(path, "nesting-limit", message, hint)
        return
    _required(report, row, definition, path)
    _ecgen_conflicts(report, row, definition, path)
    conflicts.check(report, row, definition, path)
    check_values(report, row, definition, path)


def _is_object(definition: Mapping[str, Any]) -> bool:
    """Whether a field without a type is an object, as servers show objects; also by what is passed on unchecked."""
    written = set(definition) - set(FIELD_KEYS)
    passed_on = definition.get("unchecked")
    signs = written | set(passed_on if isinstance(passed_on, dict) else ())
    return bool(signs & _OBJECT_SIGNS) and written <= set(FIELD_TYPES["object"].parameters)


def _all_unchecked(report: Report, definition: Mapping[str, Any], path: Where) -> None:
    """A field of a type that ecgen does not know: nothing can be said of it but where its parameters belong."""
    for name in definition:
        if name not in FIELD_KEYS:
            kind = quoted(definition["type"])
            message = f"ecgen does not know the type {kind}, nor whether it takes {quoted(name)}"
            report.at_key((*path, name), "unknown-parameter", message, "move it to 'unchecked'")


# What makes a field without a type an object, as servers show objects.
_OBJECT_SIGNS = frozenset({"properties", "dynamic", "enabled", "subobjects"})


def _row(report: Report, key: str, definition: Mapping[str, Any], path: Where) -> FieldType | None:
    """The type of a field in long form; None where there is none to check by, which is reported."""
    if "type" in definition:
        if "unchecked" in definition and isinstance(definition["type"], str):
            return FIELD_TYPES.get(definition["type"])
        return _type(report, definition["type"], (*path, "type"))
    if _is_object(definition):
        return FIELD_TYPES["object"]
    _missing_type(report, key, definition, path)
    return None


def _depth_limit(data: Mapping[str, Any]) -> int:
    """index.mapping.depth.limit: 9.5.3 refuses an object at level 20, where the model's own fields are at level 1."""
    limit = setting(data, DEPTH)
    return limit if isinstance(limit, int) else mapping_limits(9)[DEPTH]


def _missing_type(report: Report, key: str, definition: Mapping[str, Any], path: Where) -> None:
    for name in definition:
        wrote = near_miss(name, ["type"])
        if wrote and name not in FIELD_KEYS and name not in PARAMETERS:
            message = f"{quoted(name)} is no key of a field"
            report.at_key((*path, name), "unknown-key", message, "did you mean 'type'?")
            return
    hint = None
    if "properties" in definition:
        hint = "with 'properties' it is 'object' or 'nested'"
    elif "target" in definition:
        hint = "a join belongs under 'joins'"
    elif definition and all(type_of(part) in FIELD_TYPES for part in definition.values()):
        hint = "sub-fields stand under 'properties', beside 'type: object'"
    report.at_key(path, "missing-key", f"the field {quoted(key)} has no 'type'", hint)


def _type(report: Report, name: Any, path: Where, short: bool = False) -> FieldType | None:
    row = FIELD_TYPES.get(name) if isinstance(name, str) else None
    if row:
        return row
    if not isinstance(name, str) or not name:
        report.at_value(
            path,
            "wrong-value",
            f"a field's type must be a name such as 'keyword', not {quoted(name)}",
        )
        return None
    hint = _OTHER_WORLDS.get(name.lower(), did_you_mean(name, FIELD_TYPES))
    if name in JOIN_KINDS:
        hint = "that is a join; it belongs under 'joins'"
    elif name.startswith("type "):
        hint = "is a ':' missing after 'type'?"
    elif short and " " in name.strip():
        hint = hint or "write more than a type as {type: …, …}"
    report.at_value(path, "unknown-type", f"{quoted(name)} is no field type of Elasticsearch", hint)
    return None


def _parameter(
    report: Report, row: FieldType, name: str, value: Any, path: Where, depth: int
) -> None:
    if name == "properties":
        check_properties(report, value, path, depth + 1)
    elif name == "fields":
        _multi_fields(report, value, path)
    else:
        check_parameter_value(report, row, name, value, path)


def _multi_fields(report: Report, parts: Any, path: Where) -> None:
    if not isinstance(parts, dict):
        report.at_value(
            path,
            "wrong-value",
            f"'fields' must be a mapping of names to fields, not {quoted(parts)}",
        )
        return
    for key, part in parts.items():
        here = (*path, key)
        if not key.strip() or "." in key:
            what = "contain a dot" if key.strip() else "be empty"
            report.at_key(
                here, "multi-field", f"the name of a multi-field may not {what}: {quoted(key)}"
            )
            continue
        if not check_member_name(report, key, here, top=False):
            continue
        if not isinstance(part, str | dict):
            report.at_value(
                here,
                "wrong-value",
                f"the multi-field {quoted(key)} must be a type or a mapping with one, not {quoted(part)}",
            )
            continue
        if isinstance(part, dict) and "type" not in part:
            _missing_type(report, key, part, here)
            continue
        short = isinstance(part, str)
        written: Mapping[str, Any] = {"type": part} if isinstance(part, str) else part
        if written["type"] not in FIELD_TYPES and "unchecked" in written:
            _all_unchecked(report, written, here)
            continue
        row = (
            _type(report, part, here, short=True)
            if isinstance(part, str)
            else _row(report, key, written, here)
        )
        if row is None:
            continue
        if not row.multi_field:
            report.at_value(
                here if short else (*here, "type"),
                "multi-field",
                f"{row.name} cannot be a multi-field",
            )
            continue
        for name, value in written.items():
            if name in ("type", "unchecked"):
                continue
            if name in ("fields", "copy_to"):
                what = "multi-fields of its own" if name == "fields" else "'copy_to'"
                report.at_key(
                    (*here, name),
                    "multi-field",
                    f"a multi-field cannot have {what}",
                    "say it of the field itself",
                )
            elif name in FIELD_KEYS:
                message = f"'{name}' cannot stand in a multi-field"
                report.at_key((*here, name), "misplaced-key", message, "say it of the field itself")
            elif name in row.parameters:
                check_parameter_value(report, row, name, value, (*here, name))
            else:
                unknown_parameter(report, row, name, (*here, name), own=False)
        _required(report, row, written, here)
        conflicts.check(report, row, written, here)


def _own_keys(report: Report, definition: Mapping[str, Any], path: Where, top: bool) -> None:
    for name, value in definition.items():
        if name in FIELD_KEYS and name not in ("type", "default", "enum"):
            for misfit in misfits(FIELD_KEYS[name].schema, value):
                say = report.at_key if misfit.key else report.at_value
                say(
                    (*path, name, *misfit.path),
                    "wrong-value",
                    f"'{subject(name, misfit)}' {misfit.text}",
                    misfit.hint,
                )
    own_name = definition.get("name")
    if isinstance(own_name, str) and own_name:
        check_member_name(report, own_name, (*path, "name"), top=top, at_value=True)


def _required(report: Report, row: FieldType, definition: Mapping[str, Any], path: Where) -> None:
    unchecked = definition.get("unchecked")
    given = {*definition, *(unchecked if isinstance(unchecked, dict) else ())}
    for name in row.required - given:
        if any(
            near_miss(key, [name])
            for key in definition
            if key not in row.parameters and key not in FIELD_KEYS
        ):
            continue  # the misspelt one is reported already
        rule = "scaling-factor" if name == "scaling_factor" else "missing-parameter"
        hint = "'scaling_factor: 100' keeps two decimals" if name == "scaling_factor" else None
        field = quoted(str(path[-1]))
        report.at_key(path, rule, f"the field {field} is {row.name} and needs '{name}'", hint)


def _ecgen_conflicts(
    report: Report, row: FieldType, definition: Mapping[str, Any], path: Where
) -> None:
    if definition.get("many") is True and not row.many:
        report.at_key(
            (*path, "many"),
            "parameter-conflict",
            f"a document holds one value of {row.name}, not many",
        )
    if "python" in definition and row.name != "scaled_float":
        message = f"'python' is for scaled_float, not for {row.name}"
        report.at_key((*path, "python"), "misplaced-key", message)
    if not row.stored:
        for name in ("required", "many", "default", "enum", "private", "python"):
            if name in definition and not (name == "many" and definition["many"] is True):
                message = (
                    f"'{name}' makes no sense here: a document holds nothing under an {row.name}"
                )
                report.at_key((*path, name), "parameter-conflict", message)
