"""Writers that share documents: each increment is written under the numbers that it was read with, so that none is lost."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from http.client import HTTPException

from recorded_documents import Scheme, Server


class Counters:
    """Some documents that several writers count up; `state` has how many increments of each were acknowledged."""

    def __init__(self, server: Server, alias: str, scheme: Scheme, writers: int = 2) -> None:
        self.state = Counter({f"counter{number}": 0 for number in range(4)})
        self.errors: list[str] = []
        self.lock = threading.Lock()
        self.threads = [_Writer(self, server, alias, scheme) for _ in range(writers)]


class _Writer(threading.Thread):
    def __init__(self, counters: Counters, server: Server, alias: str, scheme: Scheme) -> None:
        super().__init__(daemon=True)
        self.counters, self.server, self.alias, self.scheme = counters, server, alias, scheme
        self.ended, self.busy = threading.Event(), threading.Lock()

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                with self.busy:
                    self._count(random.choice(list(self.counters.state)))
            except (HTTPException, OSError, KeyError) as error:
                self.counters.errors.append(f"a counter: {error!r}")
            time.sleep(0.01)

    def _count(self, key: str) -> None:
        place = self.scheme.place(key)
        routing = f"&routing={place['routing']}" if "routing" in place else ""
        path = f"/{self.alias}/_doc/{place['_id']}"
        status, found = self.server.ask("GET", f"{path}?{routing.lstrip('&')}")
        if status != 200:
            self.counters.errors.append(f"{path}: {status} {found}")
            return
        numbers = f"if_seq_no={found['_seq_no']}&if_primary_term={found['_primary_term']}"
        source = {**found["_source"], "count": found["_source"]["count"] + 1}
        give_up = time.monotonic() + 60
        while not (self.ended.is_set() and time.monotonic() > give_up):
            # Under a write block the same numbers are tried again, perhaps in the index that took the old one's place.
            status, answer = self.server.ask("PUT", f"{path}?{numbers}{routing}", source)
            if status not in (403, 429, 503):
                break
            time.sleep(0.01)
        if status < 300:
            with self.counters.lock:
                self.counters.state[key] += 1
        elif status not in (403, 409, 429, 503):
            self.counters.errors.append(f"{path}: {status} {answer}")
