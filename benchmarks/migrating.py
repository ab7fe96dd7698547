"""Copying an index into a new one as `ecgen apply` does, against `_reindex` of 7.17.29; then a whole migration under writers.

Both run in a process of their own, as `ecgen apply` is one: `python -m benchmarks.migrating JSON` prints what it took.
The pause and the memory are no ratios: their lines are seconds and units of 150 MB.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from elasticsearch import Elasticsearch

from benchmarks.measure import Line, at_least, at_most, peak_memory
from ecgen.live.migrate.asking import Steps
from ecgen.live.migrate.converting import Conversion
from ecgen.live.migrate.copy_job import Manner, Outcome, carry_out
from ecgen.live.migrate.copying import Copier, copy_pass
from ecgen.live.migrate.driving import connect
from ecgen.live.migrate.fence import Fence
from ecgen.live.migrate.job import Job
from ecgen.live.migrate.lease import STATE, Lease
from ecgen.live.migrate.new_index import create
from ecgen.testing.server import Server

ROUNDS = 15
WARM_UP = 4
"""Rounds before those: a server that has not compiled yet is slower at what has more code, HTTP and JSON here."""
COUNT = 50_000
WHOLE = 100_000
MEMORY = 150
WRITERS, BULK, PER_SECOND = 2, 6, 420
MAPPINGS = {"properties": {"n": {"type": "long"}, "name": {"type": "keyword"}, "text": {"type": "text"}}}  # fmt: skip
SETTINGS = {"number_of_shards": 1, "number_of_replicas": 0}


def lines() -> Iterator[Line]:
    where = _url()
    es = Server.at(where).client(request_timeout=300)
    prefix = f"bench-{uuid.uuid4().hex[:8]}"
    try:
        _fill(es, f"{prefix}-000001", prefix, COUNT, 300)
        ours, theirs = list[float](), list[float]()
        for turn in range(-WARM_UP, ROUNDS):
            for way in ("copy", "reindex") if turn % 2 == 0 else ("reindex", "copy"):
                if way == "copy":
                    taken = _copy(where, es, prefix)
                else:
                    taken = _reindex(es, f"{prefix}-000001", f"{prefix}-r")
                if turn >= 0:
                    (ours if way == "copy" else theirs).append(taken)
                es.indices.delete(index=f"{prefix}-000002,{prefix}-r", ignore_unavailable=True)
        rate = f"{COUNT / min(ours):,.0f} documents/s"
        yield at_least("migrating", "copy with 2 workers, × _reindex of 7.17.29", ours, theirs, 1, rate)  # fmt: skip
        es.indices.delete(index=f"{prefix}-*")
        _fill(es, f"{prefix}-000001", prefix, WHOLE, 1000)
        with _writing(where, prefix) as written:
            found = _child(where, es, prefix, "whole")
        rate = f"{found['pause']:.2f} s, {len(written) * BULK / found['seconds']:,.0f} writes/s"
        yield at_most("migrating", f"pause at {WHOLE:,} documents of 1 KB, seconds", [found["pause"]], [1.0], 2, rate)  # fmt: skip
        yield at_most("migrating", f"memory of the process, of {MEMORY} MB", [found["memory"]], [MEMORY], 1, f"{found['memory']:.0f} MB")  # fmt: skip
    finally:
        es.indices.delete(index=f"{prefix}-*", ignore_unavailable=True)
        es.delete_by_query(index=STATE, query={"term": {"name": prefix}}, refresh=True)
        es.close()


def _url() -> str:
    where = os.environ.get("ECGEN_TEST_ES7")
    if where is None:
        import atexit

        from ecgen.testing import EmbeddedNode

        # compiled in full, as servers are, and as benchmarks/server.py has it
        node = EmbeddedNode("7.17.29", jvm_options=["-XX:TieredStopAtLevel=4"])
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
    return _child(where, es, prefix, "copy")["seconds"]


@contextmanager
def _writing(where: str, alias: str) -> Iterator[list[float]]:
    """Overwrites documents in bulks; a refused one is sent again, as the runtime does. What was acknowledged, by time."""
    ended = threading.Event()
    done: list[float] = []

    def write(number: int) -> None:
        with Server.at(where).client(request_timeout=60) as es:
            due = time.monotonic()
            while not ended.is_set():
                operations: list[dict[str, Any]] = []
                for _ in range(BULK):
                    number = (number + 7919) % WHOLE
                    operations += [{"index": {"_id": f"d{number}"}}, _document(number, 1000)]
                while es.bulk(index=alias, operations=operations, filter_path="errors")["errors"]:
                    time.sleep(0.02)
                done.append(time.monotonic())
                due += BULK * WRITERS / PER_SECOND
                time.sleep(max(0.0, due - time.monotonic()))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _child(where: str, es: Elasticsearch, prefix: str, what: str) -> dict[str, float]:
    old = f"{prefix}-000001"
    identity = es.indices.get_settings(index=old)[old]["settings"]["index"]["uuid"]
    body = {"settings": SETTINGS, "mappings": MAPPINGS}
    job = Job(prefix, old, identity, f"{prefix}-000002", 1, body)
    given = json.dumps({"url": where, "job": job.as_json(), "what": what})
    child = subprocess.run([sys.executable, "-m", "benchmarks.migrating", given], check=True, capture_output=True, text=True)  # fmt: skip
    taken: dict[str, float] = json.loads(child.stdout)
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

    def whole() -> Steps[Outcome]:
        yield from lease.put(phase="begin", job=job.as_json(), cursors={})
        return (yield from carry_out(lease, Manner(max_pause=60)))

    driver.run(lease.acquire())
    if given["what"] == "copy":
        print(json.dumps({"seconds": driver.run(first_pass())}))
    else:
        begun = time.monotonic()
        pause = driver.run(whole()).pause
        memory = peak_memory(os.getpid())
        print(json.dumps({"seconds": time.monotonic() - begun, "pause": pause, "memory": memory}))
    driver.run(lease.release(job={}, phase="idle"))
    driver.close()


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
