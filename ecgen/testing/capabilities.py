"""What a server can and cannot do, found by asking it.

A node made of Maven Central's jars is the server core and a few modules, a distribution has some forty, and a hosted one
may lack others. Tests that need a certain field type or feature ask here and skip, instead of guessing from a version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ecgen.elasticsearch.field_types import FIELD_TYPES

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

# What the smallest mapping of a type needs beside the type; most need nothing.
_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "aggregate_metric_double": {"metrics": ["max"], "default_metric": "max"},
    "alias": {"path": "target"},
    "dense_vector": {"dims": 3},
    "join": {"relations": {"question": "answer"}},
    "passthrough": {"priority": 1},
    "scaled_float": {"scaling_factor": 100},
    "token_count": {"analyzer": "standard"},
}
FIELD_EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    name: {"type": name, **_PARAMETERS.get(name, {})} for name in FIELD_TYPES
}
"""For every field type a mapping that a server which has the type takes."""

# A feature, and the request that a server which has it answers with anything but 400, 404 or 405.
_FEATURES: Mapping[str, tuple[str, str, Any]] = {
    "root_endpoint": ("GET", "/", None),
    "reindex": (
        "POST",
        "/_reindex",
        {"source": {"index": "ecgen-none-*"}, "dest": {"index": "ecgen-none"}},
    ),
    "delete_by_query": ("POST", "/ecgen-none-*/_delete_by_query", {"query": {"match_none": {}}}),
    "update_by_query": ("POST", "/ecgen-none-*/_update_by_query", {"query": {"match_none": {}}}),
    "point_in_time": ("POST", "/ecgen-none-*/_pit?keep_alive=1s", None),
    "language_analyzers": ("POST", "/_analyze", {"analyzer": "english", "text": "shops"}),
    "painless": (
        "PUT",
        "/_scripts/ecgen-probe",
        {"script": {"lang": "painless", "source": "1"}},
    ),
    "sql": ("POST", "/_sql", {"query": "SELECT 1"}),
}
_REMOVE_AFTER = {"painless": ("DELETE", "/_scripts/ecgen-probe")}


def lacking(client: Elasticsearch) -> frozenset[str]:
    """The names of the field types and features that the client's server lacks.

    Changes nothing on the server that lasts. Field types are asked with `_index_template/_simulate`, which refuses a type
    that has no handler (seen with 9.5.3, 8.19.21 and 7.17.29) and leaves no index behind.
    """
    return frozenset(
        [name for name, mapping in FIELD_EXAMPLES.items() if not _takes(client, mapping)]
        + [name for name, request in _FEATURES.items() if not _serves(client, name, *request)]
    )


def _takes(client: Elasticsearch, mapping: Mapping[str, Any]) -> bool:
    properties = {"probe": mapping, "target": {"type": "keyword"}}
    template = {
        "index_patterns": ["ecgen-none-*"],
        "template": {"mappings": {"properties": properties}},
    }
    return _status(client, "POST", "/_index_template/_simulate", template) < 400


def _serves(client: Elasticsearch, name: str, method: str, path: str, body: Any) -> bool:
    served = _status(client, method, path, body) not in (400, 404, 405)
    if served and name in _REMOVE_AFTER:
        _status(client, *_REMOVE_AFTER[name], None)
    return served


def _status(client: Elasticsearch, method: str, path: str, body: Any) -> int:
    from elasticsearch import ApiError

    send: Callable[..., Any] = client.perform_request
    try:
        answer = send(
            method,
            path,
            headers={"accept": "application/json", "content-type": "application/json"},
            body=body,
        )
    except ApiError as error:
        return error.meta.status
    return int(answer.meta.status)
