"""Building many objects without Python's cyclic garbage collector, which would scan all of them repeatedly.

docs/decisions/paused-collector.md explains why, with measurements.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_pausing: list[None] = []
"""An entry for each call that turned the collector off, and will turn it on again."""


def without_collector(work: Callable[..., T], *arguments: Any) -> T:
    """Return what `work` returns; the collector is off meanwhile, unless another thread ends such a call. It is on
    afterwards if it was before, wherever an interrupt falls: there is no call of Python code around `try`."""
    was_on = gc.isenabled()
    try:
        if was_on:
            gc.disable()
            _pausing.append(None)
        return work(*arguments)
    finally:
        if was_on:
            gc.enable()
            del _pausing[:1]


def _in_child() -> None:
    """Turn it on: the thread that would do so is not in this process."""
    if _pausing:
        _pausing.clear()
        gc.enable()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
