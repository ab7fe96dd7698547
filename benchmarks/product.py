"""The document that reading.py and writing.py measure: 12 fields, two of them dates, one join, one list.

Two ways to hold it: a hand-written class, as a careful person writes it for this one model, and our Model. rivals.py
has those of other libraries.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar

from ecgen.runtime import (
    Boolean,
    Date,
    Float,
    Integer,
    Keyword,
    Model,
    ScaledFloat,
    SingleJoin,
    Text,
)
from ecgen.runtime.data_types import BaseDataType

FIELDS = (
    "id",
    "sku",
    "name",
    "description",
    "price",
    "stock",
    "rating",
    "active",
    "created",
    "updated",
    "maker",
    "tags",
)


class HandWritten:
    __slots__ = FIELDS

    def __init__(
        self,
        *,
        id: str | None = None,
        sku: str | None = None,
        name: str | None = None,
        description: str | None = None,
        price: float | None = None,
        stock: int | None = None,
        rating: float | None = None,
        active: bool | None = None,
        created: datetime.datetime | None = None,
        updated: datetime.datetime | None = None,
        maker: str | HandWritten | None = None,
        tags: list[str] | None = None,
    ) -> None:
        self.id = id
        self.sku = sku
        self.name = name
        self.description = description
        self.price = price
        self.stock = stock
        self.rating = rating
        self.active = active
        self.created = created
        self.updated = updated
        self.maker = maker
        self.tags = [] if tags is None else tags

    @classmethod
    def from_es(cls, hit: Mapping[str, Any]) -> HandWritten:
        source = hit["_source"]
        self = cls.__new__(cls)
        self.id = hit["_id"]
        self.sku = source.get("sku")
        self.name = source.get("name")
        self.description = source.get("description")
        self.price = source.get("price")
        self.stock = source.get("stock")
        self.rating = source.get("rating")
        self.active = source.get("active")
        created = source.get("created")
        self.created = datetime.datetime.fromisoformat(created) if created is not None else None
        updated = source.get("updated")
        self.updated = datetime.datetime.fromisoformat(updated) if updated is not None else None
        self.maker = source.get("maker")
        self.tags = source.get("tags") or []
        return self

    def store(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "sku": self.sku,
            "name": self.name,
            "description": self.description,
            "price": self.price,
            "stock": self.stock,
            "rating": self.rating,
            "active": self.active,
            "created": self.created.isoformat() if self.created is not None else None,
            "updated": self.updated.isoformat() if self.updated is not None else None,
            "maker": self.maker,
            "tags": self.tags,
        }

    def serialize(self, depth: int = 0) -> dict[str, Any]:
        maker: Any = self.maker
        if isinstance(maker, HandWritten):
            maker = maker.serialize(depth - 1) if depth > 0 else maker.id
        return {
            "id": self.id,
            "sku": self.sku,
            "name": self.name,
            "description": self.description,
            "price": self.price,
            "stock": self.stock,
            "rating": self.rating,
            "active": self.active,
            "created": self.created.isoformat() if self.created is not None else None,
            "updated": self.updated.isoformat() if self.updated is not None else None,
            "maker": maker,
            "tags": list(self.tags),
        }


class Product(Model):
    __slots__ = FIELDS[1:]
    _meta: ClassVar[dict[str, Any]] = {"index": "products", "store_id": True}
    _mapping: ClassVar[dict[str, BaseDataType]] = {
        "id": Keyword("id"),
        "sku": Keyword("sku", required=True),
        "name": Text("name"),
        "description": Text("description"),
        "price": ScaledFloat("price", 100),
        "stock": Integer("stock"),
        "rating": Float("rating"),
        "active": Boolean("active"),
        "created": Date("created"),
        "updated": Date("updated"),
        "maker": SingleJoin("maker", source=f"{__name__}.Product", target=f"{__name__}.Product"),
        "tags": Keyword("tags", many=True),
    }


def hits(count: int, zone: datetime.tzinfo | None = None) -> list[dict[str, Any]]:
    """`count` hits as a search gives them; their dates are naive or in `zone`."""
    start = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, zone)
    return [
        {
            "_index": Product.get_index(),
            "_id": f"p{number}",
            "_score": 1.0,
            "_source": {
                "id": f"p{number}",
                "sku": f"SKU-{number:06d}",
                "name": f"Product number {number}",
                "description": "Something the shop sells, described in a sentence or two. " * 2,
                "price": number * 0.01,  # as a server rounds number / 100
                "stock": number % 1000,
                "rating": (number % 50) / 10,
                "active": number % 2 == 0,
                "created": (start + datetime.timedelta(seconds=number)).isoformat(),
                "updated": (start + datetime.timedelta(minutes=number)).isoformat(),
                "maker": f"m{number % 100}",
                "tags": ["one", "two", "three"],
            },
        }
        for number in range(count)
    ]
