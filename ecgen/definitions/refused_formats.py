"""Messages for date formats that Elasticsearch refuses."""

from __future__ import annotations

from ecgen.diagnostics.problems import did_you_mean, quoted
from ecgen.elasticsearch.date_formats import NAMES, format_fault


def complaint(text: str) -> tuple[str, str | None] | None:
    """Return why Elasticsearch refuses a `format`, and a hint; None if it accepts the format."""
    fault = format_fault(text)
    if fault is None:
        return None
    if not fault.part:
        message = f"the date format {quoted(text)} has an empty part"
        return message, "several formats are joined with '||'"
    message = f"{quoted(fault.part)} is not a date format: {fault.reason}"
    return message, did_you_mean(fault.part, NAMES)
