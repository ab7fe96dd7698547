"""Progress of a run: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from ecgen.live.migrate.asking import Tell
from ecgen.live.migrate.showing import duration

_EVERY = {True: 0.2, False: 5.0}
"""Seconds between two lines, on a terminal and elsewhere."""
_BAR = 24


class Reporter:
    """Prints events; `total` is the number of documents in the current index."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._last = self._began = time.monotonic()
        self._open = False
        self.total = 0

    def begin(self, text: str, total: int) -> None:
        """Print that a model's migration begins, and reset the bar."""
        self.line(text)
        self.total = total
        self._last = self._began = time.monotonic()

    def line(self, text: str) -> None:
        """Print a line, after clearing the bar."""
        if self._open:
            self._stream.write("\r\033[K")
            self._open = False
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def __call__(self, event: Tell) -> None:
        facts = event.facts
        match event.event:
            case "copied" | "backfilled" | "looked":
                self._progress(event.event, facts["documents"])
            case "pass" if facts["number"]:
                self.line(f"  caught up with {facts['documents']:,} documents written meanwhile")
            case "deletes" if facts["documents"]:
                self.line(
                    f"  removed {facts['documents']:,} copies of what was deleted or overwritten meanwhile"
                )
            case "held":
                self.line(
                    f"  {facts['owner']} has it; waiting {facts['seconds']:.0f} s, in case that it is dead"
                )
            case "unblocked":
                self.line(f"  lifted the write block that an earlier run left on {facts['index']}")
            case "undone":
                self.line(f"  the pause was undone (attempt {facts['attempt']}): {facts['reason']}")
            case "waiting":
                self._progress_text(
                    f"  waiting for {facts['shards']} active shards of {facts['index']}"
                )
            case "lost":
                self.line(f"  {facts['index']} has lost a shard, or is gone; the copy begins again")
            case "busy":
                self._progress_text(
                    f"  {facts['index']} refuses documents for now (status {facts['status']}); trying again"
                )
            case "swapped":
                parts = ", ".join(
                    f"{name} {value:.2f}" for name, value in facts.items() if name != "pause"
                )
                self.line(f"  swapped; writers waited {facts['pause']:.2f} s ({parts})")
            case "slipped":
                self.line(
                    f"  the write block was lifted by hand: {facts['operations']} writes were brought over afterwards"
                )
                if left := facts["left"]:
                    self.line(
                        f"  left as written in the new index since: {', '.join(left)}; compare them with the kept index"
                    )
            case "step":
                self.line(f"  {facts['step']} {facts['index'] or ''}".rstrip())

    def _progress(self, event: str, documents: int) -> None:
        seconds = max(time.monotonic() - self._began, 0.001)
        rate = documents / seconds
        text = f"  {event} {documents:,} of {max(self.total, documents):,}, {rate:,.0f}/s"
        if rate and self.total > documents:
            text += f", {duration((self.total - documents) / rate)} left"
        if self._terminal:
            done = _BAR * documents // max(self.total, documents, 1)
            text = f"  [{'#' * done}{'.' * (_BAR - done)}]{text[1:]}"
        self._progress_text(text)

    def _progress_text(self, text: str) -> None:
        now = time.monotonic()
        if now - self._last < _EVERY[self._terminal]:
            return
        self._last = now
        if self._terminal:
            self._stream.write(f"\r\033[K{text}")
            self._stream.flush()
            self._open = True
        else:
            self.line(text)
