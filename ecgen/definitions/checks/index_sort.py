"""Check `settings.sort`, the order of documents on disk: a server that refuses it creates no index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecgen.diagnostics.problems import quoted
from ecgen.elasticsearch.settings import (
    INDEX_SORT_FIELD,
    INDEX_SORT_OPTIONS,
    NOT_FOR_INDEX_SORT,
    WHOLE,
    flat,
)

from ..members import NamedField
from ..reporter import Report, Where


def sorted_by(settings: Any) -> Iterator[tuple[str, Where]]:
    """Yield the names of the fields that an index is sorted by, and the path of each."""
    for name, value, path in flat(settings, WHOLE, ("settings",)):
        if name == INDEX_SORT_FIELD:
            yield from _members(value, path)


def check_sort_field(report: Report, known: NamedField, path: Where) -> None:
    """Report a field that cannot sort an index, named at `path`."""
    row = known.row
    if row is None:
        return
    given = known.definition
    by_words = given.get("fielddata") is True or given.get("doc_values") is True
    message = None
    if known.scope:
        message = "which is in a nested object"
    elif known.kind in NOT_FOR_INDEX_SORT or not (row.sortable or by_words):
        message = f"a field of type {known.kind}"
    elif given.get("doc_values") is False:
        message = "whose 'doc_values' are off"
    if message:
        message = f"Elasticsearch cannot sort an index by {quoted(known.name)}, {message}"
        report.at_value(path, "not-sortable", message)


def check_sort_options(report: Report, settings: Any) -> None:
    """Report options of the order on disk that are unknown, or not as many as fields."""
    fields = list(sorted_by(settings))
    for name, value, path in flat(settings, WHOLE, ("settings",)):
        allowed = INDEX_SORT_OPTIONS.get(name)
        if allowed is None:
            continue
        options = list(_members(value, path))
        for option, where in options:
            if option.casefold() not in allowed:
                message = f"{quoted(name)} must be {' or '.join(allowed)}, not {quoted(option)}"
                report.at_value(where, "settings", message)
        if options and len(options) != len(fields):
            fields_of = f"{len(fields)} {'field' if len(fields) == 1 else 'fields'}"
            message = f"{quoted(name)} has {len(options)} values for {fields_of} in 'sort.field'"
            report.at_key(path, "settings", message, "write one for each field")


def _members(value: Any, path: Where) -> Iterator[tuple[str, Where]]:
    """Yield the members of a setting that is a list, or text with commas."""
    if isinstance(value, list):
        for position, each in enumerate(value):
            if isinstance(each, str):
                yield each, (*path, position)
    elif isinstance(value, str):
        for each in value.split(","):
            if each.strip():
                yield each.strip(), path
