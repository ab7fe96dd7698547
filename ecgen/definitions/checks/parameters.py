"""Mapping parameters: those that a type does not take, and values that they do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecgen.diagnostics.problems import did_you_mean, near_miss, quoted
from ecgen.diagnostics.reporter import Report, Where
from ecgen.elasticsearch.field_types import FIELD_TYPES, FieldType

from ..fragments import misfits, subject
from ..language import FIELD_KEYS, JOIN_KEYS

_OTHER_WORDS = {
    "boost": "boosts belong into the query since Elasticsearch 8",
    "include_in_all": "the _all field is gone; use 'copy_to'",
    "precision_step": "it is gone since Elasticsearch 5; leave it out",
    "choices": "did you mean 'enum'?",
    "options": "did you mean 'enum'?",
    "desc": "did you mean 'description'?",
    "doc": "did you mean 'description'?",
    "help": "did you mean 'description'?",
    "nullable": "a field may be absent unless it has 'required: true'",
    "optional": "a field may be absent unless it has 'required: true'",
    "list": "did you mean 'many'?",
    "multiple": "did you mean 'many'?",
    "fielddata_frequency": "did you mean 'fielddata_frequency_filter'?",
}
_SIMILAR_PARAMETERS = {
    ("keyword", "analyzer"): "a keyword is not analyzed; it takes a 'normalizer'",
    ("text", "normalizer"): "did you mean 'analyzer'?",
    ("float", "scaling_factor"): "did you mean 'type: scaled_float'?",
    ("double", "scaling_factor"): "did you mean 'type: scaled_float'?",
    ("object", "fields"): "the sub-fields of an object stand under 'properties'",
    ("nested", "fields"): "the sub-fields of nested objects stand under 'properties'",
    ("text", "ignore_above"): "it belongs to a keyword, perhaps one in 'fields'",
}


def type_of(definition: Any) -> str | None:
    """The type that a field's definition gives, whether in short or long form; None where it gives none."""
    name = definition.get("type") if isinstance(definition, dict) else definition
    return name if isinstance(name, str) else None


PARAMETERS: Mapping[str, list[str]] = {
    name: [row.name for row in FIELD_TYPES.values() if name in row.parameters]
    for row in FIELD_TYPES.values()
    for name in row.parameters
}
"""The types that take each parameter."""


def unknown_parameter(
    report: Report,
    row: FieldType,
    name: str,
    path: Where,
    own: bool = True,
    value: object = None,
) -> None:
    """Report a key that is no parameter of the type: another type's, one of another place, or none at all."""
    message = f"{quoted(name)} is not a parameter of {row.name}"
    if name in JOIN_KEYS and name not in PARAMETERS:
        report.at_key(
            path, "misplaced-key", f"{message}, but a key of joins", "a join belongs under 'joins'"
        )
        return
    known = [*row.parameters, *(FIELD_KEYS if own else ("type",))]
    if name in _OTHER_WORDS:
        report.at_key(path, "unknown-parameter", message, _OTHER_WORDS[name])
    elif name in PARAMETERS:
        types = PARAMETERS[name]
        listed = ", ".join(types[:4]) + (f" and {len(types) - 4} more" if len(types) > 4 else "")
        hint = _SIMILAR_PARAMETERS.get((row.name, name))
        take = "takes" if len(types) == 1 else "take"
        report.at_key(path, "misplaced-parameter", f"{message}; {listed} {take} it", hint)
    else:
        hint = did_you_mean(name, known)
        if row.json == "object" and type_of(value) in FIELD_TYPES:
            hint = "sub-fields stand under 'properties'"
        elif hint is None and (elsewhere := near_miss(name, PARAMETERS)):
            hint = f"{PARAMETERS[elsewhere][0]} has '{elsewhere}'"
        report.at_key(path, "unknown-parameter", message, hint)


def check_parameter_value(
    report: Report, row: FieldType, name: str, value: Any, path: Where
) -> None:
    """The value of one parameter, against the table."""
    rule = "scaling-factor" if name == "scaling_factor" else "wrong-parameter"
    for misfit in misfits(row.parameters[name].schema, value):
        say = report.at_key if misfit.key else report.at_value
        say(
            (*path, *misfit.path),
            rule,
            f"'{subject(name, misfit)}' of {row.name} {misfit.text}",
            misfit.hint,
        )
