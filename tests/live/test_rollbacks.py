"""The way back: what stays, what is in its way, and of which index it is."""

from __future__ import annotations

import secrets

import pytest
from planned_shop import Shop

from ecgen.live.migrate.applying import apply_model
from ecgen.live.migrate.asking import MigrationError
from ecgen.live.migrate.copy_job import Manner
from ecgen.live.migrate.driving import connect
from ecgen.live.migrate.plan_file import load
from ecgen.live.migrate.undoing import belonging


def test_after_an_adoption_fields_and_replicas_stay(shop: Shop) -> None:
    """A clone gets a replica of its own accord, which one node would never make green. A strict mapping refuses a partial
    update of a document that has fields which the mapping does not have."""
    properties = {"isbn": {"type": "keyword"}, "pages": {"type": "integer"}}
    body = {
        "settings": {"number_of_replicas": 0},
        "mappings": {"dynamic": "strict", "properties": properties},
    }
    shop.plain.ok("PUT", f"/{shop.name}", body)
    shop.put(a={"isbn": "1", "pages": 3})
    shop.change("pages: {type: integer}", "pages: {type: long}")
    plain = "settings: {number_of_replicas: 0, analysis: {analyzer: {plain: {type: custom, tokenizer: standard}}}}"
    shop.change("settings: {number_of_replicas: 0}", plain)
    shop.change("title: {type: text}", "title: {type: text, analyzer: plain}")
    shop.apply()
    shop.put(b={"isbn": "2", "title": "Two"})
    shop.run("rollback", "books", "--yes")
    body = shop.plain.ok("GET", f"/{shop.name}?flat_settings=true")[shop.behind()]
    assert body["settings"]["index.number_of_replicas"] == "0"
    assert body["mappings"]["properties"]["pages"] == {"type": "integer"}
    for id in ("a", "b"):
        shop.plain.ok("POST", f"/{shop.name}/_update/{id}", {"doc": {"pages": 5}})


def test_more_replicas_than_nodes_can_hold_are_not_waited_for(shop: Shop) -> None:
    shop.apply()
    shop.put(a={"pages": 3})
    shop.change("number_of_replicas: 0", "number_of_replicas: 4")
    shop.change("pages: {type: integer}", "pages: {type: long}")
    shop.apply()
    assert shop.behind() == f"{shop.name}-000002"


def test_another_migration_that_is_under_way_is_not_resumed(shop: Shop) -> None:
    shop.apply()
    shop.put(a={"pages": 3})
    shop.change("pages: {type: integer}", "pages: {type: long}")
    shop.apply()
    shop.change("pages: {type: long}", "pages: {type: double}")
    shop.apply("--until", "copied")
    shop.apply("--until", "copied")  # catches up
    assert "is under way (phase copied)" in shop.run("rollback", "books", "--yes", code=1)
    assert shop.behind() == f"{shop.name}-000002"
    shop.run("abort", "books")
    shop.run("rollback", "books", "--yes")
    mappings = shop.plain.ok("GET", f"/{shop.name}/_mapping")[f"{shop.name}-000003"]["mappings"]
    assert mappings["properties"]["pages"] == {"type": "integer"}


def test_a_plan_is_compared_once_more_when_its_turn_comes(shop: Shop) -> None:
    """Two operators have a plan each, of the same new index: the later one must not take the other's for its own."""
    shop.apply()
    shop.put(a={"pages": 3})
    plans = []
    for old, new in (("integer", "long"), ("long", "double")):
        shop.change(f"pages: {{type: {old}}}", f"pages: {{type: {new}}}")
        file = shop.folder / f"{secrets.token_hex(4)}.json"
        shop.run("plan", "--out", str(file), code=1)
        plans.append(load(file.read_text()))
    driver = connect(shop.server.url, {})
    outcomes = []
    for plan in plans:
        try:
            steps = apply_model(plan.models[0], plan.id, "one", Manner(), 20.0)
            outcomes.append(str(driver.run(steps).done))
        except MigrationError as error:
            outcomes.append(str(error))
    driver.close()
    assert outcomes[0] == "True"
    assert "it is another index; plan again" in outcomes[1]
    assert "nothing is under way" in shop.run("abort")


LINES = [
    {"name": "books", "model": "Book"},
    {"name": "staging-books", "job": {"model": "Book"}},
    {"name": "staging-pens", "model": "Pen"},
]


@pytest.mark.parametrize(
    ("models", "prefix", "expected"),
    [
        ([], "", ["books", "staging-books", "staging-pens"]),
        ([], "staging-", ["staging-books", "staging-pens"]),
        (["books"], "", ["books"]),
        (["Book"], "staging-", ["staging-books"]),
        (["books", "Pen", "staging-pens"], "staging-", ["staging-books", "staging-pens"]),
        (["Pen"], "", ["staging-pens"]),
        (["Book"], "test-", []),
    ],
)
def test_models_and_indices_by_name(models: list[str], prefix: str, expected: list[str]) -> None:
    assert [each["name"] for each in belonging(LINES, models, prefix)] == expected


def test_another_prefix_is_not_meant_by_the_name_of_a_model() -> None:
    """`ecgen clean Book --yes` would delete what was kept for the other one."""
    with pytest.raises(MigrationError, match=r"Book: several .* books, staging-books; name one"):
        belonging(LINES, ["Book"], "")
