"""Reading documents with their vectors.

Servers from 9.2 on omit vectors from the `_source` that they show by default, so they would read as None (seen on
9.5.3, in get, mget, search and msearch). Older servers show everything and reject the option: 8.19.21 the parameter,
7.17.29 the parameter and its form in a multi-search's bodies. No request of a client distinguishes the versions, so
the option is sent, and if it is rejected, not sent again for a while.

9.x shows the vectors as it indexed them: 0.33333334 for 1/3 with the usual floats, 0.33284852 with bfloat16, and for
sparse_vector 1.296875 for 1.3.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from ecgen.elasticsearch.limits import OBJECTS

from ..base_document import BaseDocument
from ..client.cluster import Cluster
from ..types.base import BaseDataType
from .query import sub_types

_VECTORS = frozenset({"dense_vector", "rank_vectors", "sparse_vector"})
_CLOSED = ("strict", "false", False)
_READS = frozenset({"get", "mget", "msearch", "search"})

_TRUSTED = 60.0
"""Seconds for which a refusal is cached: the server may be upgraded while the program runs."""


def holds_vectors(model: type[BaseDocument]) -> bool:
    """Return whether documents of the model have fields that a server may omit from `_source`."""
    dynamic = model._meta.get("dynamic", True)
    return any(_holds(part, dynamic) for part in model._mapping.values() if part.stored)


def _holds(data_type: BaseDataType, dynamic: Any) -> bool:
    if data_type.es_type in _VECTORS:
        return True
    if data_type.es_type not in OBJECTS:
        return False
    dynamic = data_type.parameters.get("dynamic", dynamic)
    parts = sub_types(data_type).values()
    if any(_holds(part, dynamic) for part in parts):
        return True
    # An object with any keys: Elasticsearch maps lists of 128 numbers and more as dense_vector by itself.
    return data_type.value_class is None and dynamic not in _CLOSED


def may_ask(cluster: Cluster, method: str, arguments: Mapping[str, Any]) -> bool:
    """Return whether this call is to request the vectors; not if the caller selects what is shown."""
    if method not in _READS or time.monotonic() < cluster.refuses_to_show_vectors_until:
        return False
    return not any("source" in name for name in (*arguments, *(arguments.get("body") or ())))


def note_refusal(cluster: Cluster, error: Exception) -> bool:
    """Return whether the server only refused the option, which is then not sent for a while."""
    if getattr(error, "status_code", None) != 400 or "exclude_vectors" not in str(error):
        return False
    cluster.refuses_to_show_vectors_until = time.monotonic() + _TRUSTED
    return True


def asking_client(es: Any) -> Any:
    """Return the client with the option added to what it sends (of a multi-search to the bodies): not every method of
    every version takes it."""
    asking = es.options()
    send = asking.perform_request

    def perform_request(method: str, path: str, **rest: Any) -> Any:
        if path.endswith("/_msearch"):
            shown = {"_source": {"exclude_vectors": False}}
            rest["body"] = [
                {**part, **shown} if index % 2 else part for index, part in enumerate(rest["body"])
            ]
        else:
            rest["params"] = {**(rest.get("params") or {}), "_source_exclude_vectors": "false"}
        return send(method, path, **rest)

    asking.perform_request = perform_request
    return asking


def is_alike(one: Any, other: Any) -> bool:
    """Return whether documents are equal but for the precision that indexing takes from vectors, at most 1 in 256."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_alike, one, other))
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1 / 256)
    return bool(one == other)
