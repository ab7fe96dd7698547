"""docs/json describes the output of `--format json`; tests of plans and cluster states check theirs where they run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from json_formats import FOLDER, assert_described, schema_of, strict
from jsonschema import Draft7Validator

from ecgen.cli.main import main
from ecgen.live.migrate.plan_file import FORMAT
from ecgen.live.standing import State
from ecgen.review.rules.verdicts import Code, Server

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ("check", "diff", "plan", "status")


def printed(*arguments: str) -> str:
    return CliRunner().invoke(main, list(arguments)).stdout


def values(schema: Any, key: str) -> set[tuple[str, ...]]:
    """Return the enums of the property `key` in a schema."""
    if isinstance(schema, list):
        return set().union(*(values(each, key) for each in schema))
    if not isinstance(schema, dict):
        return set()
    found = set().union(*(values(each, key) for each in schema.values()))
    enum = schema.get("properties", {}).get(key, {}).get("enum")
    return {*found, tuple(enum)} if enum else found


def test_each_is_a_json_schema_that_the_page_names() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert {path.name for path in FOLDER.iterdir()} == {f"{c}.schema.json" for c in COMMANDS}
    for command in COMMANDS:
        Draft7Validator.check_schema(schema_of(command))
        assert f"json/{command}.schema.json" in page


def test_the_words_are_those_of_the_code() -> None:
    for command in ("diff", "plan", "status"):
        assert values(schema_of(command), "server") == {get_args(Server)}
    assert values(schema_of("diff"), "code") == {get_args(Code)}
    assert values(schema_of("status"), "state") == {get_args(State)}
    assert schema_of("plan")["properties"]["format"]["const"] == FORMAT


def test_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("schemas").mkdir()
    Path("schemas/thing.yaml").write_text("model: Thing\nfields: {a: keyword}\n")
    assert printed("build") != ""
    assert assert_described("check", printed("check", "--format", "json"))["problems"] == [
        each
        for each in assert_described("check", printed("check", "--format", "json"))["problems"]
        if each["severity"] == "warning"
    ]
    Path("schemas/thing.yaml").write_text("model: Thing\nfields: {a: keywrod, b: {}}\n")
    found = assert_described("check", printed("check", "--format", "json"))["problems"]
    assert {each["severity"] for each in found} == {"error"}
    assert {each["hint"] is None for each in found} >= {False}


@pytest.mark.parametrize(
    "case", sorted(path.parent.name for path in ROOT.glob("tests/changes/*/expected.json"))
)
def test_diff(case: str) -> None:
    text = (ROOT / "tests" / "changes" / case / "expected.json").read_text(encoding="utf-8")
    assert assert_described("diff", text)["changes"]


def test_approvals_of_a_diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for side, kind in (("old", "keyword"), ("new", "text")):
        Path(side).mkdir()
        Path(side, "thing.yaml").write_text(f"model: Thing\nfields: {{a: {kind}}}\n")
    Path("pyproject.toml").write_text("[tool.ecgen]\n")
    Path(".ecgen-approved.yaml").write_text(
        "- {rule: type-changed, model: Thing, path: a, reason: meant}\n"
        "- {rule: type-changed, model: Other, path: b, reason: forgotten}\n"
    )
    document = assert_described("diff", printed("diff", "old", "new", "--format", "json"))
    assert "approved" in json.dumps(document["changes"])
    assert document["stale"]


def test_a_key_that_is_not_described_is_found() -> None:
    text = json.dumps({"problems": [], "more": 1})
    with pytest.raises(AssertionError, match="more"):
        assert_described("check", text)
    assert list(Draft7Validator(schema_of("check")).iter_errors(json.loads(text))) == []
    assert "additionalProperties" not in json.dumps(schema_of("check"))
    assert strict(schema_of("check"))["additionalProperties"] is False
