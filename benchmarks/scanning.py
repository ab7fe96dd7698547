"""Every one of 50,000 documents from a real node, into models."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from elasticsearch import Elasticsearch, OrjsonSerializer

from benchmarks.measure import Line, at_least, at_most, per_second, whole
from benchmarks.rivals import DslProduct
from benchmarks.server import COUNT, Stored, client, drop_index, fresh_index, keywords, url

PAGE = 1000


def lines() -> Iterator[Line]:
    url()
    es, index = client(), fresh_index()
    serializers = {"application/json": OrjsonSerializer()}
    fast = Elasticsearch(url(), request_timeout=60, serializers=serializers)
    Stored.save_all([Stored(**each) for each in keywords()], refresh=True).raise_failures()

    def raw() -> Iterator[Any]:
        pit = fast.open_point_in_time(index=index, keep_alive="1m")["id"]
        after: dict[str, Any] = {}
        while True:
            page = fast.search(
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
        fast.close_point_in_time(id=pit)

    def dsl() -> None:
        search = DslProduct.search(using=es, index=index).extra(size=PAGE)
        assert sum(1 for _ in itertools.islice(search.iterate(), COUNT // 5)) == COUNT // 5

    def all_of(scan: Callable[[], Iterator[Any]], kept: bool) -> Callable[[], None]:
        def read() -> None:
            assert (len(list(scan())) if kept else sum(1 for _ in scan())) == COUNT

        return read

    ways: dict[str, Callable[[], Iterator[Any]]] = {"raw": raw, "ours": lambda: Stored.scan(size=PAGE)}  # fmt: skip
    for kept, limit in ((False, 0.95), (True, 0.85)):
        times = whole({name: all_of(way, kept) for name, way in ways.items()}, rounds=9)
        what = "… as a list, of a list of theirs" if kept else "scan into models, of the client's dicts by orjson"  # fmt: skip
        mine = times["ours"]
        yield at_most("scanning", what, mine, times["raw"], limit, per_second(COUNT, mine))
    slow = [seconds * 5 for seconds in whole({"dsl": dsl}, rounds=2)["dsl"]]
    drop_index()
    yield at_least("scanning", "… × elasticsearch.dsl", sorted(mine)[:2], slow, 10, per_second(COUNT, slow))  # fmt: skip
