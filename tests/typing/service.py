"""A service on the example's models, as a team would write it. Only type checkers read this file; they must find nothing."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elasticsearch.dsl import Q

from ecgen.runtime import (
    BulkResult,
    FieldValueError,
    Namespace,
    NotFetched,
    NotLoaded,
    Result,
    connect,
    create_mappings,
)
from generated import MODELS, Category, Maker, Order, Product, Review

if TYPE_CHECKING:
    from generated.product import ProductPaths


@dataclass(frozen=True)
class Card:
    """What a page of the shop shows of a product."""

    id: str
    name: str
    price: float
    maker: str
    stars: float | None


def start(url: str) -> Namespace:
    namespace = connect(url, index_prefix="shop_")
    namespace.wait_for_ready()
    created: list[str] = create_mappings(MODELS)
    print(", ".join(created))
    return namespace


def cards(words: str, cheaper_than: float | None = None) -> list[Card]:
    price = None if cheaper_than is None else {"lt": cheaper_than}
    query = {"match": {"name": words}}
    if cheaper_than is None:
        found = Product.find_by(query=query, status="live", load=["maker", "reviews"])
    else:
        found = Product.find_by(
            query=query, status="live", price={"lt": cheaper_than}, load=["maker", "reviews"]
        )
    print(price, found.total)
    return [card(product) for product in found]


def card(product: Product) -> Card:
    reviews = product.get_joined("reviews")
    stars = [review.stars for review in reviews if review.stars is not None]
    return Card(
        id=product.id,
        name=product.name,
        price=product.price,
        maker=product.get_joined("maker").name,
        stars=sum(stars) / len(stars) if stars else None,
    )


def add(sku: str, name: str, price: str, maker: Maker | str, tags: Iterable[str] = ()) -> str:
    product = Product(sku=sku, name=name, price=price, maker=maker, tags=list(tags))
    product.created = datetime.date(2026, 1, 31)
    product.updated = "2026-02-01T12:00:00Z"
    product.vat_rate = 0.07
    product.size = {"width": 30, "height": "12.5"}
    product.offers = [{"seller": "x", "price": 3}]
    product.tags = ("new", *product.tags)
    product.status = "draft"
    try:
        product.save(refresh="wait_for")
    except FieldValueError as error:
        print(error.path, error.reason)
        raise
    return product.id


def reprice(ids: list[str], factor: decimal.Decimal) -> BulkResult:
    products: Result[Product] = Product.get(ids)
    for product in products:
        product.price = decimal.Decimal(str(product.price)) * factor
    return Product.save_all(products, refresh=True)


def names(status_after: datetime.datetime) -> Iterator[tuple[str, str]]:
    for product in Product.scan(
        updated={"gte": status_after}, source=["name", "size.width"], keep_alive="10m"
    ):
        yield product.id, product.name
        try:
            print(product.price)
        except NotFetched:
            continue


def exactly(name: str) -> Product | None:
    asked: ProductPaths = {"name.raw": name}
    found = Product.find_by(size=1, **asked)
    return found[0] if found else None


def maker_of(product: Product) -> Maker:
    try:
        return product.get_joined("maker")
    except NotLoaded:
        return product.load("maker").get_joined("maker")


def popular(category: Category) -> dict[str, int]:
    search = Product.search().filter("term", categories=category.id).query(Q("match_all"))
    search.aggs.bucket("makers", "terms", field="maker")
    response = search[:0].execute()
    return {bucket.key: bucket.doc_count for bucket in response.aggs.makers}


def housekeeping() -> dict[str, Any]:
    connection = Product.get_es_connection()
    connection.indices.refresh()
    connection.indices.put_mapping(properties={})
    connection.update_by_query(query={"match_all": {}})
    counted = connection.count(query={"match_all": {}})
    health = connection.cluster.health()
    stored = connection.indices.get_mapping()
    return {"count": counted["count"], "status": health["status"], "mapping": stored.body}


def forget(customer: str) -> int:
    orders = Order.find_by(customer=customer, size=1000)
    Order.delete_all(orders).raise_failures()
    reviews = [review for review in Review.scan(customer=customer) if review.product]
    return len(orders) + len(reviews)


def one_or_none(id: str) -> Product | None:
    return Product.get(id, default=None) if Product.exists(id) else None
