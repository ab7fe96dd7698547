"""A process that lifts the write block if `ecgen apply` dies, or hangs, in a cut-over.

`apply` starts it before the first block and writes a line to its input each time: what to undo, or null when there is
nothing left to undo. The end of the input means that `apply` has ended. The watchdog removes the fence first, so that
the server refuses a swap that is still on its way, or that a suspended process would send later; then it lifts the
block.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from typing import Any

from .asking import Fenced, Json, MigrationError, Steps
from .cut_over import Swap, undo_cut_over
from .fence import Fence

_LATE = 3.0
"""A living process undoes its own pause; after this time it is considered to hang."""
_TRIES_FOR = 600.0


class Watchdog:
    """The side of `apply`: started with the first thing to undo."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self, undo: Json | None) -> None:
        if self._process is None or self._process.poll() is not None:
            if undo is None:
                return
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", __name__, self._url],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for `apply`
            )
        if (stream := self._process.stdin) is not None:
            stream.write(json.dumps(undo).encode() + b"\n")
            stream.flush()

    def close(self) -> None:
        """Stop it if nothing is left to undo. If something is and the cluster is unreachable, it keeps trying by
        itself."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(30)


def watch(url: str, descriptor: int) -> int:
    """Wait for the end of the input, or for a pause that is over; undo what is left to undo."""
    undo: dict[str, Any] | None = None
    deadline: float | None = None
    pending = b""
    waiting = selectors.DefaultSelector()
    waiting.register(descriptor, selectors.EVENT_READ)
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not waiting.select(left):
            break
        data = os.read(descriptor, 65536)
        if not data:
            break
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            undo = json.loads(line)
            deadline = None if undo is None else time.monotonic() + undo["seconds"] + _LATE
    if undo is None:
        return 0
    return _undo(url, undo)


def _undo(url: str, undo: dict[str, Any]) -> int:
    from .driving import connect

    end = time.monotonic() + _TRIES_FOR
    while time.monotonic() < end:
        driver = connect(url)
        try:
            driver.run(undo_pause(undo))
            return 0
        except Fenced:
            return 0  # the run that took over lifts the block
        except MigrationError:
            time.sleep(1.0)
        finally:
            driver.close()
    return 1


def undo_pause(undo: dict[str, Any]) -> Steps[bool]:
    """Lift the block of an epoch; return whether its swap had happened."""
    fence = Fence(undo["alias"], 0)
    fence.load, fence.hold = undo["load"], undo["hold"]
    swap = Swap(undo["alias"], "", undo["new"])
    return (yield from undo_cut_over(swap, fence))


if __name__ == "__main__":
    sys.exit(watch(sys.argv[1], sys.stdin.fileno()))
