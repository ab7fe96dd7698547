"""Each rule has a case: two sides and what `ecgen diff` says about them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecgen.cli.main import main
from ecgen.config import Configuration
from ecgen.pipeline import Files
from ecgen.review.compare.changes import compare
from ecgen.review.compare.mapping_changes import compare_mappings
from ecgen.review.compare.parameter_changes import UNSEEN
from ecgen.review.compare.setting_changes import compare_settings
from ecgen.review.report.judged import Judged
from ecgen.review.report.reports import as_json
from ecgen.review.rules.rule_pages import pages
from ecgen.review.rules.table import RULES
from ecgen.review.rules.verdicts import worst_server
from ecgen.review.sides import read_side
from ecgen.testing.server import Server

from .conftest import asker_of, major_of
from .truth import Json

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "changes"
ONLY_ON = {"field-names-changed": 7}
# No node of the tests has a script language or the plugin mapper-size.
NOT_TO_ASK = {"script-changed", "on-script-error-changed", "size-changed"}
VERSIONS = ("9.5.3", "8.19.21", "7.17.29")


@pytest.mark.parametrize("rule", RULES)
def test_case(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES / rule)
    configuration = Configuration()
    old, new = (read_side(side, configuration, Files()) for side in ("old", "new"))
    assert not old.problems
    assert not new.problems
    review = compare(old.subjects, new.subjects, ONLY_ON.get(rule, 9))
    assert {change.rule for change in review.changes} == {rule}
    text = as_json(Judged(review))
    assert json.loads(text) == json.loads(Path("expected.json").read_text(encoding="utf-8"))
    for change in review.changes:
        assert change.todo
        assert "\n" not in change.message


@pytest.mark.parametrize("rule", RULES)
def test_page(rule: str) -> None:
    """The page in docs/rules is the row of the table; `python -m ecgen.review.rules.rule_pages docs/rules` writes it."""
    page = (ROOT / "docs" / "rules" / f"{rule}.md").read_text(encoding="utf-8")
    assert page == pages()[f"{rule}.md"]


@pytest.mark.parametrize("rule", RULES)
def test_nothing_changed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A side compared with itself has no change, whatever is in it."""
    monkeypatch.chdir(CASES / rule)
    for side in ("old", "new"):
        if rule == "mapping-refused" or (
            rule in ONLY_ON or rule.startswith("data-stream-timestamp")
        ):
            continue
        result = CliRunner().invoke(main, ["diff", side, side, "--fail-on", "any"])
        assert (result.exit_code, result.output) == (0, "no changes\n")


def _body(rule: str, side: str) -> Json:
    return json.loads((CASES / rule / side / "parts.json").read_text(encoding="utf-8"))


def _types(mapping: Json) -> set[str]:
    found = set()
    for key, value in mapping.items() if isinstance(mapping, dict) else ():
        if key == "type" and isinstance(value, str):
            found.add(value)
        elif isinstance(value, dict):
            found |= _types(value)
    return found


TO_ASK = sorted(
    rule
    for rule in {*RULES} - NOT_TO_ASK
    if (CASES / rule / "new" / "parts.json").exists()
    and not _types(_body(rule, "new").get("mappings", {})) & UNSEEN
)


@pytest.mark.parametrize("which", ["es9", "es8", "es7"])
@pytest.mark.parametrize("rule", TO_ASK)
def test_on_a_server(request: pytest.FixtureRequest, which: str, rule: str) -> None:
    """The verdict of each case is what the server does, and the page names exactly the servers that were asked."""
    server: Server = request.getfixturevalue(which)
    asked = server.version in RULES[rule].seen
    if server.version in VERSIONS:
        assert asked == _ask(server, rule)
    if not asked:
        pytest.skip(f"Elasticsearch {server.version} does not have what the case is about")


def _ask(server: Server, rule: str) -> bool:
    old, new = (_body(rule, side) for side in ("old", "new"))
    major, asker = major_of(server), asker_of(server)
    if rule == "aliases-changed":
        aliases = old.get("aliases", {}), new.get("aliases", {})
        assert asker.aliases_update(*aliases).verdict == "in-place"
        return True
    if rule.endswith("setting-changed") or rule == "analysis-changed":
        settings = old.get("settings", {}), new.get("settings", {})
        judged = worst_server(each[2] for each in compare_settings(*settings))
        assert judged == asker.settings_update(*settings).verdict
        return True
    if asker.fresh(old["mappings"])[1] is not None:
        return False
    judged = worst_server(
        each.server for each in compare_mappings(old["mappings"], new["mappings"], major)
    )
    truth = asker.mapping_update(old["mappings"], new["mappings"])
    if truth.verdict == "reindex" and judged == "reindex" and rule != "mapping-refused":
        # A server that does not know a parameter refuses it as such; that says nothing of a change.
        return asker.fresh(new["mappings"])[1] is None
    assert judged == truth.verdict, truth
    return True
