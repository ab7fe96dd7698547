"""Hits into objects, and what an object weighs: python -m benchmarks.reading"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

from benchmarks.product import HandWritten, Product, hits, measure, report

COUNT = 20_000
READING, MEMORY = 1.1, 1.1


def weight(make: Callable[[Any], Any], pages: list[Any]) -> float:
    """Bytes that one object keeps beside the hit it was made of."""
    make(pages[0])
    tracemalloc.start()
    kept = [make(hit) for hit in pages]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(kept)


def main() -> int:
    pages = hits(COUNT)
    Product.from_es(pages[0])  # compiles the reader
    sparse = [{**hit, "_source": {k: v for k, v in hit["_source"].items() if k != "rating"}} for hit in pages]  # fmt: skip
    inside = report(
        "reading",
        measure({"hand-written": (HandWritten.from_es, pages), "Model.from_es": (Product.from_es, pages)}),
        "hand-written",
        COUNT,
        {"Model.from_es": READING},
    )  # fmt: skip
    inside &= report(
        "reading, one field absent",
        measure({"hand-written": (HandWritten.from_es, sparse), "Model.from_es": (Product.from_es, sparse)}),
        "hand-written",
        COUNT,
        {},
    )  # fmt: skip
    ratio = weight(Product.from_es, pages) / weight(HandWritten.from_es, pages)
    print(f"memory of an instance: {ratio:.2f} of the hand-written one's (limit {MEMORY})")
    return 0 if inside and ratio <= MEMORY else 1


if __name__ == "__main__":
    sys.exit(main())
