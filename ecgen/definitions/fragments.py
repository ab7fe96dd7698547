"""A value against a JSON Schema fragment of the tables, with complaints in an author's words.

Only the keywords that those tables use are known. That this and jsonschema agree on every fragment is tested.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ecgen.diagnostics.problems import did_you_mean, quoted

_BOOLEAN_WORDS = {
    "yes": "true",
    "on": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "n": "false",
}


class Misfit(NamedTuple):
    """Where inside a value something is wrong (at the key, where `key` is set), and what."""

    path: tuple[str | int, ...]
    text: str
    """Continues a sentence that names the thing: `must be true or false, not 'yes'`."""
    hint: str | None = None
    key: bool = False


def misfits(
    schema: Mapping[str, Any], value: Any, path: tuple[str | int, ...] = ()
) -> Iterator[Misfit]:
    """Every way in which `value` is not what `schema` wants; none where it fits."""
    if "$ref" in schema:
        return
    if "anyOf" in schema:
        yield from _any_of(schema["anyOf"], value, path)
        return
    if "enum" in schema:
        if not any(_same(value, member) for member in schema["enum"]):
            hint = _boolean_hint(value) if True in schema["enum"] else None
            strings = [member for member in schema["enum"] if isinstance(member, str)]
            hint = hint or did_you_mean(value, strings)
            yield Misfit(path, f"must be {expectation(schema)}, not {quoted(value)}", hint)
        return
    if not _has_type(schema, value):
        yield Misfit(
            path, f"must be {expectation(schema)}, not {quoted(value)}", _type_hint(schema, value)
        )
    elif isinstance(value, dict):
        yield from _mapping(schema, value, path)
    elif isinstance(value, list):
        yield from _list(schema, value, path)
    elif isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield Misfit(path, "must not be empty")
        elif len(value) > schema.get("maxLength", math.inf):
            limit = schema["maxLength"]
            yield Misfit(path, f"must have at most {limit} characters, not {len(value)}")
        elif "pattern" in schema and not re.search(schema["pattern"], value):
            yield Misfit(path, f"must be {expectation(schema)}, not {quoted(value)}")
    elif isinstance(value, int | float) and not _in_bounds(schema, value):
        yield Misfit(path, f"must be {expectation(schema)}, not {quoted(value)}")


def subject(name: str, misfit: Misfit) -> str:
    """The thing that a misfit inside the value of `name` is about: `meta.owner`."""
    path = misfit.path[:-1] if misfit.key and misfit.text.startswith("has ") else misfit.path
    return ".".join([name, *(step for step in path if isinstance(step, str))])


def fits(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether `value` is what `schema` wants."""
    return next(misfits(schema, value), None) is None


def expectation(schema: Mapping[str, Any]) -> str:
    """What a fragment wants, in words."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(expectation(each) for each in schema["anyOf"]))
    if "enum" in schema:
        members = [member for member in schema["enum"] if not isinstance(member, bool)]
        if True in schema["enum"]:
            members = ["true", "false", *(m for m in members if m not in ("true", "false"))]
        shown = [f"'{member}'" if isinstance(member, str) else str(member) for member in members]
        return shown[0] if len(shown) == 1 else f"one of {', '.join(shown)}"
    kind = schema.get("type")
    if isinstance(kind, list):
        return " or ".join(expectation({"type": each}) for each in kind)
    if kind in ("integer", "number"):
        return _number_words(schema, "a whole number" if kind == "integer" else "a number")
    if kind == "array" and "items" in schema:
        return "a list"
    words = {
        "boolean": "true or false",
        "string": "a locale such as 'de' or 'de-AT'"
        if "[-_]" in schema.get("pattern", "")
        else "text",
        "array": "a list",
        "object": "a mapping",
    }
    return words.get(str(kind), "something else")


def _number_words(schema: Mapping[str, Any], noun: str) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if schema.get("exclusiveMinimum") == 0:
        return noun.replace("a ", "a positive ", 1)
    if low is not None and (high is None or high in (2147483647,)) and low in (0, 1):
        return f"{noun} of at least {low}"
    if low is not None and high is not None:
        return f"{noun} from {low} to {high}"
    return noun


def _same(value: Any, member: Any) -> bool:
    return type(value) is type(member) and bool(value == member)


def _has_type(schema: Mapping[str, Any], value: Any) -> bool:
    kinds = schema.get("type")
    if kinds is None:
        return True
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind == "boolean":
            found = isinstance(value, bool)
        elif kind == "integer":
            found = isinstance(value, int) and not isinstance(value, bool)
            # As JSON Schema has it, 3.0 is an integer.
            found = found or (isinstance(value, float) and value.is_integer())
        elif kind == "number":
            found = isinstance(value, int | float) and not isinstance(value, bool)
            found = found and math.isfinite(value)
        elif kind == "string":
            found = isinstance(value, str)
        elif kind == "array":
            found = isinstance(value, list)
        else:
            found = isinstance(value, dict)
        if found:
            return True
    return False


def _in_bounds(schema: Mapping[str, Any], value: float) -> bool:
    if isinstance(value, bool):
        return True
    if value < schema.get("minimum", -math.inf) or value > schema.get("maximum", math.inf):
        return False
    return "exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"]


def _type_hint(schema: Mapping[str, Any], value: Any) -> str | None:
    kind = schema.get("type")
    if kind == "boolean":
        return _boolean_hint(value)
    if kind in ("integer", "number") and isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return None
        return "leave out the quotes"
    if kind == "string" and isinstance(value, int | float | bool) and math.isfinite(value):
        return f'put it in quotes: "{str(value).lower() if isinstance(value, bool) else value}"'
    return None


def _boolean_hint(value: Any) -> str | None:
    if isinstance(value, str):
        word = _BOOLEAN_WORDS.get(value.lower(), value.lower())
        if word in ("true", "false"):
            return f"write {word}" + (", without quotes" if value == word else "")
    return None


def _any_of(
    branches: list[Mapping[str, Any]], value: Any, path: tuple[str | int, ...]
) -> Iterator[Misfit]:
    if any(fits(branch, value) for branch in branches):
        return
    typed = [branch for branch in branches if "type" in branch and _has_type(branch, value)]
    if len(typed) == 1:
        yield from misfits(typed[0], value, path)
        return
    hint = next(
        (found.hint for branch in branches for found in misfits(branch, value) if found.hint), None
    )
    wanted = expectation({"anyOf": branches})
    yield Misfit(path, f"must be {wanted}, not {quoted(value)}", hint)


def _mapping(
    schema: Mapping[str, Any], value: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[Misfit]:
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for key, member in value.items():
        if key in known:
            yield from misfits(known[key], member, (*path, key))
        elif others is False:
            hint = did_you_mean(key, known) or f"there are {', '.join(known)}"
            yield Misfit((*path, key), f"has no {quoted(key)}", hint, key=True)
        elif isinstance(others, dict):
            yield from misfits(others, member, (*path, key))
        limit = schema.get("propertyNames", {}).get("maxLength", math.inf)
        if len(key) > limit:
            yield Misfit(
                (*path, key), f"has the key {quoted(key)}, longer than {limit} characters", key=True
            )
    for key in schema.get("required", ()):
        if key not in value:
            yield Misfit(path, f"lacks {quoted(key)}", key=True)
    least, most = schema.get("minProperties", 0), schema.get("maxProperties", math.inf)
    if len(value) < least:
        yield Misfit(path, "must not be empty")
    if len(value) > most:
        yield Misfit(path, f"must have at most {most} key{'s' * (most != 1)}, not {len(value)}")


def _list(
    schema: Mapping[str, Any], value: list[Any], path: tuple[str | int, ...]
) -> Iterator[Misfit]:
    if len(value) < schema.get("minItems", 0):
        least = schema["minItems"]
        text = "must not be empty" if least == 1 else f"must have at least {least} members"
        yield Misfit(path, text)
    if len(value) > schema.get("maxItems", math.inf):
        yield Misfit(path, f"must have at most {schema['maxItems']} members, not {len(value)}")
    for position, member in enumerate(value):
        yield from misfits(schema.get("items", {}), member, (*path, position))
        if schema.get("uniqueItems") and member in value[:position]:
            yield Misfit((*path, position), f"has {quoted(member)} twice")
