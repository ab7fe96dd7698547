"""Renamed fields: with what nobody defined in them, with another type, as parts of ids, and back."""

from __future__ import annotations

import pytest
from planned_shop import Shop

from ecgen.live.migrate.target_body import renamed

HEAD = "model: Book\nindex: books\nsettings: {number_of_replicas: 0}\n"


def test_a_renamed_object_keeps_what_nobody_defined_and_goes_back(shop: Shop) -> None:
    file = shop.folder / "schemas" / "book.yaml"
    file.write_text(f"{HEAD}fields: {{size: {{type: object, properties: {{widht: integer}}}}}}\n")
    shop.apply()
    by_hand = {"size": {"properties": {"depth": {"type": "long"}}}}
    shop.plain.ok("PUT", f"/{shop.name}/_mapping", {"properties": by_hand})
    shop.put(a={"size": {"widht": 3, "depth": 4}})
    width = "width: {type: integer, renamed_from: widht}"
    file.write_text(
        f"{HEAD}fields: {{dims: {{type: object, renamed_from: size, properties: {{{width}}}}}}}\n"
    )
    shop.apply()
    for query in ({"term": {"dims.depth": 4}}, {"term": {"dims.width": 3}}):
        found = shop.plain.ok("POST", f"/{shop.name}/_search", {"query": query})
        assert len(found["hits"]["hits"]) == 1
    shop.run("rollback", "books", "--yes")
    source = shop.plain.ok("GET", f"/{shop.name}/_doc/a")["_source"]
    assert source == {"size": {"widht": 3, "depth": 4}}


def test_a_renamed_field_of_another_type_is_looked_at(shop: Shop) -> None:
    shop.apply()
    shop.put(a={"isbn": "1"}, b={"isbn": "x"})
    shop.change("isbn: {type: keyword, ignore_above: 32}", "code: {type: long, renamed_from: isbn}")
    (refused,) = shop.plan()["refused"]
    assert "1 of 2 documents have a value of code that long cannot hold (as 'b')" in refused
    shop.apply("--drop-values")
    documents = shop.plain.documents(shop.name)
    assert documents["a"]["code"] == "1"
    assert "code" not in documents["b"]


@pytest.mark.parametrize("rule", ["compute_id", "routing"])
def test_a_renamed_part_of_an_id_changes_no_id(shop: Shop, rule: str) -> None:
    shop.change("fields:", f"{rule}: '{{isbn}}'\nfields:")
    shop.apply()
    path = f"/{shop.name}/_doc/1?refresh=true" + ("&routing=1" if rule == "routing" else "")
    shop.plain.ok("PUT", path, {"isbn": "1", "id": "1"})
    shop.change("'{isbn}'", "'{code}'")
    shop.change("isbn: {type: keyword,", "code: {type: keyword, renamed_from: isbn,")
    plan = shop.plan()
    assert plan["refused"] == []
    assert {each["rule"] for each in plan["reasons"]} == {"field-renamed"}


def test_where_both_names_are_present_the_new_mapping_stays() -> None:
    live = {
        "properties": {
            "a": {"type": "keyword", "fields": {"low": {"type": "text"}}},
            "b": {"type": "keyword", "ignore_above": 9},
            "c": {"type": "long"},
        }
    }
    merged = {"type": "keyword", "ignore_above": 9, "fields": {"low": {"type": "text"}}}
    assert renamed(live, [("a", "b"), ("gone", "c")]) == {
        "properties": {"b": merged, "c": {"type": "long"}}
    }
    assert renamed(live, [("a", "c")])["properties"]["c"] == {"type": "long"}
