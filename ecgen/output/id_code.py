"""The body of `_compute_id`, for each form that compute_id has."""

from __future__ import annotations

from collections.abc import Callable

from ecgen.definitions.ir import ComputeId, IdPart

from .layout import Chain, Expression, call, lay_out, literal
from .quote import python_string


def compute_id_body(rule: ComputeId, name: Callable[[], str]) -> str:
    """Return the statement, indented as in a method; empty where the server makes the id.

    `name` gives what the module calls the runtime's `ids`, and is called only where that is used.
    """
    if rule.kind == "server":
        return ""
    ids = name()
    if rule.kind == "uuid7":
        return lay_out(f"self.id or {ids}.uuid7()", 2, "return ")
    if rule.kind == "python":
        return lay_out(
            call(f"{ids}.call", ["self", python_string(rule.function or "")]), 2, "return "
        )
    if rule.kind == "fields":
        parts = literal(tuple(part.attribute for part in rule.parts))
        options: dict[str, Expression] = {"separator": python_string(rule.separator)}
        if rule.hash:
            options["hash"] = python_string(rule.hash)
        value: Expression = call(f"{ids}.joined", ["self", parts], options)
    else:
        value = _template(rule.parts, ids)
    return lay_out(call(f"{ids}.checked", ["self", value]), 2, "return ")


def _template(parts: tuple[IdPart, ...], ids: str) -> Expression:
    """An f-string; where its text has quotes or backslashes, which Python 3.11 cannot nest, a sum of strings."""
    if len(parts) == 1:
        return _id_part(parts[0], ids)
    texts = [text for part in parts for text in (part.text or "", *part.filters)]
    if any(python_string(text) != f'"{text}"' or "'" in text for text in texts):
        return Chain(
            "+",
            tuple(
                python_string(part.text) if part.text is not None else _id_part(part, ids)
                for part in parts
            ),
        )
    body = ""
    for part in parts:
        if part.text is not None:
            body += part.text.replace("{", "{{").replace("}", "}}")
        else:
            body += "{" + _id_part(part, ids).replace('"', "'") + "}"
    return f'f"{body}"'


def _id_part(part: IdPart, ids: str) -> str:
    arguments = [
        python_string(part.attribute or ""),
        *(_filter(each, ids) for each in part.filters),
    ]
    return f"{ids}.part(self, {', '.join(arguments)})"


def _filter(text: str, ids: str) -> str:
    word, colon, argument = text.partition(":")
    return f"{ids}.{word}({python_string(argument)})" if colon else f"{ids}.{word}"
