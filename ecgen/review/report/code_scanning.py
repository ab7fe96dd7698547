"""A review as a SARIF 2.1.0 log, for code scanning."""

from __future__ import annotations

from collections.abc import Callable

from ecgen.diagnostics.sarif import log, result

from ..rules.table import RULES
from .judged import Judged


def as_sarif(judged: Judged, named: Callable[[str], str] = str) -> str:
    """Return every change as a result: an error if it makes the run fail, else a warning or a note."""
    results = [
        result(
            change.rule,
            judged.level(change, "note"),
            f"{change.model}: {change.message} ({change.server}, {change.code})",
            named(change.file),
            line=change.line,
        )
        for change in judged.review.changes
    ]
    return log(
        results, {change.rule: RULES[change.rule].summary for change in judged.review.changes}
    )
