"""Used only by type checkers: what they must accept of the example, and what they must see in it."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterator
from typing import Literal, assert_type

from ecgen.runtime import GeoPoint, Result
from generated import MODELS, Category, Maker, Order, Product, Review, Warehouse
from generated.product import ProductOffers, ProductSize


def constructors(maker: Maker) -> None:
    product = Product(sku="A-1", name="Chair", price=49.9, maker=maker, tags=("wood",))
    Product(
        sku="A-1",
        name="Chair",
        price="49.90",
        maker="m1",
        size={"width": 1},
        offers=[{"seller": "x"}],
    )
    assert_type(
        Product.create(sku="A-1", name="n", price=1, maker=maker, refresh="wait_for"), Product
    )
    assert_type(product.sku, str)
    assert_type(product.summary, str | None)
    assert_type(product.price, float)
    assert_type(product.vat_rate, decimal.Decimal | None)
    assert_type(product.status, Literal["draft", "live", "retired"] | None)
    assert_type(product.tags, list[str])
    assert_type(product.size, ProductSize | None)
    assert_type(product.offers, list[ProductOffers])
    assert_type(product.offers[0].until, datetime.datetime | None)
    assert_type(product.maker, Maker | str | None)
    assert_type(product.reviews, list[Review | str])
    assert_type(product.id, str)
    product.maker = Maker(name="Hansen", slug="hansen")
    assert_type(product.save(), Product)


def reading() -> None:
    assert_type(Product.get("x"), Product)
    assert_type(Product.get(["x", "y"]), Result[Product])
    assert_type(Product.find_by(status="live", price=[1, 2.5], maker=None), Result[Product])
    assert_type(
        Product.find_by(10, [{"price": "asc"}], load=["maker"], tags=["a", "b"]), Result[Product]
    )
    assert_type(Product.all(), Result[Product])
    assert_type(Product.count(status=["live", "draft"]), int)
    assert_type(Order.scan(placed="2024-01-01"), Iterator[Order])
    assert_type(Warehouse.find_by(code="HAM1")[0].location, GeoPoint)
    for product in Product.find_by(query="chair"):
        assert_type(product, Product)
    assert_type(Category(path="a", title="A").parent, Category | str | None)
    print(MODELS)
