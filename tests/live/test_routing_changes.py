"""A model that gets a routing, another one, or none: documents are copied to where the new code looks for them."""

from __future__ import annotations

from typing import Any

from planned_shop import Shop

Json = Any


def routings(shop: Shop) -> dict[str, str | None]:
    return {id: found["_routing"] for id, found in shop.plain.documents(shop.name).items()}


def test_documents_are_routed_by_the_rule_of_the_definition(shop: Shop) -> None:
    shop.change("number_of_replicas: 0", "number_of_replicas: 0, number_of_shards: 3")
    shop.apply()
    documents = {f"b{n}": {"isbn": f"i{n % 4}", "title": f"t{n}", "id": f"b{n}"} for n in range(12)}
    shop.put(**documents)

    shop.change("model: Book", "model: Book\nrouting: isbn")
    plan = shop.plan()
    assert "12 documents get other routings" in str(plan["reasons"])
    assert "--writers-stopped" in plan["refused"][0]
    assert plan["order"][0].startswith("stop all writers")
    assert "routings are recomputed" in shop.apply("--writers-stopped")
    assert routings(shop) == {id: source["isbn"] for id, source in documents.items()}
    assert "nothing to do" in shop.run("plan")
    assert "cannot be turned back" in shop.run("rollback", "Book", "--yes", code=1)

    shop.change("\nrouting: isbn", "")
    assert "12 documents get other routings" in str(shop.plan()["reasons"])
    shop.change("model: Book", 'model: Book\nrouting: "{isbn|upper}-x"')
    shop.apply("--writers-stopped")
    assert routings(shop) == {id: f"{source['isbn'].upper()}-x" for id, source in documents.items()}

    # What the program gives is nothing that could be computed.
    shop.change('routing: "{isbn|upper}-x"', "routing: given")
    assert "documents keep their routing" in str(shop.plan(code=None)["notes"])
    shop.change("routing: given", 'routing: "{isbn}"')

    # A document without a value has no routing, and of two under one id one might replace the other.
    shop.plain.ok("PUT", f"/{shop.name}/_doc/none?refresh=true&routing=a", {"title": "?"})
    twin: Json = {"isbn": "i1", "id": "b1"}
    for route in ("I1-x", "a", "b", "c"):
        shop.plain.ok("PUT", f"/{shop.name}/_doc/twin?refresh=true&routing={route}", twin)
    refused = " ".join(shop.plan("--writers-stopped")["refused"])
    assert "cannot compute a routing: document 'none'" in refused
    assert "several documents have the id 'twin'" in refused
