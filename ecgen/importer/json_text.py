"""The text of mapping files: JSON that a server would parse, and requests as Kibana's console has them."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Final

from ecgen.diagnostics.command_error import CommandError
from ecgen.diagnostics.problems import quoted

from .source import Json

_DEEPEST: Final = 100
"""Levels of JSON; a mapping of the 20 levels that an index takes by default has about 45."""
_REQUEST: Final = re.compile(r"^[ \t]*(?:PUT|POST|GET)[ \t]+/?([^\s?]+)\S*[ \t]*$", re.MULTILINE)
_REMARK: Final = re.compile(r"^[ \t]*(?://|#).*$", re.MULTILINE)
_HALF: Final = re.compile("[\ud800-\udfff]")
_TRIPLE: Final = re.compile(r'"""(.*?)"""', re.DOTALL)


def read_utf8(path: Path, shown: str) -> str:
    """The text of a file.

    Raises:
        CommandError: it cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CommandError(f"{shown}: the file cannot be read: {reason}") from error
    return decoded(content, shown)


def decoded(content: bytes, shown: str) -> str:
    """The text of some bytes.

    Raises:
        CommandError: they are not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{shown}: byte {error.start} is not UTF-8 text; save the JSON as UTF-8"
        raise CommandError(message) from error


def console_requests(text: str) -> list[tuple[str, str]]:
    """The requests of a text as Kibana's console has it, each with the index it names; none where it is no such text."""
    if not _REQUEST.search(text):
        return []
    # Strings first: what looks like a remark inside of one is a line of its script.
    plain = _REMARK.sub("", _TRIPLE.sub(lambda match: json.dumps(match[1]), text))
    starts = list(_REQUEST.finditer(plain))
    if plain[: starts[0].start()].strip():
        return []
    ends = [start.start() for start in starts[1:]] + [len(plain)]
    found = []
    for start, end in zip(starts, ends, strict=True):
        body = plain[start.end() : end]
        if '"mappings"' in body or '"properties"' in body:
            parts = [part for part in start[1].split("/") if part and not part.startswith("_")]
            found.append((parts[0] if parts else "", body))
    return found


def load_json(text: str, shown: str) -> Json:
    """The value of a JSON text.

    Raises:
        CommandError: it is not JSON, holds NaN, an infinity or half a character, repeats a key, or nests deeper than a mapping can.
    """
    try:
        body = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
            object_pairs_hook=_unique,
        )
    except RecursionError:
        raise CommandError(f"{shown}: the JSON nests too deeply to be a mapping") from None
    except _DuplicateKeyError as error:
        raise CommandError(f"{shown}: {error}") from None
    except ValueError as error:
        where = f":{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        message = getattr(error, "msg", str(error))
        raise CommandError(
            f"{shown}{where}: this is not JSON: {message}; "
            "give a mapping, or what GET index or GET index/_mapping answers"
        ) from error
    if _depth(body) > _DEEPEST:
        raise CommandError(f"{shown}: the JSON nests too deeply to be a mapping")
    if "\\u" in text and _HALF.search(json.dumps(body, ensure_ascii=False)):
        raise CommandError(f"{shown}: the JSON holds half of a surrogate pair, which is no text")
    return body


def _depth(body: Json) -> int:
    deepest, todo = 0, [(body, 1)]
    while todo:
        value, depth = todo.pop()
        deepest = max(deepest, depth)
        if isinstance(value, dict):
            todo += [(part, depth + 1) for part in value.values()]
        elif isinstance(value, list):
            todo += [(part, depth + 1) for part in value]
    return deepest


class _DuplicateKeyError(Exception):
    pass


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _DuplicateKeyError(f"key {quoted(twice)} appears twice in one object; remove one")
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"the number {digits[:20]} is too large")
    return number


def _whole(digits: str) -> int:
    if len(digits) > 400:  # more than a double holds; Python refuses 4,300
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)
