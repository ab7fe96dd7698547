"""Breaking Python expressions over lines as black and ruff do, so that what is rendered is already formatted.

What fits in 88 columns stays on one line. What does not is broken at its outermost brackets: the arguments of a call
move to a line of their own where they fit there, otherwise every item gets its line and a trailing comma.
"""

from __future__ import annotations

import functools
import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from .quote import python_literal, python_string, width

LINE = 88
INDENT = "    "


class Group:
    """Something in brackets: `opening`, items (each with what stands before it), `closing`.

    Arguments, parameters and subscripts may share one line between the brackets, members of a literal may not.
    """

    __slots__ = ("closing", "flat", "inner", "items", "kind", "opening")

    def __init__(
        self,
        opening: str,
        items: tuple[tuple[str, Expression], ...],
        closing: str,
        kind: Literal["literal", "call", "subscript"] = "literal",
    ) -> None:
        self.opening = opening
        self.items = items
        self.closing = closing
        self.kind = kind
        self.inner = ", ".join([before + flat(item) for before, item in items])
        comma = "," if opening == "(" and kind == "literal" and len(items) == 1 else ""
        self.flat = f"{opening}{self.inner}{comma}{closing}"


class Chain:
    """Operands with one operator between them: `A | B`."""

    __slots__ = ("flat", "members", "operator")

    def __init__(self, operator: str, members: tuple[Expression, ...]) -> None:
        self.operator = operator
        self.members = members
        self.flat = f" {operator} ".join(map(flat, members))


Expression = str | Group | Chain
"""A Python expression: text that is not broken, or something that can be."""


def flat(expression: Expression) -> str:
    """Return the expression on one line."""
    return expression if isinstance(expression, str) else expression.flat


def literal(value: Any) -> Expression:
    """Return the expression of a JSON value (lists may be tuples)."""
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        return Group(
            "{",
            tuple((f"{python_string(key)}: ", literal(each)) for key, each in value.items()),
            "}",
        )
    if isinstance(value, list | tuple):
        opening, closing = "[]" if isinstance(value, list) else "()"
        if not value:
            return opening + closing
        return Group(opening, tuple(("", literal(each)) for each in value), closing)
    return python_literal(value)


def call(
    function: str, arguments: Iterable[Expression], keywords: Mapping[str, Expression] | None = None
) -> Group:
    """Return the call of `function`. Keywords that are no identifiers are passed as `**{"name": …}`."""
    items: list[tuple[str, Expression]] = [("", argument) for argument in arguments]
    odd: list[tuple[str, Expression]] = []
    for name, value in (keywords or {}).items():
        if name.isidentifier() and name.isascii() and not keyword.iskeyword(name):
            items.append((f"{name}=", value))
        else:
            odd.append((f"{python_string(name)}: ", value))
    if odd:
        items.append(("**", Group("{", tuple(odd), "}")))
    return Group(f"{function}(", tuple(items), ")", kind="call")


_TOKENS = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s\[\],|]+|[\[\],|]""")


@functools.lru_cache(maxsize=10_000)
def annotation(text: str) -> Expression:
    """Return the expression of a type as text: names, subscripts, unions, strings and numbers."""
    tokens = _TOKENS.findall(text)[::-1]
    return _union(tokens)


def _union(tokens: list[str]) -> Expression:
    members = [_type(tokens)]
    while tokens and tokens[-1] == "|":
        tokens.pop()
        members.append(_type(tokens))
    return members[0] if len(members) == 1 else Chain("|", tuple(members))


def _type(tokens: list[str]) -> Expression:
    name = tokens.pop()
    if not tokens or tokens[-1] != "[":
        return name
    tokens.pop()
    items = [("", _union(tokens))]
    while tokens.pop() == ",":
        items.append(("", _union(tokens)))
    return Group(f"{name}[", tuple(items), "]", kind="subscript")


def lay_out(expression: Expression, indent: int = 0, before: str = "", after: str = "") -> str:
    """Return `before` + expression + `after` as source lines, indented by `indent` levels (the first line, too)."""
    pad = INDENT * indent
    if isinstance(expression, str):
        return f"{pad}{before}{expression}{after}"
    return pad + _broken(expression, indent, before, after)


@functools.lru_cache(maxsize=10_000)  # the same types come again in every model
def lay_out_annotation(name: str, text: str, indent: int) -> str:
    """Return the annotated name without a value: `name: text`."""
    type_ = annotation(text)
    pad = INDENT * indent
    if not isinstance(type_, Chain) or width(f"{pad}{name}: {type_.flat}") <= LINE:
        return lay_out(type_, indent, f"{name}: ")
    return f"{pad}{name}: (\n{lay_out(type_, indent + 1)}\n{pad})"


def _broken(expression: Expression, indent: int, before: str, after: str) -> str:
    whole = f"{before}{flat(expression)}{after}"
    if isinstance(expression, str) or 4 * indent + width(whole) <= LINE:
        return whole
    pad = INDENT * indent
    if isinstance(expression, Chain):
        starts = [before, *([f"{expression.operator} "] * (len(expression.members) - 1))]
        ends = [*([""] * (len(expression.members) - 1)), after]
        parts = zip(expression.members, starts, ends, strict=True)
        return f"\n{pad}".join(_broken(member, indent, start, end) for member, start, end in parts)
    if not expression.items:
        return whole
    if expression.kind == "subscript" and len(expression.items) == 1:
        body = lay_out(expression.items[0][1], indent + 1)
    elif expression.kind != "literal" and 4 * (indent + 1) + width(expression.inner) <= LINE:
        body = f"{pad}{INDENT}{expression.inner}"
    else:
        body = "\n".join(
            [lay_out(item, indent + 1, start, ",") for start, item in expression.items]
        )
    return f"{before}{expression.opening}\n{body}\n{pad}{expression.closing}{after}"
