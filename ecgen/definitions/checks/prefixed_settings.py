"""Check settings written with the prefix `index.`: the gate validates the rest of the name as if written alone."""

from __future__ import annotations

from typing import Any

from ..reporter import Report
from ..words import problems_of


def check_settings(report: Report, settings: Any) -> None:
    """Report unknown names and wrong values of the settings that are written with `index.`."""
    for key, value in settings.items() if isinstance(settings, dict) else ():
        if not key.startswith("index."):
            continue
        for said in problems_of({key.removeprefix("index."): value}, "settings"):
            say = report.at_key if said.key else report.at_value
            say(("settings", key, *said.path[1:]), said.rule, said.message, said.hint)
