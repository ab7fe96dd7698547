"""Steps that change an index in place, in a row and interrupted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from migrating import Cut, Killed
from planned_shop import Shop

from ecgen.live.migrate import bulks
from ecgen.live.migrate.applying import apply_model
from ecgen.live.migrate.asking import Ask
from ecgen.live.migrate.copy_job import Manner
from ecgen.live.migrate.driving import connect
from ecgen.live.migrate.plan_file import load
from ecgen.live.migrate.undoing import abort_name


def _die(shop: Shop, at: Callable[[Ask], bool], *options: str) -> None:
    """Apply what the plan says in a process that dies with the answer to a request."""
    file = shop.folder / "plan.json"
    shop.run("plan", "--out", str(file), *options, code=1)
    plan = load(file.read_text())
    made = connect(shop.server.url, {})
    driver = Cut(made._transport, {}).limit(after=True, dies_at=at)
    with pytest.raises(Killed):
        driver.run(apply_model(plan.models[0], plan.id, "one", Manner(), 0.1))
    driver.close()
    made.close()


def _abort(shop: Shop) -> str | None:
    driver = connect(shop.server.url, {})
    try:
        return driver.run(abort_name(shop.name, "two", 0.1))
    finally:
        driver.close()


def _found(shop: Shop, query: dict[str, Any]) -> int:
    shop.plain.ok("POST", f"/{shop.name}/_refresh")
    body = {"query": query}
    found = shop.plain.ok("POST", f"/{shop.name}/_search", body)
    return len(found["hits"]["hits"])


def test_each_new_multi_field_is_filled_also_after_an_aborted_run(shop: Shop) -> None:
    shop.apply()
    shop.put(a={"title": "One"})
    first = "title: {type: text, fields: {raw: {type: keyword, ignore_above: 99}}}"
    shop.change("title: {type: text}", first)
    _die(shop, lambda ask: "_refresh" in ask.path and shop.name in ask.path)
    assert "ended after 1 of its steps" in str(_abort(shop))
    shop.put(b={"title": "Two"})
    second = first.replace("fields: {", "fields: {low: {type: text, analyzer: simple}, ")
    shop.change(first, second)
    shop.apply()
    assert _found(shop, {"terms": {"title.low": ["one", "two"]}}) == 2
    shop.change("low:", "last: {type: text, analyzer: whitespace}, low:")
    shop.apply()
    assert _found(shop, {"terms": {"title.last": ["One", "Two"]}}) == 2


def test_abort_opens_an_index_that_a_dead_run_had_closed(shop: Shop) -> None:
    shop.apply()
    analysis = "analysis: {analyzer: {plain: {type: custom, tokenizer: standard}}}"
    shop.change("number_of_replicas: 0", f"number_of_replicas: 0, {analysis}")
    _die(shop, lambda ask: ask.path.endswith("_close"), "--allow-close")
    assert shop.plain.ask("GET", f"/{shop.name}/_search")[0] == 400
    assert "ended after 0 of its steps" in str(_abort(shop))
    assert shop.plain.ask("GET", f"/{shop.name}/_search")[0] == 200


def test_a_backfill_sends_no_more_than_a_server_takes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    send = bulks._send

    def watched(target: str, documents: Any, shown: str, options: str) -> Any:
        sizes.append(sum(len(lines) for _, lines in documents))
        return send(target, documents, shown, options)

    monkeypatch.setattr(bulks, "_MOST_BYTES", 3000)
    monkeypatch.setattr(bulks, "_send", watched)
    shop.apply()
    shop.put(**{f"d{number}": {"title": "word " * 200} for number in range(12)})
    shop.change(
        "title: {type: text}", "title: {type: text, fields: {low: {type: text, analyzer: simple}}}"
    )
    shop.apply()
    assert _found(shop, {"term": {"title.low": "word"}}) == 10  # a page
    assert len(sizes) == 6
    assert max(sizes) <= 3000


def test_a_component_of_the_analysis_is_the_definitions_as_a_whole(shop: Shop) -> None:
    """Else what it has no more stays in the new index, and each apply would copy it again."""
    words = "analysis: {filter: {few: {type: stop, stopwords: [cat], ignore_case: true}}}"
    shop.change("number_of_replicas: 0", f"number_of_replicas: 0, {words}")
    shop.apply()
    shop.put(a={"title": "One"})
    shop.change(", ignore_case: true", "")
    assert shop.steps() == ["copy"]
    shop.apply()
    assert "nothing to do" in shop.run("plan")
    shop.change("stopwords: [cat]", "stopwords: [cat], remove_trailing: false")
    shop.apply("--allow-close")
    shop.change(", remove_trailing: false", "")
    shop.apply("--allow-close")
    assert "nothing to do" in shop.run("plan")
