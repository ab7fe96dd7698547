"""Apply comments `# ecgen: ignore[rule]`, and report those that suppress nothing."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from typing import Any

from ecgen.diagnostics.problems import Problem, did_you_mean, quoted
from ecgen.diagnostics.rules import RULES

from ..load import RawModel
from ..reporter import Where


def without_ignored(raws: Iterable[RawModel], problems: list[Problem]) -> list[Problem]:
    """Drop the warnings that comments suppress, and add one for each comment that suppresses nothing."""
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    commented = {raw.file for raw in raws if raw.ignores}
    kept = [problem for problem in problems if problem.file not in commented]
    for raw in raws:
        if not raw.ignores:
            continue
        members = _member_lines(raw.data, (), raw)
        for_the_file = raw.locate(("model",))[0]
        used: set[int] = set()
        for problem in by_file.get(raw.file, ()):
            where = _member_of(members, problem.line)
            matching = [
                number
                for number, ignore in enumerate(raw.ignores)
                if ignore.rule == problem.rule
                and (
                    ignore.line in (problem.line, for_the_file)
                    or where == _member_of(members, ignore.line) is not None
                )
            ]
            if matching and problem.severity == "warning":
                used.update(matching)
            else:
                kept.append(problem)
        kept += [_unused(raw, number) for number in range(len(raw.ignores)) if number not in used]
    return kept


def _member_lines(part: Any, path: Where, raw: RawModel) -> list[int]:
    """Return the sorted lines on which fields, sub-fields, multi-fields and joins begin."""
    lines: list[int] = []
    for section in ("fields", "properties", "joins"):
        members = part.get(section) if isinstance(part, dict) else None
        for key, member in members.items() if isinstance(members, dict) else ():
            here = (*path, section, key)
            lines += [raw.locate(here)[0], *_member_lines(member, here, raw)]
    return sorted(lines)


def _member_of(lines: list[int], line: int) -> int | None:
    """Return the line on which the innermost member around a line begins; None if there is none."""
    position = bisect.bisect_right(lines, line)
    return lines[position - 1] if position else None


def _unused(raw: RawModel, number: int) -> Problem:
    ignore = raw.ignores[number]
    rule = RULES.get(ignore.rule)
    if rule is None:
        message = f"there is no rule {quoted(ignore.rule)} to ignore"
        hint = did_you_mean(
            ignore.rule, [name for name, each in RULES.items() if each.severity == "warning"]
        )
        return Problem(
            raw.file, ignore.line, ignore.column, "unknown-rule", message, hint, "warning"
        )
    message = f"this line has nothing of {quoted(ignore.rule)} to ignore"
    hint = "remove the comment"
    if rule.severity == "error":
        message, hint = (
            f"{quoted(ignore.rule)} is an error and cannot be ignored",
            "fix it instead",
        )
    return Problem(raw.file, ignore.line, ignore.column, "unused-ignore", message, hint, "warning")
