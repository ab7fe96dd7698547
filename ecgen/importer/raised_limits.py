"""Limits of Elasticsearch that an index of many fields has to raise, where its settings were not imported."""

from __future__ import annotations

from typing import Final

from .define import Definition
from .source import Json

_FIELDS: Final = 1000
_NESTED: Final = 50
_DEPTH: Final = 20


def raise_limits(draft: Definition) -> None:
    """Add the settings without which the server would refuse the mapping; settings of the source stay as they are."""
    total, nested, depth = _measure(draft.source.mappings.get("properties") or {}, 1)
    total += len(draft.source.mappings.get("runtime") or {})
    for name, count, limit, noun in (
        ("total_fields", total, _FIELDS, "fields"),
        ("nested_fields", nested, _NESTED, "nested fields"),
        ("depth", depth, _DEPTH, "levels of objects"),
    ):
        if count > limit and not _has(draft.data.get("settings", {}), name):
            mapping = draft.data.setdefault("settings", {}).setdefault("mapping", {})
            mapping[name] = {"limit": _rounded(count)}
            draft.head.append(
                f"settings.mapping.{name}.limit was added: the mapping has {count} {noun}, and the default is {limit}."
            )


def _measure(properties: Json, depth: int) -> tuple[int, int, int]:
    total = nested = 0
    deepest = depth if properties else depth - 1
    for body in properties.values() if isinstance(properties, dict) else ():
        total += 1
        if not isinstance(body, dict):
            continue
        nested += body.get("type") == "nested"
        fields = body.get("fields")
        total += len(fields) if isinstance(fields, dict) else 0
        if isinstance(body.get("properties"), dict):
            more, more_nested, level = _measure(body["properties"], depth + 1)
            total, nested, deepest = total + more, nested + more_nested, max(deepest, level)
    return total, nested, deepest


def _has(settings: Json, name: str) -> bool:
    if f"mapping.{name}.limit" in settings:
        return True
    mapping = settings.get("mapping")
    if not isinstance(mapping, dict):
        return False
    part = mapping.get(name)
    return f"{name}.limit" in mapping or (isinstance(part, dict) and "limit" in part)


def _rounded(count: int) -> int:
    step = 500 if count > 500 else 10
    return -(-count // step) * step
