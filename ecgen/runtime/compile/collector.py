"""Building many objects without Python's cyclic garbage collector, which would scan all of them repeatedly.

docs/decisions/paused-collector.md explains why, with measurements.
"""

from __future__ import annotations

import gc
import threading


class _Paused:
    """A context in which the collector is off. Contexts nest, and may overlap in several threads: the last one to end
    turns the collector back on, if it was on when the first began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._was_on = False

    def __enter__(self) -> None:
        with self._lock:
            if not self._depth:
                self._was_on = gc.isenabled()
                gc.disable()
            self._depth += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._depth -= 1
            if not self._depth and self._was_on:
                gc.enable()


collector_paused = _Paused()
