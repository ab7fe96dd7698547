"""Fields that documents add after a plan was made."""

from __future__ import annotations

from typing import Any

import pytest
from planned_shop import Shop

from ecgen.live.migrate.live_index import LiveIndex
from ecgen.live.migrate.new_fields import fields_since

OPEN = """\
model: Book
index: books
dynamic: true
settings: {number_of_replicas: 0}
fields:
  pages: {type: integer}
  size: {type: object, properties: {width: integer}}
"""


def test_the_new_index_has_them_as_the_old_one(shop: Shop) -> None:
    """Their types must not depend on which documents are left: the first has told them, and is gone."""
    file = shop.folder / "schemas" / "book.yaml"
    file.write_text(OPEN)
    shop.apply()
    shop.put(a={"pages": 1})
    shop.change("pages: {type: integer}", "pages: {type: long}")
    plan = shop.folder / "plan.json"
    shop.run("plan", "--out", str(plan), code=1)
    shop.put(first={"note": "word", "size": {"depth": "word"}})
    shop.put(b={"note": "2024-01-01", "size": {"depth": "2024-01-01"}}, c={"note": "later"})
    shop.plain.ok("DELETE", f"/{shop.name}/_doc/first?refresh=true")
    was = shop.plain.ok("GET", f"/{shop.name}/_mapping")[shop.behind()]["mappings"]["properties"]
    shop.apply(str(plan))
    now = shop.plain.ok("GET", f"/{shop.name}/_mapping")[shop.behind()]["mappings"]["properties"]
    assert now == {**was, "pages": {"type": "long"}}


def test_documents_that_have_them_can_still_be_updated_under_a_strict_mapping(shop: Shop) -> None:
    body = {
        "aliases": {shop.name: {}},
        "settings": {"number_of_replicas": 0},
        "mappings": {"properties": {"pages": {"type": "long"}}},
    }
    shop.plain.ok("PUT", f"/{shop.name}-000001", body)
    shop.put(a={"pages": 1})
    plan = shop.folder / "plan.json"
    shop.run("plan", "--out", str(plan), code=1)
    shop.put(b={"note": "word"})
    shop.apply(str(plan))
    shop.plain.ok("POST", f"/{shop.name}/_update/b", {"doc": {"pages": 5}})


LIVE = {
    "properties": {
        "a": {"type": "keyword"},
        "o": {"properties": {"in": {"type": "long"}, "more": {"type": "date"}}},
        "n": {"type": "nested", "properties": {"more": {"type": "date"}}},
        "flat": {"properties": {"x": {"type": "long"}}},
        "dropped": {"type": "long"},
        "new": {"properties": {"x": {"type": "long"}}},
    },
    "runtime": {"r": {"type": "long"}},
}
PLANNED = {
    "properties": {
        "b": {"type": "keyword"},
        "o": {"type": "object", "properties": {"in": {"type": "long"}}},
        "n": {"type": "nested"},
        "flat": {"type": "flattened"},
    }
}


def test_what_a_plan_did_not_see() -> None:
    conversion = [{"rename": "a", "to": "b"}, {"drop": "dropped"}]
    more = {"more": {"type": "date"}}
    assert fields_since(LIVE, PLANNED, conversion) == {
        "properties": {
            "o": {"type": "object", "properties": more},
            "n": {"type": "nested", "properties": more},
            "new": LIVE["properties"]["new"],
        },
        "runtime": {"r": {"type": "long"}},
    }
    assert fields_since({}, PLANNED, []) == {}


def _prints(mappings: dict[str, Any], named: set[str]) -> str:
    return LiveIndex("i", "i", "u", mappings, {}, {}, {}).fingerprints(named)["mappings"]


@pytest.mark.parametrize("root", ["true", "strict"])
@pytest.mark.parametrize("before", [{"type": "object"}, {"properties": {"old": {"type": "ip"}}}])
def test_fields_in_an_open_object_are_no_change(root: str, before: dict[str, Any]) -> None:
    def of(body: dict[str, Any]) -> dict[str, Any]:
        return {"dynamic": root, "properties": {"o": {"dynamic": "true", **body}}}

    named = {"o", "o.known"}
    added = {"properties": {"old": {"type": "ip"}, "x": {"type": "long"}}}
    assert _prints(of(before), named) == _prints(of(added), named)
    known = {"properties": {"known": {"type": "long"}}}
    assert _prints(of(before), named) != _prints(of(known), named)
    closed = {"dynamic": "true", "properties": {"o": {"dynamic": "false", **added}}}
    fewer = {"dynamic": "true", "properties": {"o": {"dynamic": "false", "type": "object"}}}
    assert _prints(closed, named) != _prints(fewer, named)
