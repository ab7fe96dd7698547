"""Messages for schema errors in fields, multi-fields and the mappings of dynamic templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecgen.diagnostics.problems import did_you_mean, near_miss, quoted
from ecgen.elasticsearch.field_types import FIELD_TYPES, FieldType

from .case import Case, Finding
from .foreign_names import FOREIGN_PARAMETERS, foreign_type
from .language import FIELD_KEYS, JOIN_KEYS, JOIN_KINDS
from .name_words import refused_name
from .phrases import extras, missing

_SIMILAR_PARAMETERS = {
    ("keyword", "analyzer"): "a keyword is not analyzed; it takes a 'normalizer'",
    ("text", "normalizer"): "did you mean 'analyzer'?",
    ("float", "scaling_factor"): "did you mean 'type: scaled_float'?",
    ("double", "scaling_factor"): "did you mean 'type: scaled_float'?",
    ("object", "fields"): "the sub-fields of an object belong under 'properties'",
    ("nested", "fields"): "the sub-fields of nested objects belong under 'properties'",
    ("text", "ignore_above"): "it belongs to a keyword, perhaps one in 'fields'",
}
PARAMETERS: Mapping[str, list[str]] = {
    name: [row.name for row in FIELD_TYPES.values() if name in row.parameters]
    for row in FIELD_TYPES.values()
    for name in row.parameters
}
"""The types that take each parameter."""
_MISSPELT = 0.8
"""The likeness from which a parameter of another type is meant: 'max_length' is not completion's 'max_input_length'."""


def field(case: Case) -> Iterator[Finding]:
    """Yield the problems of a field, a multi-field, or the mapping of a template."""
    error = case.error
    kind = next((each.type for each in case.trail if each.type is not None), None)
    if kind is None:
        yield _wrong_form(case)
    elif kind == "*" and (error.validator == "required" or case.definition == "mapping"):
        yield _unknown_type(case)
    elif kind == "" and error.validator == "required":
        yield _missing_type(case)
    elif kind in ("", "*") or FIELD_TYPES.get(kind) is None:
        yield from _parameters(case, None if kind == "*" else FIELD_TYPES["object"])
    else:
        yield from _parameters(case, FIELD_TYPES[kind])


def _parameters(case: Case, row: FieldType | None) -> Iterator[Finding]:
    error, key = case.error, case.key
    if error.validator == "additionalProperties" and not key:
        for name in extras(error):
            yield _unknown_parameter(case, row, name, error.instance)
    elif error.validator == "required" and not key and row is not None:
        name = missing(error)
        unknown = (each for each in error.instance if each not in {*row.parameters, *FIELD_KEYS})
        if not any(near_miss(each, [name]) for each in unknown):
            rule = "scaling-factor" if name == "scaling_factor" else "missing-parameter"
            hint = "'scaling_factor: 100' keeps two decimals" if name == "scaling_factor" else None
            message = f"field {quoted(case.name)} ({row.name}) requires '{name}'"
            yield case.at_key(case.path, rule, message, hint, refused=None)
    elif (
        key == "many" and error.validator == "const" and row is not None and error.instance is True
    ):
        message = f"a document holds one value of {row.name}, not many"
        yield case.at_key(case.path, "parameter-conflict", message)
    elif key == "enum":
        text = f"'enum' must be a list of values, not {quoted(error.instance)}"
        if isinstance(error.instance, list):
            text = "'enum' must not be empty"
        yield case.at_value(case.path, "wrong-enum", text)
    elif key == "name" and error.validator == "pattern":
        yield from own_name(case)
    elif row is None or (key in FIELD_KEYS and key not in row.parameters):
        yield from case.value("wrong-value")
    else:
        rule = "scaling-factor" if key == "scaling_factor" else "wrong-parameter"
        yield from case.value(rule, of=f" of {row.name}")


def own_name(case: Case) -> Iterator[Finding]:
    """Yield the problems of `name`, the Elasticsearch name of a field or join."""
    if case.error.validator == "pattern":
        rule, message, hint = refused_name(case.error.instance, "name")
        yield case.at_value(case.path, rule, message, hint)
    else:
        yield from case.value("wrong-value")


def _noun(case: Case) -> str:
    families = {"multiField": "multi-field", "mapping": "mapping"}
    return families.get(case.definition.partition(".")[0], "field")


def _wrong_form(case: Case) -> Finding:
    """Return the problem of a definition that is neither a type name nor a mapping."""
    name, value = case.name, case.error.instance
    hint = f"write '{name[:40]}: keyword', or '{name[:40]}: {{type: keyword}}'"
    if _noun(case) == "mapping":
        rule = "wrong-parameter" if "mappings" in [each.definition for each in case.before] else "dynamic-template"  # fmt: skip
        message = f"{quoted(name)} must be a mapping with a 'type', not {quoted(value)}"
        return case.at_value(case.path, rule, message)
    if value is None and _noun(case) == "field":
        return case.at_key(case.path, "missing-key", f"field {quoted(name)} has no type", hint)
    message = f"the {_noun(case)} {quoted(name)} must be a type or a mapping with one, not {quoted(value)}"
    return case.at_value(
        case.path, "wrong-value", message, hint if _noun(case) == "field" else None
    )


def _missing_type(case: Case) -> Finding:
    definition = case.error.instance
    for name in definition:
        if near_miss(name, ["type"]) and name not in FIELD_KEYS and name not in PARAMETERS:
            message = f"unknown key {quoted(name)} in field"
            return case.at_key((*case.path, name), "unknown-key", message, "did you mean 'type'?", refused=case.path)  # fmt: skip
    hint = None
    if "properties" in definition:
        hint = "with 'properties' it is 'object' or 'nested'"
    elif "target" in definition:
        hint = "a join belongs under 'joins'"
    elif definition and all(_type_of(part) in FIELD_TYPES for part in definition.values()):
        hint = "sub-fields belong under 'properties', beside 'type: object'"
    message = f"{_noun(case)} {quoted(case.name)} has no 'type'"
    return case.at_key(case.path, "missing-key", message, hint)


def _type_of(definition: Any) -> str | None:
    name = definition.get("type") if isinstance(definition, dict) else definition
    return name if isinstance(name, str) else None


def _unknown_type(case: Case) -> Finding:
    owner = case.owner
    written: Any = case.root
    for step in owner:
        written = written[step]
    short = isinstance(written, str)
    path = owner if short else (*owner, "type")
    name = written if short else written.get("type")
    if not isinstance(name, str) or not name:
        message = f"a field's type must be a name such as 'keyword', not {quoted(name)}"
        return _of_type(case, path, "wrong-value", message)
    if name in FIELD_TYPES and _noun(case) == "multi-field":
        return _of_type(case, path, "multi-field", f"{name} cannot be a multi-field")
    hint = foreign_type(name) or did_you_mean(name, FIELD_TYPES)
    if name in JOIN_KINDS:
        hint = "that is a join; it belongs under 'joins'"
    elif name.startswith("type "):
        hint = "is a ':' missing after 'type'?"
    elif short and " " in name.strip():
        hint = hint or "write more than a type as {type: …, …}"
    return _of_type(case, path, "unknown-type", f"unknown field type {quoted(name)}", hint)


def _of_type(case: Case, path: Any, rule: str, message: str, hint: str | None = None) -> Finding:
    return Finding(path, False, rule, message, hint, case.owner)


def _unknown_parameter(
    case: Case, row: FieldType | None, name: str, definition: Mapping[str, Any]
) -> Finding:
    path = (*case.path, name)
    noun = _noun(case)
    if row is None:
        kind = quoted(definition.get("type"))
        message = f"ecgen does not know the type {kind}, nor whether it takes {quoted(name)}"
        return case.at_key(path, "unknown-parameter", message, "move it to 'unchecked'")
    if noun == "multi-field" and name in ("fields", "copy_to"):
        what = "multi-fields of its own" if name == "fields" else "'copy_to'"
        message = f"a multi-field cannot have {what}"
        return case.at_key(path, "multi-field", message, "say it of the field itself")
    if noun == "multi-field" and name in FIELD_KEYS:
        message = f"'{name}' is not allowed in a multi-field"
        return case.at_key(path, "misplaced-key", message, "say it of the field itself")
    if noun == "field" and name in FIELD_KEYS:
        return _own_key(case, row, name, path)
    message = f"{quoted(name)} is not a parameter of {row.name}"
    if name in JOIN_KEYS and name not in PARAMETERS and name not in FIELD_KEYS:
        hint = "a join belongs under 'joins'"
        return case.at_key(path, "misplaced-key", f"{message}, but a key of joins", hint)
    if name in FOREIGN_PARAMETERS:
        return case.at_key(path, "unknown-parameter", message, FOREIGN_PARAMETERS[name])
    if name in PARAMETERS:
        types = PARAMETERS[name]
        listed = ", ".join(types[:4]) + (f" and {len(types) - 4} more" if len(types) > 4 else "")
        take = "takes" if len(types) == 1 else "take"
        similar = _SIMILAR_PARAMETERS.get((row.name, name))
        return case.at_key(path, "misplaced-parameter", f"{message}; {listed} {take} it", similar)
    near = did_you_mean(name, [*row.parameters, *(FIELD_KEYS if noun == "field" else ("type",))])
    if row.json == "object" and _type_of(definition[name]) in FIELD_TYPES:
        near = "sub-fields belong under 'properties'"
    elif near is None and (elsewhere := near_miss(name, PARAMETERS, _MISSPELT)):
        near = f"{PARAMETERS[elsewhere][0]} has '{elsewhere}'"
    return case.at_key(path, "unknown-parameter", message, near)


def _own_key(case: Case, row: FieldType, name: str, path: Any) -> Finding:
    """Return the problem of one of ecgen's own keys that a field of this type cannot have."""
    if name == "enum" and row.stored:
        message = f"values of {row.name} cannot be listed in an 'enum'"
        return case.at_key(path, "wrong-enum", message)
    if not row.stored:
        message = f"'{name}' has no meaning here: a document holds nothing under an {row.name}"
        return case.at_key(path, "parameter-conflict", message)
    kind = "dates" if name == "auto" else "scaled_float"
    message = f"'{name}' is for {kind}, not for {row.name}"
    return case.at_key(path, "misplaced-key", message)
