"""Parse descriptions: paragraphs with `code` in backticks, and no other markup."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a paragraph, text or code."""

    text: str
    code: bool = False


def paragraphs(description: str | None) -> list[list[Span]]:
    """Return the paragraphs of a description; they are separated by blank lines."""
    blocks = re.split(r"\n[ \t]*\n", (description or "").strip())
    return [spans(block) for block in blocks if block.strip()]


def spans(text: str) -> list[Span]:
    """Return the spans of one paragraph."""
    found = []
    for place, piece in enumerate(_CODE.split(text)):
        if piece:
            found.append(Span(piece, code=place % 2 == 1))
    return found


def summary(description: str | None) -> list[Span]:
    """Return the first sentence, for lists of many models."""
    first = paragraphs(description)[:1]
    if not first:
        return []
    kept: list[Span] = []
    for span in first[0]:
        # A sentence ends before a space and a capital letter or digit, so not within "e.g. this".
        stop = None if span.code else re.search(r"[.!?…](?=\s+[A-Z0-9])", span.text)
        if stop:
            return [*kept, Span(span.text[: stop.end()])]
        kept.append(span)
    return kept
