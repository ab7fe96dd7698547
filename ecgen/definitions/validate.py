"""Validate raw models: the gate first, then the checks that a schema cannot express."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecgen.diagnostics.problems import Problem, quoted

from .admission import admit
from .checks.analysis import check_analysis
from .checks.dotted_names import check_dotted_names
from .checks.fields import check_properties
from .checks.ignores import without_ignored
from .checks.join_options import check_joins
from .checks.lints import check_lints
from .checks.mappings import check_aliases, check_dynamic_templates, check_runtime
from .checks.names import check_index_name
from .checks.patterns import check_pattern
from .checks.prefixed_settings import check_settings
from .checks.references import check_references
from .compute_id import ComputeIdError
from .compute_id import parse as parse_compute_id
from .load import RawModel
from .refused_formats import complaint
from .reporter import Report, Where
from .routing import RoutingError
from .routing import parse as parse_routing

_OF_ABSTRACT = frozenset(
    {"model", "abstract", "description", "extends", "fields", "joins", "renamed_from"}
)


def validate(
    raws: Sequence[RawModel], elasticsearch: str = "9"
) -> tuple[list[RawModel], list[Problem]]:
    """Return the models without refused parts, and all problems except those that an ignore comment suppresses.

    `elasticsearch` is the server's version (`"9"`, `"7.17"`); types and parameters that are newer get a warning.
    """
    admitted: list[RawModel] = []
    found: dict[Problem, None] = {}
    for raw in raws:
        model, problems = admit(raw)
        admitted.append(model)
        found.update(dict.fromkeys(problems))
    by_name: dict[str, RawModel] = {}
    for raw in admitted:
        if isinstance(raw.data.get("model"), str):
            by_name.setdefault(raw.data["model"], raw)
    for raw in admitted:
        mixins = _mixins(raw, by_name)
        own = check(raw)
        if mixins is not None and raw.data.get("abstract") is not True:
            own += check_references(raw, mixins)
            own += check_dotted_names(raw, mixins)
            own += check_pattern(raw, mixins)
        own += check_lints(raw, mixins or (), by_name, elasticsearch)
        found.update(dict.fromkeys(own))
    return admitted, without_ignored(raws, list(found))


def check(raw: RawModel) -> list[Problem]:
    """Return every error of one admitted model, except those of references to its own and inherited fields."""
    report = Report(raw)
    data = raw.data
    _model(report, data)
    check_settings(report, data.get("settings"))
    check_analysis(report, data)
    check_properties(report, data.get("fields") or {}, ("fields",))
    check_joins(report, data.get("joins") or {})
    _shared_names(report, data)
    _compute_id(report, data)
    _routing(report, data)
    check_dynamic_templates(report, data.get("dynamic_templates") or [])
    check_runtime(report, data.get("runtime") or {})
    check_aliases(report, data.get("aliases"), data.get("index"))
    _date_formats(report, data)
    return report.problems


def _model(report: Report, data: Mapping[str, Any]) -> None:
    if "index" in data:
        check_index_name(report, data["index"])
    extends = data.get("extends")
    seen: set[str] = set()
    for position, name in enumerate(extends if isinstance(extends, list) else ()):
        if name in seen:
            message = f"'extends' lists {quoted(name)} twice"
            report.at_value(("extends", position), "wrong-value", message)
        seen.add(name)
    if data.get("abstract") is True:
        for key in data:
            if key not in _OF_ABSTRACT:
                message = f"an abstract model cannot have '{key}': it has no index, and only its fields and joins are inherited"
                report.at_key((key,), "abstract-model", message)
    elif (
        # A model without fields is valid if it sets `dynamic`, for example with dynamic templates only.
        "dynamic" not in data
        and not report.raw.partial
        and not any(data.get(key) for key in ("fields", "joins", "extends"))
    ):
        shown = quoted(data["model"]) if "model" in data else "the model"
        path = ("fields",) if "fields" in data else ("model",)
        report.at_key(path, "no-fields", f"{shown} has no fields", "give it 'fields'")
    if {"enabled", "mode"} <= (data.get("_source") or {}).keys():
        message = "'enabled' and 'mode' of _source exclude each other"
        hint = "'mode: disabled' is 'enabled: false'"
        report.at_key(("_source", "enabled"), "parameter-conflict", message, hint)
    if data.get("compute_id") == "server" and data.get("store_id") is True:
        message = "'store_id' cannot be true with 'compute_id: server': the id is not known when the document is sent"
        report.at_key(("store_id",), "parameter-conflict", message)


def _shared_names(report: Report, data: Mapping[str, Any]) -> None:
    """Report a join whose key or Elasticsearch name is also that of a field or another join."""
    fields, joins = data.get("fields") or {}, data.get("joins") or {}
    names: dict[str, str] = {}
    for key, field in fields.items():
        names[field.get("name", key) if isinstance(field, dict) else key] = key
    for key, join in joins.items():
        name = join.get("name", key)
        if key in fields:
            report.at_key(("joins", key), "duplicate-name", f"{quoted(key)} is a field already")
        elif name in names:
            message = f"{quoted(key)} and {quoted(names[name])} have one Elasticsearch name, {quoted(name)}"
            report.at_key(("joins", key), "duplicate-name", message)
        else:
            names[name] = key


def _compute_id(report: Report, data: Mapping[str, Any]) -> None:
    value = data.get("compute_id")
    try:
        parse_compute_id(value)
    except ComputeIdError as error:
        path, is_key = _quoted_part(value, str(error))
        (report.at_key if is_key else report.at_value)(path, error.rule, str(error), error.hint)


def _routing(report: Report, data: Mapping[str, Any]) -> None:
    try:
        parse_routing(data.get("routing"))
    except RoutingError as error:
        report.at_value(("routing",), "wrong-routing", str(error), error.hint)


def _quoted_part(value: Any, message: str) -> tuple[Where, bool]:
    """Return the path of the part of a compute_id that a message quotes, and whether that is a key."""
    path: Where = ("compute_id",)
    if isinstance(value, dict):
        for key, each in value.items():
            if quoted(key) in message and key not in ("fields", "python"):
                return (*path, key), True
            if quoted(each) in message and not isinstance(each, list):
                return (*path, key), False
        value = value.get("fields")
        path = ("compute_id", "fields")
    if isinstance(value, list):
        for position, each in enumerate(value):
            if any(quoted(part.strip()) in message for part in str(each).split("|")):
                return (*path, position), False
        return path, False
    return ("compute_id",), False


def _date_formats(report: Report, data: Mapping[str, Any]) -> None:
    formats = data.get("dynamic_date_formats")
    for position, text in enumerate(formats if isinstance(formats, list) else [formats]):
        wrong = complaint(text) if isinstance(text, str) and text else None
        if wrong:
            path: Where = ("dynamic_date_formats",)
            report.at_value(
                (*path, position) if isinstance(formats, list) else path, "date-format", *wrong
            )


def _mixins(raw: RawModel, by_name: Mapping[str, RawModel]) -> list[RawModel] | None:
    """Return the models that `raw` extends, directly or not, in order; None if one of them is unknown or in a cycle."""
    found: dict[str, RawModel] = {}

    def add(extends: Any, depth: int) -> bool:
        for name in extends if isinstance(extends, list) else [extends]:
            mixin = by_name.get(name) if isinstance(name, str) else None
            if mixin is None or mixin is raw or depth > 100:
                return False
            if mixin.file not in found:
                if mixin.data.get("extends") is not None and not add(
                    mixin.data["extends"], depth + 1
                ):
                    return False
                found[mixin.file] = mixin
        return True

    if raw.data.get("extends") is not None and not add(raw.data["extends"], 0):
        return None
    return list(found.values())
