"""Versioned models of the runtime, saved while a migration swaps the index under them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import elasticsearch
import pytest
from migrating import Stage

from ecgen.live.migrate.asking import Ask
from ecgen.runtime import Keyword, Long, Model, connect

if TYPE_CHECKING:
    from conftest import Make


def versioned(it: Stage) -> Any:
    """A class whose index is the stage's."""

    class Row(Model):
        __slots__ = ("count", "writer")
        _meta = {"index": it.name, "store_id": True, "versioned": True}
        _mapping = {"id": Keyword("id"), "count": Long("count"), "writer": Keyword("writer")}

    return Row


@pytest.fixture
def it(stage9: Make) -> Iterator[Stage]:
    it = stage9(20)
    namespace = connect({**it.server.conf, "request_timeout": 30})
    yield it
    namespace.close()
    connect(None)


def under_the_block(it: Stage, *writes: Any) -> list[Any]:
    """Migrate, with the writes begun when the block is there; what became of each: None or its error."""
    ends: list[Any] = [... for _ in writes]
    blocked = threading.Event()
    threads: list[threading.Thread] = []

    def write(number: int) -> None:
        try:
            writes[number]()
            ends[number] = None
        except elasticsearch.ApiError as error:
            ends[number] = error

    def before(ask: Ask) -> None:
        if "_block/write" in ask.path:
            blocked.set()
        elif blocked.is_set() and not threads:
            threads.extend(threading.Thread(target=write, args=(n,)) for n in range(len(writes)))
            for thread in threads:
                thread.start()
            time.sleep(0.3)  # they meet the block

    driver = it.driver()
    driver.before = before
    assert it.run(it.job(), driver, seconds=10, max_pause=60).done
    for thread in threads:
        thread.join(60)
    return ends


def test_a_save_that_waited_for_the_swap_is_done_in_the_new_index(it: Stage) -> None:
    row = versioned(it).get("k1")
    row.count = 41
    assert under_the_block(it, row.save) == [None]
    found = it.plain.ok("GET", f"/{it.name}-000002/_doc/k1")
    assert found["_source"]["count"] == 41
    row.count = 42  # under the numbers of the new index
    row.save()
    assert it.plain.documents(it.name)["k1"]["count"] == 42


def test_of_two_saves_that_waited_one_conflicts(it: Stage) -> None:
    cls = versioned(it)
    one, other = cls.get("k1"), cls.get("k1")
    one.count, other.count = 1, 2
    ends = under_the_block(it, one.save, other.save)
    (error,) = [each for each in ends if each is not None]
    assert isinstance(error, elasticsearch.ConflictError)
    winner = (one, other)[ends.index(None)]
    assert it.plain.documents(it.name)["k1"]["count"] == winner.count


def test_what_was_read_before_the_swap_and_changed_since_conflicts(it: Stage) -> None:
    cls = versioned(it)
    stale, gone = cls.get("k1"), cls.get("k2")
    assert it.run(it.job(), seconds=10, max_pause=60).done
    fresh = cls.get("k1")
    fresh.count = 5
    fresh.save()
    stale.count = 6
    with pytest.raises(elasticsearch.ConflictError):
        stale.save()
    gone.count = 7
    result = cls.save_all([gone, stale])
    assert {failure.status for failure in result.failures} == {409}
    again = cls.get("k2")
    again.count = 8
    again.save()
    there = it.plain.documents(it.name)
    assert (there["k1"]["count"], there["k2"]["count"]) == (5, 8)
