"""Check what a mapping has beside fields, as far as the schema cannot: dynamic templates, runtime fields, aliases."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from ecgen.diagnostics.problems import quoted
from ecgen.elasticsearch.field_types import FIELD_TYPES

from ..name_words import index_complaint
from ..refused_formats import complaint
from ..reporter import Report, Where
from . import conflicts

_UNBALANCED = ("missing )", "unbalanced parenthesis", "unterminated character set")


def check_dynamic_templates(
    report: Report, templates: Sequence[Mapping[str, Any]], path: Where = ("dynamic_templates",)
) -> None:
    """Report problems of dynamic templates: a list of mappings with one key each, the template's name."""
    for position, entry in enumerate(templates):
        for name, template in entry.items():
            _template(report, name, template, (*path, position, name))


def _template(report: Report, name: str, template: Mapping[str, Any], path: Where) -> None:
    rule = "dynamic-template"
    if "mapping" in template and "runtime" in template:
        message = f"the template {quoted(name)} has both 'mapping' and 'runtime'"
        report.at_key((*path, "runtime"), rule, message)
    if "mapping" in template:
        _mapping(report, template["mapping"], (*path, "mapping"))
    if template.get("match_pattern") == "regex":
        for key in ("match", "unmatch"):
            _regex(report, template.get(key), (*path, key))


def _regex(report: Report, pattern: Any, path: Where) -> None:
    if isinstance(pattern, list):
        for position, each in enumerate(pattern):
            _regex(report, each, (*path, position))
    elif isinstance(pattern, str) and pattern[:1] in ("*", "+", "?"):
        message = f"{quoted(pattern)} is not a regular expression"
        report.at_value(path, "dynamic-template", message, "did you mean '.*'?")
    elif isinstance(pattern, str):
        fault = _unbalanced(pattern)
        if fault:
            message = f"{quoted(pattern)} is not a regular expression: {fault}"
            report.at_value(path, "dynamic-template", message)


def _unbalanced(pattern: str) -> str | None:
    """Return Python's complaint about brackets; of the rest of the syntax Java, which reads the pattern, knows more."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of sets in sets, which Java has
            re.compile(pattern)
    except re.error as error:
        if error.msg.startswith(_UNBALANCED):
            return error.msg
    return None


def _mapping(report: Report, mapping: Mapping[str, Any], path: Where) -> None:
    row = FIELD_TYPES.get(mapping.get("type", ""))
    if row is not None:
        conflicts.check(report, row, mapping, path)
    for section in ("properties", "fields"):
        for key, part in (mapping.get(section) or {}).items():
            if isinstance(part, dict):
                _mapping(report, part, (*path, section, key))


def check_runtime(
    report: Report, runtime: Mapping[str, Mapping[str, Any]], path: Where = ("runtime",)
) -> None:
    """Report problems of runtime fields by name."""
    for name, field in runtime.items():
        here = (*path, name)
        if "on_script_error" in field and "script" not in field:
            message = "'on_script_error' needs a 'script'"
            report.at_key((*here, "on_script_error"), "runtime-field", message)
        wrong = complaint(field["format"]) if field.get("format") else None
        if wrong:
            report.at_value((*here, "format"), "date-format", *wrong)


def check_aliases(report: Report, aliases: Any, index: Any) -> None:
    """Report problems of `aliases`: a name, a list of names, or a mapping of names to options."""
    path: Where = ("aliases",)
    is_key = isinstance(aliases, dict)
    for position, name in enumerate([aliases] if isinstance(aliases, str) else aliases or ()):
        here = path if isinstance(aliases, str) else (*path, name if is_key else position)
        say = report.at_key if is_key else report.at_value
        wrong = index_complaint(name)
        if wrong:
            say(here, "index-alias", f"an alias {wrong[0]}: {quoted(name)}", wrong[1])
        elif name == index:
            message = f"the alias {quoted(name)} is also the name of the index"
            say(here, "index-alias", message)
