"""Fixtures of the runtime's tests: a namespace on each server, and an eye on the requests that it sends."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ecgen.runtime import Namespace, connect
from ecgen.runtime import namespace as namespaces


@contextmanager
def fresh_prefix(client: Any) -> Iterator[str]:
    """A prefix that no index has, and no index has afterwards."""
    prefix = f"t{uuid.uuid4().hex[:10]}_"
    try:
        yield prefix
    finally:
        for index in client.indices.get(index=f"{prefix}*", expand_wildcards="all"):
            client.indices.delete(index=index)


@pytest.fixture
def connected(server: Any) -> Iterator[Namespace]:
    """The default namespace, on a prefix of its own."""
    with server.client() as client, fresh_prefix(client) as prefix:
        yield connect(server.conf, index_prefix=prefix)
    connect(None)


@pytest.fixture
def unconnected() -> Iterator[None]:
    """The default namespace as it is at the start of a program, and so again afterwards."""
    connect(None)
    yield
    connect(None)
    namespaces._global_prefix = ""


class Requests(list[str]):
    """`"POST /index/_search"` of every request since the last `clear()`, without the query string."""

    def to(self, part: str) -> int:
        return sum(part in request for request in self)


@contextmanager
def watched(client: Any) -> Iterator[Requests]:
    seen = Requests()
    send = client.transport.perform_request

    def perform_request(method: str, target: str, **options: Any) -> Any:
        seen.append(f"{method} {target.partition('?')[0]}")
        return send(method, target, **options)

    client.transport.perform_request = perform_request
    try:
        yield seen
    finally:
        del client.transport.perform_request


@pytest.fixture
def requests(connected: Namespace) -> Iterator[Requests]:
    """What the default namespace sends."""
    with watched(connected.get_es()) as seen:
        yield seen


def open_points_in_time(client: Any) -> int:
    stats = client.perform_request(
        "GET",
        "/_nodes/stats/indices/search",
        headers={"accept": "application/json"},
    ).body
    return sum(node["indices"]["search"]["open_contexts"] for node in stats["nodes"].values())
