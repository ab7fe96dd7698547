"""Find out which field types and features a server has.

A node of Maven Central's jars has the server core and a few modules, a distribution about forty; a hosted server may lack
others. Tests that need a field type or feature check it here and skip, since the version alone does not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ecgen.elasticsearch.field_types import FIELD_TYPES

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

# The parameters that some types require.
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
"""For every field type a mapping that is valid on a server with the type."""

# For each feature a request; a server without it answers 400, 404 or 405.
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
    """Return the names of the field types and features that the client's server lacks.

    Leaves no lasting change on the server. Field types are checked with `_index_template/_simulate`, which refuses unknown
    types (9.5.3, 8.19.21 and 7.17.29) and creates no index.
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
