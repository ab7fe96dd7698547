"""Check parameters of one field that exclude each other; an Elasticsearch 9.5.3 or 7.17.29 node refused each pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecgen.diagnostics.problems import quoted
from ecgen.elasticsearch.field_types import FieldType
from ecgen.elasticsearch.vector_indices import INDEX_OPTIONS, QUANTISED_INDICES

from ..refused_formats import complaint
from ..reporter import Report, Where

_Check = Callable[[Report, Mapping[str, Any], Where], None]


def check(report: Report, row: FieldType, field: Mapping[str, Any], path: Where) -> None:
    """Report each combination of parameters that Elasticsearch refuses."""
    for one in (_time_series, _format, _script, *_BY_TYPE.get(row.name, ())):
        one(report, field, path)


def _conflict(report: Report, path: Where, message: str, hint: str | None = None) -> None:
    report.at_key(path, "parameter-conflict", message, hint)


def _time_series(report: Report, field: Mapping[str, Any], path: Where) -> None:
    dimension = field.get("time_series_dimension") is True
    metric = field.get("time_series_metric") is not None
    for name, there in (("time_series_dimension", dimension), ("time_series_metric", metric)):
        if there and field.get("doc_values") is False:
            _conflict(
                report, (*path, name), f"'{name}' needs doc values, and 'doc_values' is false"
            )
    if dimension and metric:
        _conflict(
            report,
            (*path, "time_series_metric"),
            "a field is a dimension of a time series or a metric, not both",
        )
    if dimension and field.get("normalizer") is not None:
        _conflict(
            report, (*path, "normalizer"), "a dimension of a time series cannot have a 'normalizer'"
        )


def _format(report: Report, field: Mapping[str, Any], path: Where) -> None:
    text = field.get("format")
    wrong = complaint(text) if isinstance(text, str) and text else None
    if wrong:
        report.at_value((*path, "format"), "date-format", *wrong)


def _script(report: Report, field: Mapping[str, Any], path: Where) -> None:
    if "script" not in field:
        if "on_script_error" in field:
            _conflict(report, (*path, "on_script_error"), "'on_script_error' needs a 'script'")
        return
    for name in ("null_value", "ignore_malformed", "coerce", "copy_to"):
        if name in field:
            _conflict(report, (*path, name), f"'{name}' cannot be combined with 'script'")


def _text(report: Report, field: Mapping[str, Any], path: Where) -> None:
    if field.get("index") is False:
        for name in ("index_phrases", "fielddata"):
            if field.get(name) is True:
                _conflict(report, (*path, name), f"'{name}' needs an index, and 'index' is false")
        if field.get("index_prefixes") is not None:
            _conflict(
                report,
                (*path, "index_prefixes"),
                "'index_prefixes' needs an index, and 'index' is false",
            )
    positions = field.get("index", True) is True and field.get("index_options", "positions") in (
        "positions",
        "offsets",
    )
    if not positions:
        if field.get("index_phrases") is True and field.get("index") is not False:
            _conflict(
                report,
                (*path, "index_phrases"),
                "'index_phrases' needs positions; 'index_options' leaves them out",
            )
        if "position_increment_gap" in field:
            _conflict(
                report,
                (*path, "position_increment_gap"),
                "'position_increment_gap' needs positions in the index",
            )
    prefixes = field.get("index_prefixes")
    if isinstance(prefixes, dict):
        low, high = prefixes.get("min_chars", 2), prefixes.get("max_chars", 5)
        if isinstance(low, int) and isinstance(high, int) and low > high:
            name = "min_chars" if "min_chars" in prefixes else "max_chars"
            message = f"'min_chars' is {low}, more than 'max_chars', {high}"
            report.at_value((*path, "index_prefixes", name), "parameter-conflict", message)


def _dense_vector(report: Report, field: Mapping[str, Any], path: Where) -> None:
    dims, element = field.get("dims"), field.get("element_type", "float")
    if field.get("index") is False:
        for name in ("similarity", "index_options"):
            if name in field:
                _conflict(report, (*path, name), f"'{name}' needs an index, and 'index' is false")
    options = field.get("index_options")
    kind = options.get("type") if isinstance(options, dict) else None
    if element in ("byte", "bit") and kind in QUANTISED_INDICES:
        _conflict(
            report,
            (*path, "index_options"),
            f"{quoted(kind)} is for floats, but 'element_type' is '{element}'",
        )
    _dims(report, field, path)
    if element == "bit" and field.get("similarity", "l2_norm") != "l2_norm":
        _conflict(report, (*path, "similarity"), "bit vectors are compared by 'l2_norm' alone")
    if isinstance(dims, int) and isinstance(kind, str):
        if kind.startswith("int4") and dims % 2:
            _conflict(
                report,
                (*path, "dims"),
                f"{quoted(kind)} wants an even number of dimensions, not {dims}",
            )
        if kind.startswith("bbq") and kind != "bbq_disk" and dims < 64:
            _conflict(
                report, (*path, "dims"), f"{quoted(kind)} wants at least 64 dimensions, not {dims}"
            )
    _index_options(report, options, kind, (*path, "index_options"))


def _dims(report: Report, field: Mapping[str, Any], path: Where) -> None:
    dims = field.get("dims")
    if not isinstance(dims, int) or isinstance(dims, bool):
        return
    if field.get("element_type") == "bit":
        if dims % 8:
            _conflict(
                report, (*path, "dims"), f"bit vectors have a multiple of 8 dimensions, not {dims}"
            )
    elif 4096 < dims <= 32768:
        report.at_value(
            (*path, "dims"), "wrong-parameter", f"a vector has at most 4096 dimensions, not {dims}"
        )


def _index_options(report: Report, options: Any, kind: Any, path: Where) -> None:
    if not isinstance(options, dict) or not isinstance(kind, str):
        return
    known = {"type", *INDEX_OPTIONS.get(kind, options)}
    for name, value in options.items():
        if name not in known:
            report.at_key(
                (*path, name),
                "wrong-parameter",
                f"'index_options' of type {quoted(kind)} has no {quoted(name)}",
            )
        elif name in ("m", "ef_construction") and (
            isinstance(value, bool) or not isinstance(value, int) or value < 1
        ):
            message = f"'{name}' must be a whole number of at least 1, not {quoted(value)}"
            report.at_value((*path, name), "wrong-parameter", message)


def _sparse_vector(report: Report, field: Mapping[str, Any], path: Where) -> None:
    options = field.get("index_options")
    if (
        isinstance(options, dict)
        and "pruning_config" in options
        and options.get("prune") is not True
    ):
        _conflict(
            report,
            (*path, "index_options", "pruning_config"),
            "'pruning_config' needs 'prune: true'",
        )


def _completion(report: Report, field: Mapping[str, Any], path: Where) -> None:
    contexts = field.get("contexts")
    if not isinstance(contexts, list):
        return
    names = []
    for position, context in enumerate(contexts):
        if isinstance(context, dict):
            here = (*path, "contexts", position)
            if context.get("name") in names:
                report.at_value(
                    (*here, "name"),
                    "wrong-parameter",
                    f"two contexts are called {quoted(context['name'])}",
                )
            names.append(context.get("name"))
            if context.get("type") == "category" and "precision" in context:
                _conflict(report, (*here, "precision"), "'precision' is for contexts of type 'geo'")


def _join(report: Report, field: Mapping[str, Any], path: Where) -> None:
    relations = field.get("relations")
    parents: dict[Any, str] = {}
    for parent, children in relations.items() if isinstance(relations, dict) else ():
        for child in children if isinstance(children, list) else [children]:
            if isinstance(child, str) and parents.setdefault(child, parent) != parent:
                message = f"{quoted(child)} has two parents, {quoted(parents[child])} and {quoted(parent)}"
                report.at_key((*path, "relations", parent), "wrong-parameter", message)
    if len(path) > 2:
        _conflict(
            report,
            path,
            "a join field must be at the top of the model, not in an object or multi-field",
        )


def _aggregate(report: Report, field: Mapping[str, Any], path: Where) -> None:
    metrics, default = field.get("metrics"), field.get("default_metric")
    if isinstance(metrics, list) and isinstance(default, str) and default not in metrics:
        message = f"'default_metric' is {quoted(default)}, which 'metrics' does not list"
        report.at_value((*path, "default_metric"), "parameter-conflict", message)


_BY_TYPE: Mapping[str, tuple[_Check, ...]] = {
    "text": (_text,),
    "dense_vector": (_dense_vector,),
    "rank_vectors": (_dims,),
    "sparse_vector": (_sparse_vector,),
    "completion": (_completion,),
    "join": (_join,),
    "aggregate_metric_double": (_aggregate,),
}
