"""Copying an index into a new one as `ecgen apply` does, against `_reindex` of 7.17.29.

The copy runs in a process of its own, as `ecgen apply` is one: `python -m benchmarks.migrating JSON` prints what it took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

from elasticsearch import Elasticsearch

from benchmarks.measure import Line, at_least
from ecgen.live.migrate.asking import Steps
from ecgen.live.migrate.converting import Conversion
from ecgen.live.migrate.copying import Copier, copy_pass
from ecgen.live.migrate.driving import connect
from ecgen.live.migrate.fence import Fence
from ecgen.live.migrate.job import Job
from ecgen.live.migrate.lease import STATE, Lease
from ecgen.live.migrate.new_index import create
from ecgen.testing.server import Server

ROUNDS = 3
COUNT = 50_000
MAPPINGS = {"properties": {"n": {"type": "long"}, "name": {"type": "keyword"}, "text": {"type": "text"}}}  # fmt: skip
SETTINGS = {"number_of_shards": 1, "number_of_replicas": 0}


def lines() -> Iterator[Line]:
    where = _url()
    es = Server.at(where).client(request_timeout=300)
    prefix = f"bench-{uuid.uuid4().hex[:8]}"
    try:
        _fill(es, f"{prefix}-000001", prefix, COUNT, 300)
        ours, theirs = [], []
        for turn in range(ROUNDS):
            for way in ("copy", "reindex") if turn % 2 == 0 else ("reindex", "copy"):
                if way == "copy":
                    ours.append(_copy(where, es, prefix))
                else:
                    theirs.append(_reindex(es, f"{prefix}-000001", f"{prefix}-r"))
                es.indices.delete(index=f"{prefix}-000002,{prefix}-r", ignore_unavailable=True)
        rate = f"{COUNT / min(ours):,.0f} documents/s"
        yield at_least("migrating", "copy with 2 workers, × _reindex of 7.17.29", ours, theirs, 1, rate)  # fmt: skip
    finally:
        es.indices.delete(index=f"{prefix}-*", ignore_unavailable=True)
        es.options(ignore_status=404).delete(index=STATE, id=f"lease:{prefix}")
        es.close()


def _url() -> str:
    where = os.environ.get("ECGEN_TEST_ES7")
    if where is None:
        import atexit

        from ecgen.testing import EmbeddedNode

        node = EmbeddedNode("7.17.29")
        node.start()
        atexit.register(node.close)
        where = node.url
    return where


def _fill(es: Elasticsearch, index: str, alias: str, count: int, size: int) -> None:
    es.indices.create(index=index, settings=SETTINGS, mappings=MAPPINGS, aliases={alias: {}})
    for start in range(0, count, 2000):
        operations: list[dict[str, Any]] = []
        for n in range(start, start + 2000):
            operations += [{"index": {"_id": f"d{n}"}}, _document(n, size)]
        es.bulk(index=index, operations=operations, filter_path="errors")
    es.indices.refresh(index=index)
    es.indices.forcemerge(index=index, max_num_segments=5)


def _document(n: int, size: int) -> dict[str, Any]:
    words = f"word{n % 997} other{n % 89} "
    return {"n": n, "name": f"name {n}", "text": (words * (size // len(words) + 1))[: size - 60]}


def _reindex(es: Elasticsearch, old: str, new: str) -> float:
    """With its own batches of 1,000; no refresh, no replicas."""
    es.indices.create(index=new, settings={**SETTINGS, "refresh_interval": "-1"}, mappings=MAPPINGS)
    begun = time.monotonic()
    es.reindex(source={"index": old}, dest={"index": new}, wait_for_completion=True)
    return time.monotonic() - begun


def _copy(where: str, es: Elasticsearch, prefix: str) -> float:
    old = f"{prefix}-000001"
    identity = es.indices.get_settings(index=old)[old]["settings"]["index"]["uuid"]
    body = {"settings": SETTINGS, "mappings": MAPPINGS}
    job = Job(prefix, old, identity, f"{prefix}-000002", 1, body)
    given = json.dumps({"url": where, "job": job.as_json()})
    child = subprocess.run([sys.executable, "-m", "benchmarks.migrating", given], check=True, capture_output=True, text=True)  # fmt: skip
    taken: float = json.loads(child.stdout)["copy"]
    return taken


def _main(given: dict[str, Any]) -> None:
    job = Job.from_json(given["job"])
    lease = Lease(job.name, "benchmark", 120)
    driver = connect(given["url"], {})

    def first_pass() -> Steps[float]:
        """Only the first pass of the copy: what `_reindex` does."""
        yield from create(job)
        fence = Fence(job.name, lease.epoch)
        yield from fence.take(job.old, job.new)
        copier = Copier(job.name, job.old, job.new, fence.load, 1, lease, Conversion([]), driver.clock)  # fmt: skip
        begun = time.monotonic()
        yield from copy_pass(copier)
        taken = time.monotonic() - begun
        yield from fence.clear(job.old)
        return taken

    driver.run(lease.acquire())
    print(json.dumps({"copy": driver.run(first_pass())}))
    driver.run(lease.release(job={}, phase="idle"))
    driver.close()


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
