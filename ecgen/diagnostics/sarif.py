"""Problems as a SARIF 2.1.0 log, for code scanning."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from ecgen import __version__

from .problems import Problem, sentence
from .rules import RULES


def as_sarif(problems: Iterable[Problem]) -> str:
    """A SARIF 2.1.0 log with one run."""
    found = list(problems)
    ids = sorted({problem.rule for problem in found})
    results: list[dict[str, Any]] = [
        {
            "ruleId": problem.rule,
            "ruleIndex": ids.index(problem.rule),
            "level": problem.severity,
            "message": {"text": sentence(problem)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(problem.file.replace("\\", "/"))},
                        "region": {"startLine": problem.line, "startColumn": problem.column},
                    }
                }
            ],
        }
        for problem in found
    ]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ecgen",
                        "version": __version__,
                        "rules": [
                            {
                                "id": rule,
                                "shortDescription": {"text": RULES[rule].summary},
                            }
                            for rule in ids
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"
