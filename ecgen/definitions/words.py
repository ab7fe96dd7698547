"""Turn each refusal of the gate into findings: rule, message, hint and path.

The innermost definition that contains the error (a field, a join, a setting) decides which function words the message.
No error is dropped: where no function fits, the message is jsonschema's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ecgen.diagnostics.problems import did_you_mean, quoted
from ecgen.elasticsearch.field_types import FIELD_TYPES

from . import field_words, foreign_names, index_words
from .case import Case, Finding
from .foreign_names import stands_for
from .gate import Refusal, gate
from .language import FIELD_KEYS, JOIN_KEYS, JOIN_KINDS, MODEL_KEYS
from .name_words import index_complaint, index_noun, model_name, pascal_case, refused_name
from .phrases import extras, missing, phrase

_NO_BREAK = "\u00a0"
MAPPING_KEYS = frozenset({"mappings", "properties", "mapping"})
_FOREIGN_JOIN_TYPES = {
    "one": "did you mean 'single'?",
    "many": "did you mean 'multi'?",
    "has_one": "did you mean 'single_loose'?",
    "has_many": "did you mean 'multi_loose'?",
    "belongs_to": "did you mean 'single'?",
    "many_to_one": "did you mean 'single'?",
    "one_to_many": "did you mean 'multi_loose'?",
    "one_to_one": "did you mean 'single'?",
    "many_to_many": "did you mean 'multi'?",
    "foreign_key": "did you mean 'single'?",
    "multiple": "did you mean 'multi'?",
    "loose": "did you mean 'single_loose' or 'multi_loose'?",
}


def findings(refusal: Refusal, root: Any) -> Iterator[Finding]:
    """Yield the findings of one refusal: several if a mapping has several unknown keys.

    Args:
        refusal: the gate's error.
        root: the whole value that was validated.
    """
    for number in range(len(refusal.trail) - 1, -1, -1):
        family = refusal.trail[number].definition.partition(".")[0]
        words = _WORDS.get(family)
        if words is not None:
            yield from words(Case(refusal, number, root))
            return
    yield from Case(refusal, 0, root).value("wrong-value")


def problems_of(value: Any, definition: str) -> Iterator[Finding]:
    """Yield the findings for a value that is not a whole file; `definition` is the name of its schema definition."""
    for refusal in gate().refusals(value, definition):
        yield from findings(refusal, value)


def _model(case: Case) -> Iterator[Finding]:
    error, key = case.error, case.key
    if error.validator == "additionalProperties" and not key:
        for name in extras(error):
            yield _unknown_model_key(case, name)
    elif error.validator == "required" and not key:
        name = missing(error)
        if not any(
            stands_for(each, name, foreign_names.MODEL_KEYS)
            for each in error.instance
            if each not in MODEL_KEYS
        ):
            message = f"the file has no '{name}', the name of the class"
            yield case.at_key((), "missing-key", message, "begin with 'model: Name'")
    elif error.instance is None and not case.inside:
        hint = "name the class" if key == "model" else "give it a value, or leave it out"
        yield case.at_key(case.path, "wrong-value", f"'{key}' is empty", hint)
    elif key == "model":
        yield case.at_value(case.path, "model-name", *model_name(error.instance))
    elif key in ("index", "write_to"):
        yield _index(case)
    elif key == "extends" and error.validator != "anyOf":
        text = "must be a class name" if isinstance(error.instance, str) else phrase(error)[0]
        hint = None
        if isinstance(error.instance, str) and (better := pascal_case(error.instance)):
            hint = f"did you mean '{better}'?"
        yield case.at_value(case.path, "wrong-value", f"'extends': {quoted(error.instance)} {text}", hint)  # fmt: skip
    else:
        rule = _OWN_RULES.get(key, "wrong-value")
        hint = None
        if key == "compute_id" and error.validator == "anyOf":
            hint = "write a template like \"{maker}-{sku|lower}\", a list of fields, 'uuid7' or 'server'"  # fmt: skip
        elif key == "compute_id" and error.validator == "minItems":
            hint = "as in [maker, sku]"
        elif key == "routing" and not error.instance:
            hint = "leave it out where Elasticsearch routes documents by their ids"
        elif key == "routing":
            hint = "write a field, a template like \"{tenant}-{year}\", or 'given'"
        elif key == "sort" and isinstance(error.instance, dict) and error.validator == "type":
            hint = "write a list: [{field: desc}]"
        elif key == "sort" and error.validator == "maxProperties":
            hint = "make each a list item of its own"
        yield from case.value(rule, hint=hint)


_OWN_RULES = {"compute_id": "compute-id", "routing": "wrong-routing"}


def _index(case: Case) -> Finding:
    name = case.error.instance
    if not isinstance(name, str) or not name:
        message = f"'{case.key}' must be a name, not {quoted(name)}"
        return case.at_value(case.path, "index-name", message)
    wrong = index_complaint(name, case.key == "index")
    if wrong is None:
        hint = f"did you mean '{name.lower()}'?"
        wrong = "must be in lower case", hint
    what = index_noun(name) if case.key == "index" else f"'{case.key}'"
    return case.at_value(case.path, "index-name", f"{what} {wrong[0]}: {quoted(name)}", wrong[1])


def _unknown_model_key(case: Case, key: str) -> Finding:
    path = (key,)
    message = f"unknown key {quoted(key)} in model"
    parameters = [row.name for row in FIELD_TYPES.values() if key in row.parameters]
    rule, hint = "misplaced-key", "it belongs to a field, under 'fields'"
    meant = foreign_names.MODEL_KEYS.get(key)
    if meant is not None and meant not in case.root:
        return case.at_key(path, "unknown-key", message, f"did you mean '{meant}'?")
    if key in JOIN_KEYS and key not in FIELD_KEYS:
        message = f"{quoted(key)} is a key of joins, not of a model"
        hint = "it belongs to a join, under 'joins'"
    elif key in MAPPING_KEYS:
        hint = "fields belong under 'fields', and mapping options beside 'model'"
    elif key in FIELD_KEYS:
        message = f"{quoted(key)} is a key of fields, not of a model"
    elif parameters:
        listed = ", ".join(parameters[:3]) + (" and others" if len(parameters) > 3 else "")
        message = f"{quoted(key)} is a parameter of {listed}, not a key of a model"
        rule = "misplaced-parameter"
    elif index_words.is_setting(key):
        message, hint = f"{quoted(key)} is an index setting, not a key of a model", "it belongs under 'settings'"  # fmt: skip
    else:
        rule = "unknown-key"
        near = did_you_mean(key, MODEL_KEYS)
        empty = [each for each in ("fields", "joins") if case.root.get(each, "") is None]
        if _NO_BREAK in key:
            near = "it has a non-breaking space in it, which YAML takes for a letter"
        elif near is None and empty:
            near = f"does it belong under '{empty[0]}'? then indent it"
        return case.at_key(path, rule, message, near)
    return case.at_key(path, rule, message, hint)


def _join(case: Case) -> Iterator[Finding]:
    error, key = case.error, case.key
    name = case.name
    if error.validator == "additionalProperties" and not key:
        for each in extras(error):
            if each in FIELD_KEYS or each in field_words.PARAMETERS:
                hint = "use a 'multi' join to hold several" if each == "many" else None
                message = f"'{each}' is for fields; a join cannot have it"
                yield case.at_key((*case.path, each), "join-option", message, hint)
            else:
                message = f"unknown key {quoted(each)} in join"
                meant = foreign_names.JOIN_KEYS.get(each)
                hint = f"did you mean '{meant}'?" if meant else did_you_mean(each, JOIN_KEYS)
                yield case.at_key((*case.path, each), "unknown-key", message, hint)
    elif error.validator == "required" and not key:
        lacks = missing(error)
        if not any(
            stands_for(each, lacks, foreign_names.JOIN_KEYS)
            for each in error.instance
            if each not in JOIN_KEYS
        ):
            hint = f"one of {', '.join(JOIN_KINDS)}" if lacks == "type" else "name the model that is joined"  # fmt: skip
            message = f"the join {quoted(name)} has no '{lacks}'"
            yield case.at_key(case.path, "missing-key", message, hint, refused=None)
    elif not key:
        join = error.instance
        message = f"the join {quoted(name)} must be a mapping with 'type' and 'target', not {quoted(join)}"
        upper = isinstance(join, str) and join[:1].isupper()
        hint = f"write {{type: single, target: {join}}}" if upper else None
        yield case.at_value(case.path, "wrong-value", message, hint)
    elif key == "type":
        kind = error.instance
        hint = did_you_mean(kind, JOIN_KINDS) or f"there are {', '.join(JOIN_KINDS)}"
        hint = _FOREIGN_JOIN_TYPES.get(str(kind).lower(), hint)
        yield case.at_value(case.path, "unknown-join-type", f"unknown join type {quoted(kind)}", hint)  # fmt: skip
    elif key == "target":
        target = error.instance
        message = f"'target' must be the name of a model, not {quoted(target)}"
        better = pascal_case(target) if isinstance(target, str) else None
        hint = f"did you mean '{better}'?" if better else None
        yield case.at_value(case.path, "wrong-value", message, hint)
    elif key == "name":
        yield from field_words.own_name(case)
    else:
        yield from case.value("wrong-value")


_MEMBERS = {"joins": "joins", "runtimeFields": "fields"}


def _members(case: Case) -> Iterator[Finding]:
    """Yield the problems of a mapping of names to fields, joins or runtime fields."""
    error = case.error
    if error.validator == "type" and not case.key:
        value = error.instance
        section = str(case.path[-1]) if case.path else "fields"
        if value is None and len(case.path) == 1:
            yield case.at_key(case.path, "wrong-value", f"'{section}' is empty", "give it a value, or leave it out")  # fmt: skip
            return
        rule = "runtime-field" if case.definition == "runtimeFields" else "wrong-value"
        noun = _MEMBERS.get(case.definition, "fields")
        message = f"'{section}' must be a mapping of names to {noun}, not {quoted(value)}"
        yield case.at_value(case.path, rule, message, _of_text(value))
    elif "propertyNames" in error.absolute_schema_path:
        name = error.instance
        rule, message, hint = refused_name(name, case.definition)
        yield case.at_key((*case.path, name), rule, message, hint)
    else:
        yield from case.value("wrong-value")


def _of_text(value: Any) -> str | None:
    if isinstance(value, str) and _NO_BREAK in value:
        return "it has a non-breaking space in it, which YAML takes for a letter"
    head, colon, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if colon and head and not any(each.isspace() for each in head) and rest[:1].strip():
        return "is a space missing after ':'?"
    return None


_WORDS: Mapping[str, Callable[[Case], Iterator[Finding]]] = {
    "model": _model,
    "join": _join,
    "fields": _members,
    "properties": _members,
    "multiFields": _members,
    "mappings": _members,
    "joins": _members,
    "runtimeFields": _members,
    "field": field_words.field,
    "multiField": field_words.field,
    "mapping": field_words.field,
    **index_words.WORDS,
}
