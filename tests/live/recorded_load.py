"""Writers that record every acknowledged operation, a reader, and the comparison of what was written with what is there."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

Json = Any


class Server:
    """A server asked as plainly as can be, so that nothing of ecgen is tested with ecgen."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._host = url.partition("//")[2].rstrip("/")
        self._local = threading.local()

    def ask(self, method: str, path: str, body: Json = None) -> tuple[int, Json]:
        """Status and answer; a body in bytes is the lines of a bulk, a str is JSON as it is to be sent."""
        headers, data = {}, None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            if isinstance(body, str):
                data = body.encode()
            lines = isinstance(body, bytes)
            headers["content-type"] = f"application/{'x-ndjson' if lines else 'json'}"
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = HTTPConnection(self._host, timeout=30)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (HTTPException, OSError):
            connection.close()
            self._local.connection = None
            raise
        return answer.status, json.loads(content) if content else None

    def ok(self, method: str, path: str, body: Json = None) -> Json:
        status, answer = self.ask(method, path, body)
        assert status < 300, (method, path, status, answer)
        return answer

    def documents(self, index: str) -> dict[str, Json]:
        """Every document: its `_source`, and `_routing` where it has one."""
        self.ok("POST", f"/{index}/_refresh")
        found: dict[str, Json] = {}
        point = self.ok("POST", f"/{index}/_pit?keep_alive=1m")["id"]
        after = None
        while True:
            query: Json = {"pit": {"id": point}, "size": 2000, "sort": ["_shard_doc"]}
            if after:
                query["search_after"] = after
            answer = self.ok("POST", "/_search", query)
            assert not answer["_shards"]["failed"]
            hits = answer["hits"]["hits"]
            if not hits:
                self.ask("DELETE", "/_pit", {"id": point})
                return found
            for hit in hits:
                assert hit["_id"] not in found, f"{hit['_id']} is there twice"
                found[hit["_id"]] = {**hit["_source"], "_routing": hit.get("_routing")}
            after = hits[-1]["sort"]


MAPPINGS: Json = {
    "dynamic": "strict",
    "properties": {
        "id": {"type": "keyword"},
        "count": {"type": "long"},
        "writer": {"type": "keyword"},
        "title": {"type": "text"},
        "tags": {"type": "keyword"},
        "price": {"type": "double"},
        "note": {"type": "keyword"},
    },
}


def document(id: str, count: int, writer: str) -> Json:
    return {
        "id": id,
        "count": count,
        "writer": writer,
        "title": f"title {count} of {id}",
        "tags": ["a", str(count % 7)],
        "price": count / 100,
    }


def seed(server: Server, index: str, ids: Sequence[str], routed: bool = False) -> None:
    for start in range(0, len(ids), 2000):
        lines = []
        for id in ids[start : start + 2000]:
            action = {"_id": id, **({"routing": route_of(id)} if routed else {})}
            lines += [json.dumps({"index": action}), json.dumps(document(id, 0, "seed"))]
        answer = server.ok(
            "POST", f"/{index}/_bulk?refresh=true", "\n".join(lines).encode() + b"\n"
        )
        assert not answer["errors"]


def route_of(id: str) -> str:
    return f"r{sum(map(ord, id)) % 5}"


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
        routed: bool,
        sizes: Sequence[int] = (1, 1, 1, 4, 12),
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.sizes = sizes
        self.server, self.alias, self.pace, self.routed = server, alias, pace, routed
        self.state: dict[str, int | None] = dict.fromkeys(own, 0)
        self.notes: dict[str, str] = {}
        self.random = random.Random(name)
        self.acknowledged, self.count = 0, 0
        self.ended = threading.Event()
        self.errors: list[str] = []
        self.longest_wait = 0.0

    def run(self) -> None:
        while not self.ended.is_set():
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
            return id, ("create", document(id, self.count, self.name))
        id = living[0]
        if kind < 0.55:
            return id, ("index", document(id, self.count, self.name))
        if kind < 0.75:
            return id, ("update", {"doc": {"count": self.count, "note": f"n{self.count}"}})
        return id, ("delete", None)

    def _carry_out(self, operations: dict[str, tuple[str, Json]]) -> None:
        left, doubtful = operations, False
        give_up = time.monotonic() + 60
        while left and not (self.ended.is_set() and time.monotonic() > give_up):
            lines = []
            for id, (verb, body) in left.items():
                action = {"_id": id, **({"routing": route_of(id)} if self.routed else {})}
                lines.append(json.dumps({verb: action}))
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
                elif status in (403, 429, 503):
                    again[id] = operation
                else:
                    self.errors.append(f"{verb} {id}: {outcome}")
            left = again
            if left:
                time.sleep(0.01)


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
        self, server: Server, alias: str, known: Sequence[str], concrete: bool = False
    ) -> None:
        super().__init__(daemon=True)
        self.patience = 2.0 if concrete else 0.0
        self.server, self.alias, self.known = server, alias, list(known)
        self.ended = threading.Event()
        self.searches, self.bad = 0, list[str]()

    def run(self) -> None:
        query = {"size": 0, "track_total_hits": True, "query": {"ids": {"values": self.known}}}
        while not self.ended.is_set():
            status, answer = self.server.ask("POST", f"/{self.alias}/_search", query)
            give_up = time.monotonic() + self.patience
            while status == 503 and time.monotonic() < give_up:
                time.sleep(0.01)
                status, answer = self.server.ask("POST", f"/{self.alias}/_search", query)
            self.searches += 1
            if status != 200 or answer["hits"]["total"]["value"] != len(self.known):
                self.bad.append(f"{status} {json.dumps(answer)[:200]}")
            time.sleep(0.02)


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
    ) -> None:
        self.server, self.alias = server, alias
        self.known = [f"k{number}" for number in range(10)]
        own = {
            f"w{number}": [f"w{number}s{each}" for each in range(documents // writers)]
            for number in range(writers)
        }
        self.ids = [*self.known, *(id for ids in own.values() for id in ids)]
        self.routed = routed
        self.writers = [
            Writer(server, name, alias, ids, pace, routed, sizes) for name, ids in own.items()
        ]
        self.reader = Reader(server, alias, self.known, concrete)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        for thread in (*self.writers, self.reader):
            thread.start()
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        for thread in (*self.writers, self.reader):
            thread.ended.set()
        for thread in (*self.writers, self.reader):
            thread.join(90)

    def expected(self) -> dict[str, tuple[int, str | None]]:
        found: dict[str, tuple[int, str | None]] = dict.fromkeys(self.known, (0, None))
        for writer in self.writers:
            for id, count in writer.state.items():
                if count is not None:
                    found[id] = (count, writer.notes.get(id))
        return found

    def audit(self, index: str | None = None) -> Audit:
        expected = self.expected()
        there = self.server.documents(index or self.alias)
        audit = Audit(
            sum(writer.acknowledged for writer in self.writers),
            searches=self.reader.searches,
            bad_searches=self.reader.bad,
            errors=[error for writer in self.writers for error in writer.errors],
            longest_wait=max(writer.longest_wait for writer in self.writers),
        )
        audit.lost = sorted(expected.keys() - there.keys())
        audit.resurrected = sorted(there.keys() - expected.keys())
        for id, (count, note) in expected.items():
            found = there.get(id)
            if found is not None and (
                found["count"] != count
                or found.get("note") != note
                or (self.routed and found["_routing"] != route_of(id))
            ):
                audit.stale.append(id)
        return audit
