"""The steps that `ecgen diff` prints for a model whose index is a pattern, done as printed on a real server."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ecgen.pipeline import load_project
from ecgen.review.compare.changes import compare
from ecgen.review.compare.subjects import Subject, of_models
from ecgen.testing.server import Server

from .conftest import asker_of, major_of

Json = Any
KEYWORD: Json = {"type": "keyword", "ignore_above": 64}
AT: Json = {"type": "date", "name": "@timestamp", "auto": "created"}


class Logs:
    """The indices of a model on a server, brought from one definition to the next by the printed steps."""

    def __init__(self, server: Server) -> None:
        self.call, self.major = asker_of(server).call, major_of(server)
        self.stem = f"roll{secrets.token_hex(4)}"
        self.subjects: dict[str, Subject] = {}

    def define(self, **keys: Json) -> list[str]:
        """Do the steps of all changes to a definition; return the rules."""
        model = {"model": "Log", "index": f"{self.stem}-*", "write_to": f"{self.stem}-app"}
        model = {key: value for key, value in {**model, **keys}.items() if value is not None}
        project, problems = load_project({"log.yaml": json.dumps(model).encode()})
        assert project is not None, problems
        return self._go(of_models(project.models))

    def remove(self) -> list[str]:
        return self._go({})

    def _go(self, subjects: dict[str, Subject]) -> list[str]:
        changes = compare(self.subjects, subjects, self.major).changes
        self.subjects = subjects
        for change in changes:
            for step in change.steps:
                if step.method is not None:
                    self._step(step)
        return [change.rule for change in changes]

    def _step(self, step: Any) -> None:
        body = step.body
        if step.file is not None:
            assert step.file == "log.json"
            (subject,) = self.subjects.values()
            assert subject.model is not None
            body = subject.model.request_body()
            for part in (step.part or "").split(".") if step.part else ():
                body = body[part]
            if step.part and step.part.endswith("analysis"):
                body = {"analysis": body}
        if "_by_query" in step.path or "_reindex" in step.path:
            self.ok("POST", f"/{self.stem}*/_refresh")
        answer = self.ok(step.method, step.path, body)
        for _ in range(200 if "task" in answer else 0):
            if self.ok("GET", f"/_tasks/{answer['task']}")["completed"]:
                break
            time.sleep(0.05)

    def ok(self, method: str, path: str, body: Json = None) -> Json:
        status, answer = self.call(method, path, body)
        assert status < 300, (method, path, body, answer)
        return answer

    def write(self, document: Json, name: str = "") -> str:
        """Write a document, and return the index that took it."""
        path = f"/{name or self.stem + '-app'}/_doc?refresh=true"
        return str(self.ok("POST", path, document)["_index"]).removeprefix(self.stem)

    def fields(self) -> dict[str, Json]:
        """The fields of each index."""
        found = self.ok("GET", f"/{self.stem}*/_mapping")
        return {
            name.removeprefix(self.stem): body["mappings"].get("properties", {})
            for name, body in sorted(found.items())
        }

    def count(self, query: Json) -> int:
        self.ok("POST", f"/{self.stem}*/_refresh")
        found = self.ok("POST", f"/{self.stem}*/_search", {"query": query})
        return int(found["hits"]["total"]["value"])

    def close(self) -> None:
        for name in self.ok("GET", f"/{self.stem}*"):
            self.call("DELETE", f"/{name}")
        for each in self.call("GET", f"/_index_template/{self.stem}*")[1]["index_templates"]:
            self.call("DELETE", f"/_index_template/{each['name']}")


@pytest.fixture
def logs(server: Server) -> Iterator[Logs]:
    made = Logs(server)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def with_modules(es7: Server) -> Iterator[Logs]:
    """On the server that has `_reindex` and `_update_by_query`."""
    made = Logs(es7)
    try:
        yield made
    finally:
        made.close()


def test_fields_come_change_and_go(logs: Logs) -> None:
    assert logs.define(fields={"a": KEYWORD, "c": KEYWORD}) == ["model-added"]
    assert logs.write({"a": "7"}) == "-app-000001"
    assert logs.fields()["-app-000001"]["a"] == KEYWORD
    assert logs.define(fields={"a": KEYWORD, "b": KEYWORD, "c": KEYWORD}) == ["field-added"]
    assert list(logs.fields()) == ["-app-000001"]
    assert logs.define(fields={"a": {"type": "long"}, "b": KEYWORD}) == [
        "type-changed",
        "field-removed",
    ]
    assert logs.write({"a": 8}) == "-app-000002"
    old, new = logs.fields().values()
    assert (old["a"]["type"], old["b"], "c" in old) == ("keyword", KEYWORD, True)
    assert (new["a"]["type"], new["b"]) == ("long", KEYWORD)
    assert "c" not in new
    longs = {"a": {"type": "long"}, "b": KEYWORD}
    assert logs.define(fields={**longs, "t": {"type": "text"}}) == ["field-added"]
    assert all(each["t"] == {"type": "text"} for each in logs.fields().values())


def test_settings_analysis_aliases_and_runtime_fields(logs: Logs) -> None:
    runtime = {"r": {"type": "long"}}
    logs.define(fields={"a": KEYWORD}, settings={"refresh_interval": "1s"}, runtime=runtime)
    analysis = {"analyzer": {"own": {"type": "standard"}}}
    settings = {"refresh_interval": "5s", "codec": "best_compression", "analysis": analysis}
    alias = f"{logs.stem}x-alias"
    assert sorted(logs.define(fields={"a": KEYWORD}, settings=settings, aliases=[alias])) == [
        "aliases-changed",
        "analysis-changed",
        "closed-setting-changed",
        "dynamic-setting-changed",
        "runtime-field-removed",
    ]
    found = logs.ok("GET", f"/{logs.stem}-app?flat_settings=true")
    assert len(found) > 1
    for name, body in found.items():
        assert alias in body["aliases"]
        assert body["settings"]["index.refresh_interval"] == "5s"
        assert "runtime" not in body["mappings"]
        is_new = not name.endswith("-000001")
        assert ("index.codec" in body["settings"]) == is_new
    # what is left out of the definition leaves all indices, too
    logs.define(fields={"a": KEYWORD}, settings=settings)
    assert all(
        alias not in body["aliases"] for body in logs.ok("GET", f"/{logs.stem}-app").values()
    )


def test_documents_follow_a_multi_field(with_modules: Logs) -> None:
    logs = with_modules
    logs.define(fields={"t": {"type": "text"}})
    logs.write({"t": "One Two"})
    logs.ok("POST", f"/{logs.stem}-app/_rollover")
    more = {"type": "text", "fields": {"raw": KEYWORD}}
    assert logs.define(fields={"t": more}) == ["multi-field-added"]
    assert logs.count({"term": {"t.raw": "One Two"}}) == 1


def test_the_template_itself(logs: Logs) -> None:
    logs.define(fields={"a": KEYWORD})
    more = {"index_template": {"version": 2, "_meta": {"owner": "us"}}}
    rules = logs.define(fields={"a": KEYWORD}, priority=600, unchecked=more)
    assert rules == ["template-changed"] * 3
    rules = logs.define(
        fields={"a": KEYWORD}, priority=600, unchecked=more, index=f"{logs.stem}-app*"
    )
    assert rules == ["index-pattern-changed"]
    found = logs.ok("GET", f"/_index_template/{logs.stem}-app")["index_templates"][0]
    template = found["index_template"]
    assert (template["priority"], template["version"]) == (600, 2)
    assert template["index_patterns"] == [f"{logs.stem}-app*"]


def test_documents_go_elsewhere_and_the_model_is_removed(logs: Logs) -> None:
    logs.define(fields={"a": KEYWORD})
    logs.write({"a": "x"})
    other, both = f"{logs.stem}-other", {"a": KEYWORD, "b": KEYWORD}
    rules = logs.define(fields=both, write_to=other, priority=400)
    assert sorted(rules) == ["field-added", "template-changed", "write-to-changed"]
    assert all(each["b"] == KEYWORD for each in logs.fields().values())
    assert logs.write({"a": "x"}, other) == "-other-000001"
    assert logs.count({"term": {"a": "x"}}) == 2
    templates = logs.ok("GET", f"/_index_template/{logs.stem}*")["index_templates"]
    assert [each["name"] for each in templates] == [other]
    assert logs.remove() == ["model-removed"]
    assert logs.call("GET", f"/_index_template/{other}")[0] == 404
    assert logs.call("GET", f"/{other}")[0] == 200


def test_an_alias_becomes_a_data_stream(es9: Server, es8: Server) -> None:
    """Without a document: these servers lack the module that could delete the stream."""
    for server in (es9, es8):
        logs = Logs(server)
        try:
            logs.define(fields={"at": AT})
            logs.write({"@timestamp": "2026-01-31"})
            rules = logs.define(fields={"at": AT}, data_stream=True)
            assert rules == ["data-stream-changed"]
            template = logs.ok("GET", f"/_index_template/{logs.stem}-app")["index_templates"][0]
            assert "data_stream" in template["index_template"]
            assert logs.call("GET", f"/{logs.stem}-app")[0] == 404
            assert logs.count({"match_all": {}}) == 1
        finally:
            logs.close()


def test_a_new_data_stream_needs_its_template_only(es9: Server, es8: Server) -> None:
    for server in (es9, es8):
        logs = Logs(server)
        try:
            fields = {"at": AT, "a": KEYWORD}
            assert logs.define(fields=fields, data_stream=True) == ["model-added"]
            assert logs.fields() == {}
            rules = logs.define(fields=fields, data_stream=True, routing="a")
            assert sorted(rules) == ["routing-rule-changed", "template-changed"]
            template = logs.ok("GET", f"/_index_template/{logs.stem}-app")["index_templates"][0]
            assert template["index_template"]["data_stream"]["allow_custom_routing"] is True
        finally:
            logs.close()


def test_one_index_becomes_a_pattern_and_one_index_again(with_modules: Logs) -> None:
    logs = with_modules
    plain = f"{logs.stem}.plain"
    logs.define(index=plain, write_to=None, fields={"a": KEYWORD})
    logs.write({"a": "x"}, plain)
    assert logs.define(fields={"a": KEYWORD}) == ["index-renamed"]
    assert list(logs.fields()) == ["-app-000001"]
    assert logs.define(index=plain, write_to=None, fields={"a": KEYWORD}) == ["index-renamed"]
    # The indices of the pattern are left to be deleted.
    assert sorted(logs.fields()) == ["-app-000001", ".plain"]
    assert logs.count({"term": {"a": "x"}}) == 2
