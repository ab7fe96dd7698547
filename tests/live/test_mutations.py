"""What each part of a migration is for: without it acknowledged writes are lost, and these tests see it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from migrating import Cut, Killed, Stage

from ecgen.live.migrate import comparing, copy_job, cut_over
from ecgen.live.migrate.applying import all_entries
from ecgen.live.migrate.asking import Ask, MigrationError, Steps
from ecgen.live.migrate.comparing import Repaired
from ecgen.live.migrate.fence import Fence
from ecgen.live.migrate.showing import history_as_text
from ecgen.live.migrate.slipped import Slipped

if TYPE_CHECKING:
    from conftest import Make

Patch = pytest.MonkeyPatch


def returning(value: Any = None) -> Any:
    """Steps that do nothing."""

    def steps(*_: Any, **__: Any) -> Steps[Any]:
        return value
        yield

    return steps


def at_the_swap(driver: Cut, action: Any) -> None:
    """Do something when all has been compared, before the swap is sent."""
    blocked = threading.Event()

    def before(ask: Ask) -> None:
        if "_block/write" in ask.path:
            blocked.set()
        elif blocked.is_set() and (ask.method, ask.path) == ("POST", "/_aliases"):
            blocked.clear()
            action()

    driver.before = before


def is_swap(it: Stage, ask: Ask) -> bool:
    return (ask.method, ask.path) == ("POST", "/_aliases") and any(
        action.get("add", {}).get("alias") == it.name for action in ask.body["actions"]
    )


def written(it: Stage, id: str) -> bool:
    """Whether a write through the alias is acknowledged."""
    status, _ = it.plain.ask("PUT", f"/{it.name}/_doc/{id}", {"count": 7})
    return status < 300


@pytest.mark.parametrize("mutated", [False, True])
def test_without_the_comparison_deletes_come_back(
    stage9: Make, monkeypatch: Patch, mutated: bool
) -> None:
    it = stage9(20)
    if mutated:
        monkeypatch.setattr(copy_job, "make_equal", returning(Repaired()))
        monkeypatch.setattr(cut_over, "make_equal", returning(Repaired()))
    driver = it.driver()

    def delete(ask: Ask) -> None:
        if "_block/write" in ask.path:
            it.plain.ok("DELETE", f"/{it.name}/_doc/k3")

    driver.before = delete
    assert it.run(it.job(), driver, max_pause=60).done
    assert ("k3" in it.plain.documents(it.name)) is mutated


@pytest.mark.parametrize("mutated", [False, True])
def test_without_the_term_a_lost_update_is_acknowledged(
    stage9: Make, monkeypatch: Patch, mutated: bool
) -> None:
    it = stage9(20)
    read = it.plain.ok("GET", f"/{it.name}/_doc/k0")
    if mutated:
        monkeypatch.setattr(copy_job, "raise_terms", returning(0))
        monkeypatch.setattr(cut_over, "highest_term", returning(-1))
    assert it.run(it.job(), max_pause=60).done
    taken = []
    for number in range(20):
        condition = f"if_seq_no={number}&if_primary_term={read['_primary_term']}"
        taken.append(it.plain.ask("PUT", f"/{it.name}/_doc/k0?{condition}", {"count": 9})[0] < 300)
    assert any(taken) is mutated


@pytest.mark.parametrize("mutated", [False, True])
def test_without_the_fence_a_predecessor_swaps(
    stage9: Make, monkeypatch: Patch, mutated: bool
) -> None:
    """One run stops before its swap; another one lifts the block and dies; a write is acknowledged; the first wakes up."""
    it = stage9(20)
    if mutated:
        made = Fence.__init__
        monkeypatch.setattr(Fence, "__init__", lambda self, name, epoch: made(self, name, 0))
        monkeypatch.setattr(cut_over, "_check_unchanged", returning())
    job, first = it.job(), it.driver()
    stopped, wake = threading.Event(), threading.Event()

    def stop() -> None:
        stopped.set()
        wake.wait(120)

    at_the_swap(first, stop)
    ends: list[Any] = []

    def run() -> None:
        try:
            ends.append(it.run(job, first, owner="the first", max_pause=600))
        except MigrationError as error:
            ends.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert stopped.wait(60)
    second = it.driver().limit(dies_at=lambda ask: "_pit" in ask.path or "_refresh" in ask.path)
    with pytest.raises(Killed):
        it.run(job, second, owner="the second")
    assert written(it, "new")
    wake.set()
    thread.join(60)
    if not mutated:
        assert it.guards[-1] is None  # the watchdog of the first has nothing to undo
        assert it.run(job, owner="the third", max_pause=60).done
    assert ("new" in it.plain.documents(it.name)) is not mutated


@pytest.mark.parametrize("mutated", [False, True])
def test_without_the_block_writes_slip_by(stage9: Make, monkeypatch: Patch, mutated: bool) -> None:
    it = stage9(20)
    if mutated:
        monkeypatch.setattr(cut_over, "_block", returning())
        monkeypatch.setattr(cut_over, "_check_unchanged", returning())
        monkeypatch.setattr(copy_job, "repair_slipped", returning(Slipped()))
    driver = it.driver()
    acknowledged: list[bool] = []

    def before(ask: Ask) -> None:
        if is_swap(it, ask):
            acknowledged.append(written(it, "new"))

    driver.before = before
    assert it.run(it.job(), driver, max_pause=60).done
    lost = acknowledged[0] and "new" not in it.plain.documents(it.name)
    assert lost is mutated


def test_what_slips_by_when_somebody_lifts_the_block_is_brought_over(stage9: Make) -> None:
    it = stage9(20, shards=2, new_shards=2)
    driver = it.driver()

    def lift() -> None:
        it.plain.ok("PUT", f"/{it.old}/_settings", {"index.blocks.write": None})
        assert written(it, "new")
        assert written(it, "k1")
        it.plain.ok("DELETE", f"/{it.name}/_doc/k2")

    at_the_swap(driver, lift)
    assert it.run(it.job(), driver, max_pause=60).done
    there = it.plain.documents(it.name)
    assert there["new"]["count"] == 7
    assert there["k1"]["count"] == 7
    assert "k2" not in there
    assert any(event.event == "slipped" for event in it.events)


def lifting(it: Stage, acknowledged: list[bool]) -> Any:
    """Lifts the block by hand, and writes."""

    def lift() -> None:
        it.plain.ok("PUT", f"/{it.old}/_settings", {"index.blocks.write": None})
        acknowledged.extend(written(it, id) for id in ("new", "k1", "k4", "k5", "mine"))
        it.plain.ok("DELETE", f"/{it.name}/_doc/k2")

    return lift


@pytest.mark.parametrize("way", ["apply", "abort"])
def test_what_slips_by_is_brought_over_by_the_next_run(stage9: Make, way: str) -> None:
    """The run dies with the answer to its swap. Clients go on, and what they wrote since stays."""
    it = stage9(20, shards=2, new_shards=2)
    job, acknowledged = it.job(), list[bool]()
    driver = it.driver()
    driver.limit(after=True, dies_at=lambda ask: is_swap(it, ask))
    at_the_swap(driver, lifting(it, acknowledged))
    with pytest.raises(Killed):
        it.run(job, driver, max_pause=60)
    assert acknowledged == [True] * 5
    assert it.is_writable()  # behind the alias is the new index
    for id in it.plain.documents(it.name):
        if id.startswith("w0"):  # versions that are those of other operations by now
            it.plain.ok("PUT", f"/{it.name}/_doc/{id}", {"count": 9})
    it.plain.ok("PUT", f"/{it.name}/_doc/k4", {"count": 8})
    it.plain.ok("DELETE", f"/{it.name}/_doc/k5")
    it.plain.ok("PUT", f"/{it.name}/_doc/mine", {"count": 8})
    it.plain.ok("DELETE", f"/{it.name}/_doc/mine")
    before = it.plain.documents(it.name)
    if way == "apply":
        assert it.run(job, seconds=10).done
    else:
        assert it.abort() is False  # the swap has happened
    there = it.plain.documents(it.name)
    assert there["new"]["count"] == there["k1"]["count"] == 7
    assert there["k4"]["count"] == 8
    assert there.keys() ^ before.keys() == {"new", "k2"}
    assert all(there[id]["count"] == 9 for id in there if id.startswith("w0"))
    (slipped,) = (event for event in it.events if event.event == "slipped")
    assert slipped.facts["operations"] == 3
    assert sorted(slipped.facts["left"]) == ["k4", "k5", "mine"]
    history = it.driver().run(all_entries("history"))
    (line,) = (history_as_text(each) for each in history if each["name"] == it.name)
    assert "3 writes brought over afterwards, left as written since: k4, k5, mine" in line
    status, _ = it.plain.ask("PUT", f"/{it.old}/_doc/late", {"count": 1})
    assert status == 403  # the kept index has its block again


@pytest.mark.parametrize("mutated", [False, True])
def test_a_copy_that_lacks_beside_one_that_is_too_many(
    stage9: Make, monkeypatch: Patch, mutated: bool
) -> None:
    """The range of operations that they are in has as many documents in both indices; the sums of their numbers differ."""
    it = stage9(2100)
    newest = it.plain.ok("GET", f"/{it.old}/_stats?level=shards")["indices"][it.old]
    step = -(-newest["shards"]["0"][0]["seq_no"]["max_seq_no"] // 1000)
    driver = it.driver()
    if mutated:
        count = comparing._count

        def without_sums(name: str, *asked: Any) -> Steps[Any]:
            alike = 1 if name == "_version" else 0
            return [(each, alike * each) for each, _ in (yield from count(name, *asked))]

        monkeypatch.setattr(comparing, "_count", without_sums)

    def id_of(operation: int) -> str:
        query = {"query": {"term": {"_seq_no": operation}}}
        id: str = it.plain.ok("POST", f"/{it.old}/_search", query)["hits"]["hits"][0]["_id"]
        return id

    def spoil(ask: Ask) -> None:
        if "_block/write" in ask.path:
            lacking = f"{id_of(50 * step)}?version={50 * step + 1}&version_type=external_gte"
            it.plain.ok("DELETE", f"/{it.name}-000002/_doc/{lacking}")
            it.plain.ok("DELETE", f"/{it.name}/_doc/{id_of(50 * step + 1)}")

    driver.before = spoil
    if mutated:
        assert it.run(it.job(), driver, max_pause=60).done
        return
    with pytest.raises(MigrationError, match="does not become equal"):
        it.run(it.job(), driver, max_pause=60)
    assert it.is_writable()
