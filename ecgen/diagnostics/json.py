"""Render problems as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .problems import Problem, visible


def as_json(problems: Iterable[Problem]) -> str:
    """Return `{"problems": [{file, line, column, rule, severity, message, hint}]}`, ASCII only."""
    entries = [
        {
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "rule": problem.rule,
            "severity": problem.severity,
            "message": visible(problem.message),
            "hint": None if problem.hint is None else visible(problem.hint),
        }
        for problem in problems
    ]
    return json.dumps({"problems": entries}, indent=2) + "\n"
