"""Retrying documents that a busy server refuses, but not forever: a full disk also looks like a busy server."""

from __future__ import annotations

import time
from collections.abc import Callable

from .asking import Json, MigrationError, Steps, Tell, Wait

BUSY = (429, 502, 503, 504)
_GIVE_UP_AFTER = 120.0
_LONGEST_WAIT = 2.0


class Backoff:
    """Waits between attempts, longer each time, until nothing has been accepted for two minutes.

    Args:
        index: for messages.
    """

    def __init__(self, index: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._index, self._clock = index, clock
        self._pause = 0.05
        self._since: float | None = None

    def wait(self, refused: Json, progressed: bool) -> Steps[None]:
        """Wait before the next attempt.

        Args:
            refused: the outcome of one of the refused documents.
            progressed: whether others of the same request were accepted.

        Raises:
            MigrationError: the server has accepted nothing for two minutes.
        """
        now = self._clock()
        if self._since is None or progressed:
            self._since, self._pause = now, 0.05
        if now - self._since > _GIVE_UP_AFTER:
            error = refused.get("error") or {}
            raise MigrationError(
                f"{self._index}: the cluster has accepted no document for {now - self._since:.0f} s "
                f"(status {refused.get('status')}, {error.get('reason')}); apply again when it accepts writes"
            )
        yield Tell("busy", {"index": self._index, "status": refused.get("status")})
        yield Wait(self._pause)
        self._pause = min(2 * self._pause, _LONGEST_WAIT)
