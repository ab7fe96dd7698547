"""The outcome of each document of a bulk, and progress reports."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .private_values import conceal, concealed


@dataclass(frozen=True, slots=True)
class BulkFailure:
    """A document that was not written."""

    model: Any
    error: str
    """The reason, in the server's words where it answered."""
    status: int | None = None
    """The HTTP status of this document: 409 if its id exists, 404 if not; None if it was not sent or not answered."""
    exception: BaseException | None = None
    """The exception, if one was raised."""

    def __post_init__(self) -> None:
        if getattr(type(self.model), "_has_private", False):
            object.__setattr__(self, "error", concealed(self.error, self.model))
            if self.exception is not None:
                conceal(self.exception, [self.model])


class BulkError(Exception):
    """Some documents of a bulk were not written. `result` holds the outcome of all of them."""

    def __init__(self, result: BulkResult) -> None:
        text = [
            f"{len(result.failures)} of {result.total} documents failed; the first, "
            f"{type(first.model).__name__} {first.model.id!r}: {first.error}"
            for first in result.failures[:1]
        ]
        if result.stopped:
            text.append(
                f"stopped with {len(result.unwritten)} models taken and not written, and no more taken: {result.stopped}"
            )
        super().__init__("; ".join(text))
        self.result = result


@dataclass(slots=True)
class BulkResult:
    """The outcome of the documents. True if all were written."""

    succeeded: int = 0
    """The number of documents written, including those of joined models."""
    failures: list[BulkFailure] = field(default_factory=list)
    unwritten: list[Any] = field(default_factory=list)
    """Models that were taken from the program, or are joined to those, and not sent, or sent without an answer, when the
    bulk was stopped. Saving them again creates no second document, unless Elasticsearch makes the ids."""
    stopped: str | None = None
    """Why no more models were taken: the server did not answer or accept anything for `Namespace.write_pause`."""

    @property
    def failed(self) -> int:
        """Return the number of documents that were not written."""
        return len(self.failures)

    @property
    def total(self) -> int:
        """Return the number of documents."""
        return self.succeeded + len(self.failures)

    def __bool__(self) -> bool:
        return not self.failures and not self.unwritten and not self.stopped

    def raise_failures(self) -> None:
        """Raise BulkError if a document failed, or the bulk was stopped."""
        if self.failures or self.stopped:
            raise BulkError(self)


Progress: TypeAlias = Callable[[BulkResult], object]
"""Called after each answered request with the outcome of all documents so far."""


class Bar:
    """A progress line on the terminal: documents written, total and rate. Implements Progress.

    total   the expected number of documents; None if unknown
    """

    _WIDTH = 30
    _PAUSE = 0.1  # seconds between two updates of the line

    def __init__(self, total: int | None = None, stream: Any = None) -> None:
        self._total = total
        self._stream = sys.stderr if stream is None else stream
        self._start = time.monotonic()
        self._drawn = float("-inf")

    def __call__(self, result: BulkResult) -> None:
        now = time.monotonic()
        done = result.total >= self._total if self._total is not None else False
        if now - self._drawn < self._PAUSE and not done:
            return
        self._drawn = now
        text = f"{result.total:,}"
        if self._total:
            share = min(result.total / self._total, 1.0)
            filled = int(share * self._WIDTH)
            text = f"{'█' * filled}{'░' * (self._WIDTH - filled)} {share:4.0%}  {text} of {self._total:,}"
        rate = result.total / max(now - self._start, 1e-3)
        failed = f", {result.failed:,} failed" if result.failed else ""
        self._stream.write(f"\r\x1b[K{text} documents{failed}, {rate:,.0f}/s")
        self._stream.flush()

    def close(self) -> None:
        """End the line."""
        if self._drawn > float("-inf"):
            self._stream.write("\n")
            self._stream.flush()


def progress_of(wish: Progress | bool | None, models: Any) -> Progress | None:
    """Return the Progress for a `progress` argument: True shows a bar if stderr is a terminal."""
    if not isinstance(wish, bool):
        if wish is not None and not callable(wish):
            raise TypeError(f"progress is True or a function, not {wish!r}")
        return wish
    if not wish or not sys.stderr.isatty():
        return None
    return Bar(len(models) if hasattr(models, "__len__") else None)
