"""Each rule has a case: two sides and what `ecgen diff` says about them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecgen.configuration import Configuration
from ecgen.review.changes import compare
from ecgen.review.command import diff
from ecgen.review.mapping import compare_mappings
from ecgen.review.pages import pages
from ecgen.review.parameters import UNSEEN
from ecgen.review.report import Judged, as_json
from ecgen.review.rules import RULES
from ecgen.review.settings import compare_settings
from ecgen.review.sources import read_side
from ecgen.review.verdicts import worst_server
from ecgen.testing.server import Server

from .conftest import asker_of, major_of
from .truth import Json

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "changes"
ONLY_ON = {"field-names-changed": 7}
# No node of the tests has a script language or the plugin mapper-size; aliases are no part of PUT _mapping.
NOT_TO_ASK = {"script-changed", "on-script-error-changed", "size-changed", "aliases-changed"}
NOT_ON_7 = {"data-stream-timestamp-changed"}


@pytest.mark.parametrize("rule", RULES)
def test_case(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES / rule)
    configuration = Configuration()
    old, new = read_side("old", configuration), read_side("new", configuration)
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
    """The page in docs/rules is the row of the table; `python -m ecgen.review.pages docs/rules` writes it."""
    page = (ROOT / "docs" / "rules" / f"{rule}.md").read_text(encoding="utf-8")
    assert page == pages()[f"{rule}.md"]


@pytest.mark.parametrize("rule", RULES)
def test_nothing_changed(
    rule: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A side compared with itself has no change, whatever is in it."""
    monkeypatch.chdir(CASES / rule)
    for side in ("old", "new"):
        if rule == "mapping-refused" or (rule in ONLY_ON or rule.startswith("data-stream")):
            continue
        assert diff(side, side, Configuration(), fail_on="any") == 0
        assert capsys.readouterr().out == "no changes\n"


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


@pytest.mark.parametrize("rule", TO_ASK)
def test_on_a_server(server: Server, rule: str) -> None:
    """The verdict of each case is what the server does."""
    old, new = (_body(rule, side) for side in ("old", "new"))
    server.require(*_types(new.get("mappings", {})))
    major = major_of(server)
    if rule in NOT_ON_7 and major == 7:
        pytest.skip("Elasticsearch 7 does not know the option")
    asker = asker_of(server)
    if rule.endswith("setting-changed") or rule == "analysis-changed":
        settings = old.get("settings", {}), new.get("settings", {})
        judged = worst_server(each[2] for each in compare_settings(*settings))
        assert judged == asker.settings_update(*settings).verdict
        return
    if asker.fresh(old["mappings"])[1] is not None:
        pytest.skip(f"{server.version} does not know what the case is about")
    judged = worst_server(
        each.server for each in compare_mappings(old["mappings"], new["mappings"], major)
    )
    assert judged == asker.mapping_update(old["mappings"], new["mappings"]).verdict
