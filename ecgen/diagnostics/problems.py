"""Problems of definitions, and helpers for their messages.

Messages may quote untrusted YAML. Every output format escapes control characters and bidirectional formatting
characters, so that a definition cannot forge output.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import unicodedata
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Literal, NamedTuple

from ecgen.elasticsearch.near_names import LIKENESS, alike, by_spelling, nearest

Severity = Literal["error", "warning"]


class Problem(NamedTuple):
    """An error or warning about a definition; `line` and `column` (from 1) are those of the key or value."""

    file: str
    line: int
    column: int
    rule: str
    message: str
    hint: str | None = None
    severity: Severity = "error"


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems sorted by file, line and column; hints, which may be None, do not compare."""
    return sorted(problems, key=lambda p: (p.file, p.line, p.column, p.rule, p.message))


def has_errors(problems: Iterable[Problem]) -> bool:
    """Return whether any problem is an error."""
    return any(problem.severity == "error" for problem in problems)


_comparisons: ContextVar[list[int] | None] = ContextVar("_comparisons", default=None)


@contextlib.contextmanager
def few_suggestions(most: int = 500) -> Iterator[None]:
    """Search for similar words at most `most` times within the context: a file of 1 MiB can have 90,000 mistakes."""
    token = _comparisons.set([most])
    try:
        yield
    finally:
        _comparisons.reset(token)


def near_miss(word: object, known: Iterable[str], cutoff: float = LIKENESS) -> str | None:
    """Return the known word most similar to `word`; None if none is similar, from 0 (not at all) to 1."""
    if not isinstance(word, str):
        return None
    names = frozenset(known)
    same = alike(word, _by_spelling(names))
    if same is not None:
        return same if same != word else None
    left = _comparisons.get()
    if left is not None:
        if not left[0]:
            return None
        left[0] -= 1
    return _nearest(word, names, cutoff)


@functools.lru_cache(maxsize=1024)
def _by_spelling(known: frozenset[str]) -> dict[str, str]:
    return by_spelling(known)


@functools.lru_cache(maxsize=1024)
def _nearest(word: str, known: frozenset[str], cutoff: float) -> str | None:
    """Return the nearest word; slow, so cached: one mistake is often copied many times."""
    return nearest(word, _by_spelling(known), cutoff)


def did_you_mean(word: object, known: Iterable[str]) -> str | None:
    """Return the hint `did you mean 'word'?`; None if no known word is similar."""
    found = near_miss(word, known)
    return f"did you mean '{found}'?" if found else None


def visible(text: str) -> str:
    """Return the text on one line, with control, formatting and other invisible characters escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character == " " or unicodedata.category(character)[0] not in "CZ"
        else character.encode("unicode_escape", "backslashreplace").decode("ascii")
        for character in text
    )


def quoted(value: object, limit: int = 60) -> str:
    """Return a name or value from YAML in single quotes, escaped and shortened to `limit` characters."""
    if isinstance(value, str):
        text = value
    elif value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, (dict, list)):
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except (ValueError, RecursionError):
            text = "…"
    elif isinstance(value, float) and not math.isfinite(value):
        text = ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    else:
        text = str(value)
    text = visible(text)
    return f"'{text[: limit - 1]}…'" if len(text) > limit else f"'{text}'"


def sentence(problem: Problem) -> str:
    """Return the message and its hint on one line."""
    return visible(problem.message + (f"; {problem.hint}" if problem.hint else ""))
