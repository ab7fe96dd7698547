"""Hits into objects, and what an object weighs."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measure import Line, at_least, at_most, by_turns, per_second, whole
from benchmarks.product import HandWritten, Product, hits
from ecgen.runtime import Result

COUNT = 20_000


def weight(make: Callable[[Any], Any], pages: list[Any]) -> float:
    """Bytes that one object keeps, with its values, of an answer that is gone."""
    make(pages[0])
    texts = [json.dumps(hit) for hit in pages]
    gc.collect()  # with it go the free lists, whose memory would not be counted
    tracemalloc.start()
    kept = [make(json.loads(text)) for text in texts]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(kept)


def lines() -> Iterator[Line]:
    from benchmarks.rivals import DslProduct, LoopProduct, PydanticProduct

    pages = hits(COUNT)
    Product.from_es(pages[0])  # compiles the reader
    times = by_turns({"hand-written": (HandWritten.from_es, pages), "ours": (Product.from_es, pages)}, rounds=9)  # fmt: skip
    ours = times["ours"]
    yield at_most("reading", "Model.from_es, of a hand-written class", ours, times["hand-written"], 1.1, per_second(COUNT, ours))  # fmt: skip
    whole_page = by_turns(
        {
            "ours": (lambda hits: Result({"hits": {"hits": hits}}, Product, "search"), [pages]),
            "pydantic": (lambda hits: [PydanticProduct.from_es(hit) for hit in hits], [pages]),
        },
        rounds=15,
        slices=1,
    )
    yield at_least("reading", "… a page of 20,000, × pydantic", whole_page["ours"], whole_page["pydantic"], 3)  # fmt: skip
    behind = [{**hit, "_index": f"{hit['_index']}-000002"} for hit in pages]
    apart = by_turns({"own": (Product._from_page, [pages]), "alias": (Product._from_page, [behind])}, rounds=15, slices=1)  # fmt: skip
    yield at_most("reading", "… behind an alias, of a page of the index itself", apart["alias"], apart["own"], 1.2)  # fmt: skip
    few = pages[:2000]
    slow = by_turns(
        {
            "ours": (Product.from_es, few),
            "loop": (LoopProduct.from_es, few),
            "dsl": (DslProduct.from_es, few),
        },
        rounds=3,
        slices=5,
    )
    yield at_least("reading", "… × elastic_connect's way", slow["ours"], slow["loop"], 45)
    yield at_least("reading", "… × elasticsearch.dsl", slow["ours"], slow["dsl"], 75)

    page = {"hits": {"hits": pages[:10_000]}}
    results = whole(
        {
            "Result": lambda: Result(page, Product, "search"),
            "models": lambda: [Product.from_es(hit) for hit in page["hits"]["hits"]],
        },
        rounds=9,
    )
    yield at_most("reading", "Result of 10,000 hits, of making its models", results["Result"], results["models"], 1.0)  # fmt: skip
    size = [weight(Product.from_es, pages)]
    yield at_most("reading", "memory with the values, of a hand-written one", size, [weight(HandWritten.from_es, pages)], 1.4, f"{size[0]:.0f} bytes")  # fmt: skip
