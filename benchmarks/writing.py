"""Objects into stored documents, and constructing with conversion: python -m benchmarks.writing"""

from __future__ import annotations

import datetime
import sys

from benchmarks.product import FIELDS, HandWritten, Product, hits, measure, report
from ecgen.runtime.compiled import compile_writer

COUNT = 20_000
WRITING, NATIVE, CONSTRUCTING = 1.1, 0.5, 2.0


def main() -> int:
    store, native = compile_writer(Product), compile_writer(Product, native_dates=True)
    inside = True
    for kind, zone in (("naive dates", None), ("dates in UTC", datetime.UTC)):
        pages = hits(COUNT, zone)
        by_hand = [HandWritten.from_es(hit) for hit in pages]
        models = [Product.from_es(hit) for hit in pages]
        assert [store(model) for model in models[:100]] == [each.store() for each in by_hand[:100]]
        inside &= report(
            f"writing, {kind}",
            measure(
                {
                    "hand-written": (HandWritten.store, by_hand),
                    "compiled": (store, models),
                    "compiled, datetimes for orjson": (native, models),
                }
            ),
            "hand-written",
            COUNT,
            {"compiled": WRITING, "compiled, datetimes for orjson": NATIVE},
        )
    keywords = [{name: getattr(model, name) for name in FIELDS} for model in models]
    Product(**keywords[0])  # compiles the constructor
    inside &= report(
        "constructing",
        measure(
            {
                "hand-written": (lambda values: HandWritten(**values), keywords),
                "with conversion": (lambda values: Product(**values), keywords),
            }
        ),
        "hand-written",
        COUNT,
        {"with conversion": CONSTRUCTING},
    )
    return 0 if inside else 1


if __name__ == "__main__":
    sys.exit(main())
