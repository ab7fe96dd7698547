"""Objects into stored documents, and constructing with conversion."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks.measure import Line, Way, at_least, at_most, by_turns, per_second
from benchmarks.product import FIELDS, HandWritten, Product, hits
from ecgen.runtime.compile.functions import compile_writer

COUNT = 20_000


def lines() -> Iterator[Line]:
    store, native = compile_writer(Product), compile_writer(Product, native_dates=True)
    models: list[Any] = []
    for kind, zone in (("naive dates", None), ("dates in UTC", datetime.UTC)):
        pages = hits(COUNT, zone)
        by_hand = [HandWritten.from_es(hit) for hit in pages]
        models = [Product.from_es(hit) for hit in pages]
        assert [store(model) for model in models[:100]] == [each.store() for each in by_hand[:100]]
        times = by_turns(
            {
                "hand-written": (HandWritten.store, by_hand),
                "ISO dates": (store, models),
                "datetimes": (native, models),
            },
            rounds=9,
        )
        iso, hand = times["ISO dates"], times["hand-written"]
        yield at_most("writing", f"what is stored, {kind}, of hand-written", iso, hand, 1.1, per_second(COUNT, iso))  # fmt: skip
        # "At least twice as fast as that" is half of what the line above may take.
        allowed = [seconds * 1.1 for seconds in hand]
        rate = per_second(COUNT, times["datetimes"])
        yield at_least("writing", f"… {kind} left to orjson, × that", times["datetimes"], allowed, 2, rate)  # fmt: skip
        if zone is None:
            yield from _serializing(by_hand, models)
    keywords = [{name: getattr(model, name) for name in FIELDS} for model in models]
    Product(**keywords[0])  # compiles the constructor
    times = by_turns(
        {
            "hand-written": (lambda values: HandWritten(**values), keywords),
            "ours": (lambda values: Product(**values), keywords),
        },
        rounds=9,
    )
    yield at_most("writing", "constructor with conversion, of hand-written", times["ours"], times["hand-written"], 2.2, per_second(COUNT, times["ours"]))  # fmt: skip


def _serializing(by_hand: list[HandWritten], models: list[Any]) -> Iterator[Line]:
    assert [model.serialize() for model in models[:9]] == [each.serialize() for each in by_hand[:9]]
    for depth in (0, 1):
        if depth:
            for each, model, maker, other in zip(
                by_hand[1:], models[1:], by_hand, models, strict=False
            ):
                each.maker, model.maker = maker, other
        ways: dict[str, Way] = {
            "hand-written": (partial(HandWritten.serialize, depth=depth), by_hand),
            "ours": (partial(Product.serialize, depth=depth), models),
        }
        times = by_turns(ways, rounds=9)
        what = "serialize() with the joined model" if depth else "serialize()"
        yield at_most("writing", f"{what}, of hand-written", times["ours"], times["hand-written"], 1.3, per_second(COUNT, times["ours"]))  # fmt: skip
