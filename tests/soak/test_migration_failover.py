"""Three nodes with replicas: the node with the old index's primary is killed in the copy, under the block and at the swap.

    SOAK_KILLS=6 pytest -s tests/soak/test_migration_failover.py

Readers and writers ask another node. A run that ends with an error is begun again, as `ecgen apply` is by people.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "live"))

from migrating import Stage

from ecgen.live.migrate.asking import Ask, MigrationError
from ecgen.testing import EmbeddedCluster, NodeError

KILLS = int(os.environ.get("SOAK_KILLS", "3"))
PLACES = ("in the copy", "under the block", "at the swap")


class Killer:
    """Kills the primary of the old index once, when a run comes to a place, and starts the node again after a while."""

    def __init__(self, cluster: EmbeddedCluster, it: Stage, place: str) -> None:
        self.cluster, self.it, self.place = cluster, it, place
        self.bulks, self.blocked = 0, False
        self.reviving: threading.Thread | None = None
        self._lock = threading.Lock()  # a run asks in several threads

    def __call__(self, ask: Ask) -> None:
        with self._lock:
            self._look(ask)

    def _look(self, ask: Ask) -> None:
        self.bulks += "_bulk" in ask.path
        is_swap = ask.path == "/_aliases" and self.blocked
        is_it = {
            "in the copy": self.bulks > 2,
            "under the block": self.blocked,
            "at the swap": is_swap,
        }[self.place]
        self.blocked |= "_block/write" in ask.path
        if is_it and self.reviving is None:
            dead = self.cluster.primary_of(self.it.old)
            self.cluster.kill(dead)

            def revive() -> None:
                time.sleep(3)
                self.cluster.revive(dead)

            self.reviving = threading.Thread(target=revive)
            self.reviving.start()


def test_nothing_is_lost_when_the_primary_is_killed() -> None:
    try:
        with EmbeddedCluster(nodes=3, timeout=400) as cluster:
            migrate_under_kills(cluster)
    except NodeError as error:
        pytest.fail(str(error))


def migrate_under_kills(cluster: EmbeddedCluster) -> None:
    # The node that is asked has no copy, so that it is never the one that is killed.
    apart = {"number_of_replicas": 1, "routing.allocation.exclude._name": "node0"}
    it = Stage(
        cluster.members[0].server,
        f"mgr-soak-{secrets.token_hex(4)}",
        2000,
        shards=2,
        new_shards=2,
        pace=0.3,
        sizes=(1, 10, 40),
        settings=apart,
        failing=True,
    )
    runs = 0
    try:
        cluster.wait_for("green")
        with it.load.going_on():
            for number in range(KILLS):
                place = PLACES[number % 3]
                job = it.job()
                job.body["settings"] |= apart
                killer = Killer(cluster, it, place)
                begun = time.monotonic()
                for attempt in range(10):
                    driver = it.driver()
                    driver.before = killer
                    runs += 1
                    try:
                        if it.run(job, driver, owner=f"run {runs}", seconds=5, max_pause=20).done:
                            break
                    except MigrationError as error:
                        print(f"  {place}, run {attempt}: {error}", flush=True)
                        time.sleep(2)
                assert killer.reviving is not None
                killer.reviving.join(400)
                cluster.wait_for("green", nodes=3, timeout=300)
                (behind,) = it.plain.ok("GET", f"/{it.name}/_alias")
                assert behind == job.new
                it.swapped()
                print(
                    f"killed {place}: {attempt + 1} runs, {time.monotonic() - begun:.0f} s",
                    flush=True,
                )
        audit = it.load.audit()
        print(
            f"{KILLS} kills, {runs} runs, {audit.acknowledged:,} operations acknowledged, {audit.searches:,} searches: "
            f"{audit.faults or 'none lost, resurrected or stale'}; longest wait {audit.longest_wait:.1f} s"
        )
        assert audit.faults == {}
        assert it.fences() == []
    finally:
        it.close()
