"""Every one of 50,000 documents from a real node, into models."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from benchmarks.measure import Line, at_least, at_most, per_second, side_by_side, whole
from benchmarks.rivals import DslProduct
from benchmarks.server import COUNT, Stored, client, drop_index, fresh_index, keywords, url

PAGE = 1000


def lines() -> Iterator[Line]:
    url()
    es, index = client(), fresh_index()
    Stored.save_all([Stored(**each) for each in keywords()], refresh=True).raise_failures()

    def raw() -> Iterator[Any]:
        pit = es.open_point_in_time(index=index, keep_alive="1m")["id"]
        after: dict[str, Any] = {}
        while True:
            page = es.search(
                size=PAGE,
                sort=[{"_shard_doc": "asc"}],
                pit={"id": pit, "keep_alive": "1m"},
                track_total_hits=False,
                **after,
            )
            found = page["hits"]["hits"]
            yield from found
            if len(found) < PAGE:
                break
            after = {"search_after": found[-1]["sort"]}
        es.close_point_in_time(id=pit)

    def dsl() -> None:
        search = DslProduct.search(using=es, index=index).extra(size=PAGE)
        assert sum(1 for _ in itertools.islice(search.iterate(), COUNT // 5)) == COUNT // 5

    times = side_by_side({"raw": raw, "ours": lambda: Stored.scan(size=PAGE)}, PAGE, rounds=7)
    slow = [seconds * 5 for seconds in whole({"dsl": dsl}, rounds=2)["dsl"]]
    drop_index()
    mine = times["ours"]
    yield at_most("scanning", "scan into models, of the plain client's dicts", mine, times["raw"], 1.0, per_second(COUNT, mine))  # fmt: skip
    yield at_least("scanning", "… × elasticsearch.dsl", sorted(mine)[:2], slow, 10, per_second(COUNT, slow))  # fmt: skip
