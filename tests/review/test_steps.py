"""The steps that `ecgen diff` prints, done as printed on a real server; the documents are looked at afterwards."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ecgen.review.advice import Step
from ecgen.review.compare.changes import compare
from ecgen.review.compare.subjects import of_bodies
from ecgen.testing.server import Server

from .conftest import asker_of, major_of

Json = Any
KEYWORD: Json = {"type": "keyword"}


class Index:
    """An index of a server, and the files that the steps name."""

    def __init__(self, server: Server, old: Json) -> None:
        self.call, self.major = asker_of(server).call, major_of(server)
        self.name, self.old, self.made = f"steps-{secrets.token_hex(5)}", old, 0
        self._ok("PUT", f"/{self.name}", old)

    def put(self, *documents: Json) -> None:
        for number, document in enumerate(documents):
            self._ok("PUT", f"/{self.name}/_doc/{number}?refresh=true", document)

    def migrate(self, new: Json) -> list[str]:
        """Do all steps of all changes; return the rules."""
        sides = [of_bodies({f"{self.name}.json": body}) for body in (self.old, new)]
        changes = compare(sides[0], sides[1], self.major).changes
        for change in changes:
            assert change.todo == "\n".join(step.line for step in change.steps)
            for step in change.steps:
                self._step(step, new)
        self.old = new
        return [change.rule for change in changes]

    def _step(self, step: Step, new: Json) -> None:
        if step.method is None:
            return
        behind = next(iter(self._ok("GET", f"/{self.name}")))
        if step.when is not None and (step.when == "index") != (behind == self.name):
            return
        path, body = step.path or "", step.body
        if step.file is not None:
            assert step.file == f"{self.name}.json"
            body = {
                None: new,
                "mappings": new.get("mappings"),
                "settings.analysis": {"analysis": new.get("settings", {}).get("analysis")},
            }[step.part]
        unused = f"{self.name}-next-{self.made}"
        text = json.dumps(body).replace('"NEW"', f'"{unused}"').replace('"OLD"', f'"{behind}"')
        self._ok("POST", f"/{self.name}/_refresh") if "_by_query" in path else None
        answer = self._ok(step.method, path.replace("/NEW", f"/{unused}"), json.loads(text))
        self.made += step.path == "/_aliases"
        if "task" in answer:
            self._wait(answer["task"])

    def _wait(self, task: str) -> None:
        for _ in range(200):
            if self._ok("GET", f"/_tasks/{task}")["completed"]:
                return
            time.sleep(0.05)
        raise AssertionError(f"{task} does not end")

    def find(self, query: Json) -> list[Json]:
        self._ok("POST", f"/{self.name}/_refresh")
        hits = self._ok("POST", f"/{self.name}/_search", {"query": query})["hits"]["hits"]
        return sorted((hit["_source"] for hit in hits), key=json.dumps)

    def delete(self) -> None:
        for name in self._ok("GET", f"/{self.name}*"):
            self.call("DELETE", f"/{name}")

    def _ok(self, method: str, path: str, body: Json = None) -> Json:
        status, answer = self.call(method, path, body)
        assert status < 300, (method, path, body, answer)
        return answer


@pytest.fixture
def made() -> Iterator[list[Index]]:
    indices: list[Index] = []
    yield indices
    for index in indices:
        index.delete()


def body(settings: Json = None, **properties: Json) -> Json:
    return {
        "settings": {"number_of_replicas": 0, **(settings or {})},
        "mappings": {"dynamic": "strict", "properties": properties},
    }


def test_a_field_is_added_in_place(server: Server, made: list[Index]) -> None:
    made.append(index := Index(server, body(a=KEYWORD)))
    index.put({"a": "x"})
    assert index.migrate(body(a=KEYWORD, b={"type": "long"})) == ["field-added"]
    index.put({"a": "x", "b": 7})
    assert index.find({"term": {"b": 7}}) == [{"a": "x", "b": 7}]


def test_an_alias_comes_with_its_field(server: Server, made: list[Index]) -> None:
    made.append(index := Index(server, body(a=KEYWORD, m={"type": "alias", "path": "a"})))
    inner = {"properties": {"b": {"type": "alias", "path": "o.y"}, "y": KEYWORD, "x": KEYWORD}}
    new = body(
        a=KEYWORD,
        b={"type": "alias", "path": "z"},
        m={"type": "alias", "path": "z"},
        o=inner,
        z=KEYWORD,
    )
    assert index.migrate(new) == ["field-added", "path-changed", "field-added", "field-added"]
    index.put({"z": "x", "o": {"y": "x"}})
    for name in ("b", "m", "o.b"):
        assert len(index.find({"term": {name: "x"}})) == 1


def test_a_limit_is_raised_before_the_fields_that_need_it(
    server: Server, made: list[Index]
) -> None:
    def many(limit: int, fields: int) -> Json:
        return body(
            {"mapping.total_fields.limit": limit},
            **{f"f{number}": KEYWORD for number in range(fields)},
        )

    made.append(index := Index(server, many(3, 2)))
    assert index.migrate(many(9, 6)) == ["dynamic-setting-changed", *["field-added"] * 4]


def test_settings_aliases_and_runtime_fields(server: Server, made: list[Index]) -> None:
    old = body({"refresh_interval": "1s"}, a=KEYWORD)
    old["mappings"]["runtime"] = {"r": {"type": "long"}}
    new = body({"refresh_interval": "5s"}, a=KEYWORD)
    made.append(index := Index(server, old))
    new["aliases"] = {f"{index.name}-alias": {"filter": {"term": {"a": "x"}}}}
    assert sorted(index.migrate(new)) == [
        "aliases-changed",
        "dynamic-setting-changed",
        "runtime-field-removed",
    ]
    [shown] = index.call("GET", f"/{index.name}")[1].values()
    assert shown["aliases"] == new["aliases"]
    assert shown["settings"]["index"]["refresh_interval"] == "5s"
    assert "runtime" not in shown["mappings"]


def test_a_multi_field_is_filled(es7: Server, made: list[Index]) -> None:
    made.append(index := Index(es7, body(t={"type": "text"})))
    index.put({"t": "One Two"})
    more = {"type": "text", "fields": {"raw": KEYWORD}}
    assert index.migrate(body(t=more)) == ["multi-field-added"]
    assert index.find({"term": {"t.raw": "One Two"}}) == [{"t": "One Two"}]


def test_analysis_needs_a_closed_index(es7: Server, made: list[Index]) -> None:
    def analyzed(stopwords: list[str]) -> Json:
        analysis = {"analyzer": {"own": {"type": "standard", "stopwords": stopwords}}}
        return body({"analysis": analysis}, t={"type": "text", "analyzer": "own"})

    made.append(index := Index(es7, analyzed(["one"])))
    index.put({"t": "one two"})
    assert index.find({"term": {"t": "one"}}) == []
    assert index.migrate(analyzed(["three"])) == ["analysis-changed"]
    assert index.find({"term": {"t": "one"}}) == [{"t": "one two"}]


def test_a_new_index_takes_the_old_one_s_place(es7: Server, made: list[Index]) -> None:
    def priced(factor: int) -> Json:
        return body(price={"type": "scaled_float", "scaling_factor": factor})

    made.append(index := Index(es7, priced(100)))
    index.put({"price": 1.234}, {"price": 2})
    assert index.find({"term": {"price": 1.23}}) == [{"price": 1.234}]
    assert index.migrate(priced(1000)) == ["scaling-factor-changed"]
    assert list(index.call("GET", f"/{index.name}")[1]) == [f"{index.name}-next-0"]
    assert index.find({"term": {"price": 1.234}}) == [{"price": 1.234}]
    assert len(index.find({"match_all": {}})) == 2
    # The second time the name is an alias.
    assert index.migrate(priced(10)) == ["scaling-factor-changed"]
    assert list(index.call("GET", f"/{index.name}")[1]) == [f"{index.name}-next-1"]
    assert index.find({"term": {"price": 1.2}}) == [{"price": 1.234}]
    # The aliases API takes no alias in the place of an index.
    named = {**priced(10), "aliases": {f"{index.name}-alias": {}}}
    assert index.migrate(named) == ["aliases-changed"]
    [shown] = index.call("GET", f"/{index.name}")[1].values()
    assert set(shown["aliases"]) == {index.name, f"{index.name}-alias"}
