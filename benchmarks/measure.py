"""Ways of doing one thing, timed by turns, and what that says about a limit.

Every figure is a ratio of two ways within one run: how fast a machine is does not matter, and what else runs on it
slows both.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Way = tuple[Callable[[Any], Any], Sequence[Any]]
"""A function, and the arguments to call it with, one after the other."""

Times = dict[str, list[float]]
"""Seconds of each round, by way."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a ratio and its limit."""

    section: str
    what: str
    fastest: float
    """The ratio of the fastest rounds: what is left when nothing else was running."""
    median: float
    """The median of the rounds' ratios."""
    limit: float
    sense: Literal["at most", "at least"]
    rate: str = ""
    """What it means in documents a second or the like, for a person to read."""

    @property
    def inside(self) -> bool:
        """Whether the limit holds by one of the two: another program can spoil either of them, but helps neither."""
        if self.sense == "at most":
            return min(self.fastest, self.median) <= self.limit
        return max(self.fastest, self.median) >= self.limit

    @property
    def key(self) -> str:
        """Its name in the baseline."""
        return f"{self.section}: {self.what}"


def at_most(section: str, what: str, ours: Sequence[float], base: Sequence[float], limit: float, rate: str = "") -> Line:  # fmt: skip
    """Our time as a multiple of `base`, which must not pass `limit`."""
    fastest, median = min(ours) / min(base), _median(ours, base)
    return Line(section, what, fastest, median, limit, "at most", rate)


def at_least(section: str, what: str, ours: Sequence[float], rival: Sequence[float], limit: float, rate: str = "") -> Line:  # fmt: skip
    """How many times as fast as `rival` we are, which must not be less than `limit`."""
    fastest, median = min(rival) / min(ours), _median(rival, ours)
    return Line(section, what, fastest, median, limit, "at least", rate)


def _median(above: Sequence[float], below: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def by_turns(
    ways: Mapping[str, Way],
    rounds: int,
    slices: int = 20,
    clock: Callable[[], float] = time.thread_time,
) -> Times:
    """Seconds of CPU (or by another `clock`) that each way takes for all its arguments, for each round.

    The ways take turns after every slice of the arguments, not only after every round, so that no slow moment of the
    machine is one way's alone, and each works on other arguments than the one before it, which would have them in the
    processor's cache. The collector is off while the clock runs: it would charge one way for the other's
    objects.
    """
    taken: Times = {name: [0.0] * rounds for name in ways}
    size = len(next(iter(ways.values()))[1]) // slices
    apart = max(1, slices // len(ways))
    gc.collect()
    gc.disable()
    try:
        for turn in range(rounds):
            for number in range(slices):
                for place, (name, (function, arguments)) in enumerate(ways.items()):
                    begin = (number + place * apart) % slices * size
                    part = arguments[begin : begin + size]
                    start = clock()
                    kept = list(map(function, part))
                    taken[name][turn] += clock() - start
                    # A page is made as a whole; what it takes to drop it again is not measured.
                    del kept
    finally:
        gc.enable()
    return taken


def whole(ways: Mapping[str, Callable[[], object]], rounds: int) -> Times:
    """Seconds on the clock that each way takes from beginning to end; the ways take turns, each round in another order."""
    taken: Times = {name: [] for name in ways}
    names = list(ways)
    for turn in range(rounds):
        for name in names if turn % 2 == 0 else reversed(names):
            taken[name].append(timed(ways[name]))
    return taken


def per_second(count: int, seconds: Sequence[float], noun: str = "documents") -> str:
    """How many a second, in the fastest round."""
    return f"{count / min(seconds):,.0f} {noun}/s"


def timed(work: Callable[[], object]) -> float:
    """Seconds on the clock that `work` takes once."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_memory(pid: int) -> float:
    """The most memory that a process had so far, in MiB; 0 where it has ended.

    Not `ru_maxrss`, which begins with what the process had that started it.
    """
    status = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0.0)  # fmt: skip
