"""The indices of docs/adopting.md, as somebody's services left them."""

from __future__ import annotations

from typing import Any

from ecgen.testing.server import Server

MAKERS = {"dynamic": "strict", "properties": {"id": {"type": "keyword"}, "name": {"type": "text"}}}
PRODUCTS = {
    "properties": {
        "sku": {"type": "keyword", "ignore_above": 64},
        "title": {"type": "text", "analyzer": "folding", "fields": {"raw": {"type": "keyword"}}},
        "maker_id": {"type": "keyword"},
        "tags": {"type": "keyword"},
        "size": {"properties": {"width": {"type": "float"}, "height": {"type": "float"}}},
        "created": {"type": "date"},
    }
}
SETTINGS = {
    "number_of_replicas": 0,
    "analysis": {"analyzer": {"folding": {"tokenizer": "standard", "filter": ["lowercase"]}}},
}


def create(server: Server, name: str) -> None:
    """Two indices of products behind one alias, one of makers, and a few documents."""
    client = server.client()
    client.indices.create(
        index=f"{name}-makers", mappings=MAKERS, settings={"number_of_replicas": 0}
    )
    for number in (1, 2):
        client.indices.create(
            index=f"{name}-products-00000{number}",
            mappings=PRODUCTS,
            settings=SETTINGS,
            aliases={f"{name}-products": {"is_write_index": number == 2}},
        )
    operations: list[Any] = []
    for number in range(1, 6):
        maker = {"id": f"m{number}", "name": f"Maker {number}"}
        product = {
            "sku": f"s{number}",
            "title": "A chair",
            "maker_id": f"m{number}",
            "tags": ["wood", "new"][: number % 3],
            "size": {"width": 40, "height": 90.5},
            "created": "2024-05-01T12:00:00Z",
        }
        operations += [{"index": {"_index": f"{name}-makers", "_id": f"m{number}"}}, maker]
        target = {"_index": f"{name}-products-000002", "_id": f"m{number}-s{number}"}
        operations += [{"index": target}, product]
    client.bulk(operations=operations, refresh=True)


def delete(server: Server, name: str) -> None:
    """Delete what `create` made, and what a migration made of it."""
    for index in ("makers", "makers-000001", "makers-000002", "products-000001", "products-000002"):
        server.client().options(ignore_status=[400, 404]).indices.delete(index=f"{name}-{index}")
