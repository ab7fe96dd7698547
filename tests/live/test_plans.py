"""`ecgen plan` and `ecgen apply`: from definitions and a live index to a changed one, and every reason not to."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from planned_shop import Shop

from ecgen.cli.main import main

Json = Any


def test_an_index_is_created_behind_an_alias_and_then_in_step(shop: Shop) -> None:
    assert shop.steps() == ["create"]
    shop.apply()
    assert shop.behind() == f"{shop.name}-000001"
    assert "nothing to do" in shop.run("plan")
    assert "nothing to do" in shop.apply()
    assert "in step" in shop.run("status")


def test_fields_and_settings_are_changed_in_place(shop: Shop) -> None:
    shop.apply()
    shop.change(
        "  pages:", "  year: {{type: short}}\n  pages:".replace("{{", "{").replace("}}", "}")
    )
    shop.change("number_of_replicas: 0", "number_of_replicas: 0, refresh_interval: 5s")
    shop.change(
        "fields:", "aliases: [everything]\nfields:".replace("everything", f"{shop.prefix}all")
    )
    assert shop.steps() == ["put-settings", "put-mapping", "aliases"]
    shop.apply()
    assert shop.behind() == f"{shop.name}-000001"
    assert "nothing to do" in shop.run("plan")


def test_a_new_multi_field_is_filled_in_place(shop: Shop) -> None:
    shop.apply()
    shop.put(a={"title": "One Two"}, b={"title": "Three"})
    shop.change(
        "title: {type: text}",
        "title: {type: text, fields: {raw: {type: keyword, ignore_above: 99}}}",
    )
    assert shop.steps() == ["put-mapping", "backfill"]
    shop.apply()
    query = {"query": {"term": {"title.raw": "One Two"}}}
    shop.plain.ok("POST", f"/{shop.name}/_refresh")
    assert len(shop.plain.ok("POST", f"/{shop.name}/_search", query)["hits"]["hits"]) == 1
    assert "nothing to do" in shop.run("plan")


def test_a_refused_change_is_copied_and_rolled_back(shop: Shop) -> None:
    shop.apply()
    shop.put(
        a={
            "isbn": "1",
            "title": "One",
            "pages": 3,
        },
        b={"title": "Two", "pages": 4},
    )
    shop.change("pages: {type: integer}", "pages: {type: double}")
    shop.change("title: {type: text}", "name: {type: text, renamed_from: title}")
    file = shop.folder / "plan.json"
    plan = shop.plan("--out", str(file))
    assert [step["step"] for step in plan["steps"]] == ["copy"]
    assert {reason["rule"] for reason in plan["reasons"]} >= {"type-changed", "field-renamed"}
    assert any("deploy" in each for each in plan["order"])
    shop.apply(str(file))
    assert shop.behind() == f"{shop.name}-000002"
    documents = shop.plain.documents(shop.name)
    assert documents["a"] == {"isbn": "1", "name": "One", "pages": 3, "_routing": None}
    assert "nothing to do" in shop.run("plan")
    assert "applied already" in shop.apply(str(file), code=1)
    # What is kept refuses writes, and is no deviation.
    status, _ = shop.plain.ask("PUT", f"/{shop.name}-000001/_doc/x", {"pages": 1})
    assert status == 403
    assert "in step" in shop.run("status")
    shop.put(c={"name": "Three"})
    shop.run("rollback", "Book", "--yes")
    assert shop.behind() == f"{shop.name}-000003"
    assert shop.plain.documents(shop.name)["c"] == {"title": "Three", "_routing": None}
    listed = shop.run("migrations")
    assert f"kept: {shop.name}-000001" in listed
    for words in ((), ("books",), ("Book",)):
        assert "nothing is kept" in shop.run("clean", "--yes", *words, prefix="other-")
    assert "no migration" in shop.run("rollback", "Book", "--yes", code=1, prefix="other-")
    shop.run("clean", "--yes", "books")
    assert list(shop.plain.ok("GET", f"/{shop.prefix}*")) == [f"{shop.name}-000003"]


def test_a_concrete_index_is_adopted_and_keeps_what_nobody_defined(shop: Shop) -> None:
    properties = {
        "isbn": {"type": "keyword", "ignore_above": 32},
        "title": {"type": "text"},
        "pages": {"type": "long"},
        "ours": {"properties": {"a": {"type": "keyword"}, "b": {"type": "ip"}}},
        "id": {"type": "keyword"},
    }
    body = {
        "settings": {"number_of_replicas": 0, "max_result_window": 20000},
        "mappings": {"dynamic": False, "properties": properties},
        "aliases": {f"{shop.prefix}more": {}},
    }
    shop.plain.ok("PUT", f"/{shop.name}", body)
    shop.put(a={"pages": 3, "ours": {"a": "x", "b": "1.2.3.4"}, "unmapped": [1.50]})
    assert shop.steps() == ["adopt", "copy"]
    shop.apply()
    ((index, shown),) = shop.plain.ok("GET", f"/{shop.name}").items()
    assert index == f"{shop.name}-000002"
    assert shown["mappings"]["properties"]["ours"] == properties["ours"]
    assert shown["mappings"]["properties"]["pages"] == {"type": "integer"}
    assert shown["mappings"]["dynamic"] == "strict"
    assert shown["settings"]["index"]["max_result_window"] == "20000"
    assert sorted(shown["aliases"]) == [shop.name, f"{shop.prefix}more"]
    assert shop.plain.documents(shop.name)["a"]["unmapped"] == [1.50]
    assert "nothing to do" in shop.run("plan")


def test_values_that_do_not_fit_refuse_the_plan_until_they_may_go(shop: Shop) -> None:
    shop.apply()
    shop.put(a={"isbn": "12"}, b={"isbn": "x"}, c={"isbn": ["7", "y"]})
    shop.change("isbn: {type: keyword, ignore_above: 32}", "isbn: {type: long}")
    refused = shop.plan()["refused"]
    assert len(refused) == 1
    assert "2 of 3 documents have a value of isbn that long cannot hold" in refused[0]
    assert "--drop-values" in refused[0]
    shop.apply(code=1)
    shop.apply("--drop-values")
    documents = shop.plain.documents(shop.name)
    assert [documents[id].get("isbn") for id in "abc"] == ["12", None, ["7"]]


def test_a_plan_counts_values_that_the_new_index_holds_differently(shop: Shop) -> None:
    """What 9.5.3 and 7.17.29 take without a word: numbers without their fractions, long texts without an entry."""
    shop.change("pages: {type: integer}", "pages: {type: double}")
    shop.apply()
    long = "x" * 40
    shop.put(a={"pages": 1.5}, b={"pages": ["2", "2.25"]}, c={"pages": 3.0}, d={"title": long})
    shop.change("pages: {type: double}", "pages: {type: integer}")
    shop.change("title: {type: text}", "title: {type: keyword, ignore_above: 32}")
    plan = shop.plan()
    fractions = "2 of 4 documents have a value of pages that has a fraction, which the index drops"
    assert f"{fractions}; _source keeps it" in plan["notes"]
    assert any(
        "1 of 4 documents have a value of title that is longer" in each for each in plan["notes"]
    )
    shop.apply()
    assert shop.plain.documents(shop.name)["b"]["pages"] == ["2", "2.25"]
    for field, value in (("pages", 1.5), ("title", long)):
        body = {"query": {"term": {field: value}}}
        found = shop.plain.ok("POST", f"/{shop.name}/_search?size=0", body)
        assert found["hits"]["total"]["value"] == 0


def test_fields_are_dropped_only_where_it_is_asked(shop: Shop) -> None:
    shop.apply()
    shop.put(a={"isbn": "1", "pages": 3})
    shop.change("  pages: {type: integer}\n", "")
    assert shop.plan(code=0)["steps"] == []
    assert shop.steps("--drop-fields") == ["copy"]
    shop.apply("--drop-fields")
    (shown,) = shop.plain.ok("GET", f"/{shop.name}/_mapping").values()
    assert "pages" not in shown["mappings"]["properties"]
    assert shop.plain.documents(shop.name)["a"] == {"isbn": "1", "_routing": None}


def test_a_changed_rule_of_ids_rewrites_them_without_writers(shop: Shop) -> None:
    shop.change("model: Book", 'model: Book\ncompute_id: "{isbn|lower}"')
    shop.apply()
    shop.put(ax={"isbn": "AX", "pages": 1, "id": "ax"}, b={"isbn": "B", "pages": 2, "id": "b"})
    assert "nothing to do" in shop.run("plan")
    shop.change('"{isbn|lower}"', "[isbn, pages]")
    assert "--writers-stopped" in shop.plan()["refused"][0]
    shop.apply("--writers-stopped")
    documents = shop.plain.documents(shop.name)
    assert sorted(documents) == ["AX-1", "B-2"]
    assert documents["AX-1"]["id"] == "AX-1"
    assert "nothing to do" in shop.run("plan")
    # Two documents of one id would replace each other.
    shop.put(c={"isbn": "AX", "pages": 9})
    shop.change("[isbn, pages]", '"{isbn}"')
    refused = " ".join(shop.plan("--writers-stopped")["refused"])
    assert "'AX-1'" in refused
    assert "'c'" in refused


def test_a_plan_is_refused_where_the_index_has_changed_since(shop: Shop) -> None:
    shop.apply()
    shop.change("pages: {type: integer}", "pages: {type: double}")
    file = shop.folder / "plan.json"
    shop.run("plan", "--out", str(file), code=1)
    shop.plain.ok("PUT", f"/{shop.name}/_mapping", {"properties": {"new": {"type": "ip"}}})
    assert "its mappings changed; plan again" in shop.apply(str(file), code=1)
    content = json.loads(file.read_text())
    content["models"][0]["steps"] = []
    file.write_text(json.dumps(content))
    assert "was changed after it was made" in shop.apply(str(file), code=1)
    file.write_text("[]")
    assert "not a plan" in shop.apply(str(file), code=1)


def test_a_block_that_was_set_after_planning_is_not_lifted(shop: Shop) -> None:
    """`apply` asks again for what no fingerprint covers."""
    shop.apply()
    shop.change("pages: {type: integer}", "pages: {type: double}")
    file = shop.folder / "plan.json"
    shop.run("plan", "--out", str(file), code=1)
    shop.plain.ok("PUT", f"/{shop.name}/_block/write")
    assert "index.blocks.write is set on it" in shop.apply(str(file), code=1)
    status, _ = shop.plain.ask("PUT", f"/{shop.name}/_doc/a", {"pages": 1})
    assert status == 403


def test_until_copied_leaves_the_swap_to_a_later_run(shop: Shop) -> None:
    shop.apply()
    shop.put(a={"pages": 3})
    shop.change("pages: {type: integer}", "pages: {type: double}")
    shop.apply("--until", "copied")
    assert shop.behind() == f"{shop.name}-000001"
    assert "phase copied" in shop.run("migrations")
    shop.put(b={"pages": 4})
    shop.plain.ok("DELETE", f"/{shop.name}/_doc/a")
    shop.apply()
    assert shop.behind() == f"{shop.name}-000002"
    assert sorted(shop.plain.documents(shop.name)) == ["b"]
    assert "nothing is under way" in shop.run("abort")


def test_an_error_says_what_is_left_and_what_to_do(shop: Shop) -> None:
    shop.apply()
    shop.put(a={"pages": 3})
    shop.change("pages: {type: integer}", "pages: {type: double}")
    for words in (("--max-pause", "0.000001"), ("--max-pause", "0.000001")):
        said = shop.apply(*words, code=1)
        assert "(tried 3 times); what was begun is kept: 'ecgen apply' resumes it" in said
    assert "as it was" in shop.run("abort")


def test_abort_forgets_what_was_begun(shop: Shop) -> None:
    shop.apply()
    shop.change("pages: {type: integer}", "pages: {type: double}")
    shop.apply("--until", "copied")
    # What is under way with another prefix belongs to somebody else, with or without a name.
    for words in ((), ("Book",), (shop.name,)):
        assert "nothing is under way" in shop.run("abort", *words, prefix="other-")
    assert "as it was" in shop.run("abort", "Book")
    assert list(shop.plain.ok("GET", f"/{shop.prefix}*?expand_wildcards=all")) == [
        f"{shop.name}-000001"
    ]
    assert "aborted" in shop.run("migrations")


def test_an_index_in_the_way_is_left_alone_and_the_next_plan_goes_around_it(shop: Shop) -> None:
    shop.apply()
    shop.change("pages: {type: integer}", "pages: {type: double}")
    file = shop.folder / "plan.json"
    shop.run("plan", "--out", str(file), code=1)
    shop.plain.ok("PUT", f"/{shop.name}-000002")
    assert "is not a copy of" in shop.apply(str(file), code=1)
    assert "nothing is under way" in shop.run("abort")
    aliases = shop.plain.ok("GET", f"/{shop.name}-000002/_alias")
    assert aliases == {f"{shop.name}-000002": {"aliases": {}}}
    shop.apply()
    assert shop.behind() == f"{shop.name}-000003"


def test_what_cannot_be_done_beside_what_was_done_is_no_success(shop: Shop) -> None:
    shop.apply()
    shop.plain.ok("PUT", f"/{shop.name}/_block/write")
    shop.change("pages: {type: integer}", "pages: {type: double}")
    other = shop.folder / "schemas" / "author.yaml"
    other.write_text("model: Author\nindex: authors\nfields: {nick: {type: text}}\n")
    file = shop.folder / "plan.json"
    shop.run("plan", "--out", str(file), code=1)
    assert "blocks.write is set" in shop.apply(str(file), code=1)
    assert "  done: " in shop.apply(code=1)
    assert "  done: " not in shop.apply(code=1)


def test_a_plan_that_cannot_be_written(shop: Shop) -> None:
    assert "cannot be written" in _errors(shop, "plan", "--out", str(shop.folder / "no" / "p"))


def test_what_differs_after_a_resumed_run_is_asked_for(shop: Shop) -> None:
    shop.apply()
    shop.change("pages: {type: integer}", "pages: {type: double}")
    shop.apply("--until", "copied")
    shop.change("pages: {type: double}", "pages: {type: keyword, ignore_above: 9}")
    assert "nobody is there to ask" in shop.run("apply", code=1)
    assert shop.behind() == f"{shop.name}-000002"


def _errors(shop: Shop, *arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments, "--url", shop.server.url])
    assert result.exit_code == 2
    return result.stderr


Spoil = Callable[[Shop], None]


def _source_off(shop: Shop) -> None:
    body = {"mappings": {"_source": {"enabled": False}, "properties": {"pages": {"type": "long"}}}}
    shop.plain.ok("PUT", f"/{shop.name}", body)


def _excludes(shop: Shop) -> None:
    body = {
        "mappings": {"_source": {"excludes": ["pages"]}, "properties": {"pages": {"type": "long"}}}
    }
    shop.plain.ok("PUT", f"/{shop.name}", body)


def _two(shop: Shop) -> None:
    for number in (1, 2):
        shop.plain.ok("PUT", f"/{shop.name}-{number}", {"aliases": {shop.name: {}}})


def _filtered(shop: Shop) -> None:
    alias = {shop.name: {"filter": {"term": {"isbn": "1"}}}}
    properties = {"pages": {"type": "long"}, "isbn": {"type": "keyword"}}
    shop.plain.ok(
        "PUT", f"/{shop.name}-1", {"aliases": alias, "mappings": {"properties": properties}}
    )


def _blocked(shop: Shop) -> None:
    body = {
        "settings": {"blocks.write": True},
        "mappings": {"properties": {"pages": {"type": "long"}}},
    }
    shop.plain.ok("PUT", f"/{shop.name}", body)


def _pipeline(shop: Shop) -> None:
    shop.plain.ok("PUT", f"/_ingest/pipeline/{shop.prefix}p", {"processors": []})
    body = {
        "settings": {"final_pipeline": f"{shop.prefix}p"},
        "mappings": {"properties": {"pages": {"type": "long"}}},
    }
    shop.plain.ok("PUT", f"/{shop.name}", body)


def _versions(shop: Shop) -> None:
    shop.plain.ok("PUT", f"/{shop.name}", {"mappings": {"properties": {"pages": {"type": "long"}}}})
    path = f"/{shop.name}/_doc/a?version=1700000000000&version_type=external&refresh=true"
    shop.plain.ok("PUT", path, {"pages": 1})


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_source_off, "`_source` is disabled"),
        (_excludes, "omits fields"),
        (_two, "alias of several indices"),
        (_filtered, "has a filter or a routing"),
        (_blocked, "blocks.write is set"),
        (_pipeline, "final_pipeline"),
        (_versions, "versions of their own"),
    ],
)
def test_what_cannot_be_migrated_is_refused_in_words(shop: Shop, spoil: Spoil, reason: str) -> None:
    spoil(shop)
    refused = shop.plan()["refused"]
    assert any(reason in each for each in refused), refused
    assert "None" not in shop.run("plan", code=1)
    assert "error" in shop.apply(code=1) or "cannot be done" in shop.run("plan", code=1)
    if spoil is _pipeline:
        shop.plain.ok("PUT", f"/{shop.name}/_settings", {"index.final_pipeline": None})
        shop.plain.ok("DELETE", f"/_ingest/pipeline/{shop.prefix}p")
