"""Index settings as an author would write them: without what a server added to them by itself."""

from __future__ import annotations

from typing import Final

from .source import Json

_ADDED: Final = (
    "uuid",
    "creation_date",
    "creation_date_string",
    "provided_name",
    "version",
    "routing.allocation",
    "resize",
    "history",
    "verified_before_close",
    "verified_read_only",
    "blocks",
    "frozen",
    "store.snapshot",
    "shrink",
    "latest",
    "time_series.start_time",
    "time_series.end_time",
    "lifecycle.indexing_complete",
    "lifecycle.origination_date",
    "replication.type",
)
"""Set by the server, or the state of one index rather than what all its kind are to be."""
_COUNTS: Final = ("number_of_shards", "number_of_replicas", "number_of_routing_shards")


def cleaned(settings: dict[str, Json]) -> dict[str, Json]:
    """The settings below `index`, nested, without what the server added. Values stay, but for counts as strings."""
    merged: dict[str, Json] = {}
    for key, value in settings.items():
        if key == "index" and isinstance(value, dict):
            _merge(merged, value)
        else:
            _merge(merged, {key.removeprefix("index."): value})
    for name in _ADDED:
        _drop(merged, name.split("."))
        merged = {
            key: value
            for key, value in merged.items()
            if key != name and not key.startswith(f"{name}.")
        }
    for name in _COUNTS:
        value = merged.get(name)
        if isinstance(value, str) and value.isdigit():
            merged[name] = int(value)
    return merged


def _merge(into: dict[str, Json], more: dict[str, Json]) -> None:
    for key, value in more.items():
        there = into.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            into[key] = dict(there)
            _merge(into[key], value)
        else:
            into[key] = value


def _drop(settings: dict[str, Json], steps: list[str]) -> None:
    first, *rest = steps
    if not rest:
        settings.pop(first, None)
        return
    inner = settings.get(first)
    if isinstance(inner, dict):
        copy = dict(inner)
        _drop(copy, rest)
        if copy:
            settings[first] = copy
        else:
            del settings[first]
