"""Lints: warnings about definitions that are valid but probably not intended."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ecgen.diagnostics.problems import Problem, near_miss, quoted
from ecgen.elasticsearch.date_formats import NAMES, alternatives, format_fault, writable_format
from ecgen.elasticsearch.field_types import FIELD_TYPES, FieldType
from ecgen.elasticsearch.limits import MAX_TERM_BYTES, SAFE_IGNORE_ABOVE
from ecgen.elasticsearch.vector_indices import newer_parts

from ..load import RawModel
from ..members import NamedField, members
from ..naming import NEWER_PARAMETERS
from ..reporter import Report, Where
from .newer_options import newer_options

_MONEY: Final = re.compile(
    r"(?:^|_)(prices?|costs?|amounts?|money|salar(?:y|ies)|fees?|revenues?|turnover|discounts?|balances?|budgets?|wages?"
    r"|payments?|refunds?|vat|taxe?s?|postage|euros?|usd|eur|cents?|dollars?|subtotal)(?:_|$)"
)
_TEXTS: Final = frozenset({"text", "match_only_text", "annotated_text", "search_as_you_type"})


def check_lints(
    raw: RawModel, mixins: Sequence[RawModel], by_name: Mapping[str, RawModel], elasticsearch: str
) -> list[Problem]:
    """Return the warnings of one model; `by_name` has all models, to look up join targets."""
    report = Report(raw)
    server = _version(elasticsearch)
    for key, definition, path, top in _fields(raw.data.get("fields"), ("fields",), True):
        row = FIELD_TYPES.get(str(definition.get("type")))
        if row is not None:
            _field(report, key, row, definition, path, top)
            _versions(report, row, definition, path, server)
    if raw.data.get("data_stream") is True and "routing" in raw.data and server < (8, 0):
        message = "data streams whose documents have routing values exist since Elasticsearch 8.0"
        report.at_key(("routing",), "newer-than-server", message)
    for path, message in newer_options(raw.data, server):
        report.at_key(path, "newer-than-server", message)
    _parameter_names(report, raw)
    _joins(report, raw, by_name)
    if raw.data.get("sort") and raw.data.get("abstract") is not True:
        _sort(report, raw, members(raw, mixins))
    return report.problems


def _fields(
    fields: Any, path: Where, top: bool
) -> Iterator[tuple[str, Mapping[str, Any], Where, bool]]:
    """Yield fields and properties with `top` True, and multi-fields with `top` False."""
    for key, written in fields.items() if isinstance(fields, dict) else ():
        definition: Mapping[str, Any] = written if isinstance(written, dict) else {"type": written}
        here = (*path, key)
        yield key, definition, here, top
        if "properties" in definition:
            yield from _fields(definition["properties"], (*here, "properties"), top)
        if "fields" in definition:
            yield from _fields(definition["fields"], (*here, "fields"), False)


def _field(
    report: Report, key: str, row: FieldType, definition: Mapping[str, Any], path: Where, top: bool
) -> None:
    if row.name == "keyword":
        _keyword(report, key, definition, path)
    elif row.name in ("float", "double", "half_float") and _MONEY.search(_snake(key)):
        message = f"{quoted(key)} looks like money, and {row.name} cannot hold 0.10 exactly"
        report.at_key(
            path, "float-for-money", message, "use scaled_float with 'scaling_factor: 100'"
        )
    elif row.name == "scaled_float":
        _scaled_float(report, key, definition, path)
    if row.json == "date" or row.member == "date":
        _date_format(report, key, definition, path)
    for name in definition:
        parameter = row.parameters.get(name)
        if parameter is not None and parameter.deprecated:
            report.at_key(
                (*path, name),
                "deprecated-parameter",
                f"'{name}' of {row.name} is deprecated",
                parameter.deprecated,
            )


def _keyword(report: Report, key: str, definition: Mapping[str, Any], path: Where) -> None:
    limit = definition.get("ignore_above")
    if limit is None:
        closed = isinstance(definition.get("enum"), list)
        unindexed = definition.get("index") is False and definition.get("doc_values") is False
        misspelt = any(
            name in ("ignore_above", "enum") or near_miss(name, ["ignore_above"])
            for name in report.raw.refused.get(path, ())
        )
        if not closed and not unindexed and not misspelt:
            message = f"{quoted(key)} has no 'ignore_above': a value over {MAX_TERM_BYTES} bytes makes Elasticsearch refuse the whole document"
            report.at_key(
                path,
                "keyword-without-ignore-above",
                message,
                "add 'ignore_above: 256', or what is long enough",
            )
    elif isinstance(limit, int) and limit > SAFE_IGNORE_ABOVE:
        message = f"'ignore_above: {limit}' does not protect: {SAFE_IGNORE_ABOVE + 1} characters may need more than the {MAX_TERM_BYTES} bytes that Elasticsearch takes"
        report.at_value(
            (*path, "ignore_above"),
            "keyword-without-ignore-above",
            message,
            f"use at most {SAFE_IGNORE_ABOVE}",
        )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").replace(".", "_").lower()


def _scaled_float(report: Report, key: str, definition: Mapping[str, Any], path: Where) -> None:
    factor = definition.get("scaling_factor")
    if (
        isinstance(factor, bool)
        or not isinstance(factor, int | float)
        or not math.isfinite(factor)
        or factor <= 0
    ):
        return
    place = (*path, "scaling_factor")
    power = math.log10(factor)
    if 10.0 ** round(power) != factor:
        message = f"the scaling_factor {factor} is not a power of ten, so decimals are not kept as they are written"
        report.at_value(
            place,
            "scaling-factor-not-decimal",
            message,
            f"use {10 ** max(0, round(power))}, or ignore this where it is meant",
        )
    if factor > 10**9:
        message = f"with a scaling_factor of {factor}, values above {2**53 / factor:,.0f} pass 2^53 and lose digits"
        report.at_value(
            place, "scaled-float-precision", message, "a smaller factor, or 'double', will do"
        )
        return
    for name in ("default", "null_value", "enum"):
        value = definition.get(name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, int | float) and abs(each * factor) > 2**53:
                message = f"{quoted(each)} times the scaling_factor passes 2^53, so it loses digits"
                report.at_value((*path, name), "scaled-float-precision", message)
                break


def _date_format(report: Report, key: str, definition: Mapping[str, Any], path: Where) -> None:
    written = definition.get("format")
    if not isinstance(written, str) or format_fault(written):
        return
    here = (*path, "format")
    rule = "unwritable-date-format"
    first = alternatives(written)[0]
    unquoted = "" if first in NAMES else re.sub(r"'[^']*'", "", first)
    letters = {char for char in unquoted if char.isascii() and char.isalpha()}
    meant = first.replace("Y", "y")
    if "M" in letters:
        meant = meant.replace("D", "d")
    if re.search("%[a-zA-Z]", unquoted):
        message = (
            f"{quoted(first)} is Python's notation, and Elasticsearch takes each '%' for itself"
        )
        report.at_value(here, rule, message, "as in 'yyyy-MM-dd HH:mm:ss'")
    elif "m" in letters and not set("MHhKk") & letters:
        message = f"in {quoted(first)} 'm' is minutes"
        report.at_value(here, rule, message, f"did you mean '{first.replace('m', 'M')}'?")
    elif "Y" in letters:
        message = f"in {quoted(first)} 'Y' is the year of the week, wrong around New Year"
        report.at_value(here, rule, message, f"did you mean '{meant}'?")
    elif {"D", "M"} <= letters:
        message = f"in {quoted(first)} 'D' is the day of the year"
        report.at_value(here, rule, message, f"did you mean '{meant}'?")
    elif not writable_format(written, definition.get("locale")):
        message = (
            f"the runtime cannot write dates as {quoted(written)}, the format of {quoted(key)}"
        )
        hint = "add one that it can, such as 'strict_date_optional_time'"
        report.at_value(here, rule, message, hint)


@functools.lru_cache(maxsize=1000)
def _version(text: str) -> tuple[int, int]:
    """Return (major, minor); a bare major such as `"9"` means its newest minor."""
    major, _, rest = text.partition(".")
    minor = rest.partition(".")[0]
    return int(major) if major.isdecimal() else 9, int(minor) if minor.isdecimal() else 99


def _versions(
    report: Report,
    row: FieldType,
    definition: Mapping[str, Any],
    path: Where,
    server: tuple[int, int],
) -> None:
    if _version(row.since) > server:
        shown = (*path, "type") if report.raw.has((*path, "type")) else path
        message = f"{row.name} exists since Elasticsearch {row.since}"
        report.at_value(shown, "newer-than-server", message)
    for name in definition:
        parameter = row.parameters.get(name)
        if parameter is not None and parameter.since and _version(parameter.since) > server:
            message = f"'{name}' of {row.name} exists since Elasticsearch {parameter.since}"
            report.at_key((*path, name), "newer-than-server", message)
    if row.name == "dense_vector":
        for inside, part, since in newer_parts(definition):
            if _version(since) > server:
                message = f"{part} exists since Elasticsearch {since}"
                report.at_value((*path, *inside), "newer-than-server", message)


def _parameter_names(report: Report, raw: RawModel) -> None:
    for section in ("fields", "joins"):
        members = raw.data.get(section)
        for key in members if isinstance(members, dict) else ():
            if key in NEWER_PARAMETERS:
                message = f"{quoted(key)} is a parameter of find_by and scan; the field is asked for as {quoted(key + '_')}"
                hint = f"to avoid that, give it another key, and 'name: {key}'"
                report.at_key((section, key), "parameter-name", message, hint)


def _joins(report: Report, raw: RawModel, by_name: Mapping[str, RawModel]) -> None:
    joins = raw.data.get("joins")
    for key, join in joins.items() if isinstance(joins, dict) else ():
        if not isinstance(join, dict):
            continue
        target = by_name.get(join["target"]) if isinstance(join.get("target"), str) else None
        if target is None or target.data.get("abstract") is True:
            continue
        refused = raw.refused.get(("joins", key), ())
        misspelt = any(name == "inverse" or near_miss(name, ["inverse"]) for name in refused)
        # A lazy loose join without `inverse` and `join_by` is an error of its own.
        reported = misspelt or (join.get("lazy_load") is True and "join_by" not in join)
        if (
            "inverse" not in join
            and not reported
            and not _points_back(target, raw.data.get("model"), key)
        ):
            message = f"{quoted(key)} has no 'inverse': {join['target']} does not learn of it when it is assigned"
            report.at_key(
                ("joins", key),
                "join-without-inverse",
                message,
                "name the join of the target that points back",
            )
        _join_by(report, key, join, target)


def _points_back(target: RawModel, model: Any, key: str) -> bool:
    """Return whether a join of the target names this one as its inverse: one side is enough."""
    joins = target.data.get("joins")
    return any(
        isinstance(join, dict) and join.get("inverse") == key and join.get("target") == model
        for join in (joins.values() if isinstance(joins, dict) else ())
    )


def _join_by(report: Report, key: str, join: Mapping[str, Any], target: RawModel) -> None:
    fields = target.data.get("fields")
    name = join.get("join_by")
    field = fields.get(name) if isinstance(fields, dict) and isinstance(name, str) else None
    if isinstance(field, dict) and field.get("index") is False:
        message = f"{quoted(key)} is found by {quoted(name)} of {join['target']}, which is not indexed: every load reads all documents"
        report.at_value(
            ("joins", key, "join_by"),
            "unindexed-search-field",
            message,
            "leave 'index: false' out there",
        )


def _sort(report: Report, raw: RawModel, known: Mapping[str, NamedField]) -> None:
    sort = raw.data.get("sort")
    for position, entry in enumerate(sort if isinstance(sort, list) else ()):
        name = next(iter(entry), None) if isinstance(entry, dict) else entry
        found = known.get(name) if isinstance(name, str) else None
        if found is None:
            continue
        path: Where = (
            ("sort", position, found.name if found.name == name else str(name))
            if isinstance(entry, dict)
            else ("sort", position)
        )
        if (
            found.kind in _TEXTS
            and found.definition.get("fielddata") is not True
            and found.definition.get("doc_values") is not True
        ):
            parts = found.definition.get("fields")
            better = (
                next((part for part in parts if _is_keyword(parts[part])), None)
                if isinstance(parts, dict)
                else None
            )
            hint = (
                f"sort by '{name}.{better}'"
                if better
                else "add a keyword in its 'fields' and sort by that"
            )
            report.at_key(
                path,
                "text-in-sort",
                f"{quoted(name)} is {found.kind}, which Elasticsearch refuses to sort by",
                hint,
            )
        elif found.definition.get("index") is False:
            message = f"{quoted(name)} is not indexed, so sorting by it cannot skip documents"
            report.at_key(path, "unindexed-search-field", message, "leave 'index: false' out")


def _is_keyword(part: Any) -> bool:
    return (part.get("type") if isinstance(part, dict) else part) == "keyword"
