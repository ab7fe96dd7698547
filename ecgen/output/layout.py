"""Breaking Python expressions over lines as black and ruff do, so that what is rendered is already formatted.

What fits in 88 columns stays on one line. What does not is broken at its outermost brackets: the arguments of a call
move to a line of their own where they fit there, otherwise every item gets its line and a trailing comma.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .quote import python_literal, python_string, width

LINE = 88
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Group:
    """Something in brackets: `opening`, items (each with what stands before it), `closing`."""

    opening: str
    items: tuple[tuple[str, Expression], ...]
    closing: str
    call: bool = False
    """Arguments and parameters may share one line between the brackets; members of a literal may not."""
    flat: str = field(init=False)

    def __post_init__(self) -> None:
        inner = ", ".join(
            f"{before}{item if isinstance(item, str) else item.flat}" for before, item in self.items
        )
        comma = "," if self.opening == "(" and len(self.items) == 1 and not self.call else ""
        object.__setattr__(self, "flat", f"{self.opening}{inner}{comma}{self.closing}")


Expression = str | Group
"""A Python expression: text that is not broken, or a group."""


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
    return Group(f"{function}(", tuple(items), ")", call=True)


def lay_out(expression: Expression, indent: int = 0, before: str = "", after: str = "") -> str:
    """Return `before` + expression + `after` as source lines, indented by `indent` levels (the first line, too)."""
    return INDENT * indent + _broken(expression, indent, width(before), before, after)


def _broken(expression: Expression, indent: int, used: int, before: str, after: str) -> str:
    flat = expression if isinstance(expression, str) else expression.flat
    if (
        isinstance(expression, str)
        or not expression.items
        or 4 * indent + used + width(flat + after) <= LINE
    ):
        return f"{before}{flat}{after}"
    pad = INDENT * (indent + 1)
    inner = expression.flat[len(expression.opening) : -len(expression.closing)]
    if expression.call and 4 * (indent + 1) + width(inner) <= LINE:
        body = f"{pad}{inner}\n"
    else:
        lines: Sequence[str] = [
            pad + _broken(item, indent + 1, width(start), start, ",") + "\n"
            for start, item in expression.items
        ]
        body = "".join(lines)
    return f"{before}{expression.opening}\n{body}{INDENT * indent}{expression.closing}{after}"
