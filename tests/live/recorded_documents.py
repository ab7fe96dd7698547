"""The documents that recorded writers write, and a server that is asked plainly."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
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
        "key": {"type": "keyword"},
        "label": {"type": "keyword"},
        "caption": {"type": "keyword"},
        "route": {"type": "keyword"},
        "place": {"type": "keyword"},
    },
}


@dataclass
class Scheme:
    """Which id and routing the document of a key has; a migration may change both."""

    prefix: str = ""
    route: str | None = None
    """The field that documents are routed by."""
    named: str | None = None
    """The name, `label` or `caption`, that each document has for its label since it was renamed."""

    def id_of(self, key: str) -> str:
        return self.prefix + key

    def place(self, key: str) -> Json:
        found = {"_id": self.id_of(key)}
        if self.route is not None:
            found["routing"] = self.route_of(key)
        return found

    def route_of(self, key: str) -> str | None:
        return None if self.route is None else ROUTES[self.route](key)

    def document(self, key: str, count: int, writer: str) -> Json:
        """As code writes it that knows both the old and the new name of the label."""
        found = document(key, count, writer)
        return {**found, "id": self.id_of(key), "caption": found["label"]}


ROUTES = {
    "route": lambda key: f"r{sum(map(ord, key)) % 5}",
    "place": lambda key: f"p{sum(map(ord, key)) % 7}",
}


def document(key: str, count: int, writer: str) -> Json:
    return {
        "id": key,
        "key": key,
        "label": f"label {count}",
        "route": ROUTES["route"](key),
        "place": ROUTES["place"](key),
        "count": count,
        "writer": writer,
        "title": f"title {count} of {key}",
        "tags": ["a", str(count % 7)],
        "price": count / 100,
    }


def seed(server: Server, index: str, keys: Sequence[str], scheme: Scheme) -> None:
    for start in range(0, len(keys), 2000):
        lines = []
        for key in keys[start : start + 2000]:
            lines += [
                json.dumps({"index": scheme.place(key)}),
                json.dumps(document(key, 0, "seed")),
            ]
        answer = server.ok(
            "POST", f"/{index}/_bulk?refresh=true", "\n".join(lines).encode() + b"\n"
        )
        assert not answer["errors"]
