"""Validate a file against the schema; report its problems and remove the refused parts for the later checks.

The later checks skip refused parts, but the names in them still count: a refused field keeps its name, and where a
refused key may have contained fields, its owner is listed in `hidden`, so that no name below it is reported as unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ecgen.diagnostics.problems import Problem, few_suggestions, near_miss, quoted

from . import foreign_names
from .field_words import PARAMETERS
from .foreign_names import stands_for
from .gate import gate
from .language import FIELD_KEYS, MODEL_KEYS
from .load import RawModel
from .reporter import Report, Where
from .words import findings

_SECTIONS = frozenset({"fields", "properties", "joins"})
_NAMING = frozenset({*_SECTIONS, "extends", "abstract", "runtime", "dynamic"})
_DYNAMIC = ("strict", "true", "false", "runtime", "unset")
_STUB_PARENTS = frozenset({"fields", "properties", "joins", "runtime"})


def admit(raw: RawModel) -> tuple[RawModel, list[Problem]]:
    """Return the model without the parts that the schema refuses, and the problems of these parts."""
    with few_suggestions():
        return _admit(raw)


def _admit(raw: RawModel) -> tuple[RawModel, list[Problem]]:
    report = Report(raw)
    data = raw.data
    # JSON has no NaN and no infinity, so no schema can refuse them: validate with another number in their place.
    not_finite = dict(_not_finite(data, ())) if raw.not_finite else {}
    if not_finite:
        data = _copy(data, not_finite)
        for path in not_finite:
            _holder(data, path)[path[-1]] = 1
    refusals = list(gate().refusals(data))
    # What has one key was meant in another form where it has more: its values are not judged by that key.
    other_form = {each.path for each in refusals if each.error.validator == "maxProperties"}
    found = [
        each
        for refusal in refusals
        if not any(refusal.path[:length] in other_form for length in range(len(refusal.path)))
        for each in findings(refusal, data)
    ]
    for path, value in not_finite.items():
        message = f"{quoted(value)} is not a finite number"
        report.at_value(path, "wrong-value", message, "JSON has no infinity and no NaN")
    for said in found:
        if said.path not in not_finite:
            say_it = report.at_key if said.key else report.at_value
            say_it(said.path, said.rule, said.message, said.hint)
    refused = [said.refused for said in found if said.refused]
    refused += [_unit(path) for path in not_finite]
    if not refused:
        return raw, report.problems
    hidden = {name for path in refused if (name := _hidden_by(data, path)) is not None}
    data = _copy(data, refused)
    keys: dict[Where, list[str]] = {}
    for path in refused:
        _drop(data, path)
        keys.setdefault(path[:-1], []).append(str(path[-1]))
    if "model" not in data:
        _name(data, raw.data)
    left = replace(raw, data=data, hidden=raw.hidden | hidden, refused=keys)
    return left, report.problems


def _not_finite(value: Any, path: Where) -> Iterator[tuple[Where, float]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield path, value
    elif isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _not_finite(each, (*path, key))


def _name(data: dict[str, Any], written: dict[str, Any]) -> None:
    """Take the model's name from a misspelt `model` key, so that references to the model are not reported."""
    for key, value in written.items():
        if stands_for(key, "model", foreign_names.MODEL_KEYS) and isinstance(value, str):
            data["model"] = value


def _unit(path: Where) -> Where:
    """Return the path of the innermost model key, field or join that contains `path`."""
    length = 0
    while length + 1 < len(path) and _is_member(path[: length + 2]):
        length += 2
    return path[: length + 1]


def _hidden_by(data: Any, path: Where) -> str | None:
    """Return the field (`""`: the model) that may have unknown members because `path` is refused; None if there is none."""
    key, value = path[-1], data
    for step in path:
        value = _at(value, step)
    if _is_member(path):
        # The stub keeps the member's own name, and the names below it if the member is a mapping.
        return None if path[0] != "fields" or isinstance(value, dict) else _full_name(path)
    if len(path) == 1 and key not in _NAMING:
        # a misspelt `fields`, or fields under a key that another tool uses
        named = isinstance(value, dict) or near_miss(key, MODEL_KEYS) in _NAMING
        return "" if key not in MODEL_KEYS and named else None
    if len(path) == 1:
        meant = near_miss(value, _DYNAMIC) if key == "dynamic" else None
        return None if meant in ("strict", "false") else ""
    unknown = isinstance(value, dict) and key not in {*PARAMETERS, *FIELD_KEYS}
    return _full_name(path) if path[0] == "fields" and (unknown or key in _SECTIONS) else None


def _full_name(path: Where) -> str:
    return ".".join(map(str, path[1::2]))


def _is_member(path: Where) -> bool:
    """Return whether `path` ends with the name of a field, join or runtime field: sections and names alternate."""
    return len(path) % 2 == 0 and path[-2] in _STUB_PARENTS


def _copy(data: dict[str, Any], paths: Iterable[Where]) -> dict[str, Any]:
    """Return the data with a copy of each mapping and list on the way to one of `paths`; the rest is shared."""
    copy: dict[str, Any] = dict(data)
    copied: set[Where] = {()}
    for path in paths:
        here: Any = copy
        for length in range(1, len(path)):
            step = path[length - 1]
            inner = _at(here, step)
            if not isinstance(inner, dict | list):
                break
            if path[:length] not in copied:
                inner = dict(inner) if isinstance(inner, dict) else list(inner)
                here[step] = inner
                copied.add(path[:length])
            here = inner
    return copy


def _holder(data: Any, path: Where) -> Any:
    for step in path[:-1]:
        data = _at(data, step)
    return data


def _at(here: Any, step: str | int) -> Any:
    if isinstance(here, dict):
        return here.get(step)
    return here[step] if isinstance(here, list) and isinstance(step, int) else None


def _drop(data: dict[str, Any], path: Where) -> None:
    """Remove the refused value at `path`; of a field or join keep the names."""
    here: Any = _holder(data, path)
    step: Any = path[-1]
    if isinstance(here, list):
        here[step] = {}  # keeps the positions of the other members
    elif not isinstance(here, dict) or step not in here:
        return  # its parent has been dropped
    elif path == ("model",) and isinstance(here[step], str):
        return  # a refused name still identifies the model
    elif _is_member(path):
        here[step] = _stub(here[step])
    else:
        del here[step]


def _stub(member: Any) -> dict[str, Any]:
    """Return only the names in a refused member: its own and those of the members below it."""
    if not isinstance(member, dict):
        return {}
    kept = {key: member[key] for key in ("name",) if isinstance(member.get(key), str)}
    for section in ("fields", "properties"):
        below = member.get(section)
        if isinstance(below, dict):
            kept[section] = {key: _stub(each) for key, each in below.items()}
    return kept
