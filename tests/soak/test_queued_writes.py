"""Writes that wait in a node's queue while the block is set: each is in the new index, or was refused."""

from __future__ import annotations

import json
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "live"))

from migrating import Stage

from ecgen.live.migrate.asking import Ask
from ecgen.testing.server import Server

SLOW = 8
QUEUED = 40


@pytest.fixture
def it(request: pytest.FixtureRequest) -> Iterator[Stage]:
    server: Server = request.getfixturevalue(request.param)
    made = Stage(server, f"mgr-{secrets.token_hex(4)}", 60, shards=2, new_shards=2)
    yield made
    made.close()


def slow_bulk() -> bytes:
    """Keeps a thread busy for a good while: every word is another one."""
    line = json.dumps({"index": {}})
    texts = (json.dumps({"title": " ".join(secrets.token_hex(4) for _ in range(9000))}) for _ in range(25))  # fmt: skip
    return "".join(f"{line}\n{text}\n" for text in texts).encode()


def waiting(it: Stage) -> int:
    """How many writes wait for a thread."""
    path = "/_nodes/stats/thread_pool?filter_path=nodes.*.thread_pool.write.queue"
    (node,) = it.plain.ok("GET", path)["nodes"].values()
    return int(node["thread_pool"]["write"]["queue"])


@pytest.mark.parametrize("it", ["es9", "es8", "es7"], indirect=True)
@pytest.mark.parametrize("bulk", [False, True])
def test_a_write_in_the_queue_is_kept_or_refused(it: Stage, bulk: bool) -> None:
    driver, filler = it.driver(), f"{it.name}-filler"
    answers: dict[str, tuple[int, float]] = {}
    queued: list[int] = []
    blocked: list[float] = []
    threads: list[threading.Thread] = []

    def write(id: str) -> None:
        if bulk:
            lines = f'{{"index": {{"_id": "{id}"}}}}\n{{"count": 7}}\n'
            status, answer = it.plain.ask("POST", f"/{it.name}/_bulk", lines.encode())
            status = answer["items"][0]["index"]["status"] if status == 200 else status
        else:
            status, _ = it.plain.ask("PUT", f"/{it.name}/_doc/{id}", {"count": 7})
        answers[id] = status, time.monotonic()

    def start(target: Any, *given: Any) -> None:
        threads.append(threading.Thread(target=target, args=given))
        threads[-1].start()

    def fill(ask: Ask) -> None:
        if "_block/write" not in ask.path or threads:
            return
        for _ in range(SLOW):
            start(it.plain.ask, "POST", f"/{filler}/_bulk", slow_bulk())
        give_up = time.monotonic() + 30
        while waiting(it) < 2 and time.monotonic() < give_up:
            time.sleep(0.005)
        before = waiting(it)
        for number in range(QUEUED):
            start(write, f"q{number}")
        while waiting(it) < before + QUEUED // 2 and time.monotonic() < give_up:
            time.sleep(0.005)
        queued.append(waiting(it))
        blocked.append(time.monotonic())

    driver.before = fill
    assert it.run(it.job(), driver, seconds=120, max_pause=300).done
    for thread in threads:
        thread.join(120)
    there = it.plain.documents(it.name)
    print(
        f"{queued[0]} writes waited when the block was set; of {QUEUED} "
        f"{sum(status < 300 for status, _ in answers.values())} were acknowledged, "
        f"{sum(status == 403 for status, _ in answers.values())} refused"
    )
    assert queued[0] > SLOW
    assert any(ended > blocked[0] for _, ended in answers.values())
    assert {status for status, _ in answers.values()} <= {200, 201, 403}
    assert {
        id for id, (status, _) in answers.items() if status < 300
    } == there.keys() & answers.keys()
