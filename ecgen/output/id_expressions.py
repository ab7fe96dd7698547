"""Generate the expressions that compute ids, and the text of routing rules in `_meta`."""

from __future__ import annotations

from ecgen.definitions.ir import ComputeId, IdPart, Routing
from ecgen.quote import python_call, python_literal, python_string


def routing_text(rule: Routing) -> str:
    """Return the rule's text in `_meta`: an attribute, a template of attributes, or `given`."""
    if rule.is_given:
        return "given"
    first = rule.parts[0].attribute
    if len(rule.parts) == 1 and not rule.parts[0].filters and first and first != "given":
        return first
    return "".join(
        part.text or f"{{{'|'.join((part.attribute or '', *part.filters))}}}" for part in rule.parts
    )


def id_expression(rule: ComputeId, ids: str) -> str:
    if rule.kind == "uuid7":
        return f"self.id or {ids}.uuid7()"
    if rule.kind == "python":
        return f"{ids}.call(self, {python_string(rule.function or '')})"
    if rule.kind == "fields":
        options = {"separator": rule.separator} | ({"hash": rule.hash} if rule.hash else {})
        parts = python_literal(tuple(part.attribute for part in rule.parts))
        texts = {name: python_string(text) for name, text in options.items()}
        value = python_call(f"{ids}.joined", ["self", parts], texts)
    else:
        value = _id_text(rule.parts, ids)
    return f"{ids}.checked(self, {value})"


def _id_text(parts: tuple[IdPart, ...], ids: str) -> str:
    """Return an f-string, or a concatenation if the text has quotes or backslashes, which Python 3.11 cannot nest."""
    if len(parts) == 1:
        return _id_part(parts[0], ids)
    texts = [text for part in parts for text in (part.text or "", *part.filters)]
    if any(python_string(text) != f'"{text}"' or "'" in text for text in texts):
        return " + ".join(
            python_string(part.text) if part.text is not None else _id_part(part, ids)
            for part in parts
        )
    return (
        'f"'
        + "".join(
            part.text.replace("{", "{{").replace("}", "}}")
            if part.text is not None
            else "{" + _id_part(part, ids).replace('"', "'") + "}"
            for part in parts
        )
        + '"'
    )


def _id_part(part: IdPart, ids: str) -> str:
    filters = []
    for text in part.filters:
        word, colon, argument = text.partition(":")
        filters.append(f"{ids}.{word}({python_string(argument)})" if colon else f"{ids}.{word}")
    attribute = python_string(part.attribute or "")
    return f"{ids}.part({', '.join(['self', attribute, *filters])})"
