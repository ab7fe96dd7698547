"""Parse compute_id in all its forms: `"{maker}-{sku|lower}"`, `[maker, sku]`, `{fields: …}`, `{python: …}`, `uuid7`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ecgen.diagnostics.problems import did_you_mean, quoted

from .ir import ComputeId, IdPart

FILTERS = ("lower", "upper", "strip", "slug", "date")
_WORDS = ("uuid7", "server")
_DIRECTIVE = re.compile(
    r"%(?:([-_0^#]?[aAbBcCdDeFfgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%])|.?)", re.DOTALL
)
"""The directives of strftime on Linux; it copies others unchanged, which would give every date the same id."""
_ENCODING = frozenset("%0123456789ABCDEF")
"""The characters of percent-encoding. The runtime refuses them, too; a test holds both alike."""
_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class ComputeIdError(ValueError):
    """An invalid compute_id: `rule`, the message as str, and a `hint` or None."""

    def __init__(self, rule: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.hint = hint


def parse(value: Any) -> ComputeId:
    """Return the parsed rule of a value that passed the gate; parts name fields and joins by their keys in YAML.

    Raises:
        ComputeIdError: for an error that no schema can express.
    """
    if value is None:
        return ComputeId()
    if isinstance(value, str):
        return _template(value)
    if isinstance(value, list):
        return ComputeId("fields", _field_parts(value), source=str(value))
    return _long_form(value)


def _template(text: str) -> ComputeId:
    if text in _WORDS:
        return ComputeId("uuid7" if text == "uuid7" else "server", source=text)
    parts = template_parts(text)
    if all(part.attribute is None for part in parts):
        hint = did_you_mean(text, _WORDS) or f'put fields in braces: "{{{text.strip() or "name"}}}"'
        if _FUNCTION.fullmatch(text):
            hint = f'write {{python: "{text}"}}'
        raise ComputeIdError("compute-id", f"compute_id {quoted(text)} names no field", hint)
    return ComputeId("template", parts, source=text)


def template_parts(text: str, key: str = "compute_id") -> tuple[IdPart, ...]:
    """Return the parts of a template; `key` names it in messages.

    Raises:
        ComputeIdError: for a malformed template or an unknown filter.
    """
    parts: list[IdPart] = []
    literal = ""
    position = 0
    while position < len(text):
        char = text[position]
        if text[position : position + 2] in ("{{", "}}"):
            literal += char
            position += 2
        elif char == "{":
            end = text.find("}", position)
            if end < 0:
                raise ComputeIdError(
                    "compute-id", f"{key} {quoted(text)} opens a '{{' that nothing closes"
                )
            if literal:
                parts.append(IdPart(text=literal))
                literal = ""
            parts.append(_part(text[position + 1 : end], key))
            position = end + 1
        elif char == "}":
            raise ComputeIdError(
                "compute-id", f"{key} {quoted(text)} closes a '}}' that nothing opened"
            )
        else:
            literal += char
            position += 1
    if literal:
        parts.append(IdPart(text=literal))
    return tuple(parts)


def _part(text: str, key: str) -> IdPart:
    name, *filters = (piece.strip() for piece in text.split("|"))
    if not name:
        raise ComputeIdError("compute-id", f"{key} has a part without a name: '{{{text}}}'")
    for each in filters:
        word, colon, argument = each.partition(":")
        if word not in FILTERS:
            known = ", ".join(FILTERS)
            hint = did_you_mean(word, FILTERS) or f"there are {known}"
            raise ComputeIdError(
                "unknown-id-filter", f"unknown filter {quoted(each)} in {key}", hint
            )
        if word == "date" and "%" not in argument:
            hint = "write it like {placed|date:%Y-%m}"
            raise ComputeIdError("compute-id", "the filter 'date' requires a format", hint)
        if word == "date":
            _check_directives(argument)
        elif colon:
            raise ComputeIdError(
                "compute-id", f"the filter '{word}' takes no argument, found {quoted(argument)}"
            )
    return IdPart(attribute=name, filters=tuple(filters))


def _check_directives(text: str) -> None:
    for match in _DIRECTIVE.finditer(text):
        if match[1] is None:
            raise ComputeIdError(
                "compute-id",
                f"unknown directive {quoted(match[0])} in the filter 'date'",
                "they are strftime's: %Y year, %m month, %d day, %H hour, %M minute, %S second",
            )


def _field_parts(names: Sequence[str]) -> tuple[IdPart, ...]:
    seen: set[str] = set()
    for name in names:
        if "|" in name:
            hint = 'filters work in a template: "{maker}-{sku|lower}"'
            raise ComputeIdError(
                "compute-id", f"compute_id lists field names only, found {quoted(name)}", hint
            )
        if name in seen:
            raise ComputeIdError("compute-id", f"compute_id names {quoted(name)} twice")
        seen.add(name)
    return tuple(IdPart(attribute=name) for name in names)


def _long_form(value: Mapping[str, Any]) -> ComputeId:
    if "python" in value:
        function = value["python"]
        for key in value:
            if key != "python":
                raise ComputeIdError(
                    "compute-id", f"compute_id takes no {quoted(key)} beside 'python'"
                )
        if not _FUNCTION.fullmatch(function):
            hint = 'write it like {python: "shop.ids:product_id"}'
            raise ComputeIdError(
                "compute-id", f"{quoted(function)} does not name a function in a module", hint
            )
        return ComputeId("python", function=function, source=function)
    separator = value.get("separator", "-")
    if not _ENCODING.isdisjoint(separator):
        raise ComputeIdError(
            "compute-id",
            f"the separator {quoted(separator)} cannot separate ids",
            "percent-encoding, which keeps different ids apart, uses '%', digits and the letters A to F; any text without them can",
        )
    return ComputeId(
        "fields",
        _field_parts(value["fields"]),
        separator,
        value.get("hash"),
        source=str(dict(value)),
    )
