"""Fields that documents add to the old index after a copy was planned: the new index gets their mapping before it gets the
documents, else it would guess the types anew, from other documents, or not have the fields at all."""

from __future__ import annotations

import copy
from typing import Any

from .asking import Ask, Fenced, Json, Steps, ask_or_none, name_in_path
from .target_body import kind, renamed

_Part = dict[str, Any]


def carry_new_fields(
    old: str, load: str, planned: _Part, conversion: list[Json], carried: _Part
) -> Steps[None]:
    """Put the mapping of fields that the plan did not see.

    Args:
        load: the alias of the new index.
        planned: the mapping that the new index was created with.
        carried: what was put before; it is changed.
    """
    found = yield Ask("GET", f"/{name_in_path(old)}/_mapping")
    (body,) = found.values()
    lacking = fields_since(body["mappings"], planned, conversion)
    if not lacking or lacking == carried:
        return
    if (yield from ask_or_none(Ask("PUT", f"/{name_in_path(load)}/_mapping", lacking))) is None:
        raise Fenced("another run has taken over")
    carried.clear()
    carried.update(lacking)


def fields_since(live: _Part, planned: _Part, conversion: list[Json]) -> _Part:
    """Return the part of a mapping that a plan did not see; without fields that it drops."""
    moved = [(each["rename"], each["to"]) for each in conversion if "rename" in each]
    dropped = {each["drop"] for each in conversion if "drop" in each}
    found = _lacking(renamed(live, moved), planned, "", dropped)
    held = planned.get("runtime") or {}
    runtime = {name: body for name, body in (live.get("runtime") or {}).items() if name not in held}
    return {**found, "runtime": runtime} if runtime else found


def _lacking(live: _Part, planned: _Part, prefix: str, dropped: set[str]) -> _Part:
    found: _Part = {}
    held = planned.get("properties") or {}
    for name, body in (live.get("properties") or {}).items():
        path = f"{prefix}{name}"
        if path in dropped:
            continue
        if name in held:
            inner = _lacking(body, held[name], f"{path}.", dropped)
            if inner and kind(body) == kind(held[name]):
                found[name] = {"type": kind(body), **inner}
        elif not any(each.startswith(f"{name}.") for each in held):
            found[name] = copy.deepcopy(body)
    return {"properties": found} if found else {}
