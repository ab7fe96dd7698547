"""Problems: what is wrong where, and how it is shown.

Messages may quote YAML, which anybody can write: control characters, and those that reorder text, are shown as
escapes in every rendering, so that no definition can forge output.
"""

from __future__ import annotations

import functools
import json
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warning"]
Format = Literal["text", "json", "github", "sarif"]


class Problem(NamedTuple):
    """One thing wrong in a definition, at the 1-based `line` and `column` of the key or value concerned.

    Problems sort by file, line and column.
    """

    file: str
    line: int
    column: int
    rule: str
    message: str
    hint: str | None = None
    severity: Severity = "error"


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of the problems is more than a warning."""
    return any(problem.severity == "error" for problem in problems)


def near_miss(word: object, known: Iterable[str]) -> str | None:
    """The known word that an author most likely meant, or None where none is near."""
    if not isinstance(word, str) or not 0 < len(word) <= 200:
        return None
    # Sorted, since sets come in another order in every process.
    by_folded = {name.casefold().replace("-", "_"): name for name in sorted(known)}
    folded = word.casefold().replace("-", "_")
    if folded in by_folded:
        return by_folded[folded] if by_folded[folded] != word else None
    found = _nearest(folded, tuple(by_folded))
    return by_folded[found] if found else None


@functools.lru_cache(maxsize=1024)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    """The slow part; a mistake that was copied is often one that was copied ten thousand times."""
    import difflib  # most builds have no mistakes

    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), None)


def did_you_mean(word: object, known: Iterable[str]) -> str | None:
    """A hint that names the near miss, or None."""
    found = near_miss(word, known)
    return f"did you mean '{found}'?" if found else None


def visible(text: str) -> str:
    """The text on one line, with everything invisible or reordering as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character == " " or unicodedata.category(character)[0] not in "CZ"
        else character.encode("unicode_escape", "backslashreplace").decode("ascii")
        for character in text
    )


def quoted(value: object, limit: int = 60) -> str:
    """A name or value from YAML in single quotes, shortened, fit for a message."""
    if isinstance(value, str):
        text = value
    elif value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, (dict, list)):
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except (ValueError, RecursionError):
            text = "…"
    elif isinstance(value, float) and not math.isfinite(value):
        text = ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    else:
        text = str(value)
    text = visible(text)
    return f"'{text[: limit - 1]}…'" if len(text) > limit else f"'{text}'"


SourceLine = Callable[[str, int], str | None]
"""Gives a line of a file, for the caret; None where it cannot."""


def render(
    problems: Iterable[Problem],
    form: Format = "text",
    *,
    source_line: SourceLine | None = None,
    colour: bool = False,
) -> str:
    """All problems in one of the four formats, sorted by file and line.

    `source_line` gives `text` the lines to show; without it, or where it gives None, the line and caret are left out.
    """
    ordered = sorted(problems, key=lambda p: (p.file, p.line, p.column, p.rule, p.message))
    if form == "json":
        return as_json(ordered)
    if form == "github":
        return as_github(ordered)
    if form == "sarif":
        return as_sarif(ordered)
    return as_text(ordered, source_line, colour)


def as_text(
    problems: Iterable[Problem], source_line: SourceLine | None = None, colour: bool = False
) -> str:
    """`file:line:column: error[rule]: message`, the source line and a caret below it."""
    blocks = []
    for problem in problems:
        label = f"{problem.severity}[{problem.rule}]"
        if colour:
            label = f"\x1b[{31 if problem.severity == 'error' else 33};1m{label}\x1b[0m"
        block = f"{visible(problem.file)}:{problem.line}:{problem.column}: {label}: " + sentence(
            problem
        )
        line = source_line(problem.file, problem.line) if source_line else None
        if line is not None:
            block += "\n" + _caret(line, problem.column)
        blocks.append(block + "\n")
    return "".join(blocks)


def sentence(problem: Problem) -> str:
    """The message and its hint as one line."""
    return visible(problem.message + (f"; {problem.hint}" if problem.hint else ""))


def _caret(line: str, column: int, width: int = 110) -> str:
    line = line.rstrip("\r\n")
    start = max(0, column - 1 - width * 2 // 3) if len(line) > width else 0
    before = visible(line[start : column - 1].replace("\t", " "))
    shown = before + visible(line[column - 1 : start + width].replace("\t", " "))
    lead = "…" if start else ""
    pad = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in lead + before)
    return f"    {lead}{shown}\n    {' ' * pad}^"


def as_json(problems: Iterable[Problem]) -> str:
    """`{"problems": [{file, line, column, rule, severity, message, hint}]}`, ASCII only."""
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


def as_github(problems: Iterable[Problem]) -> str:
    """Workflow commands that GitHub shows beside the lines of a pull request."""

    def data(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def attribute(text: str) -> str:
        return data(visible(text)).replace(":", "%3A").replace(",", "%2C")

    return "".join(
        f"::{problem.severity} file={attribute(problem.file)},line={problem.line},"
        f"col={problem.column},title={attribute(f'ecgen: {problem.rule}')}::{data(sentence(problem))}\n"
        for problem in problems
    )


def as_sarif(problems: Iterable[Problem], summaries: Mapping[str, str] | None = None) -> str:
    """A SARIF 2.1.0 log with one run."""
    from importlib.metadata import version
    from urllib.parse import quote

    found = list(problems)
    if summaries is None:
        from .rules import RULES

        summaries = {rule.id: rule.summary for rule in RULES.values()}
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
                        "version": version("ecgen"),
                        "rules": [
                            {
                                "id": rule,
                                "shortDescription": {"text": summaries.get(rule, rule)},
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
