"""Raw models → problems: everything about definitions that does not need the resolved project.

The checks read the tables of `field_types` and `language`, as `model.schema.json` does, which is for editors; a test
holds that both agree. Messages are ours, so that they can name the thing in its author's words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecgen.diagnostics.problems import Problem, did_you_mean, quoted
from ecgen.diagnostics.reporter import Report, Where
from ecgen.elasticsearch.field_types import FIELD_TYPES

from .checks.analysis import check_analysis
from .checks.fields import check_properties
from .checks.ignores import without_ignored
from .checks.index_settings import check_settings
from .checks.joins import check_joins
from .checks.lints import check_lints
from .checks.mappings import check_aliases, check_dynamic_templates, check_runtime
from .checks.names import check_index_name, check_model_name
from .checks.references import check_references
from .compute_id import ComputeIdError
from .compute_id import parse as parse_compute_id
from .fragments import misfits, subject
from .language import FIELD_KEYS, JOIN_KEYS, MODEL_KEYS
from .load import RawModel
from .refused_formats import complaint

_OF_ABSTRACT = frozenset(
    {"model", "abstract", "description", "extends", "fields", "joins", "renamed_from"}
)
_CHECKED_APART = frozenset(
    {
        "model",
        "index",
        "compute_id",
        "settings",
        "aliases",
        "fields",
        "joins",
        "dynamic_templates",
        "runtime",
        "extends",
    }
)
_NO_BREAK = "\u00a0"
_MAPPING_KEYS = frozenset({"mappings", "properties", "mapping"})


def check(raws: Sequence[RawModel], elasticsearch: str = "9") -> list[Problem]:
    """All problems of all models, lints included, without those that an ignore comment silences.

    `elasticsearch` is the server's version (`"9"`, `"7.17"`): what it does not know yet is a lint.
    """
    by_name: dict[str, RawModel] = {}
    for raw in raws:
        if isinstance(raw.data.get("model"), str):
            by_name.setdefault(raw.data["model"], raw)
    found: dict[Problem, None] = {}
    for raw in raws:
        mixins = _mixins(raw, by_name)
        own = validate(raw)
        if mixins is not None and raw.data.get("abstract") is not True:
            own += check_references(raw, mixins)
        own += check_lints(raw, mixins or (), by_name, elasticsearch)
        found.update(dict.fromkeys(own))
    return without_ignored(raws, list(found))


def validate(raw: RawModel) -> list[Problem]:
    """Every error that one file alone tells, but for what it names among its own and inherited fields."""
    report = Report(raw)
    data = raw.data
    for key, value in data.items():
        if key not in MODEL_KEYS:
            _unknown_key(report, key)
        elif value is None and key != "settings":
            hint = "name the class" if key == "model" else "give it a value, or leave it out"
            report.at_key((key,), "wrong-value", f"'{key}' is empty", hint)
        elif key not in _CHECKED_APART:
            _value(report, key, value)
    _model(report, data)
    if "settings" in data:
        check_settings(report, data["settings"])
        check_analysis(report, data)
    if data.get("fields") is not None:
        check_properties(report, data["fields"], ("fields",))
    if data.get("joins") is not None:
        check_joins(report, data["joins"])
    _both(report, data)
    _compute_id(report, data)
    if data.get("dynamic_templates") is not None:
        check_dynamic_templates(report, data["dynamic_templates"])
    if data.get("runtime") is not None:
        check_runtime(report, data["runtime"])
    if data.get("aliases") is not None:
        check_aliases(report, data["aliases"], data.get("index"))
    _date_formats(report, data)
    _not_finite(report)
    return report.problems


def _value(report: Report, key: str, value: Any) -> None:
    for misfit in misfits(MODEL_KEYS[key].schema, value):
        hint = misfit.hint
        if key == "sort" and isinstance(value, dict):
            hint = "write a list: [{field: desc}]"
        elif key == "sort" and "at most 1 key" in misfit.text:
            hint = "make each a list item of its own"
        say = report.at_key if misfit.key else report.at_value
        message = f"'{subject(key, misfit)}' {misfit.text}"
        say((key, *misfit.path), "wrong-value", message, hint)


def _model(report: Report, data: Mapping[str, Any]) -> None:
    if "model" not in data:
        if not any(
            did_you_mean(key, ["model"]) == "did you mean 'model'?"
            for key in data
            if key not in MODEL_KEYS
        ):
            report.at_key(
                (),
                "missing-key",
                "the file has no 'model', the name of the class",
                "begin with 'model: Name'",
            )
    elif data["model"] is not None:
        check_model_name(report, data["model"])
    if data.get("index") is not None:
        check_index_name(report, data["index"])
    _extends(report, data)
    if data.get("abstract") is True:
        for key in data:
            if key in MODEL_KEYS and key not in _OF_ABSTRACT:
                message = f"an abstract model cannot have '{key}': it has no index, and only its fields and joins are taken over"
                report.at_key((key,), "abstract-model", message)
    elif "dynamic" not in data and not any(data.get(key) for key in ("fields", "joins", "extends")):
        # An index whose mapping is open may have dynamic templates alone; `dynamic` then says so.
        _nothing_in_it(report, data)
    if data.get("compute_id") == "server" and data.get("store_id") is True:
        message = "'store_id' cannot be true with 'compute_id: server': the id is not known when the document is sent"
        report.at_key(("store_id",), "parameter-conflict", message)


def _nothing_in_it(report: Report, data: Mapping[str, Any]) -> None:
    if {"fields", "joins"} & set(_near_keys(data)) or _MAPPING_KEYS & data.keys():
        return  # the misspelt or misplaced key is reported already
    if any(key in data and data[key] is None for key in ("fields", "joins")):
        return  # so is the empty one
    name = data.get("model")
    shown = quoted(name) if isinstance(name, str) else "the model"
    path = ("fields",) if "fields" in data else ("model",)
    report.at_key(path, "no-fields", f"{shown} has no fields", "give it 'fields'")


def _near_keys(data: Mapping[str, Any]) -> list[str]:
    hints = (did_you_mean(key, MODEL_KEYS) for key in data if key not in MODEL_KEYS)
    return [hint.split("'")[1] for hint in hints if hint]


def _extends(report: Report, data: Mapping[str, Any]) -> None:
    extends = data.get("extends")
    if extends is None:
        return
    if not isinstance(extends, str | list):
        report.at_value(
            ("extends",),
            "wrong-value",
            f"'extends' must be a list of models, not {quoted(extends)}",
        )
        return
    names = extends if isinstance(extends, list) else [extends]
    seen: set[str] = set()
    for position, name in enumerate(names):
        path: Where = ("extends", position) if isinstance(extends, list) else ("extends",)
        if not isinstance(name, str) or not name:
            report.at_value(
                path, "wrong-value", f"'extends' lists names of models, and {quoted(name)} is none"
            )
        elif name in seen:
            report.at_value(path, "wrong-value", f"'extends' lists {quoted(name)} twice")
        else:
            seen.add(name)


def _unknown_key(report: Report, key: str) -> None:
    path = (key,)
    message = f"{quoted(key)} is no key of a model"
    parameters = [row.name for row in FIELD_TYPES.values() if key in row.parameters]
    if key in JOIN_KEYS and key not in FIELD_KEYS:
        report.at_key(
            path,
            "misplaced-key",
            f"{message}, but of a join",
            "it belongs to a join, under 'joins'",
        )
    elif key in _MAPPING_KEYS:
        report.at_key(
            path,
            "misplaced-key",
            message,
            "fields stand under 'fields', and mapping options beside 'model'",
        )
    elif key in FIELD_KEYS:
        report.at_key(
            path,
            "misplaced-key",
            f"{message}, but of a field",
            "it belongs to a field, under 'fields'",
        )
    elif parameters:
        listed = ", ".join(parameters[:3]) + (" and others" if len(parameters) > 3 else "")
        report.at_key(
            path,
            "misplaced-parameter",
            f"{message}, but a parameter of {listed}",
            "it belongs to a field, under 'fields'",
        )
    elif key.startswith(("index.", "number_of_")) or key in (
        "analysis",
        "refresh_interval",
        "similarity",
    ):
        report.at_key(
            path, "misplaced-key", f"{message}, but an index setting", "it belongs under 'settings'"
        )
    else:
        hint = did_you_mean(key, MODEL_KEYS)
        section = next(
            (each for each in ("fields", "joins") if report.raw.data.get(each, "") is None), None
        )
        if _NO_BREAK in key:
            hint = "it has a non-breaking space in it, which YAML takes for a letter"
        elif hint is None and section:
            hint = f"is it to stand under '{section}'? then indent it"
        report.at_key(path, "unknown-key", message, hint)


def _both(report: Report, data: Mapping[str, Any]) -> None:
    """A name that is a field and a join, or two that become one in Elasticsearch."""
    fields, joins = data.get("fields"), data.get("joins")
    names: dict[str, str] = {}
    for key, field in fields.items() if isinstance(fields, dict) else ():
        name = field.get("name", key) if isinstance(field, dict) else key
        if isinstance(name, str):
            names[name] = key
    for key, join in joins.items() if isinstance(joins, dict) else ():
        name = join.get("name", key) if isinstance(join, dict) else key
        if isinstance(fields, dict) and key in fields:
            report.at_key(("joins", key), "duplicate-name", f"{quoted(key)} is a field already")
        elif isinstance(name, str) and name in names:
            message = f"{quoted(key)} and {quoted(names[name])} have one Elasticsearch name, {quoted(name)}"
            report.at_key(("joins", key), "duplicate-name", message)
        elif isinstance(name, str):
            names[name] = key


def _compute_id(report: Report, data: Mapping[str, Any]) -> None:
    value = data.get("compute_id")
    try:
        parse_compute_id(value)
    except ComputeIdError as error:
        path, is_key = _culprit(value, str(error))
        (report.at_key if is_key else report.at_value)(path, error.rule, str(error), error.hint)


def _culprit(value: Any, message: str) -> tuple[Where, bool]:
    """The part of a compute_id that a message quotes, and whether it is a key."""
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


def _not_finite(report: Report) -> None:
    """JSON has no NaN and no infinity, so no definition may hold one anywhere."""
    told = {(problem.line, problem.column) for problem in report.problems}
    for line, column, value in report.raw.not_finite:
        if (line, column) not in told:
            message = f"{quoted(value)} is no finite number, and JSON has no other"
            report.problems.append(Problem(report.raw.file, line, column, "wrong-value", message))


def _mixins(raw: RawModel, by_name: Mapping[str, RawModel]) -> list[RawModel] | None:
    """The models that `raw` extends, directly or not, in order; None where one of them is not known."""
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
