"""`ecgen status`: a live cluster against the definitions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from json_formats import assert_described

from ecgen.live.standing import compare
from ecgen.pipeline import load_project
from ecgen.testing.server import Server

from .conftest import Answer

Run = Callable[..., Result]

PRODUCT = """\
model: Product
index: products
settings: {number_of_shards: 1, analysis: {analyzer: {article: {type: custom, tokenizer: standard, filter: [lowercase]}}}}
aliases: [shop]
fields:
  sku: {type: keyword, ignore_above: 64, index: true}
  name: {type: text, analyzer: article}
  size: {properties: {width: float}}
"""
MAKER = "model: Maker\nindex: makers\nfields: {name: {type: text, analyzer: standard}}\n"


@pytest.fixture
def shop(project: Path) -> Path:
    (project / "schemas").mkdir()
    (project / "schemas" / "product.yaml").write_text(PRODUCT)
    (project / "schemas" / "maker.yaml").write_text(MAKER)
    return project


@pytest.fixture
def status(ecgen: Run, shop: Path, server: Server, prefix: str) -> Callable[..., Any]:
    def run(code: int) -> dict[str, tuple[str, list[str]]]:
        """By index: its state, and where it deviates."""
        result = ecgen("status", "--url", server.url, "--prefix", prefix, "--format", "json")
        assert result.exit_code == code, result.output
        body = assert_described("status", result.stdout)
        assert body["in_step"] == (code == 0)
        return {
            str(each["index"]).removeprefix(prefix): (
                each["state"],
                [change["path"] for change in each["changes"]],
            )
            for each in body["indices"]
        }

    return run


def create(ecgen: Run, server: Server, prefix: str, shop: Path) -> None:
    assert ecgen("build", "-q").exit_code == 0
    for name, index in (("product", "products"), ("maker", "makers")):
        body = json.loads((shop / "generated" / "mappings" / f"{name}.json").read_text())
        body.pop("aliases", None)
        aliases: dict[str, Any] = {f"{prefix}shop": {}} if name == "product" else {}
        server.client().indices.create(index=f"{prefix}{index}", aliases=aliases, **body)


def test_in_step(
    ecgen: Run, shop: Path, server: Server, prefix: str, status: Callable[..., Any]
) -> None:
    """Defaults that are spelled out, and what the server adds to settings, are no deviations."""
    create(ecgen, server, prefix, shop)
    assert status(0) == {"products": ("in step", []), "makers": ("in step", [])}
    result = ecgen("status", "--url", server.url, "--prefix", prefix)
    assert result.exit_code == 0
    assert "all 2 in step" in result.output


def test_missing_and_unknown_indices(
    ecgen: Run, shop: Path, server: Server, prefix: str, status: Callable[..., Any]
) -> None:
    server.client().indices.create(index=f"{prefix}others")
    assert status(1) == {
        "products": ("no index", []),
        "makers": ("no index", []),
        "others": ("no model", []),
    }


@pytest.mark.parametrize(
    ("old", "new", "state", "path"),
    [
        ("sku: {", "extra: long\n  sku: {", "in-place", "extra"),
        ("ignore_above: 64", "ignore_above: 32", "in-place", "sku"),
        ("  size: {properties: {width: float}}\n", "", "ignored", "size"),
        ("sku: {type: keyword, ignore_above: 64, index: true}", "sku: text", "reindex", "sku"),
        ("width: float", "width: double", "reindex", "size.width"),
        ("filter: [lowercase]", "filter: [lowercase, asciifolding]", "close-index", "settings.analysis.analyzer.article"),
        ("number_of_shards: 1", "number_of_shards: 2", "reindex", "settings.number_of_shards"),
        ("aliases: [shop]", "aliases: [shop, store]", "in-place", "aliases.store"),
        ("model: Product\n", "model: Product\ndynamic: false\n", "in-place", "dynamic"),
    ],
)  # fmt: skip
def test_deviations(
    ecgen: Run,
    shop: Path,
    server: Server,
    prefix: str,
    status: Callable[..., Any],
    old: str,
    new: str,
    state: str,
    path: str,
) -> None:
    """And what is said of the mapping is what the server then does."""
    create(ecgen, server, prefix, shop)
    text = PRODUCT.replace(old, new, 1)
    assert text != PRODUCT
    (shop / "schemas" / "product.yaml").write_text(text)
    found = status(1)
    assert found["makers"] == ("in step", [])
    assert found["products"][0] == state
    assert any(each == path or each.startswith(f"{path}.") for each in found["products"][1]), found
    table = ecgen("status", "--url", server.url, "--prefix", prefix)
    assert table.exit_code == 1
    assert "1 of 2 not in step" in table.output
    if not path.startswith(("settings.", "aliases.")):
        assert ecgen("build", "-q").exit_code == 0
        body = json.loads((shop / "generated" / "mappings" / "product.json").read_text())[
            "mappings"
        ]
        answer = (
            server.client()
            .options(ignore_status=400)
            .indices.put_mapping(index=f"{prefix}products", **body)
        )
        assert (answer.meta.status == 200) == (state != "reindex")
        if state == "in-place":
            assert status(0)


def test_an_alias_and_rollovers_stand_for_their_indices(
    ecgen: Run, shop: Path, server: Server, prefix: str, status: Callable[..., Any]
) -> None:
    create(ecgen, server, prefix, shop)
    client = server.client()
    body = client.indices.get(index=f"{prefix}makers")[f"{prefix}makers"]
    client.indices.delete(index=f"{prefix}makers")
    for number in (1, 2):
        client.indices.create(
            index=f"{prefix}m-00000{number}",
            mappings=body["mappings"],
            aliases={f"{prefix}makers": {}},
        )
    client.indices.put_mapping(index=f"{prefix}m-000002", properties={"late": {"type": "long"}})
    found = status(1)
    assert found["m-000001"] == ("in step", [])
    assert found["m-000002"] == ("ignored", ["late"])


def test_imported_is_in_step(ecgen: Run, project: Path, server: Server, prefix: str) -> None:
    server.client().indices.create(
        index=f"{prefix}things",
        mappings={"properties": {"a": {"properties": {"b": {"type": "ip"}}}}},
    )
    assert ecgen("import", "--url", server.url, "--index", f"{prefix}*").exit_code == 0
    result = ecgen("status", "--url", server.url, "--index", f"{prefix}*")
    assert result.exit_code == 0, result.output


def test_trouble(
    ecgen: Run, shop: Path, stub: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELASTICSEARCH_API_KEY", "s3cr3t")
    url = stub(lambda path, headers: (401, {}))
    result = ecgen("status", "--url", url)
    assert result.exit_code == 1
    assert "wants credentials (401)" in result.output
    assert "s3cr3t" not in result.output
    assert ecgen("status").exit_code == 2
    assert ecgen("status", "nowhere", "--url", url).exit_code == 2
    (shop / "schemas" / "maker.yaml").write_text("model: Maker\nfields: {a: strange}\n")
    result = ecgen("status", "--url", url)
    assert result.exit_code == 1
    assert "unknown-type" in result.output


def test_deviations_are_worded_from_the_index_to_the_definition() -> None:
    project, _ = load_project(
        {
            "part.yaml": b"model: Part\nindex: parts\ndynamic: unset\nstore_id: false\n"
            b"settings: {refresh_interval: 5s}\nfields: {a: keyword, b: text, c: date}\n"
        }
    )
    assert project is not None
    properties = {"a": {"type": "keyword"}, "b": {"type": "keyword"}, "x": {"type": "long"}}
    live = {
        "parts": {
            "mappings": {"properties": properties},
            "settings": {"index": {"refresh_interval": "1s"}},
        }
    }
    [standing] = compare(project.models, live, ["parts"], "", 9)
    assert {each.path: each.message for each in standing.deviations} == {
        "b": "b is keyword in the index and text in the definition; the server refuses another type",
        "c": "the index lacks the field c (date); the server adds it in place",
        "x": "the index has the field x (long), which the definition lacks; the server keeps it and its values",
        "settings.refresh_interval": 'the setting refresh_interval is "1s" in the index and "5s" in the definition; '
        "the server takes it in place",
    }


LOGS = """\
model: Log
index: logs-*
write_to: logs-app
settings: {refresh_interval: 5s}
fields:
  at: date
  level: {type: keyword, ignore_above: 32}
"""


@pytest.fixture
def logs(project: Path, server: Server, prefix: str) -> Iterator[Path]:
    (project / "schemas").mkdir()
    (project / "schemas" / "log.yaml").write_text(LOGS)
    yield project
    client = server.client()
    for each in client.indices.get(index=f"{prefix}*"):
        client.indices.delete(index=each)
    client.options(ignore_status=404).indices.delete_index_template(name=f"{prefix}logs-app")


def test_a_pattern_has_a_template_and_the_indices_behind_write_to(
    ecgen: Run, logs: Path, server: Server, prefix: str
) -> None:
    indices = server.client().indices

    def states() -> dict[str, tuple[str, list[str]]]:
        result = ecgen("status", "--url", server.url, "--prefix", prefix, "--format", "json")
        body = assert_described("status", result.stdout)
        return {
            f"{each['kind']} {str(each['index']).removeprefix(prefix)}": (
                each["state"],
                [change["path"] for change in each["changes"]],
            )
            for each in body["indices"]
        }

    def put() -> None:
        assert ecgen("build", "-q").exit_code == 0
        body = json.loads((logs / "generated" / "mappings" / "log.json").read_text())
        body["index_patterns"] = [f"{prefix}logs-*"]
        if "aliases" in body["template"]:
            body["template"]["aliases"] = {f"{prefix}all-logs": {}}
        indices.put_index_template(name=f"{prefix}logs-app", body=body)

    assert states() == {
        "index template logs-app": ("no template", []),
        "index logs-app": ("no index", []),
    }
    plan = ecgen("plan", "--url", server.url, "--prefix", prefix)
    assert plan.exit_code == 1
    assert "which create_mappings([Log]) begins" in plan.output
    put()
    alias = {f"{prefix}logs-app": {"is_write_index": True}}
    indices.create(index=f"{prefix}logs-app-000001", aliases=alias)
    indices.create(index=f"{prefix}logs-other")
    assert states() == {
        "index template logs-app": ("in step", []),
        "index logs-app-000001": ("in step", []),
    }
    text = ecgen("status", "--url", server.url, "--prefix", prefix).output
    assert f"{prefix}logs-app (index template)" in text
    assert "all 2 in step" in text
    changed = LOGS.replace("at: date", "at: keyword") + "  more: long\n"
    (logs / "schemas" / "log.yaml").write_text(changed + "priority: 600\naliases: [all-logs]\n")
    paths = ["priority", "at", "more", "aliases.all-logs"]
    found = states()
    assert found["index template logs-app"] == ("in-place", paths)
    assert found["index logs-app-000001"] == ("reindex", ["at", "more", "aliases.all-logs"])
    plan = ecgen("plan", "--url", server.url, "--prefix", prefix)
    assert plan.exit_code == 1
    assert (
        f"put the index template (PUT /_index_template/{prefix}logs-app with log.json)"
        in plan.output
    )
    assert f"{prefix}logs-app-000001: at is date in the index" in plan.output
    put()
    indices.rollover(alias=f"{prefix}logs-app")
    found = states()
    assert found["index template logs-app"] == ("in step", [])
    assert found["index logs-app-000002"] == ("in step", [])
    assert found["index logs-app-000001"][0] == "reindex"
    # What the old index can still take; it cannot get another type, and the plan says nothing about that.
    indices.put_mapping(index=f"{prefix}logs-app-000001", properties={"more": {"type": "long"}})
    indices.put_alias(index=f"{prefix}logs-app-000001", name=f"{prefix}all-logs")
    plan = ecgen("plan", "--url", server.url, "--prefix", prefix)
    assert plan.exit_code == 0, plan.output
