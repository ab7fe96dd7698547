"""Right use of generated and of hand-written models. Only type checkers read this file; they must find nothing."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import assert_type

from ecgen.runtime import (
    BulkResult,
    Keyword,
    Long,
    Model,
    Namespace,
    Result,
    SingleJoin,
    connect,
    create_mappings,
)
from generated import MODELS, Category, Maker, Product, Review


def generated_models() -> None:
    maker = Maker.create(name="Hansen", slug="hansen", refresh=True)
    assert_type(maker, Maker)
    product = Product(sku="x", name="Chair", price=3, maker=maker, tags=["a"], status="live")
    assert_type(product, Product)
    assert_type(product.sku, str)
    assert_type(product.maker, Maker | str | None)
    assert_type(product.categories, list[Category | str])
    assert_type(product.get_joined("maker"), Maker)
    assert_type(product.get_joined("categories"), list[Category])
    product.price = "79.90"
    product.created = datetime.date(2026, 1, 1)
    product.tags = ("a", "b")
    assert_type(product.price, float)
    assert_type(product.tags, list[str])
    assert_type(product.id, str)
    assert_type(product.created, datetime.datetime | None)
    assert_type(product.save(refresh="wait_for"), Product)
    assert_type(product.load("maker"), Product)
    assert_type(Product.get("x"), Product)
    assert_type(Product.get(["x", "y"]), Result[Product])
    found = Product.find_by(status="live", sku=["a", "b"], maker=maker, size=10, load=["maker"])
    assert_type(found, Result[Product])
    assert_type(found[0], Product)
    assert_type(found[:2], Result[Product])
    assert_type(found.search_after(), Result[Product])
    assert_type(found.load(), Result[Product])
    for one in found:
        assert_type(one.name, str)
    assert_type(Product.find_by(query="name:chair", sort=[{"price": "desc"}]).total, int)
    assert_type(Product.find_by(created=None), Result[Product])
    assert_type(Product.find_by(name__raw="x", offers__price={"lt": 3}), Result[Product])
    assert_type(Product.count(size__width=[1.5, None], offers__seller="x"), int)
    assert_type(Product.all(sort=["price:desc"]), Result[Product])
    assert_type(Product.scan(status="live"), Iterator[Product])
    assert_type(Product.count(tags="a"), int)
    assert_type(Product.save_all([product]), BulkResult)
    assert_type(Review.find_by(stars=5)[0].product, Product | str | None)
    create_mappings(MODELS)
    create_mappings([Product, Maker])


class Part(Model):
    __slots__ = ("number", "owner")

    number: int
    owner: Part | str | None

    _meta = {"index": "parts"}
    _mapping = {
        "id": Keyword("id"),
        "number": Long("number"),
        "owner": SingleJoin("owner", source="parts.Part", target="parts.Part"),
    }

    def _compute_id(self) -> str:
        return f"part-{self.number}"


def hand_written_models(namespace: Namespace) -> None:
    part = Part.create(number=1, refresh=True)
    assert_type(part, Part)
    assert_type(part.number, int)
    assert_type(part.id, str)
    assert_type(Part.find_by(number=1), Result[Part])
    assert_type(Part.find_by(number=1)[0], Part)
    assert_type(Part.get("x"), Part)
    assert_type(part.save(), Part)
    assert_type(namespace.register_model_class(Part), type[Part])
    assert_type(connect("http://localhost:9200"), Namespace)


def any_model(cls: type[Model]) -> list[Model]:
    return [cls.get("x"), *cls.find_by(number=1), *cls.scan()]
