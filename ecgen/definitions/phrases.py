"""Describe what a part of the schema expects, and hints that follow from the value alone."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ecgen.diagnostics.problems import did_you_mean, quoted

from .gate import Error

_BOOLEAN_WORDS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}  # fmt: skip
_TYPES = {
    "boolean": "true or false",
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}

Phrase = tuple[str, str | None]
"""Text that follows the subject of a message (`must be true or false, not 'yes'`), and a hint."""


def phrase(error: Error) -> Phrase:
    """Return what is wrong with a value; for an unknown keyword, jsonschema's own message."""
    said = _PHRASES.get(str(error.validator))
    return (f"is refused: {error.message}", None) if said is None else said(error)


def expectation(schema: Mapping[str, Any]) -> str:
    """Return what a part of the schema accepts: `true or false`, `a whole number of at least 1`."""
    if "patternErrorMessage" in schema:
        return str(schema["patternErrorMessage"]).removeprefix("must be ")
    if "anyOf" in schema:
        return _or(expectation(each) for each in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return _one_of(schema.get("enum", [schema.get("const")]))
    kinds = schema.get("type")
    if isinstance(kinds, list):
        wanted = [kind for kind in kinds if kind != "null"]
        return _or(expectation({**schema, "type": each}) for each in wanted)
    if kinds in ("integer", "number"):
        return _number(schema, "a whole number" if kinds == "integer" else "a number")
    return _TYPES.get(str(kinds), "something else")


def _or(wanted: Iterable[str]) -> str:
    *first, last = dict.fromkeys(wanted)
    return f"{', '.join(first)} or {last}" if first else last


def extras(error: Error) -> Iterator[str]:
    """Yield the keys that `additionalProperties` refuses, in the order of the file."""
    patterns = [re.compile(each) for each in error.schema.get("patternProperties", ())]
    for name in error.instance:
        if name not in error.schema.get("properties", ()) and not any(
            each.search(name) for each in patterns
        ):
            yield name


def missing(error: Error) -> str:
    """Return the key that `required` misses; jsonschema reports each in an error of its own."""
    return str(error.message).split("'")[1]


def _one_of(values: list[Any]) -> str:
    members = [value for value in values if value is not None and not isinstance(value, bool)]
    if True in values:
        members = ["true", "false", *(each for each in members if each not in ("true", "false"))]
        if len(members) == 2:
            return "true or false"
    shown = [f"'{each}'" if isinstance(each, str) else str(each) for each in members]
    return shown[0] if len(shown) == 1 else f"one of {', '.join(shown)}"


def _number(schema: Mapping[str, Any], noun: str) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if schema.get("exclusiveMinimum") == 0:
        return noun.replace("a ", "a positive ", 1)
    if low in (0, 1) and high in (None, 2147483647):
        return f"{noun} of at least {low}"
    if low is not None and high is not None:
        return f"{noun} from {low} to {high}"
    return noun


def _not(error: Error) -> Phrase:
    return f"must be {expectation(error.schema)}, not {quoted(error.instance)}", None


def _type(error: Error) -> Phrase:
    return _not(error)[0], type_hint(error.schema, error.instance)


def _enum(error: Error) -> Phrase:
    hint = _boolean_hint(error.instance) if True in error.validator_value else None
    strings = [each for each in error.validator_value if isinstance(each, str)]
    return _not(error)[0], hint or did_you_mean(error.instance, strings)


def _any_of(error: Error) -> Phrase:
    hints = (type_hint(each.schema, error.instance) or phrase(each)[1] for each in error.context)
    return _not(error)[0], next((hint for hint in hints if hint), None)


def _counted(few: str, many: str) -> Callable[[Error], Phrase]:
    def say(error: Error) -> Phrase:
        limit = error.validator_value
        if few and limit == 1:
            return few, None
        noun = many if limit != 1 else many.removesuffix("s")
        bound = "at least" if few else "at most"
        return f"must have {bound} {limit} {noun}, not {len(error.instance)}", None

    return say


_PHRASES: Mapping[str, Callable[[Error], Phrase]] = {
    "type": _type,
    "enum": _enum,
    "const": _not,
    "pattern": _not,
    "minimum": _not,
    "maximum": _not,
    "exclusiveMinimum": _not,
    "anyOf": _any_of,
    "minLength": _counted("must not be empty", "characters"),
    "maxLength": _counted("", "characters"),
    "minItems": _counted("must not be empty", "members"),
    "maxItems": _counted("", "members"),
    "minProperties": _counted("must not be empty", "keys"),
    "maxProperties": _counted("", "keys"),
}


def type_hint(schema: Mapping[str, Any], value: Any) -> str | None:
    """Return a hint how to write a value of the wrong type; None if there is none."""
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "boolean" in kinds:
        return _boolean_hint(value)
    if isinstance(value, str) and {"integer", "number"} & set(kinds):
        try:
            float(value)
        except ValueError:
            return None
        return "leave out the quotes"
    if "string" in kinds and isinstance(value, int | float) and math.isfinite(value):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f'put it in quotes: "{text}"' if re.search(schema.get("pattern", ""), text) else None
    return None


def _boolean_hint(value: Any) -> str | None:
    if isinstance(value, str):
        word = _BOOLEAN_WORDS.get(value.lower(), value.lower())
        if word in ("true", "false"):
            return f"write {word}" + (", without quotes" if value == word else "")
    return None
