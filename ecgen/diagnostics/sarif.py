"""Render problems as a SARIF 2.1.0 log, for code scanning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from ecgen import __version__

from .problems import Problem, sentence
from .rules import RULES


def as_sarif(problems: Iterable[Problem]) -> str:
    """Return a SARIF 2.1.0 log with one run."""
    found = list(problems)
    results = [
        result(
            each.rule, each.severity, sentence(each), each.file, line=each.line, column=each.column
        )
        for each in found
    ]
    return log(results, {each.rule: RULES[each.rule].summary for each in found})


def result(
    rule: str, level: str, text: str, file: str, *, line: int | None, column: int | None = None
) -> dict[str, Any]:
    """Return one result of a log; `level` is error, warning or note; `line` and `column` count from 1."""
    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(file.replace("\\", "/"), errors="surrogateescape")}
    }
    if line is not None:
        place["region"] = {"startLine": line}
        if column is not None:
            place["region"]["startColumn"] = column
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


def log(results: Iterable[dict[str, Any]], summaries: Mapping[str, str]) -> str:
    """Return a log with one run: its results, and the summaries of their rules by id."""
    ids = {rule: number for number, rule in enumerate(sorted(summaries))}
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ecgen",
                        "version": __version__,
                        "rules": [
                            {"id": rule, "shortDescription": {"text": summaries[rule]}}
                            for rule in ids
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    {"ruleId": each["ruleId"], "ruleIndex": ids[each["ruleId"]], **each}
                    for each in results
                ],
            }
        ],
    }
    return json.dumps(document, indent=2) + "\n"
