"""The real server for the sections that need one, and the page of documents in it."""

from __future__ import annotations

import atexit
import functools
import os
import time
import uuid
from typing import Any

from elasticsearch import Elasticsearch

from benchmarks.product import Product, hits
from ecgen.runtime import connect, ids

COUNT = 50_000
CHUNK = 2000
WARM_UP = 20.0
"""Seconds in which the server compiles what the sections ask of it; a cold one is slow, and flatters whoever waits for it."""


class Stored(Product):
    """As `compute_id` makes it by default."""

    __slots__ = ()

    def _compute_id(self) -> str | None:
        return self.id or ids.uuid7()


@functools.cache
def url() -> str:
    """Of one node for all sections, started and warmed up at the first call, with an index prefix of this run's own.

    Java compiles the node in full, as it does servers; the nodes for tests are compiled in one quick stage only.
    """
    where = os.environ.get("ELASTICSEARCH_URL")
    if where is None:
        from ecgen.testing import EmbeddedNode

        node = EmbeddedNode("9.5.3", jvm_options=["-XX:TieredStopAtLevel=4"])
        node.start()
        atexit.register(node.close)
        where = node.url
    # a node that is cold, on a machine with other work, may take longer than the client's ten seconds
    connect(
        {"hosts": [where], "request_timeout": 60}, index_prefix=f"bench-{uuid.uuid4().hex[:8]}-"
    )
    _warm_up(Elasticsearch(where, request_timeout=60))
    return where


def _warm_up(es: Elasticsearch) -> None:
    """Write, scan and get until it is warm."""
    values = keywords(10_000)
    until = time.monotonic() + WARM_UP
    while time.monotonic() < until:
        index = _made_anew(es)
        models = [Stored(**each) for each in values]
        Stored.save_all(models, refresh=True, threads=2).raise_failures()
        assert sum(1 for _ in Stored.scan(size=1000)) == len(models)
        for number in range(0, len(models), 100):
            ids = [str(model.id) for model in models[number : number + 100]]
            es.mget(index=index, ids=ids)
            Stored.find_by(size=100, sku=values[number]["sku"])
            es.get(index=index, id=ids[0])
    es.indices.delete(index=index)


@functools.cache
def client() -> Elasticsearch:
    """The plain client, as it comes."""
    return Elasticsearch(url(), request_timeout=60)


def fresh_index() -> str:
    """The name of Stored's index, made anew."""
    return _made_anew(client())


def _made_anew(es: Elasticsearch) -> str:
    index = Stored.get_index()
    es.options(ignore_status=404).indices.delete(index=index)
    body = Stored.get_index_body()
    # the server core has no scaled_float; double takes as long
    body["mappings"]["properties"]["price"] = {"type": "double"}
    es.indices.create(index=index, **body)
    return index


def drop_index() -> None:
    client().options(ignore_status=404).indices.delete(index=Stored.get_index())


def keywords(count: int = COUNT) -> list[dict[str, Any]]:
    """The values of new documents, without ids."""
    return [
        {name: value for name, value in hit["_source"].items() if name != "id"}
        for hit in hits(count)
    ]
