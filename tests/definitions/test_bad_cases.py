"""Folders of wrong definitions: each problem in order, with line, column and message.

Run with `ECGEN_UPDATE=1` to write the problems found into `problems.txt`, and review the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ecgen.diagnostics.formats import render
from ecgen.diagnostics.problems import Problem
from ecgen.diagnostics.rules import RULES
from ecgen.pipeline import load_project

CASES = sorted((Path(__file__).parents[1] / "cases").glob("bad-*"))


def problems(case: Path) -> list[Problem]:
    files = sorted((case / "schemas").glob("*.yaml"))
    _, found = load_project({f"schemas/{file.name}": file.read_bytes() for file in files})
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_problems_are_told_at_once(case: Path) -> None:
    rendered = render(problems(case))
    expected = case / "problems.txt"
    if os.environ.get("ECGEN_UPDATE"):
        expected.write_text(rendered, encoding="utf-8")
    assert rendered == expected.read_text(encoding="utf-8")


# In the other folders, some files are valid, and other files refer to them wrongly.
ALL_WRONG = [case for case in CASES if case.name not in ("bad-joins", "bad-mixins", "bad-lints")]


@pytest.mark.parametrize("case", ALL_WRONG, ids=lambda case: case.name)
def test_every_wrong_file_is_named(case: Path) -> None:
    named = {problem.file for problem in problems(case) if problem.severity == "error"}
    files = {f"schemas/{file.name}" for file in (case / "schemas").glob("*.yaml")}
    assert named == files


def test_the_cases_know_only_rules_that_exist() -> None:
    assert {problem.rule for case in CASES for problem in problems(case)} <= set(RULES)
