"""Saving 50,000 new documents on a real node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import orjson

from benchmarks.measure import Line, at_least, at_most, per_second, timed
from benchmarks.rivals import DslProduct
from benchmarks.server import CHUNK, COUNT, Stored, client, drop_index, fresh_index, keywords, url

ROUNDS = 15


def lines() -> Iterator[Line]:
    url()
    es, index, values = client(), Stored.get_index(), keywords()
    blobs = _prebuilt(values)

    def send(blob: bytes) -> None:
        es.bulk(index=index, operations=[blob], filter_path=["errors"])  # type: ignore[list-item]

    def prebuilt(threads: int) -> Callable[[Any], object]:
        def work(_: Any) -> None:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(send, blobs))

        return work

    def ours(threads: int) -> Callable[[Any], object]:
        return lambda models: Stored.save_all(models, threads=threads).raise_failures()

    def setup() -> list[Any]:
        fresh_index()
        return [Stored(**each) for each in values]

    times: dict[str, list[float]] = {}
    for turn in range(ROUNDS):
        ways = {
            "prebuilt 1": prebuilt(1),
            "ours 1": ours(1),
            "prebuilt 2": prebuilt(2),
            "ours 2": ours(2),
        }
        for name in list(ways) if turn % 2 == 0 else reversed(list(ways)):
            models = setup()
            times.setdefault(name, []).append(timed(partial(ways[name], models)))
    for threads, limit in ((1, 1.2), (2, 1.3)):
        mine, theirs = times[f"ours {threads}"], times[f"prebuilt {threads}"]
        yield at_most("bulk", f"save_all, {threads} at a time, of prebuilt NDJSON", mine, theirs, limit, per_second(COUNT, mine))  # fmt: skip

    few = values[: COUNT // 5]

    def dsl() -> None:
        DslProduct.bulk((DslProduct(meta={"id": f"d{i}"}, **each) for i, each in enumerate(few)), using=es, index=index)  # fmt: skip

    fresh_index()
    slow = [timed(dsl) * COUNT / len(few) for _ in range(2)]
    mine = sorted(times["ours 2"])[:2]
    yield at_least("bulk", "… × elasticsearch.dsl", mine, slow, 5, per_second(COUNT, slow))  # fmt: skip
    drop_index()


def _prebuilt(values: list[dict[str, Any]]) -> list[bytes]:
    rows = []
    for each in values:
        model = Stored(**each)
        model.id = model._compute_id()
        rows.append(orjson.dumps({"create": {"_id": model.id}}) + b"\n" + orjson.dumps(model._document()))  # fmt: skip
    return [b"\n".join(rows[i : i + CHUNK]) + b"\n" for i in range(0, len(rows), CHUNK)]
