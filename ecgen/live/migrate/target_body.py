"""The body of the new index: the definition, and everything of the live index that the definition does not name."""

from __future__ import annotations

import copy
from typing import Any

from ecgen.definitions.ir import Model
from ecgen.elasticsearch.settings import flat

from .asking import Json
from .live_index import LiveIndex, carried_settings

_FIELDS = ("properties", "fields")


def target_mappings(
    live: dict[str, Json], wanted: dict[str, Json], drop_fields: bool
) -> dict[str, Json]:
    """Return the definition's mapping, plus the live one's entries for every field and option that it does not name.

    Args:
        live: its fields under the names that they are to have.
        drop_fields: leave out live fields that the definition does not name.
    """
    target = copy.deepcopy(wanted)
    for option, value in live.items():
        if option == "_meta":
            target["_meta"] = {**value, **(target.get("_meta") or {})}
        elif option == "runtime":
            target["runtime"] = {**value, **(target.get("runtime") or {})}
        elif option != "properties":
            target.setdefault(option, copy.deepcopy(value))
    if not drop_fields:
        _add(target, live)
    return target


def _add(target: dict[str, Any], live: dict[str, Any]) -> None:
    for key in _FIELDS:
        parts = live.get(key)
        if not isinstance(parts, dict):
            continue
        held = target.get(key)
        if held is None:
            held = target[key] = {}
        for name, body in parts.items():
            if name not in held:
                if not any(each.startswith(f"{name}.") for each in held):
                    held[name] = copy.deepcopy(body)
            elif kind(body) == kind(held[name]):
                _add(held[name], body)
        if not held:
            del target[key]


def kind(body: dict[str, Any]) -> str:
    return str(body.get("type", "object"))


def target_settings(live: LiveIndex, wanted: dict[str, Json]) -> dict[str, Json]:
    """Return the live index's own settings, flat, overridden by the definition's; a component that it defines, as an
    analyzer, is the definition's as a whole."""
    named = by_name(wanted)
    whole = {component for name in named if (component := _component(name))}
    carried = carried_settings(live.settings).items()
    return {**{name: value for name, value in carried if _component(name) not in whole}, **named}


def _component(name: str) -> str:
    """Return the name of the component that a setting is a part of; empty if it is a setting by itself."""
    parts = name.split(".")
    return ".".join(parts[: {"analysis": 3, "similarity": 2, "sort": 1}.get(parts[0], 0)])


def by_name(settings: dict[str, Json]) -> dict[str, Json]:
    """Return settings by dotted name without `index.`; values unchanged."""
    return {each.name: each.value for each in flat(settings)}


def renamed(live: dict[str, Json], moved: list[tuple[str, str]]) -> dict[str, Json]:
    """Return a mapping whose fields have their new names. Where both names are present, the new one's mapping stays."""
    target = copy.deepcopy(live)
    for was, now in moved:
        *above, old = was.split(".")
        parts: dict[str, Json] = target.get("properties") or {}
        for name in above:
            parts = (parts.get(name) or {}).get("properties") or {}
        body, new = parts.pop(old, None), now.rpartition(".")[2]
        if body is None:
            continue
        if new in parts and kind(body) == kind(parts[new]):
            _add(parts[new], body)
        parts.setdefault(new, body)
    return target


def renames(model: Model, live: dict[str, Json]) -> list[tuple[str, str]]:
    """Return old and new full names of the fields that the live mapping has under the old name."""
    found: list[tuple[str, str]] = []
    _renames(model.fields, (live.get("properties") or {}), "", found)
    for join in model.joins:
        was = join.renamed_from
        if join.stored and was and was != join.name and was in (live.get("properties") or {}):
            found.append((was, join.name))
    return found


def _renames(fields: Any, live: dict[str, Json], prefix: str, found: list[tuple[str, str]]) -> None:
    named = {part.name for part in fields}
    for part in fields:
        was = part.renamed_from
        if was and was != part.name and was in live and was not in named:
            found.append((f"{prefix}{was}", f"{prefix}{part.name}"))
            inside = live[was]
        else:
            inside = live.get(part.name) or {}
        if part.properties:
            _renames(
                part.properties, inside.get("properties") or {}, f"{prefix}{part.name}.", found
            )
