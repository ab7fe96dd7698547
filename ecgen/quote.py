"""Quote text for Python, JSON, HTML and Markdown, so that any text stays data and reads back unchanged.

Every name, description, default and parameter passes through here. The table below fixes which characters are escaped;
`str.isprintable` would change with the Unicode version of the running Python.
"""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

# `re` compiles the three long sets when a text first needs one; most builds never do.
_UNSAFE = (
    "["
    "\x00-\x1f\x7f-\xa0\xad"  # control characters, no-break space, soft hyphen
    "\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"  # invisible marks of several scripts
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f"  # unusual spaces, line separators, bidirectional controls
    "\u3000\u3164\uffa0\u115f\u1160"  # blanks that look like spaces or nothing
    "\ud800-\udfff"  # surrogates: cannot be encoded in UTF-8
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"  # variation selectors, byte order mark, specials
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\ue000-\uf8ff\U000323b0-\U0010ffff"  # private use, never assigned, tags: of unknown width
    "]"
)
"""Characters that are escaped in Python and JSON."""
_ORDINARY = re.compile(r"[ !#-\[\]-~]*")
"""ASCII without quotes, backslashes and control characters: most texts."""
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def python_string(text: str) -> str:
    """Return `text` as a one-line Python literal, quoted as by ruff and black: double quotes unless that escapes more."""
    if _ORDINARY.fullmatch(text):
        return f'"{text}"'
    quote = "'" if text.count('"') > text.count("'") else '"'
    body = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return f"{quote}{re.sub(_UNSAFE, _escape, body)}{quote}"


def python_literal(value: Any) -> str:
    """Return a JSON value as a one-line Python literal."""
    if isinstance(value, str):
        return python_string(value)
    if isinstance(value, dict):
        items = (f"{python_string(key)}: {python_literal(each)}" for key, each in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(python_literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(python_literal, value)) + ("," if len(value) == 1 else "") + ")"
    return repr(value)


def python_call(function: str, arguments: Iterable[str], options: Mapping[str, str]) -> str:
    """Return a call on one line; `arguments` and the values of `options` are Python code.

    Options whose names are not identifiers are passed in `**{…}`.
    """
    plain, odd = [*arguments], []
    for name, value in options.items():
        if name.isidentifier() and name.isascii() and not keyword.iskeyword(name):
            plain.append(f"{name}={value}")
        else:
            odd.append(f"{python_string(name)}: {value}")
    if odd:
        plain.append(f"**{{{', '.join(odd)}}}")
    return f"{function}({', '.join(plain)})"


def is_plain(text: str) -> bool:
    """Return whether `text` needs no escapes between triple quotes, and neither Python nor a formatter changes it there."""
    return (
        text != ""
        and text == text.strip()
        and ((text.isascii() and text.isprintable()) or not re.search(_UNSAFE, text))
        and "\\" not in text
        and '"""' not in text
        and not text.startswith('"')
        and not text.endswith('"')
    )


def docstring(text: str) -> str:
    r"""Return a one-line docstring literal that evaluates to `text`.

    Quotes that would end it, and spaces that formatters strip, are spelled as `\x22` and `\x20`. Where the text is not
    plain, Python 3.13 and later still clean what they keep as `__doc__`; class docstrings that must read back are
    assigned instead (see `is_plain`).
    """
    if is_plain(text):
        return f'"""{text}"""'
    body = re.sub(_UNSAFE, _escape, text.replace("\\", "\\\\")).replace('"""', "\\x22\\x22\\x22")
    body = re.sub(r'^"+|"+$', lambda match: "\\x22" * len(match[0]), body)
    body = re.sub(r"^ +| +$", lambda match: "\\x20" * len(match[0]), body)
    if body.endswith("\\\\"):  # formatters add a space after a trailing backslash
        body = body[:-2] + "\\x5c"
    return f'"""{body}"""'


def class_doc(text: str) -> str:
    """Return the statement in a class body that sets its `__doc__` to exactly `text`.

    Text that is not plain is assigned: Python 3.13 strips the indentation of docstrings, older versions keep it.
    """
    if is_plain(text):
        return docstring(text)
    whole = python_string(text)
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    if width(whole) <= 74:  # 88 columns less `    __doc__ = `
        return f"__doc__ = {whole}"
    if width(whole) <= 80:
        lines = [text]
    elif len(lines) == 1:
        return f"__doc__ = {whole}"
    return "__doc__ = (\n" + "".join(f"        {python_string(line)}\n" for line in lines) + "    )"


def comment(text: str) -> str:
    """Return `text` for a comment: on one line, invisible characters escaped."""
    return re.sub(_UNSAFE, _escape, text)


def block_comment(text: str, indent: str = "") -> str:
    """Return `text` for a comment between `/**` and `*/` at that indentation; a `*/` in it is escaped."""
    lines = re.sub(r"\*/", r"*\\/", text).split("\n")
    first, *others = (re.sub(_UNSAFE, _escape, line) for line in lines)
    return "\n".join([first, *(f"{indent} * {line}".rstrip() for line in others)])


def json_text(value: Any, indent: int | None = 2) -> str:
    """Return `value` as JSON with `\\n` line ends; only invisible characters are escaped.

    Raises:
        ValueError: for NaN and infinities, which JSON does not have.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return re.sub(_JSON_UNSAFE, _escape_json, text)


_JSON_UNSAFE = _UNSAFE.replace("\x00-\x1f", "")


def _escape_json(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def width(text: str) -> int:
    """Return the columns of `text` as formatters count them: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else 0 if unicodedata.combining(char) else 1
        for char in text
    )


_NOT_FOR_PAGES = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
"""Control characters and surrogates, which pages cannot contain, and bidirectional controls, which reorder text."""


def html(text: str) -> str:
    """Return `text` for HTML, between tags or in quoted attributes; harmful invisible characters are escaped."""
    shown = re.sub(_NOT_FOR_PAGES, _escape, text)
    for character, entity in _ENTITIES.items():
        shown = shown.replace(character, entity)
    return shown


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}  # & first


def markdown(text: str) -> str:
    """Return `text` as one line of Markdown, also within a table cell, with all markup escaped."""
    shown = re.sub(_NOT_FOR_PAGES, _escape, " ".join(text.split()))
    shown = re.sub(r"[\\`*_\[\]<>|~$&#]", lambda match: f"\\{match[0]}", shown)
    # Markup at the start of a line: lists, rules, underlined headings.
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", shown)


def markdown_code(text: str) -> str:
    """Return `text` as a code span on one line, also within a table cell."""
    shown = re.sub(_NOT_FOR_PAGES, _escape, " ".join(text.split()))
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", "\\|")
