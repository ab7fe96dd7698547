"""Output formats of problems: for people, for programs, for GitHub."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgen.diagnostics.formats import render
from ecgen.diagnostics.problems import (
    Problem,
    did_you_mean,
    few_suggestions,
    near_miss,
    quoted,
    visible,
)

FIRST = Problem(
    "schemas/product.yaml", 12, 5, "unknown-parameter",
    "'ignore_abvoe' is not a parameter of keyword", "did you mean 'ignore_above'?",
)  # fmt: skip
SECOND = Problem("schemas/a,b:c.yaml", 2, 1, "text-in-sort", "100% of 'x'\nfails", None, "warning")


def test_text_has_the_line_and_a_caret() -> None:
    shown = render([FIRST], source_line=lambda file, line: "    ignore_abvoe: 64")
    assert shown == (
        "schemas/product.yaml:12:5: error[unknown-parameter]: 'ignore_abvoe' is not a parameter of keyword;"
        " did you mean 'ignore_above'?\n"
        "        ignore_abvoe: 64\n"
        "        ^\n"
    )


def test_text_is_sorted_by_file_and_line() -> None:
    later = Problem("schemas/product.yaml", 3, 1, "unknown-key", "m")
    shown = render([FIRST, later, SECOND])
    places = [line.partition(" ")[0] for line in shown.splitlines()]
    assert places == [
        "schemas/a,b:c.yaml:2:1:",
        "schemas/product.yaml:3:1:",
        "schemas/product.yaml:12:5:",
    ]


def test_colour_is_only_in_the_label() -> None:
    assert render([FIRST], colour=True).count("\x1b[") == 2
    assert "\x1b" not in render([FIRST])


def test_long_lines_are_cut_around_the_caret() -> None:
    problem = Problem("f", 1, 5000, "unknown-key", "m")
    line, caret = render(
        [problem], source_line=lambda *_: "x" * 4999 + "y" + "z" * 5000
    ).splitlines()[1:]
    assert len(line) < 200
    assert line[caret.index("^")] == "y"


def test_json_is_exactly_this() -> None:
    assert json.loads(render([FIRST, SECOND], "json")) == {
        "problems": [
            {
                "file": "schemas/a,b:c.yaml",
                "line": 2,
                "column": 1,
                "rule": "text-in-sort",
                "severity": "warning",
                "message": "100% of 'x'\\nfails",
                "hint": None,
            },
            {
                "file": "schemas/product.yaml",
                "line": 12,
                "column": 5,
                "rule": "unknown-parameter",
                "severity": "error",
                "message": "'ignore_abvoe' is not a parameter of keyword",
                "hint": "did you mean 'ignore_above'?",
            },
        ]
    }
    assert render([], "json") == '{\n  "problems": []\n}\n'


def test_github_commands_are_escaped() -> None:
    assert render([SECOND], "github") == (
        "::warning file=schemas/a%2Cb%3Ac.yaml,line=2,col=1,title=ecgen%3A text-in-sort::"
        "100%25 of 'x'\\nfails\n"
    )


def _many(count: int, file: str = "a.yaml", severity: Any = "error") -> list[Problem]:
    return [Problem(file, n + 1, 1, "unknown-key", f"m{n}", None, severity) for n in range(count)]


def test_people_see_a_hundred_problems_of_a_file_and_how_many_more_there_are() -> None:
    problems = [*_many(59_000), *_many(100, "b.yaml"), *_many(101, "c.yaml")]
    lines = render(problems).splitlines()
    assert lines[99].startswith("a.yaml:100:1: error[unknown-key]")
    assert lines[100] == (
        "a.yaml: … and 58,900 more in this file; ecgen check --format json shows all"
    )
    assert lines[101].startswith("b.yaml:1:1:")
    assert lines[-1].startswith("c.yaml: … and 1 more in this file")
    assert len(lines) == 302
    commands = render(problems, "github").splitlines()
    assert len(commands) == 302
    assert commands[100] == (
        "::error file=a.yaml,title=ecgen::… and 58,900 more in this file; ecgen check --format json shows all"
    )


def test_programs_see_all_problems_of_a_file() -> None:
    problems = _many(1000)
    assert len(json.loads(render(problems, "json"))["problems"]) == 1000
    assert len(json.loads(render(problems, "sarif"))["runs"][0]["results"]) == 1000


def test_the_errors_of_a_file_are_not_hidden_by_its_warnings() -> None:
    warnings = _many(500, severity="warning")
    error = Problem("a.yaml", 501, 1, "unknown-key", "the error")
    lines = render([*warnings, error]).splitlines()
    assert lines[98].startswith("a.yaml:99:1: warning")
    assert lines[99] == "a.yaml:501:1: error[unknown-key]: the error"
    assert render([*warnings, error], "github").splitlines()[-1].startswith("::warning file=a.yaml,title=ecgen::… and 401")  # fmt: skip


def test_sarif_has_what_the_standard_requires() -> None:
    log: dict[str, Any] = json.loads(render([FIRST, SECOND], "sarif"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["tool"]["driver"]["name"] == "ecgen"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
    uris = [
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]
    ]
    assert uris == ["schemas/a%2Cb%3Ac.yaml", "schemas/product.yaml"]


@given(st.text(), st.text(), st.sampled_from(["text", "json", "github", "sarif"]))
def test_nothing_from_yaml_forges_output(name: str, message: str, form: Any) -> None:
    problem = Problem(name, 1, 1, "unknown-key", message, message)
    shown = render([problem], form, source_line=lambda *_: message)
    assert not [char for char in shown if char != "\n" and visible(char) != char]
    if form == "github":
        assert shown.count("\n") == 1
    if form in ("json", "sarif"):
        json.loads(shown)


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("keywrd", ["keyword", "text"], "keyword"),
        ("Keyword", ["keyword"], "keyword"),
        ("ignore-above", ["ignore_above"], "ignore_above"),
        ("xyz", ["keyword"], None),
        ("keyword", ["keyword"], None),
        ("", ["keyword"], None),
        (3, ["keyword"], None),
        ("x" * 10_000, ["x"], None),
    ],
)
def test_near_misses(word: object, known: list[str], expected: str | None) -> None:
    assert near_miss(word, known) == expected
    assert did_you_mean(word, known) == (f"did you mean '{expected}'?" if expected else None)


def test_values_are_quoted_as_yaml_has_them() -> None:
    assert [quoted(value) for value in (None, True, 3, 1.5, "a", [1, "b"], float("nan"))] == [
        "'null'", "'true'", "'3'", "'1.5'", "'a'", "'[1, \"b\"]'", "'.nan'",
    ]  # fmt: skip
    assert len(quoted("x" * 1000)) < 70
    assert quoted("a\u202eb\x1b") == "'a\\u202eb\\x1b'"


def test_a_file_full_of_mistakes_is_not_compared_with_every_word_for_each() -> None:
    with few_suggestions(2):
        found = [near_miss(f"descriptio{number}", ["description"]) for number in range(4)]
    assert found == ["description", "description", None, None]
    assert near_miss("descriptio9", ["description"]) == "description"
