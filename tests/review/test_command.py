"""`ecgen diff`: where the sides come from, exit codes, approvals, and what reports do with hostile names."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ecgen.cli.main import main
from ecgen.review.report.reports import MARKER

MODEL = """model: Part
index: parts
fields:
  sku: {type: keyword, ignore_above: 64}
  price: {type: scaled_float, scaling_factor: 100}
"""


def git(*arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def diff(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["diff", *arguments])


def changes(*arguments: str) -> Any:
    return json.loads(diff(*arguments, "--format", "json").output)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose branch `main` has one model."""
    monkeypatch.chdir(tmp_path)
    Path("schemas").mkdir()
    Path("pyproject.toml").write_text('[tool.ecgen]\nschemas = "schemas"\n')
    Path("schemas/part.yaml").write_text(MODEL)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    return tmp_path


def change_price() -> None:
    Path("schemas/part.yaml").write_text(MODEL.replace("scaling_factor: 100", "scaling_factor: 10"))


def test_the_working_tree_against_a_revision(project: Path) -> None:
    change_price()
    before = git("status", "--porcelain")
    [change] = changes("main")["changes"]
    assert (change["file"], change["line"], change["path"]) == ("schemas/part.yaml", 5, "price")
    assert (change["rule"], change["server"]) == ("scaling-factor-changed", "reindex")
    assert git("status", "--porcelain") == before
    assert changes("main")["models"] == {"Part": {"server": "reindex", "code": "compatible"}}


def test_two_revisions(project: Path) -> None:
    change_price()
    git("commit", "-qam", "two")
    Path("schemas/part.yaml").write_text("model: [")
    assert [each["rule"] for each in changes("main~1", "main")["changes"]] == [
        "scaling-factor-changed"
    ]


def test_from_a_folder_below(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_price()
    Path("deep").mkdir()
    monkeypatch.chdir("deep")
    [change] = changes("main")["changes"]
    assert change["file"].endswith("schemas/part.yaml")


def test_a_moved_reordered_and_commented_file_is_no_change(project: Path) -> None:
    lines = MODEL.splitlines()
    moved = [*lines[:3], lines[4] + "  # in euros", lines[3].replace("64", "64, index: true")]
    Path("schemas/part.yaml").unlink()
    Path("schemas/sub").mkdir()
    Path("schemas/sub/other.yaml").write_text("\n".join(moved) + "\n")
    result = diff("main", "--fail-on", "any")
    assert (result.exit_code, result.output) == (0, "no changes\n")


def test_a_revision_without_definitions_has_no_models(project: Path) -> None:
    git("rm", "-rq", "--cached", "schemas")
    git("commit", "-qm", "none")
    assert [each["rule"] for each in changes("main")["changes"]] == ["model-added"]


def test_definitions_against_the_mapping_json_of_a_build(project: Path) -> None:
    CliRunner().invoke(main, ["build"])
    change_price()
    found = changes("generated/mappings", "schemas")
    assert [each["rule"] for each in found["changes"]] == ["scaling-factor-changed"]
    assert changes("schemas", "schemas")["changes"] == []


def test_a_live_index_as_it_is_read_back(project: Path) -> None:
    Path("old").mkdir()
    Path("new").mkdir()
    mapping = {"properties": {"sku": {"type": "keyword"}}}
    own = {"index": {"uuid": "x", "provided_name": "parts", "number_of_shards": "1"}}
    live = {"parts": {"aliases": {}, "mappings": mapping, "settings": own}}
    Path("old/part.json").write_text(json.dumps(live))
    Path("new/part.json").write_text(json.dumps({"mappings": mapping}))
    assert changes("old", "new")["changes"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "neither a folder nor a git revision"),
        (["--", "--output=x"], "neither a folder nor a git revision"),
        (["empty"], "neither definitions"),
        (["pyproject.toml"], "is a file"),
        (["broken"], "broken/a.json cannot be read"),
        (["twice"], "'type' stands twice"),
        (["both"], "is a folder and a git revision"),
    ],
)
def test_sides_that_cannot_be_read(project: Path, arguments: list[str], says: str) -> None:
    for name, text in (("broken", "{"), ("twice", '{"a": {"type": 1, "type": 2}}')):
        Path(name).mkdir()
        Path(name, "a.json").write_text(text)
    Path("empty").mkdir()
    Path("both").mkdir()
    git("branch", "both")
    result = diff(*arguments)
    assert result.exit_code == 2
    assert says in result.output


def test_definitions_with_errors_are_told_and_not_compared(project: Path) -> None:
    Path("schemas/part.yaml").write_text(MODEL.replace("keyword", "keywrd"))
    result = diff("main")
    assert result.exit_code == 1
    assert "unknown-type" in result.output
    assert "the working tree have errors" in result.output


@pytest.mark.parametrize(
    ("level", "code"), [("none", 0), ("reindex", 1), ("breaking", 0), ("any", 1)]
)
def test_fail_on(project: Path, level: str, code: int) -> None:
    change_price()
    assert diff("main", "--fail-on", level).exit_code == code


def approve(**values: str) -> None:
    entry = {"rule": "scaling-factor-changed", "model": "Part", "path": "price", "reason": "meant"}
    Path(".ecgen-approved.yaml").write_text(json.dumps([{**entry, **values}]))


def test_approved_changes_are_shown_and_fail_nothing(project: Path) -> None:
    change_price()
    approve()
    result = diff("main", "--fail-on", "any")
    assert result.exit_code == 0
    assert "approved: meant" in result.output
    assert "1 approved" in result.output
    assert changes("main")["changes"][0]["approved"] == "meant"


def test_a_stale_approval_is_a_warning(project: Path) -> None:
    approve()
    result = diff("main", "--fail-on", "any")
    assert result.exit_code == 0
    assert ".ecgen-approved.yaml:1: warning[stale-approval]" in result.output
    assert changes("main")["stale"][0]["rule"] == "scaling-factor-changed"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rule: x", ":1:1: the file must hold a list"),
        ("- rule: scaling-factor-change\n  model: Part", ":1:9: there is no rule"),
        ("- rule: type-changed\n  model: Part", ":1:3: the entry says no reason"),
        ("- model: Part\n  ruel: x", ":2:3: an entry has no key 'ruel'; did you mean 'rule'?"),
        ("- [", ":1:4:"),
        ("- a: &a [*a]", ":1:3: an entry has no key 'a'"),
    ],
)
def test_a_malformed_file_of_approvals(project: Path, text: str, says: str) -> None:
    Path(".ecgen-approved.yaml").write_text(text)
    result = diff("main")
    assert result.exit_code == 2
    assert f"error: .ecgen-approved.yaml{says}" in result.output


EVIL = "a|b <img src=x> @team [x](http://e.org) `code` \x1b[31m ::error::x"


@pytest.fixture
def hostile(project: Path) -> Path:
    """Two folders of mappings whose field is called as no field should be."""
    for side, kind in (("old", "keyword"), ("new", "text")):
        Path(side).mkdir()
        body = {"mappings": {"properties": {EVIL.replace(".", ""): {"type": kind}}}}
        Path(side, "part.json").write_text(json.dumps(body))
    return project


def test_markdown_shows_hostile_names_as_text(hostile: Path) -> None:
    text = diff("old", "new", "--format", "markdown").output
    assert text.startswith(f"{MARKER}\n")
    outside = "".join(text.split("```")[::2])
    for raw in ("<img", "@team", "[x](", "://", "a|b", "\x1b"):
        assert raw not in outside
    assert text == diff("old", "new", "--format", "markdown").output


def test_annotations_cannot_be_forged(hostile: Path) -> None:
    text = diff("old", "new", "--format", "github").output
    assert [line[:2] for line in text.splitlines()] == ["::"]
    assert "\x1b" not in text
    assert "\x1b" not in diff("old", "new").output


def test_annotations_stand_at_the_line(project: Path) -> None:
    change_price()
    text = diff("main", "--format", "github", "--fail-on", "reindex").output
    assert text.startswith("::error file=schemas/part.yaml,line=5,title=Part%3A scaling-factor-")
