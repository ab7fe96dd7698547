"""The `index_options` of dense_vector by type of index, and what of a vector's definition is newer than its type.

Checked against 9.5.3 and 8.19.21 for every type with every option. Elastic's specification gives the versions, except of
`flat_index_threshold`: 8.19.21 refuses it, 9.5.3 takes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_GRAPH: Final = frozenset({"m", "ef_construction", "flat_index_threshold"})
_QUANTISED: Final = frozenset({"rescore_vector", "confidence_interval"})

INDEX_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "hnsw": _GRAPH,
    "int8_hnsw": _GRAPH | _QUANTISED | {"on_disk_rescore"},
    "int4_hnsw": _GRAPH | _QUANTISED | {"on_disk_rescore"},
    "bbq_hnsw": _GRAPH | {"rescore_vector", "on_disk_rescore"},
    "flat": frozenset(),
    "int8_flat": _QUANTISED,
    "int4_flat": _QUANTISED,
    "bbq_flat": frozenset({"rescore_vector"}),
    "bbq_disk": frozenset(
        {
            "rescore_vector",
            "cluster_size",
            "default_visit_percentage",
            "bits",
            "on_disk_rescore",
            "flat_index_threshold",
        }
    ),
}
"""Beside `type`, which each has."""
QUANTISED_INDICES: Final = frozenset(INDEX_OPTIONS) - {"hnsw", "flat"}
"""For vectors of floats alone."""

_SINCE_OPTION: Final = {"flat_index_threshold": "9", "on_disk_rescore": "9.3"}
_SINCE_INDEX: Final = {"bbq_disk": "9.2"}
_SINCE_ELEMENT: Final = {"bfloat16": "9.3"}


def newer_parts(definition: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Path, name and first version of each part of a vector's definition that not every server of its type knows."""
    element = definition.get("element_type")
    if since := _SINCE_ELEMENT.get(str(element)):
        yield ("element_type",), f"element_type '{element}'", since
    options = definition.get("index_options")
    if not isinstance(options, Mapping):
        return
    kind = options.get("type")
    if since := _SINCE_INDEX.get(str(kind)):
        yield ("index_options", "type"), f"index_options of type '{kind}'", since
    for name in options:
        if since := _SINCE_OPTION.get(name):
            yield ("index_options", name), f"'{name}' of index_options", since
