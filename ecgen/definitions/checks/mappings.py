"""What stands beside the fields in a mapping: dynamic templates, runtime fields, and the index's aliases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ecgen.diagnostics.problems import did_you_mean, quoted
from ecgen.diagnostics.reporter import Report, Where
from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.elasticsearch.parameters import BOOLEAN, META, OBJECT, SCRIPT, STRING

from ..fragments import misfits, subject
from ..refused_formats import complaint
from . import conflicts
from .fields import check_properties
from .names import index_complaint
from .parameters import check_parameter_value, unknown_parameter

_PATTERNS: Final = {"anyOf": [STRING, {"type": "array", "items": STRING, "minItems": 1}]}
_JSON_TYPES: Final = ("object", "string", "long", "double", "boolean", "date", "binary")
_JSON_TYPE: Final = {"enum": [*_JSON_TYPES, "*"]}
_TEMPLATE: Final[Mapping[str, Any]] = {
    "match": _PATTERNS,
    "unmatch": _PATTERNS,
    "path_match": _PATTERNS,
    "path_unmatch": _PATTERNS,
    "match_mapping_type": {"anyOf": [_JSON_TYPE, {"type": "array", "items": _JSON_TYPE}]},
    "unmatch_mapping_type": {"anyOf": [_JSON_TYPE, {"type": "array", "items": _JSON_TYPE}]},
    "match_pattern": {"enum": ["simple", "regex"]},
    "mapping": OBJECT,
    "runtime": OBJECT,
}
_RUNTIME_TYPES: Final = (
    "boolean",
    "composite",
    "date",
    "double",
    "geo_point",
    "ip",
    "keyword",
    "long",
    "lookup",
)
_RUNTIME: Final[Mapping[str, Any]] = {
    "script": SCRIPT.schema,
    "on_script_error": {"enum": ["fail", "continue"]},
    "meta": META.schema,
}
_OF_RUNTIME_TYPE: Final[Mapping[str, Mapping[str, Any]]] = {
    "date": {"format": STRING, "locale": STRING},
    "composite": {"fields": OBJECT},
    "lookup": {
        "target_index": STRING,
        "input_field": STRING,
        "target_field": STRING,
        "fetch_fields": {"type": "array", "minItems": 1},
    },
}
_ALIAS: Final[Mapping[str, Any]] = {
    "filter": OBJECT,
    "routing": STRING,
    "index_routing": STRING,
    "search_routing": STRING,
    "is_write_index": BOOLEAN,
    "is_hidden": BOOLEAN,
}


def check_dynamic_templates(report: Report, templates: Any) -> None:
    """A list of one-key mappings, each a template."""
    path: Where = ("dynamic_templates",)
    rule = "dynamic-template"
    if not isinstance(templates, list):
        hint = "write a list: - name: {…}" if isinstance(templates, dict) else None
        report.at_value(
            path, rule, f"'dynamic_templates' must be a list, not {quoted(templates)}", hint
        )
        return
    for position, entry in enumerate(templates):
        here = (*path, position)
        if not isinstance(entry, dict) or len(entry) != 1:
            message = f"a dynamic template must be a mapping of its name to its definition, not {quoted(entry)}"
            report.at_value(here, rule, message, "write - name: {match: …, mapping: {…}}")
            continue
        name, template = next(iter(entry.items()))
        if not isinstance(template, dict):
            report.at_value(
                (*here, name),
                rule,
                f"the template {quoted(name)} must be a mapping, not {quoted(template)}",
            )
            continue
        _template(report, name, template, (*here, name))


def _template(report: Report, name: str, template: Mapping[str, Any], path: Where) -> None:
    rule = "dynamic-template"
    for key, value in template.items():
        if key not in _TEMPLATE:
            message = f"{quoted(key)} is no key of a dynamic template"
            report.at_key((*path, key), rule, message, did_you_mean(key, _TEMPLATE))
            continue
        for misfit in misfits(_TEMPLATE[key], value):
            report.at_value(
                (*path, key, *misfit.path),
                rule,
                f"'{subject(key, misfit)}' {misfit.text}",
                misfit.hint,
            )
    if "mapping" in template and "runtime" in template:
        report.at_key(
            (*path, "runtime"),
            rule,
            f"the template {quoted(name)} has both 'mapping' and 'runtime'",
        )
    elif not {"mapping", "runtime"} & set(template) and not any(
        did_you_mean(key, ["mapping"]) for key in template if key not in _TEMPLATE
    ):
        report.at_key(
            path, rule, f"the template {quoted(name)} has neither 'mapping' nor 'runtime'"
        )
    mapping = template.get("mapping")
    if isinstance(mapping, dict):
        _template_mapping(report, mapping, (*path, "mapping"))
    if template.get("match_pattern") == "regex":
        for key in ("match", "unmatch"):
            _regex(report, template.get(key), (*path, key))


def _regex(report: Report, pattern: Any, path: Where) -> None:
    if isinstance(pattern, str) and pattern[:1] in ("*", "+", "?"):
        report.at_value(
            path,
            "dynamic-template",
            f"{quoted(pattern)} is no regular expression",
            "did you mean '.*'?",
        )
    elif isinstance(pattern, str):
        try:
            re.compile(pattern)
        except re.error:
            # Java's expressions say more than Python's, but what is unbalanced here is so there.
            report.at_value(path, "dynamic-template", f"{quoted(pattern)} is no regular expression")


def _template_mapping(report: Report, mapping: Mapping[str, Any], path: Where) -> None:
    kind = mapping.get("type")
    if kind is None or (isinstance(kind, str) and kind.startswith("{")):
        return
    row = FIELD_TYPES.get(kind) if isinstance(kind, str) else None
    if row is None:
        message = f"{quoted(kind)} is no field type of Elasticsearch"
        report.at_value((*path, "type"), "unknown-type", message, did_you_mean(kind, FIELD_TYPES))
        return
    for name, value in mapping.items():
        here = (*path, name)
        if name == "type":
            continue
        if name not in row.parameters:
            unknown_parameter(report, row, name, here, own=False)
        elif name == "properties":
            check_properties(report, value, here, 2)
        else:
            check_parameter_value(report, row, name, value, here)
    conflicts.check(report, row, mapping, path)


def check_runtime(report: Report, runtime: Any) -> None:
    """Runtime fields by name."""
    path: Where = ("runtime",)
    rule = "runtime-field"
    if not isinstance(runtime, dict):
        report.at_value(
            path, rule, f"'runtime' must be a mapping of names to fields, not {quoted(runtime)}"
        )
        return
    for name, field in runtime.items():
        here = (*path, name)
        if not isinstance(field, dict):
            hint = f"write {{type: {field}}}" if isinstance(field, str) else None
            report.at_value(
                here,
                rule,
                f"the runtime field {quoted(name)} must be a mapping, not {quoted(field)}",
                hint,
            )
            continue
        kind = field.get("type")
        if kind is None:
            report.at_key(here, rule, f"the runtime field {quoted(name)} has no 'type'")
            continue
        if not isinstance(kind, str) or kind not in _RUNTIME_TYPES:
            hint = did_you_mean(kind, _RUNTIME_TYPES) or f"there are {', '.join(_RUNTIME_TYPES)}"
            hint = {
                "integer": "did you mean 'long'?",
                "float": "did you mean 'double'?",
                "text": "did you mean 'keyword'?",
            }.get(str(kind), hint)
            report.at_value(
                (*here, "type"), rule, f"{quoted(kind)} is no type of runtime field", hint
            )
            continue
        _runtime_field(report, kind, field, here)


def _runtime_field(report: Report, kind: str, field: Mapping[str, Any], path: Where) -> None:
    rule = "runtime-field"
    known = {**_RUNTIME, **_OF_RUNTIME_TYPE.get(kind, {})}
    for key, value in field.items():
        if key in known:
            for misfit in misfits(known[key], value):
                report.at_value(
                    (*path, key, *misfit.path),
                    rule,
                    f"'{subject(key, misfit)}' {misfit.text}",
                    misfit.hint,
                )
        elif key != "type":
            message = f"{quoted(key)} is not a parameter of a runtime field of type {kind}"
            report.at_key((*path, key), rule, message, did_you_mean(key, known))
    if "on_script_error" in field and "script" not in field:
        report.at_key((*path, "on_script_error"), rule, "'on_script_error' needs a 'script'")
    needed = {"composite": ("script",), "lookup": tuple(_OF_RUNTIME_TYPE["lookup"])}.get(kind, ())
    for key in needed:
        if key not in field:
            report.at_key(path, rule, f"a runtime field of type {kind} needs '{key}'")
    text = field.get("format")
    wrong = complaint(text) if isinstance(text, str) and kind == "date" else None
    if wrong:
        report.at_value((*path, "format"), "date-format", *wrong)


def check_aliases(report: Report, aliases: Any, index: Any) -> None:
    """`aliases`: a name, names, or names with options."""
    path: Where = ("aliases",)
    rule = "index-alias"
    entries: list[tuple[Any, Any, Where, bool]]
    if isinstance(aliases, str):
        entries = [(aliases, {}, path, False)]
    elif isinstance(aliases, list):
        entries = [(name, {}, (*path, position), False) for position, name in enumerate(aliases)]
    elif isinstance(aliases, dict):
        entries = [(name, options, (*path, name), True) for name, options in aliases.items()]
    else:
        report.at_value(path, rule, f"'aliases' must be names, not {quoted(aliases)}")
        return
    for name, options, here, is_key in entries:
        say = report.at_key if is_key else report.at_value
        if not isinstance(name, str) or not name:
            say(here, rule, f"an alias must be a name, not {quoted(name)}")
            continue
        wrong = index_complaint(name)
        if wrong:
            say(here, rule, f"an alias {wrong[0]}: {quoted(name)}", wrong[1])
        elif name == index:
            say(here, rule, f"the alias {quoted(name)} is also the name of the index")
        _alias(report, name, options, here)


def _alias(report: Report, name: str, options: Any, path: Where) -> None:
    rule = "index-alias"
    if options is None:
        return
    if not isinstance(options, dict):
        report.at_value(
            path,
            rule,
            f"the options of the alias {quoted(name)} must be a mapping, not {quoted(options)}",
        )
        return
    for key, value in options.items():
        if key not in _ALIAS:
            report.at_key(
                (*path, key),
                rule,
                f"{quoted(key)} is no option of an alias",
                did_you_mean(key, _ALIAS),
            )
            continue
        for misfit in misfits(_ALIAS[key], value):
            report.at_value(
                (*path, key, *misfit.path),
                rule,
                f"'{subject(key, misfit)}' {misfit.text}",
                misfit.hint,
            )
    if isinstance(options.get("index_routing"), str) and "," in options["index_routing"]:
        report.at_value(
            (*path, "index_routing"), rule, "'index_routing' takes one value, not several"
        )
