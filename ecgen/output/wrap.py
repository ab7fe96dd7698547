"""Break long lines of Python as ruff and black do, so that templates need no formatter.

`wrap` takes any Python source. Lines of up to 88 columns stay. A longer line is broken inside its brackets, where line
breaks have no meaning: the arguments of a call move to the next line if they fit there, otherwise each item gets a line
of its own and a trailing comma. It works on tokens, so strings and comments never change, and it leaves every line that it
cannot parse: a missing break is ugly, a wrong one changes the program.
"""

from __future__ import annotations

import functools
import keyword
import re
from itertools import pairwise
from typing import Literal

from ecgen.quote import width

LINE = 88

# Unrolled loops that match every character in one way only, so backtracking stays linear without possessive quantifiers,
# which are broken before Python 3.11.5 (python/cpython#106052).
_TRIPLE = r"""{0}{0}{0}[^{0}\\]*(?:(?:\\[\s\S]|{0}(?!{0}{0}))[^{0}\\]*)*{0}{0}{0}"""
_SINGLE = r"""{0}(?!{0}{0})[^{0}\\\n]*(?:\\[\s\S][^{0}\\\n]*)*{0}"""
_STRING = "|".join(form.replace("{0}", quote) for form in (_TRIPLE, _SINGLE) for quote in "\"'")
_PLAIN = r"""[^\n"'#]*"""
_LINE = rf"{_PLAIN}(?:(?:{_STRING}|\#[^\n]*(?![^\n])){_PLAIN})*"
_WHOLE = re.compile(_LINE)
_LINES = re.compile(rf"{_LINE}(?:\n|\Z)")
_TOKENS = re.compile(
    rf"(?i:(?:\b[bfru]|\b[bf]r|\br[bf])?(?:{_STRING}))|\#.*|,\ *| \| | \+ |\w+|[\s\S]"
)
_F_STRING = re.compile("[fF][rR]?[\"']")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_OPERATORS = (" | ", " + ")
_NOT_CALLED = frozenset({*keyword.kwlist, "match", "case"}) - {"None", "True", "False"}
_DEFINITION = re.compile(r"(?:async )?def |class ")
_RETURN = re.compile(r" -> (.+)(:(?: \.\.\.)?)")
_IMPORT = re.compile(r"(from \S+ import )([^(*\\;]+)")
_UNION = re.compile(r"([^\W\d][\w·]*: )(.+)")
_ATOM = re.compile(rf"[^\W\d][\w.·]*|{_STRING}")


def wrap(source: str) -> str:
    """Return the source with long lines broken; its meaning to Python is unchanged."""
    if "\r" in source:
        return source
    try:
        return "\n".join(map(_laid_out, source.split("\n")))
    except _UnparsedError:
        pass
    try:
        return "\n".join(map(_laid_out, _with_whole_strings(source)))
    except _UnparsedError:
        return source


def _with_whole_strings(source: str) -> list[str]:
    """Return the lines, with those of a multi-line string joined; the whole source as one line if a string has no end."""
    lines = [line.removesuffix("\n") for line in _LINES.findall(source)]
    if not source.endswith("\n"):
        lines.pop()
    return lines if "\n".join(lines) == source else [source]


@functools.lru_cache(maxsize=10_000)  # lines recur across models
def _laid_out(line: str) -> str:
    """Return a line of the source, broken into several if it is long."""
    if ('"""' in line or "'''" in line or line[-1:] == "\\") and not _WHOLE.fullmatch(line):
        raise _UnparsedError
    if _F_STRING.search(line) and any(map(_is_nesting, _TOKENS.findall(line))):
        raise _UnparsedError
    if (len(line) <= LINE and (line.isascii() or width(line) <= LINE)) or "\n" in line:
        return line
    text = line.strip(" ")
    indent = len(line) - len(line.lstrip(" "))
    try:
        return _statement(text, indent) or line
    except _UnparsedError:
        return line


class _UnparsedError(Exception):
    """The line has a comment, unmatched brackets, ambiguous tokens, or a part of a string that other lines complete."""


def _is_nesting(token: str) -> bool:
    """Return whether this is an f-string that, from Python 3.12 on, may contain strings with the same quotes."""
    if token[-1] not in "\"'" or not _F_STRING.match(token.lstrip("rR")):
        return False
    bare = token.replace("{{", "").replace("}}", "")
    return bare.count("{") != bare.count("}")


class _Group:
    """Something in brackets, with its items."""

    __slots__ = ("closing", "comma", "flat", "items", "kind", "opening")

    def __init__(
        self,
        opening: str,
        items: list[_Expression],
        kind: Literal["call", "subscript", "literal", "single", "whole"],
        comma: bool,
    ) -> None:
        self.opening, self.closing = opening, _CLOSING[opening]
        self.items = items
        self.kind = kind
        """`single`: an expression in parentheses. `whole`: a comprehension or a group with a lambda, never broken."""
        self.comma = comma
        """Whether a comma follows the last item."""
        inner = ", ".join(map(_flat, items))
        self.flat = f"{opening}{inner}{',' if comma else ''}{self.closing}"


_Expression = list[str | _Group]
"""Tokens and groups."""


def _flat(parts: _Expression) -> str:
    return "".join([part if isinstance(part, str) else part.flat for part in parts])


def _parse(text: str) -> _Expression:
    tokens = _TOKENS.findall(text)
    for token, following in pairwise(tokens):
        quoted = token[-1] in "\"'"
        if token[0] == "#" or token in ("\\", '"', "'"):
            raise _UnparsedError
        if (quoted and (following[0].isalnum() or following[0] == "_")) or (
            following[0] in "\"'" and (token[-1].isalnum() or token[-1] == "_")
        ):
            raise _UnparsedError
    tokens.reverse()
    parts: _Expression = []
    while tokens:
        _take(tokens, parts)
    return parts


def _take(tokens: list[str], parts: _Expression) -> None:
    token = tokens.pop()
    if token in _CLOSING:
        parts.append(_group(token, tokens, parts[-1] if parts else ""))
    elif token in _CLOSING.values():
        raise _UnparsedError
    else:
        parts.append(token)


def _group(opening: str, tokens: list[str], before: str | _Group) -> _Group:
    closing = _CLOSING[opening]
    items: list[_Expression] = [[]]
    while tokens and tokens[-1] != closing:
        if tokens[-1][0] == ",":
            tokens.pop()
            items.append([])
        else:
            _take(tokens, items[-1])
    if not tokens:
        raise _UnparsedError
    tokens.pop()
    comma = len(items) > 1 and not items[-1]
    if not items[-1]:
        items.pop()
    last = before[-1:] if isinstance(before, str) else before.closing
    is_name = last != "" and ("_" + last).isidentifier() and before not in _NOT_CALLED
    follows = isinstance(before, _Group) or is_name
    kind: Literal["call", "subscript", "literal", "single", "whole"] = "literal"
    if any("for" in item or "lambda" in item for item in items):
        kind = "whole"
    elif opening == "(":
        kind = "call" if follows else "literal" if comma or len(items) > 1 else "single"
    elif opening == "[" and (follows or (last and last in "\"'")):
        kind = "subscript"
    return _Group(opening, items, kind, comma)


def _statement(text: str, indent: int) -> str | None:
    """Return the line broken into several; None if nothing in it can be broken."""
    imported = _IMPORT.fullmatch(text)
    if imported:
        group = _parse(f"({imported[2]},)")[0]
        return _break(group, indent, imported[1], "") if isinstance(group, _Group) else None
    union = _UNION.fullmatch(text)
    if union and " | " in union[2]:
        parts = _parse(union[2])
        operands = _operands(parts, " | ")
        if len(operands) > 1 and all(map(_is_type, operands)):
            pad = " " * indent
            return f"{pad}{union[1]}(\n{_item(parts, indent + 4, '')}\n{pad})"
    parts = _parse(text)
    groups = [at for at, part in enumerate(parts) if isinstance(part, _Group)]
    if _DEFINITION.match(text):
        groups = [at for at in groups if _flat([parts[at]]).startswith("(")][:1]
    elif groups and _flat(parts[groups[-1] + 1 :]) not in ("", ",", ":"):
        return None
    for at in groups[-1:]:
        group = parts[at]
        if isinstance(group, _Group) and group.items and group.kind != "whole":
            after = _returned(_flat(parts[at + 1 :]), indent)
            return _break(group, indent, _flat(parts[:at]), after)
    return None


def _returned(after: str, indent: int) -> str:
    """Return what follows the parameters of a definition, with the type that it returns broken where that is too long."""
    found = _RETURN.fullmatch(after)
    if found is None or indent + 1 + width(after) <= LINE:
        return after
    parts = _parse(found[1])
    last = parts[-1]
    if len(_operands(parts, " | ")) > 1:
        type_ = f"(\n{_item(parts, indent + 4, '')}\n{' ' * indent})"
    elif isinstance(last, _Group):
        type_ = _break(last, indent, _flat(parts[:-1]), "").lstrip(" ")
    else:
        return after
    return f" -> {type_}{found[2]}"


def _is_type(parts: _Expression) -> bool:
    """Return whether this is only a name or a string, with or without brackets after it."""
    last = parts[-1] if parts else ""
    if isinstance(last, _Group):
        parts = parts[:-1] if last.opening == "[" else []
    return all(isinstance(part, str) for part in parts) and bool(_ATOM.fullmatch(_flat(parts)))


def _operands(parts: _Expression, operator: str) -> list[_Expression]:
    found: list[_Expression] = [[]]
    for part in parts:
        if part == operator:
            found.append([])
        else:
            found[-1].append(part)
    return found


def _item(parts: _Expression, indent: int, after: str) -> str:
    """Return an expression within brackets as lines, all indented."""
    pad, whole = " " * indent, _flat(parts) + after
    if indent + width(whole) <= LINE:
        return pad + whole
    for operator in _OPERATORS:
        operands = _operands(parts, operator)
        if len(operands) > 1:
            last = len(operands) - 1
            return "\n".join(
                _item([operator[1:], *each] if at else each, indent, after if at == last else "")
                for at, each in enumerate(operands)
            )
    group = parts[-1] if parts else ""
    if isinstance(group, _Group) and group.items and group.kind != "whole":
        return _break(group, indent, _flat(parts[:-1]), after)
    return pad + whole


def _break(group: _Group, indent: int, before: str, after: str) -> str:
    """Return `before` + group + `after` with the group's items on lines of their own."""
    pad, inside = " " * indent, indent + 4
    inner = ", ".join(map(_flat, group.items))
    alone = group.kind == "single" or (group.kind == "subscript" and len(group.items) == 1)
    if alone and not group.comma:
        body = _item(group.items[0], inside, "")
    elif group.kind in ("call", "subscript") and not group.comma and inside + width(inner) <= LINE:
        body = " " * inside + inner
    else:
        body = "\n".join([_item(item, inside, ",") for item in group.items])
    return f"{pad}{before}{group.opening}\n{body}\n{pad}{group.closing}{after}"
