"""Fills the shop: `python fill.py 200` saves as many products, with makers and reviews."""

from __future__ import annotations

import asyncio
import datetime
import os
import sys

from ecgen.runtime.aio import connect, create_mappings
from shop import MODELS, Maker, Product, Review

WOODS = ("Oak", "Ash", "Beech", "Pine")
THINGS = ("table", "chair", "shelf", "bench", "lamp")
FIRST = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)


async def fill(count: int) -> None:
    makers = [Maker(id=f"m{n}", name=f"Maker {n}", slug=f"maker-{n}") for n in range(10)]
    products = [
        Product(
            sku=f"P-{n}",
            name=f"{WOODS[n % 4]} {THINGS[n % 5]}",
            summary=f"Number {n} of the collection.",
            price=10 + n % 90,
            status="draft" if n % 10 == 9 else "live",
            tags=[WOODS[n % 4].lower(), "new"],
            created=FIRST + datetime.timedelta(minutes=n),
            maker=makers[n % 10],
        )
        for n in range(count)
    ]
    reviews = [
        Review(product=product, customer=customer, stars=4 if n % 3 else 5, title="As described")
        for n, product in enumerate(products)
        for customer in ("ada", "bob", "eve")
    ]
    for models in (makers, products, reviews):
        done = await type(models[0]).save_all(models, overwrite=True, refresh=True)
        done.raise_failures()


async def main() -> None:
    url = os.environ.get("ELASTICSEARCH_URL", "http://localhost:9200")
    async with connect(url, index_prefix=os.environ.get("INDEX_PREFIX", "")):
        await create_mappings(MODELS)
        await fill(int(sys.argv[1]) if sys.argv[1:] else 200)


if __name__ == "__main__":
    asyncio.run(main())
