"""The process that lifts the write block where `ecgen apply` dies, or stands still, in its cut-over."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from migrating import Killed, Stage

from ecgen.live.migrate import watchdog
from ecgen.live.migrate.asking import Ask

if TYPE_CHECKING:
    from conftest import Make

Json = Any


def killed_under_the_block(it: Stage) -> Json:
    """A run that died when all was compared; what its watchdog was told to undo."""
    blocked = threading.Event()

    def dies(ask: Ask) -> bool:
        if "_block/write" in ask.path:
            blocked.set()
        return blocked.is_set() and (ask.method, ask.path) == ("POST", "/_aliases")

    with pytest.raises(Killed):
        it.run(it.job(), it.driver().limit(dies_at=dies), max_pause=60)
    assert not it.is_writable()
    (undo,) = [each for each in it.guards if each is not None][-1:]
    return undo


def test_the_block_is_lifted_when_apply_is_gone(stage9: Make) -> None:
    it = stage9(20)
    dog = watchdog.Watchdog(it.server.url)
    dog(killed_under_the_block(it))
    assert not it.is_writable()
    dog.close()  # the end of its input is the end of `apply`
    assert it.is_writable()
    # A swap that the dead run still had on its way would be refused: the alias that it removes is gone.
    assert not any("-load-" in alias for alias in it.fences())
    assert it.run(it.job(), seconds=10, max_pause=60).done
    assert it.load.audit().faults == {}


@pytest.mark.parametrize(
    ("lines", "lifted"),
    [
        (lambda undo: [undo, None], False),  # undone already: nothing is left to undo
        (lambda undo: [undo, None, undo], True),
        (lambda undo: [{**undo, "hold": "ecgen-hold-gone-1"}], False),  # another run took over
    ],
)
def test_what_is_undone_is_the_last_line(stage9: Make, lines: Any, lifted: bool) -> None:
    it = stage9(20)
    undo = killed_under_the_block(it)
    reading, writing = os.pipe()
    os.write(writing, b"".join(json.dumps(line).encode() + b"\n" for line in lines(undo)))
    os.close(writing)
    try:
        assert watchdog.watch(it.server.url, reading) == 0
    finally:
        os.close(reading)
    assert it.is_writable() is lifted


def test_the_block_is_lifted_when_apply_stands_still(
    stage9: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = stage9(20)
    undo = killed_under_the_block(it)
    monkeypatch.setattr(watchdog, "_LATE", 0.2)
    reading, writing = os.pipe()
    os.write(writing, json.dumps({**undo, "seconds": 0.1}).encode() + b"\n")
    begun = time.monotonic()
    try:
        assert watchdog.watch(it.server.url, reading) == 0
    finally:
        os.close(reading)
        os.close(writing)
    assert time.monotonic() - begun >= 0.3
    assert it.is_writable()


def test_a_watchdog_that_has_died_is_started_again() -> None:
    dog = watchdog.Watchdog("http://127.0.0.1:9")
    dog({"seconds": 600.0})
    first = dog._process
    assert first is not None
    first.kill()
    first.wait(30)
    dog({"seconds": 600.0})
    dog(None)
    assert dog._process is not first
    dog.close()
    assert dog._process is not None
    assert dog._process.returncode == 0
