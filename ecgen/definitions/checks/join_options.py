"""Check combinations of a join's options, as far as one file shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecgen.diagnostics.problems import quoted

from ..reporter import Report, Where
from .names import check_own_name


def check_joins(report: Report, joins: Mapping[str, Any]) -> None:
    """Report problems of the joins below `joins`."""
    for key, join in joins.items():
        path = ("joins", key)
        if "name" in join:
            check_own_name(report, join["name"], (*path, "name"))
        if "type" in join:
            _options(report, key, join, path)


def _options(report: Report, key: str, join: Mapping[str, Any], path: Where) -> None:
    kind = join["type"]
    loose = kind.endswith("_loose")
    if not loose and join.get("lazy_load") is True:
        message = f"'lazy_load' is for loose joins; a {kind} join is loaded by the ids it stores"
        report.at_key((*path, "lazy_load"), "join-option", message)
    if loose and join.get("lazy_load") is True and "inverse" not in join and "join_by" not in join:
        message = f"the loose join {quoted(key)} has 'lazy_load', but nothing says how to find it"
        hint = "name the target's join that points back with 'inverse', or its field with 'join_by'"
        report.at_key((*path, "lazy_load"), "lazy-load-without-inverse", message, hint)
    if loose and "name" in join:
        message = f"a {kind} join is not stored, so it has no Elasticsearch name"
        report.at_key((*path, "name"), "join-option", message)
