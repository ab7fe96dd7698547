"""Writers that record every acknowledged operation, a reader, and the comparison of what was written with what is there."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from recorded_documents import Scheme, Server
from versioned_writers import Counters

Json = Any


@dataclass
class Audit:
    """What became of what was acknowledged."""

    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    resurrected: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    searches: int = 0
    bad_searches: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    longest_wait: float = 0.0
    counted: int = 0
    """Of the acknowledged operations, increments under `if_seq_no`."""

    @property
    def faults(self) -> dict[str, list[str]]:
        found = {
            "lost": self.lost,
            "resurrected": self.resurrected,
            "stale": self.stale,
            "bad searches": self.bad_searches,
            "errors": self.errors,
        }
        return {name: each[:5] for name, each in found.items() if each}


class Writer(threading.Thread):
    """Writes documents of its own: creates, overwrites, partial updates, deletes, one by one and in bulk."""

    def __init__(
        self,
        server: Server,
        name: str,
        alias: str,
        own: Sequence[str],
        pace: float,
        scheme: Scheme,
        sizes: Sequence[int] = (1, 1, 1, 4, 12),
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.sizes = sizes
        self.server, self.alias, self.pace, self.scheme = server, alias, pace, scheme
        self.state: dict[str, int | None] = dict.fromkeys(own, 0)
        self.notes: dict[str, str] = {}
        self.labels: dict[str, str] = dict.fromkeys(own, "label 0")
        self.busy = threading.Lock()
        self.failing = False  # nodes die, and then servers repeat writes that were done: each answer is doubtful
        self.random = random.Random(name)
        self.acknowledged, self.count = 0, 0
        self.ended = threading.Event()
        self.errors: list[str] = []
        self.longest_wait = 0.0

    def run(self) -> None:
        while not self.ended.is_set():
            with self.busy:
                operations = {}
                for _ in range(self.random.choice(self.sizes)):
                    id, operation = self._next()
                    operations[id] = operation
                began = time.monotonic()
                self._carry_out(operations)
                self.longest_wait = max(self.longest_wait, time.monotonic() - began)
            if self.pace:
                time.sleep(self.pace)

    def _next(self) -> tuple[str, tuple[str, Json]]:
        self.count += 1
        kind = self.random.random()
        living = [
            id for id in self.random.choices(list(self.state), k=5) if self.state[id] is not None
        ]
        if kind < 0.3 or not living:
            id = f"{self.name}-{self.count}"
            return id, ("create", self.scheme.document(id, self.count, self.name))
        id = living[0]
        if kind < 0.55:
            return id, ("index", self.scheme.document(id, self.count, self.name))
        if kind < 0.75:
            return id, ("update", {"doc": {"count": self.count, "note": f"n{self.count}"}})
        return id, ("delete", None)

    def _carry_out(self, operations: dict[str, tuple[str, Json]]) -> None:
        left, doubtful = operations, self.failing
        give_up = time.monotonic() + 60
        while left and not (self.ended.is_set() and time.monotonic() > give_up):
            lines = []
            for id, (verb, body) in left.items():
                lines.append(json.dumps({verb: self.scheme.place(id)}))
                if body is not None:
                    lines.append(json.dumps(body))
            try:
                status, answer = self.server.ask(
                    "POST",
                    f"/{self.alias}/_bulk?require_alias=false",
                    "\n".join(lines).encode() + b"\n",
                )
            except (HTTPException, OSError):
                doubtful = True
                time.sleep(0.05)
                continue
            if status != 200:
                if status not in (403, 429, 503):
                    self.errors.append(f"{status} {answer}")
                    return
                time.sleep(0.02)
                continue
            again = {}
            for (id, operation), item in zip(left.items(), answer["items"], strict=True):
                verb, body = operation
                outcome = item[verb]
                status = outcome["status"]
                done = status < 300 or (
                    doubtful
                    and (verb, status) in (("create", 409), ("delete", 404), ("update", 404))
                )
                if done:
                    self.acknowledged += 1
                    self.state[id] = None if verb == "delete" else _count_of(verb, body)
                    if verb == "update":
                        self.notes[id] = body["doc"]["note"]
                    else:
                        self.notes.pop(id, None)
                        self.labels[id] = body["label"] if body else ""
                elif status in (403, 429, 503) or _has_vanished(outcome):
                    again[id] = operation
                else:
                    self.errors.append(f"{verb} {id}: {outcome}")
            left = again
            if left:
                time.sleep(0.01)


def _has_vanished(outcome: Json) -> bool:
    """Whether the index was removed while the request was under way, at a swap that puts an alias in its place."""
    error = outcome.get("error") or {}
    is_missing = error.get("type") == "index_not_found_exception"
    return is_missing and error.get("index_uuid", "_na_") != "_na_"


def _count_of(verb: str, body: Json) -> int:
    found: int = (body["doc"] if verb == "update" else body)["count"]
    return found


class Reader(threading.Thread):
    """Searches for documents that are never written, all the time.

    Behind an alias no search may fail. Where the index itself has the name (`concrete`), its removal is two steps inside the
    server: the shard is gone first, and the name follows. In between a search is answered 503, which may be asked again
    for two seconds; any other answer is a fault, and so is a wrong one.
    """

    def __init__(
        self,
        server: Server,
        alias: str,
        known: Sequence[str],
        concrete: bool = False,
    ) -> None:
        super().__init__(daemon=True)
        self.patience = 2.0 if concrete else 0.0
        self.server, self.alias, self.known = server, alias, list(known)
        self.ended = threading.Event()
        self.searches, self.bad = 0, list[str]()

    def run(self) -> None:
        while not self.ended.is_set():
            self._search()
            time.sleep(0.02)

    def _search(self) -> None:
        query = {"size": 0, "track_total_hits": True, "query": {"terms": {"key": self.known}}}
        status, answer = self.server.ask("POST", f"/{self.alias}/_search", query)
        give_up = time.monotonic() + self.patience
        while status == 503 and time.monotonic() < give_up:
            time.sleep(0.01)
            status, answer = self.server.ask("POST", f"/{self.alias}/_search", query)
        self.searches += 1
        if status != 200 or answer["hits"]["total"]["value"] != len(self.known):
            self.bad.append(f"{status} {json.dumps(answer)[:200]}")


class Load:
    """Writers and a reader on an alias, from `with` to its end; `audit` says what became of their writes."""

    def __init__(
        self,
        server: Server,
        alias: str,
        documents: int,
        writers: int = 2,
        pace: float = 0.01,
        routed: bool = False,
        sizes: Sequence[int] = (1, 1, 1, 4, 12),
        concrete: bool = False,
        counters: bool = False,
    ) -> None:
        self.server, self.alias = server, alias
        self.known = [f"k{number}" for number in range(10)]
        own = {
            f"w{number}": [f"w{number}s{each}" for each in range(documents // writers)]
            for number in range(writers)
        }
        self.scheme = Scheme(route="route" if routed else None)
        self.counters = Counters(server, alias, self.scheme) if counters else None
        self.ids = [*self.known, *(id for ids in own.values() for id in ids)]
        self.ids += self.counters.state if self.counters else []
        self.writers = [
            Writer(server, name, alias, ids, pace, self.scheme, sizes) for name, ids in own.items()
        ]
        self.reader = Reader(server, alias, self.known, concrete)
        self.threads = [
            *self.writers,
            *(self.counters.threads if self.counters else []),
            self.reader,
        ]

    @contextmanager
    def going_on(self) -> Iterator[None]:
        for thread in self.threads:
            thread.start()
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        for thread in self.threads:
            thread.ended.set()
        for thread in self.threads:
            thread.join(90)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Nobody writes meanwhile (readers go on): for what no writer may go on with, as new ids."""
        writing = [thread for thread in self.threads if thread is not self.reader]
        with ExitStack() as stack:
            for thread in writing:
                stack.enter_context(thread.busy)
            yield

    def expected(self) -> dict[str, tuple[int, str | None, str]]:
        """By key: count, note and label."""
        found: dict[str, tuple[int, str | None, str]] = dict.fromkeys(
            self.known, (0, None, "label 0")
        )
        if self.counters:
            found |= {key: (count, None, "label 0") for key, count in self.counters.state.items()}
        for writer in self.writers:
            for id, count in writer.state.items():
                if count is not None:
                    found[id] = (count, writer.notes.get(id), writer.labels[id])
        return found

    def audit(self, index: str | None = None) -> Audit:
        expected = {self.scheme.id_of(key): (key, *each) for key, each in self.expected().items()}
        there = self.server.documents(index or self.alias)
        audit = Audit(
            sum(writer.acknowledged for writer in self.writers),
            searches=self.reader.searches,
            bad_searches=self.reader.bad,
            errors=[error for writer in self.writers for error in writer.errors],
            longest_wait=max(writer.longest_wait for writer in self.writers),
        )
        if self.counters:
            audit.counted = sum(self.counters.state.values())
            audit.acknowledged += audit.counted
            audit.errors += self.counters.errors
        audit.lost = sorted(expected.keys() - there.keys())
        audit.resurrected = sorted(there.keys() - expected.keys())
        for id, (key, count, note, label) in expected.items():
            found = there.get(id)
            if found is None:
                continue
            labels = {found.get("label"), found.get("caption")} - {None}
            if (
                (found["count"], found.get("note"), labels) != (count, note, {label})
                or found["_routing"] != self.scheme.route_of(key)
                or (self.scheme.named and self.scheme.named not in found)
            ):
                audit.stale.append(id)
        return audit
