"""Limits of Elasticsearch that an index of many fields has to raise, where its settings were not imported."""

from __future__ import annotations

from typing import Final

from ecgen.elasticsearch.limits import (
    DEPTH,
    NESTED_FIELDS,
    TOTAL_FIELDS,
    excesses,
    fields_of,
    size_of,
)
from ecgen.elasticsearch.settings import flat

from .define import Definition

_NOUNS: Final = {TOTAL_FIELDS: "fields", NESTED_FIELDS: "nested fields", DEPTH: "levels of objects"}
# The definition may be built for any server: the lowest limit is what holds everywhere.
_MAJOR: Final = 8


def raise_limits(draft: Definition) -> None:
    """Add the settings without which the server would refuse the mapping; settings of the source stay as they are."""
    mappings = draft.source.mappings
    size = size_of(fields_of(mappings), len(mappings.get("runtime") or {}), _MAJOR)
    written = {name for name, _, _ in flat(draft.data.get("settings"))}
    for setting, count, limit in excesses(size, {}, _MAJOR):
        if setting not in written:
            mapping = draft.data.setdefault("settings", {}).setdefault("mapping", {})
            mapping[setting.split(".")[1]] = {"limit": _rounded(count)}
            draft.head.append(
                f"settings.{setting} was added: the mapping has {count} {_NOUNS[setting]}, and the default is {limit}."
            )


def _rounded(count: int) -> int:
    step = 500 if count > 500 else 10
    return -(-count // step) * step
