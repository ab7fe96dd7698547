"""The table of rules that definitions are checked by, and access to their pages.

Errors fail every run; warnings (lints) fail it with `--strict`, and a comment `# ecgen: ignore[rule]` on the line
suppresses them. Each rule has a page in `docs/rules/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from .problems import Severity


class Rule(NamedTuple):
    """A rule: its id, a summary in one line, and its severity."""

    id: str
    summary: str
    severity: Severity = "error"


_FILE = (
    Rule("yaml-syntax", "The file is not well-formed YAML."),
    Rule("not-utf-8", "The file is not UTF-8."),
    Rule("file-too-large", "The file is larger than 1 MiB."),
    Rule("unreadable-file", "The file cannot be read."),
    Rule("empty-file", "The file defines nothing."),
    Rule("several-documents", "The file holds more than one YAML document."),
    Rule("tab-indentation", "A tab where YAML requires spaces."),
    Rule("yaml-tag", "A YAML tag would make something other than plain data."),
    Rule("yaml-alias", "An alias repeats too much, or itself."),
    Rule("too-deep", "The YAML nests too deeply."),
    Rule("duplicate-key", "A key is there twice in one mapping."),
    Rule("key-not-string", "A key is not a string."),
    Rule("invalid-character", "A name or value contains a character that is not allowed there."),
)
_STRUCTURE = (
    Rule("unknown-key", "A key that the definition language does not have."),
    Rule("missing-key", "A required key is missing."),
    Rule("misplaced-key", "A key that belongs somewhere else."),
    Rule("wrong-value", "A value that its key cannot have."),
    Rule("model-name", "A model's name is not a PascalCase class name."),
    Rule("index-name", "An index name that Elasticsearch refuses."),
    Rule("index-pattern", "An index pattern and its other keys do not fit."),
    Rule("data-stream", "A model that cannot be written to a data stream."),
    Rule("abstract-model", "A key that an abstract model cannot have."),
    Rule("no-fields", "A model has neither fields nor joins."),
)
_FIELDS = (
    Rule("unknown-type", "A field type that Elasticsearch does not have."),
    Rule("unknown-parameter", "A parameter that no type, or not this one, takes."),
    Rule("misplaced-parameter", "A parameter of other types."),
    Rule("missing-parameter", "A type lacks a parameter that it requires."),
    Rule("wrong-parameter", "A parameter has a value that the type does not accept."),
    Rule("parameter-conflict", "Two parameters that exclude each other."),
    Rule("scaling-factor", "A scaling_factor that is not a positive, finite number."),
    Rule("field-name", "A field name that Elasticsearch or ecgen refuses."),
    Rule("reserved-name", "A name that ecgen or Elasticsearch reserves."),
    Rule("duplicate-name", "Two fields or joins of a model with one Elasticsearch name."),
    Rule("wrong-default", "A default that the type cannot hold."),
    Rule("wrong-enum", "An enum that is empty, repeats itself or does not fit the type."),
    Rule("default-not-in-enum", "A default that the enum does not list."),
    Rule("multi-field", "A multi-field that Elasticsearch refuses."),
    Rule("nesting-limit", "Objects nest deeper than Elasticsearch allows."),
    Rule("too-many-fields", "A mapping holds more fields than Elasticsearch allows."),
    Rule("date-format", "A date format that Elasticsearch refuses."),
)
_REFERENCES = (
    Rule("unknown-analyzer", "An analyzer that is neither built in nor defined."),
    Rule("unknown-normalizer", "A normalizer that is neither built in nor defined."),
    Rule("unknown-tokenizer", "A tokenizer that is neither built in nor defined."),
    Rule("unknown-filter", "A token filter that is neither built in nor defined."),
    Rule("unknown-char-filter", "A character filter that is neither built in nor defined."),
    Rule("unknown-similarity", "A similarity that is neither built in nor defined."),
    Rule("unknown-field", "A name that is not a field of the model."),
    Rule("not-sortable", "A sort by a field that is not sortable."),
    Rule("settings", "An index setting that is misspelt or has a wrong value."),
    Rule("dynamic-template", "A dynamic template that Elasticsearch refuses."),
    Rule("runtime-field", "A runtime field that Elasticsearch refuses."),
    Rule("index-alias", "An index alias that Elasticsearch refuses."),
    Rule("compute-id", "A compute_id with wrong syntax."),
    Rule("unknown-id-part", "A compute_id names something the model does not have."),
    Rule("unknown-id-filter", "A compute_id uses a filter that does not exist."),
    Rule("wrong-routing", "A routing that is misspelt or names something the model does not have."),
    Rule("missing-routing", "Documents need a routing, and the model does not say which."),
)
_JOINS = (
    Rule("unknown-join-type", "A join type that does not exist."),
    Rule("join-option", "A join option that this kind of join cannot have."),
    Rule(
        "lazy-load-without-inverse", "A loose join with lazy_load but without inverse or join_by."
    ),
)
# Reported by resolve.py, which compares files.
_PROJECT = (
    Rule("unknown-target", "A join to a model that does not exist."),
    Rule("unknown-inverse", "An inverse that is not a join of the target."),
    Rule("unknown-join-by", "A join_by that is not a field of the target."),
    Rule("unknown-mixin", "An extends that names no model."),
    Rule("mixin-not-abstract", "An extends that names a model with an index."),
    Rule("mixin-cycle", "Models that extend each other in a circle."),
    Rule("duplicate-model", "Two files define the same model."),
    Rule("duplicate-index", "Two models share one index."),
    Rule("overlapping-patterns", "An index pattern matches what belongs to another model."),
    Rule("duplicate-module", "Two models would be written to one file."),
    Rule("name-clash", "Two names become the same name in Python."),
)
_LINTS = (
    Rule(
        "keyword-without-ignore-above",
        "A keyword whose overlong values make documents fail.",
        "warning",
    ),
    Rule(
        "parameter-name",
        "A field that is asked for with an underscore, since a parameter has its name.",
        "warning",
    ),
    Rule("float-for-money", "Money as a binary floating-point number.", "warning"),
    Rule("join-without-inverse", "A join that the target does not know of.", "warning"),
    Rule("unindexed-search-field", "A join or sort field that is not indexed.", "warning"),
    Rule("text-in-sort", "A sort by a text field.", "warning"),
    Rule("scaling-factor-not-decimal", "A scaling_factor that is not a power of ten.", "warning"),
    Rule("scaled-float-precision", "A scaled_float that can pass 2^53.", "warning"),
    Rule("unwritable-date-format", "A date format that the runtime cannot write.", "warning"),
    Rule("deprecated-parameter", "A deprecated parameter of Elasticsearch.", "warning"),
    Rule("newer-than-server", "A type or parameter newer than the server.", "warning"),
    Rule("unused-ignore", "An ignore comment that silences nothing.", "warning"),
    Rule("unknown-rule", "An ignore comment that names no rule.", "warning"),
)

# Reported by `ecgen check` for the output folder.
_OUTPUT = (
    Rule("stale-output", "A generated file is not what the definitions say."),
    Rule("edited-output", "A person edited or wrote a file where ecgen writes."),
)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.id: rule
        for family in (_FILE, _STRUCTURE, _FIELDS, _REFERENCES, _JOINS, _PROJECT, _LINTS, _OUTPUT)
        for rule in family
    }
)
"""Every rule by its id."""


def explain(rule: str) -> str | None:
    """Return the Markdown page of a rule, as `ecgen explain RULE` prints it; None if there is no such page.

    A wheel has the pages in `ecgen/rules`, a checkout in `docs/rules`.
    """
    if not rule.replace("-", "").isalnum():
        return None
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "rules", package.parent / "docs" / "rules"):
        found = folder / f"{rule}.md"
        if found.is_file():
            return found.read_text(encoding="utf-8")
    return None
