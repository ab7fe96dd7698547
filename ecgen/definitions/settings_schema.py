"""Generate the schema of `settings`: the name of every index setting, nested or dotted, and its values.

`mapping.total_fields.limit` may be written with dots, below `mapping`, or below `mapping.total_fields`; each of these
mappings has a definition of its own. The server reads settings as strings, so every value may be a string.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ecgen.elasticsearch.settings import OTHERS, PREFIXES, TIME, VALUES

_ANY = {"type": ["string", "number", "boolean", "array", "null"]}
_END = r"$(?!\n)"


def definitions() -> dict[str, dict[str, Any]]:
    """Return the definitions of `settings`, its groups (`settings.mapping`), and the kinds of values (`setting.time`)."""
    kinds: dict[str, dict[str, Any]] = {"setting.any": _ANY}
    leaves: dict[tuple[str, ...], str] = {}
    for name in sorted({*VALUES, *OTHERS}):
        kind = "setting.any"
        if name in VALUES:
            kind, schema = _kind(name, VALUES[name])
            kinds[kind] = schema
        leaves[tuple(name.split("."))] = kind
    families = [tuple(prefix.removesuffix(".").split(".")) for prefix in PREFIXES]
    groups = {
        path[:length]
        for path in (*leaves, *families)
        for length in range(len(path))
        if not _open(path[:length], families)
    }
    made = {".".join(("settings", *group)): _group(group, leaves, families) for group in groups}
    root = made.pop("settings")
    root["properties"] |= {
        "analysis": {"$ref": "#/definitions/analysis"},
        "similarity": {"$ref": "#/definitions/similarity"},
        "index": {"$ref": "#/definitions/settings"},
    }
    root["patternProperties"][r"^index\."] = {}  # see checks/prefixed_settings.py
    return {"settings": root, **dict(sorted(made.items())), **dict(sorted(kinds.items()))}


def _open(path: tuple[str, ...], families: list[tuple[str, ...]]) -> bool:
    """Return whether any name is allowed below a path."""
    return any(path[: len(family)] == family for family in families)


def _group(
    group: tuple[str, ...], leaves: Mapping[tuple[str, ...], str], families: list[tuple[str, ...]]
) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    patterns: dict[str, Any] = {}
    inside = [path for path in (*leaves, *families) if path[: len(group)] == group]
    for path in inside:
        for length in range(len(group) + 1, len(path)):
            if not _open(path[:length], families):
                ref = {"$ref": f"#/definitions/{'.'.join(('settings', *path[:length]))}"}
                properties[".".join(path[len(group) : length])] = ref
    for path in inside:
        rest = ".".join(path[len(group) :])
        if path in families:
            patterns[rf"^{re.escape(rest)}\."] = {}
            properties[rest] = {"type": "object"}
        elif rest and not _open(path, families):
            leaf = {"$ref": f"#/definitions/{leaves[path]}"}
            properties[rest] = {"anyOf": [leaf, properties[rest]]} if rest in properties else leaf
    return {
        "type": "object",
        "properties": dict(sorted(properties.items())),
        "patternProperties": patterns,
        "additionalProperties": False,
    }


def _kind(name: str, wanted: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the name and schema of a setting's kind of value; null resets most settings to their defaults."""
    if wanted is TIME:
        return "setting.time", {
            "type": ["string", "integer", "null"],
            "pattern": r"^\s*(-1|0+|\d+\s*(nanos|micros|[mM][sS]|[sS]|m|[hH]|[dD]))\s*" + _END,
            "minimum": -1,
            "maximum": 0,
            "patternErrorMessage": "must be a time such as '30s' or -1",
        }
    if "enum" in wanted:
        return f"setting.{name}", {"enum": [*wanted["enum"], None]}
    if wanted["type"] == "boolean":
        return "setting.boolean", {"enum": [True, False, "true", "false", None]}
    low, high = wanted["minimum"], wanted.get("maximum")
    if high is not None:
        kind = f"setting.{low}to{high}"
        # Matches up to 1024, the highest maximum in the table.
        digits = r"[1-9]\d{0,2}|10[01]\d|102[0-4]"
    else:
        kind = "setting.positive" if low else "setting.count"
        digits = r"[1-9]\d{0,8}" if low else r"\d{1,9}"
    nullable = wanted.get("nullable", True)
    bounds = {key: wanted[key] for key in ("minimum", "maximum") if key in wanted}
    words = f"a whole number from {low} to {high}" if high else f"a whole number of at least {low}"
    return kind if nullable else f"{kind}.given", {
        "type": ["integer", "string", *(["null"] if nullable else [])],
        **bounds,
        "pattern": f"^({digits}){_END}",
        "patternErrorMessage": f"must be {words}",
    }
