"""What the checks of index patterns say, asked of servers: overlaps, aliases of a template, and the timestamp of data streams."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import ApiError, BadRequestError

from ecgen.elasticsearch.data_streams import refused_parameters
from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.elasticsearch.index_patterns import FIRST, overlap
from ecgen.testing.server import Server

DATE = {"type": "date"}
VALUES: dict[str, list[Any]] = {
    "format": ["epoch_millis"],
    "locale": ["de"],
    "meta": [{"unit": "ms"}, {}],
    "null_value": ["2026-01-31", None],
    "copy_to": ["other", []],
    "fields": [{"raw": {"type": "keyword"}}, {}],
    "script": [{"source": "emit(1)"}],
    "on_script_error": ["fail"],
    "boost": [2],
}


class Templates:
    """Index templates of a server whose names and patterns begin with a word of their own."""

    def __init__(self, server: Server) -> None:
        self.client = server.client()
        self.stem = f"tmpl{secrets.token_hex(4)}"

    def taken(self, name: str, pattern: str, priority: int = 500, **body: Any) -> bool:
        """Put a template, and return whether the server took it."""
        try:
            self.client.indices.put_index_template(
                name=self.stem + name,
                body={
                    "index_patterns": [self.stem + pattern],
                    "priority": priority,
                    "template": {},
                    **body,
                },
            )
        except BadRequestError:
            return False
        return True

    def rolled_over(self) -> bool:
        try:
            self.client.indices.rollover(alias=f"{self.stem}-app")
        except ApiError:
            return False
        return True

    def begin(self) -> None:
        name = f"{self.stem}-app"
        self.client.indices.create(index=name + FIRST, aliases={name: {"is_write_index": True}})

    def close(self) -> None:
        for name in self.client.indices.get(index=f"{self.stem}*"):
            self.client.indices.delete(index=name)
        for each in self.client.indices.get_index_template().body["index_templates"]:
            if each["name"].startswith(self.stem):
                self.client.indices.delete_index_template(name=each["name"])


@pytest.fixture
def templates(server: Server) -> Iterator[Templates]:
    made = Templates(server)
    yield made
    made.close()


@pytest.fixture(params=["es9", "es8"])
def streams(request: pytest.FixtureRequest) -> Iterator[Templates]:
    """Of a server whose core has templates with `data_stream`."""
    made = Templates(request.getfixturevalue(request.param))
    yield made
    made.close()


PAIRS = [
    ("-*", "-a*"),
    ("-*", "-*-b"),
    ("-a*", "-b*"),
    ("-a*b", "-*ab*"),
    ("-a*", "-*b"),
    ("-a*c", "-a*b"),
    ("-ab*cd", "-ab"),
    ("-a*a", "-a"),
    ("-*x*y", "-y*x"),
    ("-a*b*c", "-*c*c"),
]


def test_servers_refuse_two_patterns_where_the_checks_do(templates: Templates) -> None:
    for one, other in PAIRS:
        assert templates.taken("one", one)
        assert templates.taken("other", other) == (not overlap(one, other)), (one, other)
        assert templates.taken("other", other, priority=501)
        templates.client.indices.delete_index_template(name=f"{templates.stem}other")


def test_an_index_gets_the_fields_of_a_template_that_matches(templates: Templates) -> None:
    mappings = {"properties": {"of_the_template": DATE}}
    assert templates.taken("one", "-*", template={"mappings": mappings})
    index = f"{templates.stem}-own"
    templates.client.indices.create(index=index, mappings={"properties": {"own": DATE}})
    found = templates.client.indices.get(index=index).body[index]["mappings"]["properties"]
    assert found == {"own": DATE, "of_the_template": DATE}


def test_aliases_of_a_template_prevent_a_rollover(templates: Templates) -> None:
    app, other = f"{templates.stem}-app", f"{templates.stem}x"
    assert templates.taken("one", "-*")
    templates.begin()
    assert templates.taken("one", "-*", template={"aliases": {other: {}}})
    assert templates.rolled_over()
    assert templates.taken("one", "-*", template={"aliases": {app: {}}})
    assert not templates.rolled_over()
    assert templates.taken("one", "-*", template={"aliases": {other: {"is_write_index": True}}})
    assert templates.rolled_over()
    assert not templates.rolled_over()


def test_the_timestamp_of_a_data_stream(streams: Templates) -> None:
    def taken(field: Any, **mapping: Any) -> bool:
        mappings = {**mapping, "properties": {"@timestamp": field, "other": DATE}}
        return streams.taken("one", "-*", data_stream={}, template={"mappings": mappings})

    assert taken(DATE)
    assert taken({"type": "date_nanos"})
    assert not taken({"type": "keyword"})
    assert not taken({"type": "long"})
    assert not taken(DATE, _routing={"required": True})
    for name in FIELD_TYPES["date"].parameters:
        for value in VALUES.get(name, [True, False]):
            field = {**DATE, name: value}
            assert taken(field) == (not refused_parameters(field)), field


def test_an_index_cannot_have_the_name_of_a_data_stream(streams: Templates) -> None:
    assert streams.taken("one", "-*", data_stream={})
    with pytest.raises(ApiError, match="creates data streams only"):
        streams.client.indices.create(index=f"{streams.stem}-own")


def test_routing_values_of_data_streams(streams: Templates, es7: Server) -> None:
    allowed = {"allow_custom_routing": True}
    assert streams.taken("one", "-*", data_stream=allowed)
    old = Templates(es7)
    assert not old.taken("one", "-*", data_stream=allowed)
