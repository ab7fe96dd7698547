"""Migrations whose process is killed, stopped, doubled and aborted, again and again, under recorded writers.

    SOAK_SECONDS=inf SOAK_FAULTS=100 SOAK_OPERATIONS=500000 pytest -s tests/soak/test_migration_faults.py

`SOAK_SECONDS`, ten minutes by default, ends it early, with what was audited by then; `SOAK_FIGURES` is a file to which each audited index adds a line of
JSON, so that portions can be added up: `python tests/soak/figures.py FILE` prints the table of docs/migrating.md.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "live"))

from conversions import EVERYWHERE, Definition, Migration, scaling_factor
from migrating import Stage, abort_along_the_way

from ecgen.live.migrate.job import Job
from ecgen.testing.server import Server

FAULTS = int(os.environ.get("SOAK_FAULTS", "100"))
OPERATIONS = int(os.environ.get("SOAK_OPERATIONS", "500000"))
SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
DOCUMENTS = int(os.environ.get("SOAK_DOCUMENTS", "1000"))
PACE = float(os.environ.get("SOAK_PACE", "0.5"))
"""Seconds that each writer waits between its bulks."""
FIGURES = os.environ.get("SOAK_FIGURES")
PROCESS = Path(__file__).with_name("migrating_process.py")
LEASE = 2.0
SHAPES = ((1, 1, False), (3, 2, True), (2, 3, False))


class Nursery:
    """The process that all migrating processes are forked from."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROCESS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def fork(self, given: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=60)


RUNS: list[Run] = []
"""Those of the present index."""


class Run:
    """A process that migrates."""

    nursery: Nursery

    def __init__(
        self, it: Stage, job: Job, at: int = 0, after: bool = False, stop: bool = False
    ) -> None:
        RUNS.append(self)
        self._result = Path(tempfile.gettempdir()) / f"soak-{secrets.token_hex(8)}.json"
        self.pid = self.nursery.fork(
            {
                "url": it.server.url,
                "job": job.as_json(),
                "at": at,
                "after": after,
                "stop": stop,
                "seconds": LEASE,
                "watchdog": at % 4 == 2,
                "whole": {"exclude_vectors": False} if it.server.version >= "9.2" else True,
                "result": str(self._result),
            }
        )

    @property
    def state(self) -> str:
        """The letter of its state; empty when it has ended."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return ""

    def end(self) -> tuple[int, str]:
        """Wait for its exit code and its error; -9 where it was killed."""
        begun = time.monotonic()
        while self.state not in ("", "Z"):
            time.sleep(0.05)
            if time.monotonic() - begun > 300:
                os.kill(self.pid, signal.SIGUSR1)  # it writes to stderr what it is doing
                time.sleep(2)
                raise AssertionError("a process does not end")
        if not self._result.exists():
            return -9, ""
        code, error = json.loads(self._result.read_text())
        self._result.unlink()
        return code, error

    def is_stopped(self) -> bool:
        """Wait until it stopped or ended; which of the two."""
        while self.state not in ("", "Z"):
            if self.state in ("T", "t"):
                return True
            time.sleep(0.05)
        return False

    def kill(self, number: int = signal.SIGKILL) -> None:
        if self.state not in ("", "Z"):
            os.kill(self.pid, number)


def end_all() -> None:
    """Leave no process behind, not even one that stands still."""
    while RUNS:
        RUNS.pop().kill()


def killed(it: Stage, job: Job, chance: random.Random) -> None:
    Run(it, job, chance.randint(3, 75), chance.random() < 0.5).end()


def killed_at_any_time(it: Stage, job: Job, chance: random.Random) -> None:
    run = Run(it, job)
    time.sleep(chance.uniform(0.5, 5.0))
    run.kill()
    run.end()


def stopped(it: Stage, job: Job, chance: random.Random) -> None:
    """It stands still, another one takes over (and may be killed itself), then it wakes up."""
    run = Run(it, job, chance.randint(3, 75), stop=True)
    if run.is_stopped():
        Run(it, job, chance.choice((0, 0, chance.randint(20, 75)))).end()
        run.kill(signal.SIGCONT)
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
    (index,) = it.plain.ok("GET", f"/{it.name}/_alias")
    return str(index)


def migrate(it: Stage, migration: Migration, chance: random.Random, faults: Counter[str]) -> None:
    """One migration with three or four faults on the way."""
    job = migration.job
    with it.load.standing_still() if migration.writers_stop else nullcontext():
        for _ in range(chance.randint(3, 4)):
            fault = chance.choice(KINDS)
            faults[fault.__name__] += 1
            fault(it, job, chance)
            if behind(it) == job.new:
                break
        ends = []
        for _ in range(5):
            ends.append(Run(it, job).end())
            if ends[-1][0] == 0:
                break
        assert behind(it) == job.new, ends
        migration.afterwards()
    it.swapped()


def test_nothing_is_lost_whatever_happens(servers: Any) -> None:
    chance = random.Random(secrets.randbits(32))
    begun = time.monotonic()
    total: Counter[str] = Counter()
    rounds = chance.randrange(36)
    Run.nursery = Nursery()
    while total["faults"] < FAULTS or total["acknowledged"] < OPERATIONS:
        if time.monotonic() - begun > SECONDS:
            print(f"ended after {SECONDS:.0f} s")
            break
        name = ("es9", "es7", "es8")[rounds % 3]
        server: Server = servers.get(name)
        shards, new_shards, routed = SHAPES[rounds // 3 % 3]
        rounds += 1
        it = Stage(
            server,
            f"mgr-soak-{secrets.token_hex(4)}",
            DOCUMENTS,
            shards=shards,
            new_shards=new_shards,
            routed=routed,
            concrete=rounds % 4 == 0,
            writers=3,
            pace=PACE,
            sizes=(1, 10, 40, 100, 200),
            counters=True,
        )
        conversions = [*EVERYWHERE, *([] if "scaled_float" in server.lacks else [scaling_factor])]
        faults: Counter[str] = Counter()
        kinds: Counter[str] = Counter()
        now = Definition()
        try:
            with it.load.going_on():
                for convert in chance.sample(conversions, 3):
                    kinds[convert.__name__] += 1
                    migrate(it, convert(it, now), chance, faults)
            audit = it.load.audit()
            assert audit.faults == {}, (name, shards, dict(faults), dict(kinds), it.load.scheme)
            assert it.fences() == []
        finally:
            end_all()
            it.close()
        figures = {
            "server": server.version,
            "shards": f"{shards} → {new_shards}",
            "migrations": 3,
            "faults": faults.total(),
            "acknowledged": audit.acknowledged,
            "versioned": audit.counted,
            "searches": audit.searches,
            "lost": len(audit.lost),
            "resurrected": len(audit.resurrected),
            "stale": len(audit.stale),
            "bad searches": len(audit.bad_searches),
            "longest wait": round(audit.longest_wait, 1),
            "kinds": {**faults, **kinds},
        }
        total["faults"] += figures["faults"]
        total["acknowledged"] += audit.acknowledged
        print(json.dumps(figures, ensure_ascii=False), flush=True)
        if FIGURES:
            with Path(FIGURES).open("a", encoding="utf-8") as file:
                file.write(json.dumps(figures, ensure_ascii=False) + "\n")
    Run.nursery.close()
    print(f"total: {dict(total)}")


def test_abort_from_every_state_leaves_nothing(server: Server) -> None:
    it = Stage(server, f"mgr-soak-{secrets.token_hex(4)}", 40)
    try:
        abort_along_the_way(it, 5)
    finally:
        it.close()
