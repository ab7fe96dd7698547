"""Mapping JSON, judged by the same rules as definitions: what the checks were not written for, too."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from ecgen.review.compare.changes import Change, compare
from ecgen.review.compare.subjects import of_bodies
from ecgen.testing.server import Server

from .conftest import asker_of


def review(old: Any, new: Any, major: int = 9) -> tuple[Change, ...]:
    return compare(of_bodies({"x.json": old}), of_bodies({"x.json": new}), major).changes


def template(mapping: Any) -> Any:
    return {"mappings": {"dynamic_templates": [{"p": {"path_match": "p.*", "mapping": mapping}}]}}


OBJECT = {"type": "object", "properties": {"i": {"type": "keyword"}}}


@pytest.mark.parametrize(
    "mapping",
    [
        OBJECT,
        {"type": "nested", "properties": {"a.b": {"type": "keyword"}}},
        {"type": "keyword", "index": "true", "ignore_above": "256"},
        {"type": "text", "fields": {"raw": {"type": "keyword", "ignore_above": 9}}},
        {"type": "{dynamic_type}", "index": "false"},
        {
            "type": "text",
            "fields": {"raw": {"type": "keyword", "ignore_above": "9", "doc_values": "true"}},
        },
        {"type": "nested", "properties": {"a": {"type": "text", "index": "false"}}},
        {"properties": {"o": {"properties": {"a": {"type": "keyword", "ignore_above": "9"}}}}},
    ],
)
@pytest.mark.parametrize("major", [7, 8, 9])
def test_legal_dynamic_templates_are_taken_in_place(mapping: Any, major: int) -> None:
    [change] = review({"mappings": {}}, template(mapping), major)
    assert (change.rule, change.server) == ("dynamic-templates-changed", "in-place")


@pytest.mark.parametrize("mapping", [{"type": "keyword", "ignore_above": "many"}, {"type": "txt"}])
def test_wrong_dynamic_templates_are_refused(mapping: Any) -> None:
    [change] = review({"mappings": {}}, template(mapping))
    assert (change.rule, change.server) == ("mapping-refused", "reindex")


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ({"codec": "zstd"}, "reindex"),
        ({"index": {"codec": "zstd"}}, "reindex"),
        ({"index.some_plugin.x": 1}, "reindex"),
        ({"some_plugin": {"x": 1}}, "reindex"),
        ({"refresh_interval": "soon"}, "reindex"),
        (
            {"knn": True},
            "reindex",
        ),  # of another search server; `knn.` begins names that servers do know
        ({"refresh_interval": "1.5s"}, "reindex"),
        ({"refresh_interval": " 5 S "}, "in-place"),
        ({"analysis": {"analyzer": {"a": {"type": "custom"}}}}, "reindex"),
        ({"analysis": {"analyzer": {"a": {"tokenizer": "wods"}}}}, "reindex"),
        ({"index.analysis": {"filter": {"f": {"min": 2}}}}, "reindex"),
        ({"index": {"analysis": {"normalizer": {"n": {"filter": ["shingle"]}}}}}, "reindex"),
        ({"analysis": {"analyzer": {"a": {"tokenizer": "standard", "any": 1}}}}, "close-index"),
        ({"similarity": {"s": {"type": "BM52"}}}, "reindex"),
        ({"codec": "best_compression"}, "close-index"),
        (
            {"index": {"refresh_interval": "5s", "uuid": "x", "version": {"created": "1"}}},
            "in-place",
        ),
        ({"index.number_of_replicas": "2"}, "in-place"),
    ],
)
def test_settings_are_checked(settings: Any, verdict: str) -> None:
    [change] = review({"mappings": {}}, {"mappings": {}, "settings": settings})
    assert change.server == verdict
    assert (change.rule == "mapping-refused") == (verdict == "reindex")


def analyzer(filters: Any) -> Any:
    parts = {"type": "custom", "tokenizer": "standard", "filter": filters}
    return {"mappings": {}, "settings": {"analysis": {"analyzer": {"a": parts}}}}


def test_lists_in_settings_are_compared_as_the_server_reads_them() -> None:
    assert review(analyzer("lowercase"), analyzer(["lowercase"])) == ()
    assert review(analyzer("lowercase, trim"), analyzer(["lowercase", "trim"])) == ()
    [change] = review(analyzer(["lowercase"]), analyzer(["lowercase", "trim"]))
    assert "\\\\" not in change.message


def dated(format: str) -> Any:
    return {"mappings": {"properties": {"d": {"type": "date", "format": format}}}}


@pytest.mark.parametrize("format", ["dateOptionalTime", "basicDate||epoch_millis", "weekDate"])
def test_7_takes_camel_case_formats(format: str, es7: Server, es9: Server) -> None:
    assert [each.server for each in review({"mappings": {}}, dated(format), 7)] == ["in-place"]
    for major in (8, 9):
        assert [each.server for each in review({"mappings": {}}, dated(format), major)] == [
            "reindex"
        ]
    assert takes(es7, dated(format))
    assert not takes(es9, dated(format))


def test_epochs_have_no_camel_case(es7: Server) -> None:
    assert [each.server for each in review({"mappings": {}}, dated("epochMillis"), 7)] == [
        "reindex"
    ]
    assert not takes(es7, dated("epochMillis"))


def test_flat_index_threshold_came_with_9(es8: Server, es9: Server) -> None:
    options = {"type": "int8_hnsw", "flat_index_threshold": 5}
    field = {"type": "dense_vector", "dims": 4, "index": True, "index_options": options}
    body = {"mappings": {"properties": {"v": field}}}
    assert [each.server for each in review({"mappings": {}}, body, 8)] == ["reindex"]
    assert [each.server for each in review({"mappings": {}}, body, 9)] == ["in-place"]
    assert takes(es9, body)
    assert not takes(es8, body)


def takes(server: Server, body: Any) -> bool:
    import elasticsearch

    with server.client() as client:
        name = f"mapping-json-{id(body)}"
        try:
            client.indices.create(index=name, **body)
        except elasticsearch.BadRequestError:
            return False
        client.indices.delete(index=name)
        return True


def puts(changes: tuple[Change, ...]) -> list[Any]:
    return [step.body for change in changes for step in change.steps if step.method == "PUT"]


def test_a_step_holds_the_field_without_those_beside_it() -> None:
    """Public histories have mappings of one object with 300 fields: 80 MB of steps where each held the whole object."""
    old: Any = {"mappings": {"properties": {"o": {"properties": {"a": {"type": "keyword"}}}}}}
    many = {f"f{n}": {"type": "keyword"} for n in range(400)}
    new: Any = {
        "mappings": {"properties": {"o": {"properties": {"a": {"type": "keyword"}, **many}}}}
    }
    found = puts(review(old, new))
    assert len(found) == 400
    assert {"properties": {"o": {"properties": {"f7": {"type": "keyword"}}}}} in found
    assert len(str(found)) < 40_000


STEPPED: list[tuple[Any, Any, Any]] = [
    (
        {"n": {"type": "nested", "dynamic": "false", "properties": {"a": {"type": "long"}}}},
        {"n": {"type": "nested", "dynamic": "false", "properties": {"a": {"type": "long"}, "b": {"type": "date"}}}},
        {"n": {"type": "nested", "dynamic": "false", "properties": {"b": {"type": "date"}}}},
    ),
    (
        {"o": {"properties": {"a.b": {"type": "long"}, "c": {"type": "long"}}}},
        {"o": {"properties": {"a": {"properties": {"b": {"type": "long"}, "d": {"type": "ip"}}}, "c": {"type": "long"}}}},
        {"o": {"properties": {"a": {"properties": {"d": {"type": "ip"}}}}}},
    ),
    (
        {"o": {"properties": {"t": {"type": "text", "index": False}, "c": {"type": "long"}}}},
        {"o": {"properties": {"t": {"type": "text", "index": False, "fields": {"r": {"type": "keyword"}}}, "c": {"type": "long"}}}},
        {"o": {"properties": {"t": {"type": "text", "index": False, "fields": {"r": {"type": "keyword"}}}}}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sent"), STEPPED)
def test_a_step_brings_the_whole_mapping_in_step(
    server: Server, old: Any, new: Any, sent: Any
) -> None:
    old, new = ({"mappings": {"properties": each}} for each in (old, new))
    assert puts(review(old, new)) == [{"properties": sent}]
    name = f"step-{uuid.uuid4().hex[:12]}"
    client = server.client()
    client.indices.create(index=name, **old)
    try:
        client.indices.put_mapping(index=name, properties=sent)
        after = client.indices.get_mapping(index=name)[name]
    finally:
        client.indices.delete(index=name)
    assert review(dict(after), new) == ()


@pytest.mark.parametrize(
    "settings",
    [
        {"knn": True},
        {"refresh_interval": "1.5s"},
        {"refresh_interval": " 5 S "},
        {"analysis": {"analyzer": {"a": {"type": "custom"}}}},
        {"analysis": {"analyzer": {"a": {"tokenizer": "wods"}}}},
        {"index.analysis": {"filter": {"f": {"min": 2}}}},
        {"index": {"analysis": {"normalizer": {"n": {"filter": ["shingle"]}}}}},
        {"analysis": {"analyzer": {"a": {"tokenizer": "standard", "any": 1}}}},
        {"similarity": {"s": {"type": "BM52"}}},
    ],
)
def test_settings_are_refused_as_the_server_refuses_them(server: Server, settings: Any) -> None:
    [change] = review({"mappings": {}}, {"mappings": {}, "settings": settings})
    assert takes(server, {"settings": settings}) == (change.rule != "mapping-refused")


@pytest.mark.parametrize("name", ["ignore_malformed", "coerce"])
def test_the_default_of_a_field_is_that_of_its_index(server: Server, name: str) -> None:
    """What is spelled out as the index's default is no change; what overrides it is one."""
    usual, major = name == "coerce", int(server.version.split(".")[0])
    for fields in ({}, {name: not usual}):
        for other in ({}, {name: usual}, {name: not usual}):
            bodies = [
                {
                    "settings": {f"index.mapping.{name}": not usual},
                    "mappings": {"properties": {"part": {"type": "long", **each}}},
                }
                for each in (fields, other)
            ]
            index = f"/default-{uuid.uuid4().hex}"
            call = asker_of(server).call
            assert call("PUT", index, bodies[0])[0] == 200
            assert call("PUT", f"{index}/_mapping", bodies[1]["mappings"])[0] == 200
            status, _ = call("PUT", f"{index}/_doc/1", {"part": "1" if name == "coerce" else "x"})
            call("DELETE", index)
            # The document is taken as the field says, or else the index.
            assert (status < 300) == (other.get(name, not usual))
            found = [each.server for each in review(*bodies, major)]
            assert found == (["in-place"] if other == {name: usual} else [])


def test_an_alias_is_compared_as_the_server_shows_it(server: Server) -> None:
    index, call = f"alias-{uuid.uuid4().hex}", asker_of(server).call
    old = {"aliases": {f"{index}-a": {"routing": "1"}, f"{index}-b": {"search_routing": "2"}}}
    assert call("PUT", f"/{index}", old)[0] == 200
    shown = {"aliases": call("GET", f"/{index}")[1][index]["aliases"]}
    call("DELETE", f"/{index}")
    assert shown != old
    assert review(old, shown) == review(shown, old) == ()
    [change] = review(old, {"aliases": {**shown["aliases"], f"{index}-a": {"index_routing": "1"}}})
    assert (change.rule, change.path) == ("aliases-changed", f"aliases.{index}-a")
