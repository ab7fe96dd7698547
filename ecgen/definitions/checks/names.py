"""Check names beyond the schema's patterns: index names, and `name`, whose forbidden values depend on its place."""

from __future__ import annotations

from ecgen.diagnostics.problems import quoted
from ecgen.elasticsearch.metadata_fields import metadata_fields

from ..name_words import index_complaint, index_noun, refused_name
from ..reporter import Report, Where


def check_index_name(report: Report, name: str) -> None:
    """Report capital letters outside ASCII, and names longer than 255 bytes."""
    wrong = index_complaint(name, pattern=True)
    if wrong is None and name.lower() != name:
        wrong = "must be in lower case", f"did you mean '{name.lower()}'?"
    if wrong:
        message = f"{index_noun(name)} {wrong[0]}: {quoted(name)}"
        report.at_value(("index",), "index-name", message, wrong[1])


def check_own_name(report: Report, name: str, path: Where) -> None:
    """Report a `name` at the top of a model that Elasticsearch reserves or that the stored id uses."""
    kept_id = name == "id" and report.raw.data.get("store_id") is not False
    if name in metadata_fields() or kept_id:
        report.at_value(path, *refused_name(name, "name"))
