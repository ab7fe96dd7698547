"""What the runtime's tests watch a server and a client with, beside the fixtures."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def fresh_prefix(client: Any) -> Iterator[str]:
    """A prefix that no index has, and no index has afterwards."""
    prefix = f"t{uuid.uuid4().hex[:10]}_"
    try:
        yield prefix
    finally:
        # In one request: a server publishes its state once for each. Forty names fit into an address.
        names = list(client.indices.get(index=f"{prefix}*", expand_wildcards="all"))
        for start in range(0, len(names), 40):
            client.indices.delete(index=names[start : start + 40])


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


def are_open(client: Any, index: str, expected: int) -> bool:
    """Whether an index, or a pattern, has so many points in time, within five seconds.

    A search counts as one while it runs, and a server answers before it has let go of the shards that gave no hit.
    """
    end = time.monotonic() + 5
    while _open_contexts(client, index) != expected:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _open_contexts(client: Any, index: str) -> int:
    stats = client.perform_request(
        "GET", f"/{index}/_stats/search", headers={"accept": "application/json"}
    ).body
    return int(stats["_all"]["total"]["search"]["open_contexts"])
