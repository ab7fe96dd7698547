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
    result = diff("main", "--format", "json")
    assert [each["rule"] for each in json.loads(result.stdout)["changes"]] == ["model-added"]
    assert "main has no definitions where 'schemas' says; all models look new" in result.stderr


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
        (["broken"], "broken/a.json:1:2: this is not JSON"),
        (["twice"], "key 'type' appears twice"),
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


def branch_off() -> None:
    """`work` branches off `main`, which then gains a field; `work` changes the price."""
    git("checkout", "-q", "-b", "work")
    change_price()
    git("commit", "-qam", "price")
    git("checkout", "-q", "main")
    Path("schemas/part.yaml").write_text(MODEL + "  colour: {type: keyword, ignore_above: 9}\n")
    git("commit", "-qam", "colour")
    git("checkout", "-q", "work")


@pytest.mark.parametrize(
    "arguments",
    [("main...",), ("main...work",), ("main...HEAD",), ("--merge-base", "main"), ("work~1",)],
)
def test_a_range_compares_with_where_the_branch_began(
    project: Path, arguments: tuple[str, ...]
) -> None:
    branch_off()
    assert [each["rule"] for each in changes(*arguments)["changes"]] == ["scaling-factor-changed"]


def test_the_tip_of_another_branch_is_compared_with_a_note(project: Path) -> None:
    branch_off()
    rules = {
        each["rule"] for each in json.loads(diff("main", "--format", "json").stdout)["changes"]
    }
    assert rules == {"scaling-factor-changed", "field-removed"}
    assert "'ecgen diff main...'" in diff("main").stderr
    assert diff("work~1").stderr == ""


@pytest.mark.parametrize(
    "arguments", [("main...", "schemas"), ("--merge-base", "main", "schemas"), ()]
)
def test_a_new_side_beside_a_range_is_wrong_usage(
    project: Path, arguments: tuple[str, ...]
) -> None:
    assert diff(*arguments).exit_code == 2


def test_no_common_ancestor_names_the_shallow_clone(project: Path) -> None:
    git("checkout", "-q", "--orphan", "alone")
    git("commit", "-qm", "alone")
    result = diff("main...")
    assert result.exit_code == 2
    assert "fetch-depth: 0" in result.stderr
    assert diff("nowhere...").exit_code == 2


def body(**parts: Any) -> str:
    return json.dumps(parts)


MAPPINGS = {"properties": {"sku": {"type": "keyword"}}}


@pytest.mark.parametrize(
    "text",
    [
        body(mappings=MAPPINGS),
        body(index_patterns=["p-*"], template={"mappings": MAPPINGS}, composed_of=["base"]),
        body(
            index_templates=[
                {
                    "name": "p",
                    "index_template": {
                        "index_patterns": ["p-*"],
                        "template": {"mappings": MAPPINGS},
                    },
                }
            ]
        ),
        body(mappings={"part": MAPPINGS}),
        body(parts={"mappings": {"_doc": MAPPINGS}}),
    ],
)
def test_mapping_json_in_every_form_that_import_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for side, content in (("old", body(mappings={"properties": {}})), ("new", text)):
        Path(side).mkdir()
        Path(side, "parts.json").write_text(content)
    [change] = changes("old", "new")["changes"]
    assert (change["rule"], change["path"], change["server"]) == ("field-added", "sku", "in-place")


@pytest.mark.parametrize(
    "text", ['{"mappings": {"_meta": {"x": NaN}}}', '{"mappings": {}, "mappings": {}}']
)
def test_mapping_json_that_no_server_parses_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old").mkdir()
    Path("old/parts.json").write_text(text)
    result = diff("old", "old")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: old/parts.json")


@pytest.mark.parametrize("section", ["analyzer", "normalizer"])
def test_what_the_new_settings_define_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str
) -> None:
    monkeypatch.chdir(tmp_path)
    kind = "text" if section == "analyzer" else "keyword"
    analysis = {section: {"own": {"type": "custom", "filter": ["lowercase"]}}}
    if section == "analyzer":
        analysis[section]["own"]["tokenizer"] = "standard"
    new = body(
        settings={"analysis": analysis},
        mappings={"properties": {"sku": {"type": kind, section: "own"}}},
    )
    for side, content in (("old", body(mappings={})), ("new", new)):
        Path(side).mkdir()
        Path(side, "parts.json").write_text(content)
    found = {each["rule"]: each["server"] for each in changes("old", "new")["changes"]}
    assert found == {"field-added": "in-place", "analysis-changed": "close-index"}


def test_sarif_has_every_change_at_its_line(project: Path) -> None:
    change_price()
    log = json.loads(diff("main", "--format", "sarif", "--fail-on", "reindex").stdout)
    [run] = log["runs"]
    [result] = run["results"]
    assert (result["ruleId"], result["level"]) == ("scaling-factor-changed", "error")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "schemas/part.yaml"
    assert place["region"] == {"startLine": 5}
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "scaling-factor-changed"


def test_a_report_too_long_for_a_comment_is_cut_at_a_model(project: Path) -> None:
    fields = "".join(f"  field{n}: {{type: keyword, ignore_above: 64}}\n" for n in range(120))
    for number in range(12):
        Path(f"schemas/m{number}.yaml").write_text(
            f"model: M{number}\nfields:\n  a: {{type: keyword, ignore_above: 9}}\n"
        )
    git("add", "-A")
    git("commit", "-qm", "many")
    for number in range(12):
        Path(f"schemas/m{number}.yaml").write_text(f"model: M{number}\nfields:\n{fields}")
    text = diff("main", "--format", "markdown").stdout
    assert len(text) < 65_000
    assert "more model" in text
    assert text.count("<details>") == text.count("</details>")


def test_one_model_too_long_for_a_comment_shows_what_fits(project: Path) -> None:
    Path("schemas/m.yaml").write_text("model: M\nfields:\n  a: {type: keyword, ignore_above: 9}\n")
    git("add", "-A")
    git("commit", "-qm", "one")
    fields = "".join(f"  field{n}: {{type: keyword, ignore_above: 64}}\n" for n in range(900))
    Path("schemas/m.yaml").write_text(f"model: M\nfields:\n{fields}")
    text = diff("main", "--format", "markdown").stdout
    assert 50_000 < len(text) < 65_000
    shown = text.count("\n- ")
    assert f"… and {901 - shown} more changes of M: the report is cut here" in text
    assert text.count("<details>") == text.count("</details>") == 1
