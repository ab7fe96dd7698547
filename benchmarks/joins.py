"""A page of documents with what each of them joins, and a single document, from a real node."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any, ClassVar

from benchmarks.measure import Line, Way, at_most, by_turns
from benchmarks.product import HandWritten
from benchmarks.server import Stored, client, drop_index, fresh_index, keywords, url
from ecgen.runtime import BaseDataType, Keyword, Model, Result, SingleJoin, create_mappings

PAGE, REPEAT = 100, 20


class Order(Model):
    __slots__ = ("product",)
    product: Any
    _meta: ClassVar[dict[str, Any]] = {"index": "orders"}
    _mapping: ClassVar[dict[str, BaseDataType]] = {
        "id": Keyword("id"),
        "product": SingleJoin("product", source=f"{__name__}.Order", target="benchmarks.server.Stored"),
    }  # fmt: skip


def lines() -> Iterator[Line]:
    url()
    es, index = client(), fresh_index()
    create_mappings([Order])
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
    times |= by_turns(gets, 9, PAGE, perf_counter)
    per_page = f"{min(times['ours']) / REPEAT * 1000:.1f} ms"
    yield at_most("joins", "100 documents with their join, of one multi-get", times["ours"], times["mget"], 1.15, per_page)  # fmt: skip
    yield at_most("joins", "get by id, of the client's", times["our get"], times["get"], 1.05, f"{min(times['our get']) / PAGE * 1000:.2f} ms")  # fmt: skip
    client().indices.delete(index=Order.get_index())
    drop_index()
