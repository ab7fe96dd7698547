"""Translate libyaml's errors into problems at the place to fix."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ecgen.diagnostics.problems import Problem, quoted

_KEY_WITHOUT_SPACE = re.compile(r"\s*([^\s:#'\"{\[]+):(?!//)(?=\S)((?:(?!: ).)*)$")
_SHOWN_BRACKET = {"flow mapping": ("{", "}"), "flow sequence": ("[", "]")}


def split_lines(text: str) -> list[str]:
    """Return the lines as libyaml counts them: YAML 1.1 has more line breaks than `\\n`."""
    return re.split("\r\n|[\n\r\x85\u2028\u2029]", text)


def syntax_problem(error: yaml.YAMLError, text: str, shown_name: str) -> Problem:
    """Return the problem that a YAML error describes."""
    if isinstance(error, yaml.reader.ReaderError):
        return _character(error, text, shown_name)
    mark: Any = getattr(error, "problem_mark", None)
    context_mark: Any = getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or "")
    context = str(getattr(error, "context", None) or "")
    if mark is None:
        return Problem(shown_name, 1, 1, "yaml-syntax", "this is not well-formed YAML")
    lines = split_lines(text)
    tab = _tab(lines, mark.line, said)
    if tab is not None:
        line, column = tab
        message = "a tab is used for indentation; YAML requires spaces"
        return Problem(shown_name, line, column, "tab-indentation", message)
    line_text = lines[mark.line] if mark.line < len(lines) else ""
    at = mark
    hint: str | None = None
    rule = "yaml-syntax"
    if "undefined alias" in said:
        name = re.match(r"\*([^\s,\]}]*)", line_text[mark.column :])
        rule = "yaml-alias"
        message = f"the alias {quoted(name[0] if name else '*')} repeats something that is not marked with '&'"
        hint = "text that begins with '*' must be quoted"
    elif context in ("while scanning an alias", "while scanning an anchor"):
        rule = "yaml-alias"
        character = "*" if context.endswith("alias") else "&"
        message = f"the name after '{character}' is not valid"
        hint = f"text that begins with '{character}' must be quoted"
    elif "duplicate anchor" in context:
        rule = "yaml-alias"
        message = f"this anchor is already defined in line {context_mark.line + 1}"
    elif said == "mapping values are not allowed in this context":
        message, hint, place = _stray_colon(lines, mark)
        if place is not None:
            return Problem(shown_name, *place, rule, message, hint)
    elif "unexpected end of stream" in said or "unexpected document indicator" in said:
        at = context_mark or mark
        message = "the quote that opens here is never closed"
    elif "did not find expected ',' or" in said and context_mark is not None:
        message, hint, at = _open_bracket(lines, context, context_mark, mark)
    elif "expected ':'" in said:
        at = context_mark or mark
        message = "this key has no ':' after it"
    elif said == "did not find expected key":
        message, hint = _unexpected_here(line_text, mark)
    elif "did not find expected '-' indicator" in said:
        message = "a list goes on above; here a '-' is missing, or the indentation is wrong"
    elif "cannot start any token" in said:
        character = line_text[mark.column : mark.column + 1]
        message = f"text cannot begin with {quoted(character)}"
        hint = "put it in quotes"
    elif (
        "unknown escape character" in said
        or "Unicode character escape" in said
        or "hexdecimal" in said
    ):
        message = "this is not an escape sequence of YAML's double quotes"
        hint = "use single quotes where a backslash is meant, or double it"
    elif "did not find expected node content" in said:
        message = (
            f"{quoted(line_text[mark.column : mark.column + 1] or 'nothing')} is not expected here"
        )
    elif "block sequence entries are not allowed" in said:
        message = "a list item cannot begin here"
        hint = "put the '-' on a line of its own below the key"
    elif "expected <document start>" in said:
        message, hint, number = _second_beginning(lines, mark.line)
        if number is None:
            rule = "several-documents"
        else:
            return Problem(shown_name, number, 1, rule, message, hint)
    elif "incompatible YAML document" in said:
        message = "this version of YAML is unknown"
        hint = "leave the %YAML line out"
    elif "comment or line break" in said:
        message = "after '|' or '>' the text begins on the next line"
    else:
        message = "this is not well-formed YAML here"
        if context.startswith("while "):
            message = f"this is not well-formed YAML: something is wrong {context}"
    line, column = (at.line + 1, at.column + 1) if at is not None else (mark.line + 1, 1)
    line, column = _last_written(lines, line, column)
    return Problem(shown_name, line, column, rule, message, hint)


def _last_written(lines: list[str], line: int, column: int) -> tuple[int, int]:
    """Return the place, or the end of the last line with text if the place is beyond it."""
    if line <= len(lines) and (lines[line - 1].strip() or column > 1):
        return line, column
    line = min(line, len(lines) + 1)
    while line > 1 and (line > len(lines) or not lines[line - 1].strip()):
        line -= 1
        column = len(lines[line - 1].rstrip()) + 1
    return line, max(1, column)


def _character(error: Any, text: str, shown_name: str) -> Problem:
    # libyaml counts bytes of the UTF-8 input.
    before = text.encode("utf-8", "replace")[: error.position].decode("utf-8", "replace")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    code = error.character if isinstance(error.character, int) else 0
    message = f"the control character U+{code:04X} is not allowed in YAML"
    hint = "remove it, or write it as an escape in double quotes"
    return Problem(shown_name, line, column, "invalid-character", message, hint)


def _tab(lines: list[str], at: int, said: str) -> tuple[int, int] | None:
    """Return the place of a tab that indents the line of an error or the line before it; None if there is none."""
    for number in (at, at - 1):
        if 0 <= number < len(lines):
            line = lines[number]
            indent = line[: len(line) - len(line.lstrip(" \t"))]
            if "\t" in indent and line.strip():
                return number + 1, indent.index("\t") + 1
    if "tab" in said and at < len(lines) and "\t" in lines[at]:
        return at + 1, lines[at].index("\t") + 1
    return None


def _stray_colon(lines: list[str], mark: Any) -> tuple[str, str | None, tuple[int, int] | None]:
    """Return message and hint, and the place if it is not the mark but a line that should have been a key."""
    line = lines[mark.line]
    before = line[: mark.column]
    if ":" in before:
        hint = "put text that holds ': ' in quotes, or begin a new line"
        return "a second ': ' on one line", hint, None
    number = next((n for n in range(mark.line - 1, -1, -1) if lines[n].strip()), None)
    above = "" if number is None else lines[number]
    indent = len(above) - len(above.lstrip())
    if number is not None and (key := _KEY_WITHOUT_SPACE.match(above)):
        hint = f"write {quoted(f'{key[1]}: {key[2].strip()}')}"
        return "a space is missing after ':'", hint, (number + 1, key.end(1) + 1)
    if above and len(line) - len(line.lstrip()) > indent:
        return "this line is indented, but the key above it already has a value", None, None
    if number is not None and ":" not in above:
        hint = f"is a ':' missing after {quoted(above.strip())}?"
        return "this line is not a key, but keys follow it", hint, (number + 1, indent + 1)
    return "a ':' is not expected here", None, None


def _second_beginning(lines: list[str], at: int) -> tuple[str, str | None, int | None]:
    """Return message and hint for keys after `...`, or after an indented first key, and then also that key's line."""
    if any(line.startswith("...") for line in lines[:at]):
        return "a second YAML document begins here; a file holds one model", None, None
    number = next(
        (
            n
            for n, line in enumerate(lines[:at], 1)
            if line.strip() and line.lstrip()[0] not in "#%"
        ),
        at + 1,
    )
    return "the file's first key is indented, and others are not", "let it begin the line", number


def _open_bracket(
    lines: list[str], context: str, context_mark: Any, mark: Any
) -> tuple[str, str | None, Any]:
    opening, closing = next(
        (pair for name, pair in _SHOWN_BRACKET.items() if name in context), ("{", "}")
    )
    if mark.line != context_mark.line:
        return (
            f"the '{opening}' that opens here is not closed",
            f"a '{closing}' is missing",
            context_mark,
        )
    rest = lines[mark.line][mark.column :]
    hint = "text with ': ', brackets or quotes in it must be quoted" if rest[:1] == ":" else None
    if not rest.strip():
        return (
            f"the '{opening}' that opens here is not closed",
            f"a '{closing}' is missing",
            context_mark,
        )
    return f"a ',' or '{closing}' is missing before {quoted(rest.strip()[:20])}", hint, mark


def _unexpected_here(line: str, mark: Any) -> tuple[str, str | None]:
    before, rest = line[: mark.column], line[mark.column :]
    if not before.strip():
        return "the indentation of this line fits nothing above it", None
    if "{" in before or "[" in before:
        hint = "text that begins with '{' or '[' must be quoted"
        if before.lstrip().startswith("compute_id"):
            hint = f'put the template in quotes: "{line.split(":", 1)[1].strip()}"'
        return f"{quoted(rest.strip()[:20])} follows a closed bracket", hint
    if '"' in before or "'" in before:
        return (
            f"{quoted(rest.strip()[:20])} follows a closed quote",
            "double a quote inside single quotes, or escape it with a backslash inside double ones",
        )
    return f"{quoted(rest.strip()[:20])} is not expected here", None
