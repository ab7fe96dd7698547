"""Text on its way into Python, JSON, HTML and Markdown: whatever an author wrote, it is data there and reads back unchanged.

Every name, description, default and parameter passes through here. Which characters are escaped is fixed by the table
below rather than by `str.isprintable`, whose answer changes with the Unicode version of the Python that runs.
"""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

# The three long sets are compiled by `re` when a text first needs them, which most builds' never do.
_UNSAFE = (
    "["
    "\x00-\x1f\x7f-\xa0\xad"  # control characters, no-break space, soft hyphen
    "\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"  # invisible marks of several scripts
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f"  # unusual spaces, line separators, bidirectional controls
    "\u3000\u3164\uffa0\u115f\u1160"  # blanks that look like spaces or nothing
    "\ud800-\udfff"  # half of a pair: cannot be written in UTF-8
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"  # variation selectors, byte order mark, specials
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\ue000-\uf8ff\U000323b0-\U0010ffff"  # private use, never assigned, tags: of unknown width
    "]"
)
"""What Python and JSON may not hold as it is."""
_ORDINARY = re.compile(r"[ !#-\[\]-~]*")
"""Most texts: ASCII without quotes, backslashes and controls."""
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
    """Return a one-line Python literal of `text`, quoted as ruff and black prefer: double unless that escapes more."""
    if _ORDINARY.fullmatch(text):
        return f'"{text}"'
    quote = "'" if text.count('"') > text.count("'") else '"'
    body = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return f"{quote}{re.sub(_UNSAFE, _escape, body)}{quote}"


def python_literal(value: Any) -> str:
    """Return a one-line Python literal of a JSON value."""
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
    """Return a call on one line; arguments are Python already. Options whose names are no identifiers go in `**{…}`."""
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
    """Whether `text` can be put between triple quotes as it is, and no Python version or formatter changes it there."""
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
    if body.endswith("\\\\"):  # formatters would put a space behind a backslash
        body = body[:-2] + "\\x5c"
    return f'"""{body}"""'


def class_doc(text: str) -> str:
    """Return the statement, at the indentation of a class body, that makes `text` the class's `__doc__`, unchanged.

    Python 3.13 strips docstrings of several lines and older versions keep their indentation, so those are assigned.
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
    """Return `text` fit for a comment: one line, nothing invisible."""
    return re.sub(_UNSAFE, _escape, text)


def block_comment(text: str, indent: str = "") -> str:
    """Return `text` fit for a comment between `/**` and `*/` at that indentation: nothing in it ends the comment."""
    lines = re.sub(r"\*/", r"*\\/", text).split("\n")
    first, *others = (re.sub(_UNSAFE, _escape, line) for line in lines)
    return "\n".join([first, *(f"{indent} * {line}".rstrip() for line in others)])


def json_text(value: Any, indent: int | None = 2) -> str:
    """Return `value` as JSON, `\\n` line ends, readable characters as they are.

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
    """Return the columns that `text` takes, as formatters count them: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else 0 if unicodedata.combining(char) else 1
        for char in text
    )


_NOT_FOR_PAGES = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
"""What pages may not hold (controls, halves of pairs) or what would turn round the text after it (bidirectional)."""


def html(text: str) -> str:
    """Return `text` fit for HTML, between tags and in quoted attributes; what is invisible and harmful is spelled out."""
    shown = re.sub(_NOT_FOR_PAGES, _escape, text)
    for character, entity in _ENTITIES.items():
        shown = shown.replace(character, entity)
    return shown


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}  # & first


def markdown(text: str) -> str:
    """Return `text` as one line of Markdown, the same within a table cell; nothing in it is markup any more."""
    shown = re.sub(_NOT_FOR_PAGES, _escape, " ".join(text.split()))
    shown = re.sub(r"[\\`*_\[\]<>|~$&#]", lambda match: f"\\{match[0]}", shown)
    # What only counts at the start of a line: lists, rules, headings underlined.
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", shown)


def markdown_code(text: str) -> str:
    """Return `text` as a code span in one line, the same within a table cell."""
    shown = re.sub(_NOT_FOR_PAGES, _escape, " ".join(text.split()))
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", "\\|")
