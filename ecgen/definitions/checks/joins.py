"""Joins of a model, as far as one file tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecgen.diagnostics.problems import did_you_mean, quoted
from ecgen.diagnostics.reporter import Report, Where

from ..fragments import misfits, subject
from ..language import FIELD_KEYS, JOIN_KEYS, JOIN_KINDS
from .names import check_member_name
from .parameters import PARAMETERS

_OTHER_WORLDS = {
    "one": "did you mean 'single'?",
    "many": "did you mean 'multi'?",
    "has_one": "did you mean 'single_loose'?",
    "has_many": "did you mean 'multi_loose'?",
    "belongs_to": "did you mean 'single'?",
    "many_to_one": "did you mean 'single'?",
    "one_to_many": "did you mean 'multi_loose'?",
    "one_to_one": "did you mean 'single'?",
    "many_to_many": "did you mean 'multi'?",
    "foreign_key": "did you mean 'single'?",
    "multiple": "did you mean 'multi'?",
    "loose": "did you mean 'single_loose' or 'multi_loose'?",
}


def check_joins(report: Report, joins: Any, path: Where = ("joins",)) -> None:
    """The mapping below `joins`."""
    if not isinstance(joins, dict):
        report.at_value(
            path, "wrong-value", f"'joins' must be a mapping of names to joins, not {quoted(joins)}"
        )
        return
    for key, join in joins.items():
        here = (*path, key)
        if not check_member_name(report, key, here, top=True):
            continue
        if not isinstance(join, dict):
            message = f"the join {quoted(key)} must be a mapping with 'type' and 'target', not {quoted(join)}"
            hint = (
                f"write {{type: single, target: {join}}}"
                if isinstance(join, str) and join[:1].isupper()
                else None
            )
            report.at_value(here, "wrong-value", message, hint)
            continue
        _join(report, key, join, here)


def _join(report: Report, key: str, join: Mapping[str, Any], path: Where) -> None:
    for name, value in join.items():
        here = (*path, name)
        if name in JOIN_KEYS:
            if name not in ("type", "target"):
                for misfit in misfits(JOIN_KEYS[name].schema, value):
                    report.at_value(
                        (*here, *misfit.path),
                        "wrong-value",
                        f"'{subject(name, misfit)}' {misfit.text}",
                        misfit.hint,
                    )
        elif name in FIELD_KEYS or name in PARAMETERS:
            message = f"'{name}' is for fields; a join cannot have it"
            hint = "use a 'multi' join to hold several" if name == "many" else None
            report.at_key(here, "join-option", message, hint)
        else:
            report.at_key(
                here,
                "unknown-key",
                f"{quoted(name)} is no key of a join",
                did_you_mean(name, JOIN_KEYS),
            )
    renamed = join.get("name")
    if isinstance(renamed, str) and renamed:
        check_member_name(report, renamed, (*path, "name"), top=True, at_value=True)
    _kind(report, key, join, path)
    _target(report, key, join, path)


def _kind(report: Report, key: str, join: Mapping[str, Any], path: Where) -> None:
    kind = join.get("type")
    if "type" not in join:
        if not any(did_you_mean(name, ["type"]) for name in join if name not in JOIN_KEYS):
            report.at_key(
                path,
                "missing-key",
                f"the join {quoted(key)} has no 'type'",
                f"one of {', '.join(JOIN_KINDS)}",
            )
        return
    if not isinstance(kind, str) or kind not in JOIN_KINDS:
        hint = did_you_mean(kind, JOIN_KINDS) or f"there are {', '.join(JOIN_KINDS)}"
        if isinstance(kind, str):
            hint = _OTHER_WORLDS.get(kind.lower(), hint)
        report.at_value(
            (*path, "type"), "unknown-join-type", f"{quoted(kind)} is no type of join", hint
        )
        return
    loose = kind.endswith("_loose")
    if not loose and join.get("lazy_load") is True:
        message = f"'lazy_load' is for loose joins; a {kind} join is loaded by the ids it stores"
        report.at_key((*path, "lazy_load"), "join-option", message)
    if loose and join.get("lazy_load") is True and "inverse" not in join and "join_by" not in join:
        message = f"the loose join {quoted(key)} is to be loaded, but nothing says by what"
        hint = "name the target's join that points back with 'inverse', or its field with 'join_by'"
        report.at_key((*path, "lazy_load"), "lazy-load-without-inverse", message, hint)
    if loose and "name" in join:
        report.at_key(
            (*path, "name"),
            "join-option",
            f"a {kind} join is not stored, so it has no Elasticsearch name",
        )


def _target(report: Report, key: str, join: Mapping[str, Any], path: Where) -> None:
    target = join.get("target")
    if "target" not in join:
        if not any(did_you_mean(name, ["target"]) for name in join if name not in JOIN_KEYS):
            report.at_key(
                path,
                "missing-key",
                f"the join {quoted(key)} has no 'target'",
                "name the model that is joined",
            )
    elif not isinstance(target, str) or not target:
        report.at_value(
            (*path, "target"),
            "wrong-value",
            f"'target' must be the name of a model, not {quoted(target)}",
        )
