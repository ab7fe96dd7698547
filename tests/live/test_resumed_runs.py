"""What a run finds that another one left, and what it does not do to one that took over."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from migrating import Killed

from ecgen.live.migrate import new_index
from ecgen.live.migrate.applying import all_entries, was_done
from ecgen.live.migrate.asking import Ask, Fenced, MigrationError
from ecgen.live.migrate.bulks import Backoff
from ecgen.live.migrate.fence import Fence
from ecgen.live.migrate.lease import STATE
from ecgen.live.migrate.undoing import kept_indices

if TYPE_CHECKING:
    from conftest import Make


def test_a_primary_of_the_old_index_that_fails_over_during_the_copy(stage9: Make) -> None:
    """Its term rises then, as when it is closed and opened; a number read since must not match in the new index."""
    it = stage9(20)
    driver = it.driver()
    read: list[tuple[int, int]] = []

    def fail_over(ask: Ask) -> None:
        if "_block/write" in ask.path and len(read) < 2:
            for _ in range(5):
                it.plain.ok("POST", f"/{it.old}/_close")
                it.plain.ok("POST", f"/{it.old}/_open?wait_for_active_shards=1")
            done = it.plain.ok("PUT", f"/{it.name}/_doc/k0", {"count": 5})
            read.append((done["_seq_no"], done["_primary_term"]))

    driver.before = fail_over
    assert it.run(it.job(), driver, seconds=10, max_pause=60).done
    assert [event.event for event in it.events].count("undone") == 2
    for _, term in read:
        for number in range(60):
            condition = f"if_seq_no={number}&if_primary_term={term}"
            status, _ = it.plain.ask("PUT", f"/{it.name}/_doc/k0?{condition}", {"count": 9})
            assert status == 409, (number, term)
    assert it.load.audit().faults == {"stale": ["k0"]}  # written here, not by a recorded writer


def test_a_fence_that_was_taken_though_its_answer_was_lost(stage9: Make) -> None:
    it = stage9(20)
    driver = it.driver()
    with pytest.raises(Killed):
        it.run(it.job(), driver.limit(dies_at=lambda ask: "_pit" in ask.path))
    one, other = it.driver(), it.driver()
    sent: list[Any] = []

    def twice(ask: Ask) -> None:
        if ask.path == "/_aliases" and not sent:
            sent.append(other.ask(ask))

    one.before = twice
    assert it.run(it.job(), one, seconds=10, max_pause=60).done
    assert sent


def test_a_run_that_was_overtaken_before_its_fence_stood_leaves_the_later_fence(
    stage9: Make,
) -> None:
    """Otherwise the successor could not lift its block."""
    it = stage9(20)
    job = it.job()
    second = it.driver().limit(dies_at=lambda ask: "_pit" in ask.path)
    with pytest.raises(Killed):
        it.run(job, second, owner="the second")
    late = Fence(it.name, 0)
    with pytest.raises(Fenced):
        it.driver().run(late.take(job.old, job.new))
    before = it.fences()
    it.driver().run(late.give_up(job.old, job.new))
    assert it.fences() == before != []
    assert it.run(job, seconds=10, max_pause=60).done
    assert it.fences() == []


def test_a_fence_beside_a_later_one_is_removed_by_its_own_run(stage9: Make) -> None:
    it = stage9(20)
    job = it.job()
    first = it.driver()
    stopped, wake = threading.Event(), threading.Event()

    def stop(ask: Ask) -> None:
        # It has looked for fences and found none; now it stands still.
        if ask.path == "/_aliases" and not stopped.is_set():
            stopped.set()
            wake.wait(60)

    first.before = stop
    ends: list[Any] = []

    def run() -> None:
        try:
            ends.append(it.run(job, first, owner="the first"))
        except MigrationError as error:
            ends.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert stopped.wait(30)
    second = it.driver().limit(dies_at=lambda ask: "_pit" in ask.path)
    with pytest.raises(Killed):
        it.run(job, second, owner="the second")
    wake.set()
    thread.join(30)
    assert isinstance(ends[0], Fenced)
    assert {alias.rpartition("-")[2] for alias in it.fences()} == {"2"}
    assert it.run(job, seconds=10, max_pause=60).done
    assert it.fences() == []


def test_a_template_gives_the_new_index_no_reader(stage9: Make) -> None:
    it = stage9(20)
    template = {
        "index_patterns": [f"{it.name}-000002"],
        "template": {"aliases": {f"{it.name}-all": {}}},
    }
    it.plain.ok("PUT", f"/_index_template/{it.name}", template)
    try:
        driver = it.driver().limit(dies_at=lambda ask: "_pit" in ask.path)
        with pytest.raises(Killed):
            it.run(it.job(), driver)
        assert f"{it.name}-all" not in it.fences()
    finally:
        it.plain.ok("DELETE", f"/_index_template/{it.name}")


def test_a_cluster_that_accepts_nothing_ends_the_run() -> None:
    now = [0.0]
    backoff = Backoff("books-000002", lambda: now[0])
    outcome = {"status": 429, "error": {"reason": "disk usage exceeded flood-stage watermark"}}
    for _ in range(3):
        assert list(backoff.wait(outcome, progressed=False))
        now[0] += 50
    list(backoff.wait(outcome, progressed=True))  # some documents were accepted
    now[0] += 119
    list(backoff.wait(outcome, progressed=False))
    now[0] += 2
    with pytest.raises(MigrationError, match=r"no document for 121 s \(status 429, disk usage"):
        list(backoff.wait(outcome, progressed=False))


def test_the_copy_waits_for_a_busy_cluster(stage9: Make) -> None:
    it = stage9(20)
    driver = it.driver()
    refused: list[str] = []
    ask_server = driver.ask

    def busy(ask: Ask) -> Any:
        if "_bulk" in ask.path and len(refused) < 3:
            lines = ask.body.split(b"\n")
            count = sum(b'"version_type"' in line for line in lines)
            refused.append(ask.path)
            item = {"status": 429, "error": {"reason": "rejected"}}
            return {"errors": True, "items": [{"index": item}] * count}
        return ask_server(ask)

    driver.ask = busy  # type: ignore[method-assign]
    assert it.run(it.job(), driver, seconds=10, max_pause=60).done
    assert len(refused) == 3
    assert it.load.audit().faults == {}


def test_a_new_index_that_is_gone_is_made_again(
    stage9: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the only node that had it does not come back."""
    it = stage9(20)
    job = it.job()
    with pytest.raises(Killed):
        it.run(job, it.driver().limit(dies_at=lambda ask: "_pit" in ask.path))
    it.plain.ok("DELETE", f"/{job.new}")
    monkeypatch.setattr(new_index, "_COMES_BACK", "1s")
    assert it.run(job, seconds=10, max_pause=60).done
    assert any(event.event == "lost" for event in it.events)
    assert it.load.audit().faults == {}


def test_notes_are_read_whatever_their_index_is_like(stage9: Make) -> None:
    """Deleted during a migration, the index comes back by the next write, with a mapping that the server made up."""
    entry = {"kind": "history", "name": "a-b", "plan": "p", "outcome": "done"}
    it = stage9(0)
    state = f"{it.name}-state"
    it.plain.ok("PUT", f"/{state}/_doc/1?refresh=true", entry)
    driver = it.driver()
    ask_server = driver.ask

    def elsewhere(ask: Ask) -> Any:
        return ask_server(replace(ask, path=ask.path.replace(STATE, state)))

    driver.ask = elsewhere  # type: ignore[method-assign]
    assert driver.run(all_entries("history")) == [entry]
    assert driver.run(was_done("a-b", "p"))
    assert not driver.run(was_done("a-b", "q"))


@pytest.mark.parametrize("nth", [1, 2])
def test_others_delete_a_kept_index_while_it_is_looked_at(stage9: Make, nth: int) -> None:
    it = stage9(5)
    assert it.run(it.job(), seconds=10, max_pause=60).done
    driver, seen = it.driver(), 0

    def before(ask: Ask) -> None:
        nonlocal seen
        if it.old in ask.path:
            seen += 1
            if seen == nth:
                it.plain.ok("DELETE", f"/{it.old}")

    assert it.old in [each["index"] for each in it.driver().run(kept_indices())]
    driver.before = before
    driver.run(kept_indices())
    assert seen >= nth
    assert it.old not in [each["index"] for each in it.driver().run(kept_indices())]
