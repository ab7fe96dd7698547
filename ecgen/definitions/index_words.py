"""Messages for schema errors in settings, analysis, dynamic templates, runtime fields and aliases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ecgen.diagnostics.problems import did_you_mean, near_miss, quoted
from ecgen.elasticsearch.settings import OTHERS, SET_BY_SERVER, VALUES

from .case import Case, Finding
from .index_parts import RUNTIME_TYPES
from .name_words import index_complaint
from .phrases import extras, missing, phrase

_SETTINGS: Final = frozenset({*VALUES, *OTHERS})
_GROUPS: Final = frozenset(name.partition(".")[0] for name in _SETTINGS) | {"analysis", "similarity"}  # fmt: skip
_ANALYSIS_SECTIONS: Final = frozenset({"analyzer", "tokenizer", "filter", "normalizer", "char_filter"})  # fmt: skip
_RUNTIME_TYPE_HINTS: Final = {
    "integer": "did you mean 'long'?",
    "float": "did you mean 'double'?",
    "text": "did you mean 'keyword'?",
}


def is_setting(key: str) -> bool:
    """Return whether a key looks like that of an index setting."""
    return key.startswith(("index.", "number_of_")) or key in ("analysis", "refresh_interval", "similarity")  # fmt: skip


def _settings(case: Case) -> Iterator[Finding]:
    error = case.error
    base = next(each.depth for each in (*case.before, *case.trail) if each.definition == "settings")
    steps = [str(step) for step in case.path[base:]]
    name = ".".join(steps).removeprefix("index.")
    if error.validator == "additionalProperties":
        for each in extras(error):
            full = ".".join([*steps, each]).removeprefix("index.")
            message, hint = _unknown_setting(full)
            yield case.at_key((*case.path, each), "settings", message, hint, (*case.path, each))
    elif not steps:
        if error.instance is None:
            yield case.at_key(case.path, "settings", "'settings' is empty", "leave it out", case.path)  # fmt: skip
        else:
            message = f"'settings' must be a mapping, not {quoted(error.instance)}"
            yield Finding(case.path, False, "settings", message, None, case.path)
    else:
        text, hint = phrase(error)
        message = f"the setting '{name}' {text}"
        yield Finding(case.path, False, "settings", message, hint, case.path)


def _unknown_setting(name: str) -> tuple[str, str | None]:
    if name.partition(".")[0] in SET_BY_SERVER:
        return f"'{name}' is set by the server alone", None
    hint = did_you_mean(name, [*_SETTINGS, *_GROUPS])
    if name.partition(".")[0] in _ANALYSIS_SECTIONS:
        hint = "it belongs under 'analysis'"
    elif name in ("mappings", "aliases"):
        hint = "it is a key of the model, not a setting"
    return f"unknown index setting {quoted(name)}", hint


def _analysis(case: Case) -> Iterator[Finding]:
    """Yield the problems of `analysis` or `similarity`, and of the sections in them."""
    error = case.error
    if error.validator == "additionalProperties":
        for each in extras(error):
            known = error.schema.get("properties", {})
            hint = did_you_mean(each, known) or f"there are {', '.join(known)}"
            yield case.at_key((*case.path, each), "settings", f"unknown key {quoted(each)} in 'analysis'", hint)  # fmt: skip
        return
    steps = case.path[case.depth :]
    what = f"'{case.path[-1]}' must be a mapping of names to definitions" if steps else f"'{case.name}' must be a mapping"  # fmt: skip
    yield case.at_value(case.path, "settings", f"{what}, not {quoted(error.instance)}")


def _analysis_part(case: Case) -> Iterator[Finding]:
    section = str(case.path[-2]) if len(case.path) > 1 else "definition"
    message = (
        f"the {section} {quoted(case.name)} must be a mapping, not {quoted(case.error.instance)}"
    )
    yield Finding(case.path, False, "settings", message, None, case.path)


def _templates(case: Case) -> Iterator[Finding]:
    value, rule = case.error.instance, "dynamic-template"
    if not case.key:
        hint = "write a list: - name: {…}" if isinstance(value, dict) else None
        if value is None:
            yield case.at_key(case.path, "wrong-value", "'dynamic_templates' is empty", "give it a value, or leave it out")  # fmt: skip
            return
        message = f"'dynamic_templates' must be a list, not {quoted(value)}"
        yield case.at_value(case.path, rule, message, hint)
    else:
        message = f"a dynamic template must be a mapping of its name to its definition, not {quoted(value)}"
        yield case.at_value(case.path, rule, message, "write - name: {match: …, mapping: {…}}")


def _template(case: Case) -> Iterator[Finding]:
    error, rule = case.error, "dynamic-template"
    if error.validator == "additionalProperties" and not case.key:
        for each in extras(error):
            message = f"unknown key {quoted(each)} in dynamic template"
            hint = did_you_mean(each, error.schema["properties"])
            yield case.at_key((*case.path, each), rule, message, hint)
    elif error.validator == "required" and not case.key:
        if not any(near_miss(each, ["mapping"]) for each in error.instance):
            message = f"the template {quoted(case.name)} has neither 'mapping' nor 'runtime'"
            yield case.at_key(case.path, rule, message)
    elif not case.key:
        message = (
            f"the template {quoted(case.name)} must be a mapping, not {quoted(error.instance)}"
        )
        yield case.at_value(case.path, rule, message)
    else:
        yield from case.value(rule)


def _runtime_field(case: Case) -> Iterator[Finding]:
    error, key, rule = case.error, case.key, "runtime-field"
    kind = next((each.type for each in case.trail if each.type is not None), None)
    if kind is None:
        value = error.instance
        hint = f"write {{type: {value}}}" if isinstance(value, str) else None
        message = f"the runtime field {quoted(case.name)} must be a mapping, not {quoted(value)}"
        yield case.at_value(case.path, rule, message, hint)
    elif kind == "*":
        written = error.instance
        listed = f"there are {', '.join(RUNTIME_TYPES)}"
        hint = _RUNTIME_TYPE_HINTS.get(str(written), did_you_mean(written, RUNTIME_TYPES) or listed)  # fmt: skip
        message = f"unknown type of runtime field: {quoted(written)}"
        yield Finding(case.path, False, rule, message, hint, case.owner)
    elif error.validator == "required" and not key:
        name = missing(error)
        known = _keys_of_runtime_fields(kind)
        if any(near_miss(each, [name]) for each in error.instance if each not in known):
            return
        message = f"a runtime field of type {kind} requires '{name}'" if kind else f"the runtime field {quoted(case.name)} has no '{name}'"  # fmt: skip
        yield case.at_key(case.path, rule, message, refused=None if kind else case.path)
    elif error.validator == "additionalProperties" and not key:
        for each in extras(error):
            message = f"{quoted(each)} is not a parameter of a runtime field of type {kind}"
            hint = did_you_mean(each, error.schema["properties"])
            yield case.at_key((*case.path, each), rule, message, hint)
    else:
        yield from case.value(rule)


def _keys_of_runtime_fields(kind: str) -> set[str]:
    return {"type", "script", "on_script_error", "meta", *RUNTIME_TYPES.get(kind, ())}


def _aliases(case: Case) -> Iterator[Finding]:
    error, rule = case.error, "index-alias"
    name = error.instance
    at_name = "propertyNames" in error.absolute_schema_path
    path = (*case.path, name) if at_name else case.path
    if error.validator == "anyOf":
        if name is None:
            yield case.at_key(path, "wrong-value", "'aliases' is empty", "give it a value, or leave it out")  # fmt: skip
            return
        message, hint = f"'aliases' must be names, not {quoted(name)}", None
    elif not isinstance(name, str) or not name:
        message, hint = f"an alias must be a name, not {quoted(name)}", None
    else:
        wrong = index_complaint(name) or phrase(error)
        message, hint = f"an alias {wrong[0]}: {quoted(name)}", wrong[1]
    yield Finding(path, at_name, rule, message, hint, path[: case.depth + at_name])


def _alias(case: Case) -> Iterator[Finding]:
    error, rule = case.error, "index-alias"
    if error.validator == "additionalProperties" and not case.key:
        for each in extras(error):
            message = f"unknown option {quoted(each)} of an alias"
            hint = did_you_mean(each, error.schema["properties"])
            yield case.at_key((*case.path, each), rule, message, hint)
    elif not case.key:
        message = f"the options of the alias {quoted(case.name)} must be a mapping, not {quoted(error.instance)}"
        yield case.at_value(case.path, rule, message)
    elif case.key == "index_routing" and error.validator == "pattern":
        yield case.at_value(case.path, rule, "'index_routing' takes one value, not several")
    else:
        yield from case.value(rule)


WORDS: Final[Mapping[str, Callable[[Case], Iterator[Finding]]]] = {
    "settings": _settings,
    "analysis": _analysis,
    "similarity": _analysis,
    "analysisPart": _analysis_part,
    "analyzer": _analysis_part,
    "dynamicTemplates": _templates,
    "dynamicTemplate": _template,
    "runtimeField": _runtime_field,
    "aliases": _aliases,
    "alias": _alias,
}
