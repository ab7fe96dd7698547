"""Problems: what is wrong where, in words.

Messages may quote YAML, which anybody can write: control characters, and those that reorder text, are shown as
escapes in every rendering, so that no definition can forge output.
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

Severity = Literal["error", "warning"]


class Problem(NamedTuple):
    """One thing wrong in a definition, at the 1-based `line` and `column` of the key or value concerned.

    Problems sort by file, line and column.
    """

    file: str
    line: int
    column: int
    rule: str
    message: str
    hint: str | None = None
    severity: Severity = "error"


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of the problems is more than a warning."""
    return any(problem.severity == "error" for problem in problems)


_comparisons: ContextVar[list[int] | None] = ContextVar("_comparisons", default=None)


@contextlib.contextmanager
def few_suggestions(most: int = 500) -> Iterator[None]:
    """Look for near misses that often at most: a file of a MiB can have ninety thousand mistakes."""
    token = _comparisons.set([most])
    try:
        yield
    finally:
        _comparisons.reset(token)


def near_miss(word: object, known: Iterable[str]) -> str | None:
    """The known word that an author most likely meant, or None where none is near."""
    if not isinstance(word, str) or not 0 < len(word) <= 200:
        return None
    by_folded = _folded(frozenset(known))
    folded = word.casefold().replace("-", "_")
    if folded in by_folded:
        return by_folded[folded] if by_folded[folded] != word else None
    left = _comparisons.get()
    if left is not None:
        if not left[0]:
            return None
        left[0] -= 1
    found = _nearest(folded, tuple(by_folded))
    return by_folded[found] if found else None


@functools.lru_cache(maxsize=1024)
def _folded(known: frozenset[str]) -> dict[str, str]:
    # Sorted, since sets come in another order in every process.
    return {name.casefold().replace("-", "_"): name for name in sorted(known)}


@functools.lru_cache(maxsize=1024)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    """The slow part; a mistake that was copied is often one that was copied ten thousand times."""
    import difflib  # most builds have no mistakes

    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), None)


def did_you_mean(word: object, known: Iterable[str]) -> str | None:
    """A hint that names the near miss, or None."""
    found = near_miss(word, known)
    return f"did you mean '{found}'?" if found else None


def visible(text: str) -> str:
    """The text on one line, with everything invisible or reordering as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character == " " or unicodedata.category(character)[0] not in "CZ"
        else character.encode("unicode_escape", "backslashreplace").decode("ascii")
        for character in text
    )


def quoted(value: object, limit: int = 60) -> str:
    """A name or value from YAML in single quotes, shortened, fit for a message."""
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
    """The message and its hint as one line."""
    return visible(problem.message + (f"; {problem.hint}" if problem.hint else ""))
