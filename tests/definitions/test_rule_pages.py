"""Every rule has a page, whose wrong example breaks exactly that rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecgen.diagnostics.problems import Problem
from ecgen.diagnostics.rules import RULES, explain
from ecgen.pipeline import load_project

PAGES = Path(__file__).parents[2] / "docs" / "rules"
# Rules whose mistake is not YAML text; `test_load` and the tests of the commands cover them.
NOT_YAML = {"not-utf-8", "file-too-large", "unreadable-file", "stale-output", "edited-output"}
WITH_PAGE = sorted(set(RULES) - NOT_YAML)
LINTS = sorted(
    rule.id for rule in RULES.values() if rule.severity == "warning" and rule.id not in NOT_YAML
)


def examples(rule: str, heading: str) -> dict[str, bytes]:
    """Return the YAML blocks under a heading of a rule's page, as files."""
    page = explain(rule)
    assert page is not None
    section = re.split(rf"^## {heading}$", page, flags=re.M)[1]
    section = re.split(r"^## ", section, flags=re.M)[0]
    blocks = re.findall(r"^```yaml\n(.*?\n)```$", section, flags=re.M | re.S)
    assert blocks
    return {f"{number}.yaml": block.encode() for number, block in enumerate(blocks)}


def problems(rule: str, heading: str) -> list[Problem]:
    server = "7.17" if rule == "newer-than-server" else "9"
    return load_project(examples(rule, heading), elasticsearch=server)[1]


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_is_explained(rule: str) -> None:
    page = explain(rule)
    assert page is not None
    assert page.startswith(f"# {rule}\n\n")
    assert max(map(len, page.split("\n## Wrong")[0].splitlines())) <= 120


def test_every_page_is_of_a_rule() -> None:
    own = {path.stem for path in PAGES.glob("*.md")}
    assert set(RULES) <= own


@pytest.mark.parametrize("rule", WITH_PAGE)
def test_the_wrong_example_breaks_this_rule_and_no_other(rule: str) -> None:
    assert {problem.rule for problem in problems(rule, "Wrong")} == {rule}


@pytest.mark.parametrize("rule", WITH_PAGE)
def test_the_right_example_has_no_problem_at_all(rule: str) -> None:
    assert problems(rule, "Right") == []


@pytest.mark.parametrize("rule", sorted(set(LINTS) - {"unused-ignore", "unknown-rule"}))
def test_a_comment_silences_the_lint(rule: str) -> None:
    assert problems(rule, "Ignored on purpose") == []


@pytest.mark.parametrize("name", ["../secrets", "/etc/passwd", "no-such-rule", "", "a/b", "a\0b"])
def test_nothing_but_rules_is_explained(name: str) -> None:
    assert explain(name) is None
