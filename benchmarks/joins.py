"""A page of documents with what each of them joins, and single documents, on a real node."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from collections.abc import Iterator
from time import perf_counter
from typing import Any, ClassVar

from benchmarks.measure import Line, Way, at_most, by_turns
from benchmarks.product import HandWritten
from benchmarks.server import Stored, client, drop_index, fresh_index, keywords, url
from ecgen.runtime import BaseDataType, Keyword, Model, Result, SingleJoin, create_mappings, ids

PAGE, REPEAT = 100, 20
FEW, MANY = 1000, 10_000


class Order(Model):
    __slots__ = ("product",)
    product: Any
    _meta: ClassVar[dict[str, Any]] = {"index": "orders"}
    _mapping: ClassVar[dict[str, BaseDataType]] = {
        "id": Keyword("id"),
        "product": SingleJoin("product", source=f"{__name__}.Order", target="benchmarks.server.Stored"),
    }  # fmt: skip


class Buyer(Model):
    __slots__ = ("name",)
    name: str
    _meta: ClassVar[dict[str, Any]] = {"index": "buyers", "store_id": True}
    _mapping: ClassVar[dict[str, BaseDataType]] = {"id": Keyword("id"), "name": Keyword("name")}

    def _compute_id(self) -> str | None:
        return self.id or f"b-{self.name}"


class Sale(Model):
    __slots__ = ("buyer", "product")
    product: Any
    buyer: Any
    _meta: ClassVar[dict[str, Any]] = {"index": "sales", "store_id": True}
    _mapping: ClassVar[dict[str, BaseDataType]] = {
        "id": Keyword("id"),
        "product": SingleJoin("product", source=f"{__name__}.Sale", target="benchmarks.server.Stored"),
        "buyer": SingleJoin("buyer", source=f"{__name__}.Sale", target=f"{__name__}.Buyer"),
    }  # fmt: skip

    def _compute_id(self) -> str | None:
        return self.id or ids.uuid7()


class HandWrittenSale:
    __slots__ = ("buyer", "id", "product")

    def __init__(self, hit: Any) -> None:
        source = hit["_source"]
        self.id = hit["_id"]
        self.product = source.get("product")
        self.buyer = source.get("buyer")


class HandWrittenBuyer:
    __slots__ = ("id", "name")

    def __init__(self, hit: Any) -> None:
        self.id = hit["_id"]
        self.name = hit["_source"].get("name")


def lines() -> Iterator[Line]:
    url()
    es, index = client(), fresh_index()
    create_mappings([Order, Buyer, Sale])
    products = [Stored(**each) for each in keywords(PAGE)]
    orders = [Order(product=product) for product in products]
    Stored.save_all(products, refresh=True).raise_failures()
    Order.save_all(orders, refresh=True).raise_failures()
    hits = [{"_id": order.id, "_source": {"product": order.product.id}} for order in orders]
    ids = [str(product.id) for product in products]

    def multi_get(_: int) -> None:
        page = [Order.from_es(hit) for hit in hits]
        docs = es.mget(index=index, ids=[each.product for each in page])["docs"]
        by_id = {doc["_id"]: HandWritten.from_es(doc) for doc in docs}
        assert all(by_id[order.product] for order in page)

    def ours(_: int) -> None:
        page = Result({"hits": {"hits": hits}}, Order, "search").load("product")
        assert all(order.product.id for order in page)

    def get(id: str) -> HandWritten:
        return HandWritten.from_es(es.get(index=index, id=id).body)

    turns = range(REPEAT)
    times = by_turns({"mget": (multi_get, turns), "ours": (ours, turns)}, 9, REPEAT, perf_counter)
    gets: dict[str, Way] = {"get": (get, ids), "our get": (Stored.get, ids)}
    times |= by_turns(gets, 27, PAGE, perf_counter)  # of half a millisecond each
    per_page = f"{min(times['ours']) / REPEAT * 1000:.1f} ms"
    yield at_most("joins", "100 documents with their join, of one multi-get", times["ours"], times["mget"], 1.15, per_page)  # fmt: skip
    yield at_most("joins", "get by id, of the client's", times["our get"], times["get"], 1.05, f"{min(times['our get']) / PAGE * 1000:.2f} ms")  # fmt: skip
    yield _one_save()
    yield _two_joins(products)
    yield _memory(products)
    client().indices.delete(index=[each.get_index() for each in (Order, Buyer, Sale)])
    drop_index()


def _one_save() -> Line:
    es, index, values = client(), Stored.get_index(), keywords(PAGE)

    def create(value: dict[str, Any]) -> None:
        made = HandWritten.from_es({"_id": ids.uuid7(), "_source": value})
        es.create(index=index, id=str(made.id), document=made.store())

    def save(value: dict[str, Any]) -> None:
        Stored(**value).save()

    save(values[0])
    times = by_turns({"create": (create, values), "save": (save, values)}, 9, PAGE, perf_counter)
    each = f"{min(times['save']) / PAGE * 1000:.2f} ms"
    return at_most("joins", "save of a new one, of the client's create", times["save"], times["create"], 1.2, each)  # fmt: skip


def _two_joins(products: list[Stored]) -> Line:
    """find_by with two joins is three requests; the same three by hand."""
    es = client()
    buyers = [Buyer(name=f"Buyer {number}") for number in range(PAGE)]
    sales = [Sale(product=one, buyer=other) for one, other in zip(products, buyers, strict=True)]
    Buyer.save_all(buyers, refresh=True).raise_failures()
    Sale.save_all(sales, refresh=True).raise_failures()
    sale, product, buyer = (each.get_index() for each in (Sale, Stored, Buyer))

    def by_hand(_: int) -> None:
        found = es.search(index=sale, size=PAGE, sort=[{"id": "asc"}])["hits"]["hits"]
        page = [HandWrittenSale(hit) for hit in found]
        docs = es.mget(index=product, ids=[each.product for each in page])["docs"]
        makes = {doc["_id"]: HandWritten.from_es(doc) for doc in docs}
        docs = es.mget(index=buyer, ids=[each.buyer for each in page])["docs"]
        names = {doc["_id"]: HandWrittenBuyer(doc) for doc in docs}
        for each in page:
            each.product, each.buyer = makes[each.product], names[each.buyer]
        assert all(each.buyer.name and each.product.sku for each in page)

    def ours(_: int) -> None:
        page = Sale.find_by(size=PAGE, load=["product", "buyer"])
        assert all(each.buyer.name and each.product.sku for each in page)

    by_hand(0)
    ours(0)
    turns = range(REPEAT)
    times = by_turns({"by hand": (by_hand, turns), "ours": (ours, turns)}, 9, REPEAT, perf_counter)
    per_page = f"{min(times['ours']) / REPEAT * 1000:.1f} ms"
    return at_most("joins", "find_by of 100 with two joins, of three requests", times["ours"], times["by hand"], 1.15, per_page)  # fmt: skip


def _memory(products: list[Stored]) -> Line:
    """The most that a scan which loads two joins holds, whether it goes on for 1,000 documents or for 10,000."""
    made = itertools.cycle(products)
    buyers = [Buyer(name=f"Buyer {number} of many") for number in range(MANY)]
    Sale.save_all((Sale(product=next(made), buyer=one) for one in buyers), refresh=True).raise_failures()  # fmt: skip
    del buyers
    most = {count: _most_held(count) for count in (FEW, FEW, MANY)}
    rate = f"{most[MANY] / 2**20:.1f} MiB"
    return at_most("joins", "memory of a scan of 10,000 with two joins, of 1,000", [most[MANY]], [most[FEW]], 1.1, rate)  # fmt: skip


def _most_held(count: int) -> float:
    gc.collect()
    tracemalloc.start()
    for sale in itertools.islice(Sale.scan(size=FEW // 4, load=["product", "buyer"]), count):
        assert sale.buyer.name
        assert sale.product.sku
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return float(most)
