"""The real server for the sections that need one, and the page of documents in it."""

from __future__ import annotations

import atexit
import functools
import os
import uuid
from typing import Any

from elasticsearch import Elasticsearch

from benchmarks.product import Product, hits
from ecgen.runtime import connect, ids

COUNT = 50_000
CHUNK = 2000


class Stored(Product):
    """As `compute_id` makes it by default."""

    __slots__ = ()

    def _compute_id(self) -> str | None:
        return self.id or ids.uuid7()


@functools.cache
def url() -> str:
    """Of one node for all sections, started at the first call, with an index prefix of this run's own."""
    where = os.environ.get("ELASTICSEARCH_URL") or os.environ.get("ECGEN_TEST_ES9")
    if where is None:
        from ecgen.testing import EmbeddedNode

        node = EmbeddedNode("9.5.3")
        node.start()
        atexit.register(node.close)
        where = node.url
    connect(where, index_prefix=f"bench-{uuid.uuid4().hex[:8]}-")
    return where


@functools.cache
def client() -> Elasticsearch:
    """The plain client, as it comes."""
    return Elasticsearch(url())


def fresh_index() -> str:
    """The name of Stored's index, made anew. The server core has no scaled_float; double takes as long."""
    es, index = client(), Stored.get_index()
    es.options(ignore_status=404).indices.delete(index=index)
    body = Stored.get_index_body()
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
