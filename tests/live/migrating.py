"""A migration as tests drive it: made, cut at a request, resumed, raced, undone."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from recorded_documents import MAPPINGS, seed
from recorded_documents import Server as Plain
from recorded_load import Load

from ecgen.live.migrate.asking import Ask, Json, Steps, Tell
from ecgen.live.migrate.copy_job import Manner, Outcome, abort, carry_out
from ecgen.live.migrate.driving import Driver, connect
from ecgen.live.migrate.job import Job
from ecgen.live.migrate.lease import STATE, Lease
from ecgen.testing.server import Server


class Killed(BaseException):
    """The process is gone; nothing that it would still have done is done."""


class Cut(Driver):
    """A driver whose process dies at its n-th request: before it is sent, or (`after`) with its answer.

    `dies_at` decides by the request instead of the number.
    """

    def limit(
        self, at: int = 10**9, after: bool = False, dies_at: Callable[[Ask], bool] | None = None
    ) -> Cut:
        self.at, self.after, self.dies_at = at, after, dies_at
        self.asked: list[str] = []
        self.dead = False
        self.before: Callable[[Ask], None] | None = None
        return self

    def ask(self, ask: Ask) -> Any:
        if self.dead:
            raise Killed
        self.asked.append(f"{ask.method} {ask.path.partition('?')[0]}")
        hit = len(self.asked) >= self.at or (self.dies_at is not None and self.dies_at(ask))
        if hit and not self.after:
            self.dead = True
            raise Killed
        if self.before is not None:
            self.before(ask)
        answer = super().ask(ask)
        if hit or self.dead:
            self.dead = True
            raise Killed
        return answer


class Stage:
    """An index of recorded documents behind an alias (or, `concrete`, of that name), and the job of copying it."""

    def __init__(
        self,
        server: Server,
        name: str,
        documents: int = 60,
        *,
        shards: int = 1,
        new_shards: int = 1,
        concrete: bool = False,
        routed: bool = False,
        writers: int = 2,
        pace: float = 0.02,
        sizes: Sequence[int] = (1, 1, 1, 4, 12),
        counters: bool = False,
        settings: Json = None,
        failing: bool = False,
    ) -> None:
        self.server = server
        self.plain = Plain(server.url)
        self.name = name
        self.number = 1
        self.concrete = concrete
        self.old = name if concrete else f"{name}-000001"
        body: Json = {
            "settings": {
                "number_of_shards": shards,
                "number_of_replicas": 0,
                **(settings or {}),
            },
            "mappings": MAPPINGS,
        }
        if not concrete:
            body["aliases"] = {name: {}}
        self.plain.ok("PUT", f"/{self.old}", body)
        self.shards, self.new_shards = shards, new_shards
        self.load = Load(
            self.plain, name, documents, writers, pace, routed, sizes, concrete, counters
        )
        for writer in self.load.writers:
            writer.failing = failing
        self.load.reader.patience = 60.0 if failing else self.load.reader.patience
        seed(self.plain, self.old, self.load.ids, self.load.scheme)
        self.drivers: list[Driver] = []
        self.events: list[Tell] = []
        self.guards: list[Json] = []

    def uuid(self, index: str) -> str:
        answer = self.plain.ok("GET", f"/{index}/_settings?flat_settings=true")
        found: str = answer[index]["settings"]["index.uuid"]
        return found

    def job(self, **changes: Any) -> Job:
        mappings = copy.deepcopy(MAPPINGS)
        mappings["properties"]["price"] = {"type": "keyword"}
        body: Json = {
            "settings": {"number_of_shards": self.new_shards, "number_of_replicas": 0},
            "mappings": mappings,
        }
        options: dict[str, Any] = {
            "name": self.name,
            "old": self.old,
            "old_uuid": self.uuid(self.old),
            "new": f"{self.name}-{self.number + 1:06d}",
            "shards": self.shards,
            "body": body,
            "kept": f"{self.name}-000001" if self.concrete and self.number == 1 else None,
        }
        return Job(**{**options, **changes})

    def driver(self) -> Cut:
        def tell(event: Tell) -> None:
            self.events.append(event)

        made = connect(self.server.url, {}, tell=tell, guard=self.guards.append)
        driver = Cut(made._transport, {}, tell, self.guards.append).limit()
        self.drivers += [made, driver]
        return driver

    def run(
        self,
        job: Job,
        driver: Cut | None = None,
        owner: str = "one",
        seconds: float = 0.3,
        **manner: Any,
    ) -> Outcome:
        """Begin or resume the job, as `ecgen apply` does."""
        whole: Json = {"exclude_vectors": False} if self.server.version >= "9.2" else True
        return (driver or self.driver()).run(
            apply_job(Lease(self.name, owner, seconds), job, Manner(whole=whole, **manner))
        )

    def abort(self, driver: Cut | None = None) -> bool:
        lease = Lease(self.name, "abort", 0.3)

        def steps() -> Steps[bool]:
            yield from lease.acquire()
            return (yield from abort(lease)) if lease.job else False

        return (driver or self.driver()).run(steps())

    def swapped(self) -> None:
        """The next migration begins with what this one made."""
        self.number += 1
        self.concrete = False
        self.old, self.shards = f"{self.name}-{self.number:06d}", self.new_shards

    def indices(self) -> list[str]:
        found = self.plain.ok("GET", f"/{self.name}*/_settings?expand_wildcards=all")
        return sorted(found)

    def fences(self) -> list[str]:
        found = self.plain.ok("GET", f"/{self.name}*/_alias?expand_wildcards=all")
        return [alias for body in found.values() for alias in body["aliases"] if alias != self.name]

    def is_writable(self) -> bool:
        status, _ = self.plain.ask("PUT", f"/{self.name}/_doc/probe", {"count": 1})
        if status < 300:
            self.plain.ok("DELETE", f"/{self.name}/_doc/probe")
        return status < 300

    def close(self) -> None:
        self.load.stop() if self.load.reader.is_alive() else None
        for driver in self.drivers:
            driver.close()
        self.plain.ask("DELETE", f"/{','.join(self.indices())}")
        query = {"query": {"term": {"name": self.name}}, "size": 100}
        status, found = self.plain.ask("POST", f"/{STATE}/_search", query)
        for hit in found["hits"]["hits"] if status == 200 else []:
            self.plain.ask("DELETE", f"/{STATE}/_doc/{hit['_id']}")


def apply_job(lease: Lease, job: Job, manner: Manner) -> Steps[Outcome]:
    """Begin the job, or go on with what the lease has noted."""
    yield from lease.acquire()
    if not lease.job:
        yield from lease.put(phase="begin", job=job.as_json(), cursors={})
    return (yield from carry_out(lease, manner))


def abort_along_the_way(it: Stage, step: int) -> None:
    """Runs that die later and later, each undone: nothing is left of them, and nothing of the writers' work is lost."""
    job, at = it.job(), 2
    with it.load.going_on():
        while True:
            driver = it.driver().limit(at=at, after=True)
            try:
                it.run(job, driver, owner=f"run {at}", max_pause=60)
                break
            except Killed:
                pass
            swapped = f"{it.name}-000002" in it.plain.ok("GET", f"/{it.name}/_alias")
            if swapped:
                assert it.abort() is False  # it is finished instead
                break
            it.abort()
            assert it.indices() == [it.old], at
            assert it.fences() == [], at
            assert it.is_writable(), at
            at += step
    assert at > 2 * step
    assert it.load.audit().faults == {}
