"""List the parts of a model, beside fields, that not every supported Elasticsearch knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecgen.diagnostics.problems import quoted
from ecgen.elasticsearch.settings import NEW_IN_8, NEW_IN_9, WHOLE, flat

from ..language import MODEL_KEYS
from ..reporter import Where

Version = tuple[int, int]

_SINCE_RUNTIME_TYPE: Final[Mapping[str, Version]] = {"lookup": (8, 2)}


def newer_options(data: Mapping[str, Any], server: Version) -> Iterator[tuple[Where, str]]:
    """Yield the path of each option that a server of this version refuses, and a message."""
    for path, what, (major, minor) in _dated(data):
        if (major, minor) > server:
            yield path, f"{what} exists since Elasticsearch {major}.{minor}"
    for name, _, path in flat(data.get("settings"), WHOLE, ("settings",)):
        if (server[0] < 8 and name in NEW_IN_8) or (server[0] < 9 and name in NEW_IN_9):
            yield path, f"Elasticsearch {server[0]} has no setting {quoted(name)}"


def _dated(data: Mapping[str, Any]) -> Iterator[tuple[Where, str, Version]]:
    """Yield the path of each option that is not as old as 7.0, what it is, and the first version with it."""
    for key in data:
        if key in MODEL_KEYS and (since := MODEL_KEYS[key].since):
            major, _, minor = since.partition(".")
            yield (key,), quoted(key), (int(major), int(minor))
    if data.get("dynamic") == "runtime":
        yield ("dynamic",), "'dynamic: runtime'", (7, 11)
    if "mode" in (data.get("_source") or {}):
        yield ("_source", "mode"), "'mode' of _source", (8, 4)
    for name, field in (data.get("runtime") or {}).items():
        if since_type := _SINCE_RUNTIME_TYPE.get(str(field.get("type"))):
            yield ("runtime", name, "type"), f"the runtime type {quoted(field['type'])}", since_type
    for position, entry in enumerate(data.get("dynamic_templates") or ()):
        for name, template in entry.items():
            path = ("dynamic_templates", position, name)
            for key, value in template.items():
                if key == "unmatch_mapping_type":
                    yield (*path, key), "'unmatch_mapping_type' of a dynamic template", (8, 9)
                elif isinstance(value, list):
                    yield (*path, key), f"a list in '{key}' of a dynamic template", (8, 9)
