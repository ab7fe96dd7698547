"""Migrations whose process is killed, stopped, doubled and aborted, again and again, under recorded writers."""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "live"))

from migrating import Stage, abort_along_the_way

from ecgen.live.migrate.job import Job
from ecgen.testing.server import Server

FAULTS = int(os.environ.get("SOAK_FAULTS", "100"))
OPERATIONS = int(os.environ.get("SOAK_OPERATIONS", "500000"))
PROCESS = Path(__file__).with_name("migrating_process.py")
LEASE = 2.0
SHAPES = ((1, 1, False), (3, 2, True), (2, 3, False))


class Run:
    """A child process that migrates."""

    def __init__(
        self, it: Stage, job: Job, at: int = 0, after: bool = False, stop: bool = False
    ) -> None:
        given = {
            "url": it.server.url,
            "job": job.as_json(),
            "at": at,
            "after": after,
            "stop": stop,
            "seconds": LEASE,
            "watchdog": at % 2 == 0,
            "whole": {"exclude_vectors": False} if it.server.version >= "9.2" else True,
        }
        self.process = subprocess.Popen(
            [sys.executable, str(PROCESS), json.dumps(given)], stdout=subprocess.PIPE, text=True
        )

    def end(self) -> int:
        self.process.communicate(timeout=300)
        return self.process.returncode

    def is_stopped(self) -> bool:
        """Wait until it stopped or ended; which of the two."""
        while self.process.poll() is None:
            state = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state in "Tt":
                return True
            time.sleep(0.05)
        return False


def killed(it: Stage, job: Job, chance: random.Random) -> None:
    Run(it, job, chance.randint(3, 75), chance.random() < 0.5).end()


def killed_at_any_time(it: Stage, job: Job, chance: random.Random) -> None:
    run = Run(it, job)
    time.sleep(chance.uniform(0.5, 5.0))
    run.process.kill()
    run.end()


def stopped(it: Stage, job: Job, chance: random.Random) -> None:
    """It stands still, another one takes over (and may be killed itself), then it wakes up."""
    run = Run(it, job, chance.randint(3, 75), stop=True)
    if run.is_stopped():
        Run(it, job, chance.choice((0, 0, chance.randint(20, 75)))).end()
        os.kill(run.process.pid, signal.SIGCONT)
    run.end()


def doubled(it: Stage, job: Job, chance: random.Random) -> None:
    runs = [Run(it, job), Run(it, job)]
    for run in runs:
        run.end()


def aborted(it: Stage, job: Job, chance: random.Random) -> None:
    Run(it, job, chance.randint(5, 70), True).end()
    it.abort()


KINDS: tuple[Callable[[Stage, Job, random.Random], None], ...] = (
    killed,
    killed,
    killed_at_any_time,
    stopped,
    doubled,
    aborted,
)


def behind(it: Stage) -> str:
    (index,) = it.plain.ok("GET", f"/_alias/{it.name}")
    return str(index)


def migrate(it: Stage, chance: random.Random, counts: Counter[str]) -> None:
    """One migration with two or three faults on the way."""
    job = it.job()
    for _ in range(chance.randint(2, 3)):
        fault = chance.choice(KINDS)
        counts[fault.__name__] += 1
        fault(it, job, chance)
        if behind(it) == job.new:
            break
    for _ in range(5):
        if Run(it, job).end() == 0:
            break
    assert behind(it) == job.new, "it does not come to its end"
    it.swapped()


def test_nothing_is_lost_whatever_happens(servers: Any) -> None:
    chance = random.Random(secrets.randbits(32))
    counts: Counter[str] = Counter()
    acknowledged = searches = rounds = 0
    while sum(counts.values()) < FAULTS or acknowledged < OPERATIONS:
        name = ("es9", "es7", "es8")[rounds % 3]
        server: Server = servers.get(name)
        shards, new_shards, routed = SHAPES[rounds // 3 % 3]
        rounds += 1
        it = Stage(
            server,
            f"mgr-soak-{secrets.token_hex(4)}",
            2000,
            shards=shards,
            new_shards=new_shards,
            routed=routed,
            concrete=rounds % 4 == 0,
            writers=3,
            sizes=(1, 10, 40, 100, 200),
        )
        try:
            with it.load.going_on():
                for _ in range(3):
                    migrate(it, chance, counts)
            audit = it.load.audit()
            assert audit.faults == {}, (name, shards, dict(counts))
            assert it.fences() == []
            acknowledged += audit.acknowledged
            searches += audit.searches
            print(
                f"{server.version}, {shards} → {new_shards} shards: {audit.acknowledged:,} operations acknowledged, "
                f"0 lost, 0 resurrected, 0 stale; {audit.searches:,} searches, 0 failed; longest wait of a writer "
                f"{audit.longest_wait:.1f} s; so far {sum(counts.values())} faults, {acknowledged:,} operations",
                flush=True,
            )
        finally:
            it.close()
    print(f"total: {dict(counts)}, {acknowledged:,} operations, {searches:,} searches")


def test_abort_from_every_state_leaves_nothing(server: Server) -> None:
    it = Stage(server, f"mgr-soak-{secrets.token_hex(4)}", 40)
    try:
        abort_along_the_way(it, 5)
    finally:
        it.close()
