"""Limits of an index: one counter for check, diff and import, equal to the servers'."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from elasticsearch import BadRequestError

from ecgen.elasticsearch.limits import (
    MAX_ID_BYTES,
    MAX_TERM_BYTES,
    SAFE_IGNORE_ABOVE,
    MappingSize,
    excesses,
    fields_of,
    mapping_limits,
    size_of,
)
from ecgen.elasticsearch.metadata_fields import metadata_fields
from ecgen.elasticsearch.settings import flat
from ecgen.pipeline import load_project
from ecgen.review.compare.mapping_changes import compare_mappings
from ecgen.testing.server import Server

K = {"type": "keyword"}
MAPPINGS: list[tuple[dict[str, Any], MappingSize]] = [
    ({}, MappingSize(0, 0, 1)),
    ({"properties": {"a": K}}, MappingSize(1, 0, 1)),
    ({"properties": {"a": {"type": "text", "fields": {"r": K}}}}, MappingSize(2, 0, 1)),
    ({"properties": {"a.b.c": K}}, MappingSize(3, 0, 3)),
    ({"properties": {"a.b": K, "a": {"properties": {"c": K}}}}, MappingSize(3, 0, 2)),
    ({"properties": {"a": K, "b": {"type": "alias", "path": "a"}}}, MappingSize(2, 0, 1)),
    (
        {"properties": {"n": {"type": "nested", "properties": {"m": {"type": "nested"}}}}},
        MappingSize(2, 2, 3),
    ),
]


def nested(count: int) -> dict[str, Any]:
    return {"properties": {f"n{number}": {"type": "nested"} for number in range(count)}}


def built(count: int, elasticsearch: str, settings: str = "{}") -> list[tuple[str, str]]:
    fields = "".join(f"  n{number}: {{type: nested}}\n" for number in range(count))
    text = f"model: M\nsettings: {settings}\nfields:\n{fields}"
    _, problems = load_project({"m.yaml": text.encode()}, elasticsearch=elasticsearch)
    return [(problem.rule, problem.message) for problem in problems if problem.severity == "error"]


def test_sixty_nested_fields_are_too_many_for_eight() -> None:
    assert built(60, "8") == [
        (
            "too-many-fields",
            "M has 60 nested fields; index.mapping.nested_fields.limit is 50 by default in Elasticsearch 8",
        )
    ]
    assert built(60, "7.17")
    assert not built(60, "9")
    assert not built(50, "8")
    assert built(101, "9")
    assert not built(60, "8", "{index: {mapping: {nested_fields: {limit: 60}}}}")


def test_a_thousand_fields_are_enough_and_can_be_raised() -> None:
    fields = "".join(
        f"  f{number}: {{type: text, fields: {{raw: {{type: keyword, ignore_above: 9}}}}}}\n"
        for number in range(500)
    )
    for settings, rules in (("", ["too-many-fields"]), ("mapping.total_fields.limit: 2000", [])):
        text = f"model: A\nsettings: {{{settings}}}\nfields:\n{fields}"
        _, problems = load_project({"a.yaml": text.encode()})
        assert [problem.rule for problem in problems] == rules
    _, problems = load_project({"a.yaml": f"model: A\nstore_id: false\nfields:\n{fields}".encode()})
    assert problems == []


def test_mixins_and_stored_ids_count() -> None:
    fields = "".join(f"  f{number}: long\n" for number in range(500))
    files = {
        "a.yaml": f"model: A\nabstract: true\nfields:\n{fields}",
        "m.yaml": f"model: M\nextends: A\nfields:\n{fields.replace('f', 'g')}",
    }
    contents = {name: text.encode() for name, text in files.items()}
    _, problems = load_project(contents)
    assert [(p.rule, p.message.partition(";")[0]) for p in problems] == [
        ("too-many-fields", "M has 1001 fields")
    ]


def test_review_counts_as_check_does() -> None:
    for major, count in ((7, 51), (8, 51), (9, 101)):
        for fields, refused in ((count - 1, False), (count, True)):
            found = compare_mappings({}, nested(fields), major)
            assert any(each.rule == "mapping-refused" for each in found) is refused
            size = size_of(fields_of(nested(fields)), 0, major)
            assert bool(excesses(size, {}, major)) is refused


@pytest.mark.parametrize(("mapping", "size"), MAPPINGS, ids=lambda value: str(value)[:40])
def test_servers_count_as_we_do(server: Server, mapping: dict[str, Any], size: MappingSize) -> None:
    assert size_of(fields_of(mapping)) == size
    index = f"ground-{uuid.uuid4().hex}"
    limits = {name: size.of(name) for name in mapping_limits(server.major)}
    with server.client() as es:
        es.indices.create(index=index, mappings=mapping, settings=limits)
        es.indices.delete(index=index)
        for name, limit in limits.items():
            if limit > (name == "mapping.depth.limit"):
                with pytest.raises(BadRequestError):
                    es.indices.create(index=index, mappings=mapping, settings={name: limit - 1})


def test_servers_have_these_limits(server: Server) -> None:
    index = f"ground-{uuid.uuid4().hex}"
    limit = mapping_limits(server.major)["mapping.nested_fields.limit"]
    with server.client() as es:
        with pytest.raises(BadRequestError):
            es.indices.create(index=index, mappings=nested(limit + 1))
        es.indices.create(index=index, mappings={**nested(limit), "dynamic": True})
        try:
            es.index(index=index, id="x" * MAX_ID_BYTES, document={})
            with pytest.raises(BadRequestError):
                es.index(index=index, id="x" * (MAX_ID_BYTES + 1), document={})
            es.indices.put_mapping(index=index, properties={"k": K})
            es.index(index=index, document={"k": "\U0001f600" * SAFE_IGNORE_ABOVE})
            with pytest.raises(BadRequestError):
                es.index(index=index, document={"k": "x" * (MAX_TERM_BYTES + 1)})
        finally:
            es.indices.delete(index=index)


def test_servers_refuse_their_own_fields(server: Server) -> None:
    index = f"ground-{uuid.uuid4().hex}"
    with server.client() as es:
        for name in sorted(metadata_fields(server.major)):
            with pytest.raises(BadRequestError):
                es.indices.create(index=index, mappings={"properties": {name: K}})


@pytest.mark.parametrize(
    "settings",
    [
        {"index": {"mapping": {"depth": {"limit": 3}}}},
        {"index.mapping.depth.limit": 3},
        {"mapping.depth": {"limit": 3}},
        {"index": {"mapping.depth.limit": 3}},
        {"mapping": {"depth.limit": 3}},
        {"index.mapping": {"depth": {"limit": 3}}},
    ],
    ids=str,
)
def test_settings_are_read_however_they_are_nested(settings: dict[str, Any]) -> None:
    (found,) = flat(settings)
    assert (found.name, found.value) == ("mapping.depth.limit", 3)
    inner: Any = settings
    for key in found.keys:
        inner = inner[key]
    assert inner == 3
