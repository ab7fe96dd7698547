"""A copy under recorded writers: nothing that was acknowledged is lost, comes back or is old, whatever happens to the run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from migrating import Cut, Killed, abort_along_the_way

from ecgen.live.migrate import bulks
from ecgen.live.migrate.asking import Ask, Fenced, MigrationError, OutOfTime
from ecgen.testing.server import Server

if TYPE_CHECKING:
    from conftest import Make


@pytest.mark.parametrize("shards", [1, 3])
def test_nothing_is_lost_under_writers(stage: Make, shards: int) -> None:
    it = stage(300, shards=shards, new_shards=2, routed=shards == 3)
    with it.load.going_on():
        outcome = it.run(it.job(), seconds=10, max_pause=60)
    audit = it.load.audit()
    assert outcome.done
    assert audit.faults == {}
    assert audit.acknowledged > 20
    assert it.fences() == []
    assert it.indices() == [f"{it.name}-000001", f"{it.name}-000002"]


def test_nothing_is_lost_on_the_third_server(es8: Server, stage_of: Any) -> None:
    it = stage_of(es8)(150)
    with it.load.going_on():
        assert it.run(it.job(), seconds=10, max_pause=60).done
    assert it.load.audit().faults == {}


def test_a_concrete_index_becomes_one_behind_an_alias(stage: Make) -> None:
    it = stage(200, concrete=True)
    with it.load.going_on():
        outcome = it.run(it.job(), seconds=10, max_pause=60)
    assert it.load.audit().faults == {}
    assert outcome.kept == f"{it.name}-000001"
    aliases = it.plain.ok("GET", f"/{it.name}/_alias")
    assert aliases == {f"{it.name}-000002": {"aliases": {it.name: {}}}}
    # What is kept refuses writes, and has what the old index had at the swap.
    status, _ = it.plain.ask("PUT", f"/{outcome.kept}/_doc/x", {"count": 1})
    assert status == 403


def test_a_run_that_dies_at_any_request_is_resumed(stage9: Make) -> None:
    it = stage9(60)
    job = it.job()
    before = it.driver()
    at, deaths = 4, 0
    with it.load.going_on():
        while True:
            driver = it.driver().limit(at=at, after=bool(deaths % 2))
            try:
                outcome = it.run(job, driver, owner=f"run {deaths}", max_pause=60)
                break
            except Killed:
                deaths += 1
                at += 9
    assert before.asked == []
    assert deaths > 4
    assert outcome.done
    assert it.load.audit().faults == {}
    assert it.fences() == []
    assert it.is_writable()


@pytest.mark.parametrize("place", ["_close", "_open"])
@pytest.mark.parametrize("after", [False, True])
def test_a_run_that_dies_while_terms_rise_is_resumed(stage9: Make, place: str, after: bool) -> None:
    """A close raises the term as well: what is found high enough may be closed."""
    it = stage9(20)
    job = it.job()
    driver = it.driver().limit(after=after, dies_at=lambda ask: f"/{place}" in ask.path)
    with pytest.raises(Killed):
        it.run(job, driver, owner="the first", max_pause=60)
    assert it.run(job, owner="the second", max_pause=60).done
    assert it.load.audit().faults == {}


def test_a_run_that_dies_in_the_cut_over_is_resumed(stage9: Make) -> None:
    it = stage9(60)
    job = it.job()
    with it.load.going_on():
        for number, place in enumerate(
            ("_block/write", "_flush", "_refresh", "_alias", "_aliases")
        ):
            driver = it.driver()
            blocked = threading.Event()

            def dies(ask: Any, place: str = place, blocked: threading.Event = blocked) -> bool:
                if "_block" in ask.path:
                    blocked.set()
                    return place == "_block/write"
                return blocked.is_set() and place in ask.path

            driver.limit(after=place != "_aliases", dies_at=dies)
            try:
                it.run(job, driver, owner=f"run {number}", max_pause=60)
            except Killed:
                continue
            assert place == "_flush"  # nothing to wait for
            return
        assert it.run(job, owner="the last", max_pause=60).done
    assert it.load.audit().faults == {}


def test_two_at_once_do_no_harm(stage9: Make) -> None:
    it = stage9(200)
    job = it.job()
    ends: list[Any] = []

    def run(owner: str) -> None:
        try:
            # Leases that are over before they are kept: both believe that the other one is dead.
            ends.append(it.run(job, owner=owner, seconds=0.01, max_pause=60))
        except MigrationError as error:
            ends.append(error)

    with it.load.going_on():
        threads = [threading.Thread(target=run, args=(f"run {n}",)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        if not any(getattr(each, "done", False) for each in ends):
            it.run(job, owner="a third", max_pause=60)
    assert len(ends) == 2
    assert it.load.audit().faults == {}
    assert it.fences() == []
    assert it.is_writable()


@pytest.mark.parametrize("place", ["_block/write", "_stats", "_aliases"])
def test_a_predecessor_that_wakes_up_changes_nothing(stage9: Make, place: str) -> None:
    """The first run stops (as by SIGSTOP) in its cut-over; another one takes over and finishes; then the first goes on."""
    it = stage9(60)
    job = it.job()
    first = it.driver()
    stopped, wake = threading.Event(), threading.Event()
    blocked = threading.Event()

    def stop(ask: Any) -> None:
        if blocked.is_set() and place in ask.path and not stopped.is_set():
            stopped.set()
            wake.wait(120)
        if "_block" in ask.path:
            blocked.set()
            if place in ask.path and not stopped.is_set():
                stopped.set()
                wake.wait(120)

    first.before = stop
    ends: list[Any] = []

    def run() -> None:
        try:
            ends.append(it.run(job, first, owner="the first", max_pause=600))
        except MigrationError as error:
            ends.append(error)

    thread = threading.Thread(target=run)
    with it.load.going_on():
        thread.start()
        assert stopped.wait(60)
        assert it.run(job, owner="the second", max_pause=60).done
        wake.set()
        thread.join(60)
    assert isinstance(ends[0], Fenced)
    assert it.load.audit().faults == {}
    assert it.is_writable()


def test_a_pause_that_is_too_long_is_undone(stage9: Make) -> None:
    it = stage9(60)
    driver = it.driver()
    blocks = []

    def slow(ask: Any) -> None:
        if "_block" in ask.path:
            blocks.append(ask.path)
            threading.Event().wait(0.4)

    driver.before = slow
    with it.load.going_on():
        with pytest.raises(OutOfTime, match=r"wait for more than 0\.3 s"):
            it.run(it.job(), driver, seconds=10, max_pause=0.3)
        assert it.is_writable()
    assert len(blocks) == 3
    assert len(set(blocks)) == 3  # each in an epoch of its own
    assert it.load.audit(it.old).faults == {}
    assert it.run(it.job(), seconds=10, max_pause=60).done


def test_abort_from_any_state_leaves_nothing(stage9: Make) -> None:
    abort_along_the_way(stage9(40), 31)  # tests/soak does it in short steps, on each server


def test_what_is_not_converted_keeps_every_digit(stage: Make) -> None:
    it = stage(20)
    odd = (
        '{"count": 1.10, "price": 123456789012345678901234567890,\n "unknown": [1e2, 0.30000000000000004441, -0.0],\r\n'
        ' "text": "\\u00e9 \\ud83d\\ude00"}'
    )
    it.plain.ok("PUT", f"/{it.old}/_mapping", {"dynamic": False})
    it.plain.ok("PUT", f"/{it.old}/_doc/odd?refresh=true", odd)
    it.run(it.job(), max_pause=60)
    status, text = _raw(it.plain, f"/{it.name}/_source/odd")
    assert status == 200
    assert "".join(text.split()) == "".join(odd.split())


def _raw(plain: Any, path: str) -> tuple[int, str]:
    from http.client import HTTPConnection

    connection = HTTPConnection(plain.url.partition("//")[2])
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_a_stale_number_is_refused_after_every_migration(stage: Make) -> None:
    it = stage(20)
    old = it.plain.ok("GET", f"/{it.name}/_doc/k0")
    read = [(old["_seq_no"], old["_primary_term"])]
    for _ in range(3):
        assert it.run(it.job(), max_pause=60).done
        it.swapped()
        for seq_no, term in read:
            for number in range(20):  # the number of k0's copy is among them
                condition = f"if_seq_no={number}&if_primary_term={term}"
                status, _ = it.plain.ask("PUT", f"/{it.name}/_doc/k0?{condition}", {"count": 9})
                assert status == 409, (seq_no, term, number)
        found = it.plain.ok("GET", f"/{it.name}/_doc/k0")
        read.append((found["_seq_no"], found["_primary_term"]))


def test_the_requests_of_a_run_are_few(stage9: Make) -> None:
    it = stage9(20)
    driver = it.driver()
    it.run(it.job(), driver, max_pause=60)
    assert isinstance(driver, Cut)
    assert len(driver.asked) < 110, driver.asked


@pytest.mark.parametrize("lost", ["_block/write", "_clone"])
def test_a_cut_over_whose_answer_was_lost_is_tried_again(stage9: Make, lost: str) -> None:
    it = stage9(20, concrete=True)
    driver = it.driver()
    send, losing = driver._send, [lost]

    def once(ask: Ask) -> tuple[int | None, Any]:
        answer = send(ask)
        if losing and losing[0] in ask.path:
            losing.clear()
            return None, "the answer was lost"
        return answer

    driver._send = once  # type: ignore[method-assign]
    with it.load.going_on():
        assert it.run(it.job(), driver, max_pause=60).done
    assert not losing
    assert it.fences() == []
    assert it.load.audit().faults == {}


def test_a_run_that_dies_beside_its_clone_is_undone_and_resumed(stage: Make) -> None:
    """9.5.3 does not remember which index a clone is of."""
    it = stage(20, concrete=True)
    job = it.job()
    for owner in ("one", "two"):
        driver = it.driver().limit(after=True, dies_at=lambda ask: "/_clone/" in ask.path)
        with pytest.raises(Killed):
            it.run(job, driver, owner=owner, max_pause=60)
        if owner == "one":
            it.abort()
            assert it.indices() == [it.name]
            assert it.fences() == []
            assert it.is_writable()
    assert it.run(job, owner="three", max_pause=60).done
    assert it.fences() == []


def test_a_run_asks_about_its_own_indices_only(stage9: Make) -> None:
    """An answer about all of a cluster is a 403 if the metadata of any index in it is blocked, and more than the
    credentials of a team may ask."""
    it = stage9(20)
    driver = it.driver()
    it.run(it.job(), driver, max_pause=60)
    shared = ("/_aliases", "/_pit", "/_search", "/ecgen-migrations")
    assert [
        path
        for _, path in (each.split(" ") for each in driver.asked)
        if not any(
            part.removeprefix("ecgen-load-").startswith(it.name) for part in path.split("/")[1:2]
        )
        and not path.startswith(
            (*shared, "/ecgen-hold-", "/_cluster/health/", "/_cluster/state/metadata/")
        )
    ] == []


def test_pages_are_no_larger_than_the_index_and_the_server_allow(
    stage9: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulks, "_MOST_BYTES", 5000)
    it = stage9(700, settings={"max_result_window": 300})
    with it.load.going_on():
        it.run(it.job(), max_pause=60)
    assert it.load.audit().faults == {}


def test_what_is_not_on_the_disk_yet_is_written_there_first(stage: Make) -> None:
    """With `translog.durability: async` a write is acknowledged before; a swap does not make it less safe than it was."""
    lazy = {"translog.durability": "async", "translog.sync_interval": "100s"}
    it = stage(60, settings=lazy)
    job, driver = it.job(), it.driver()
    job.body["settings"] |= lazy
    states: list[Any] = []

    def look(ask: Any) -> None:
        if ask.path == "/_aliases" and any("_block/write" in each for each in driver.asked):
            for index in (it.old, job.new):
                found = it.plain.ok("GET", f"/{index}/_stats?level=shards")["indices"][index]
                states.append(found["shards"]["0"][0]["seq_no"])

    driver.before = look
    with it.load.going_on():
        assert it.run(job, driver, max_pause=60).done
    assert it.load.audit().faults == {}
    assert [each["global_checkpoint"] for each in states] == [each["max_seq_no"] for each in states]
    assert len(states) == 2


def test_two_documents_of_one_id_that_would_be_in_one_shard(stage9: Make) -> None:
    it = stage9(20, shards=2)
    for routing in ("a", "b", "c", "d"):
        it.plain.ok("PUT", f"/{it.name}/_doc/twin?routing={routing}", {"count": 1})
    with pytest.raises(MigrationError, match="does not have document 'twin'; is there another"):
        it.run(it.job(), max_pause=60)
    assert it.is_writable()
