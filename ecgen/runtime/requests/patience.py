"""How long a write waits if the server does not accept it now: busy, not answering, or the index is write-blocked.

A migration blocks an index for the seconds in which it switches to the new one, so a write block is waited for before
it is an error. Seen on 9.5.3, 8.19.21 and 7.17.29: `index.blocks.write` answers 403 FORBIDDEN/8, in a bulk as the
status of items; a full disk answers 429 TOO_MANY_REQUESTS/12, where waiting does not help.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ecgen.elasticsearch.limits import BUSY

from ..client import client_errors
from ..client.cluster import Cluster
from ..errors import WrongAnswerError

WRITE, DISK = 8, 12
"""Elasticsearch's numbers of the blocks."""

BLOCKED = (
    "the index was write-blocked for as long as a write waits (Namespace.write_pause); a migration blocks it while it switches "
    "over. If none is under way, one has died: `ecgen apply` completes it, `ecgen abort` undoes it, and both unblock the index"
)

_LONGEST_PAUSE = 5.0
_LONGEST_BLOCKED_PAUSE = 0.5  # a migration blocks for a second or two


def back_off(attempt: int) -> float:
    """Return the seconds to wait for a busy server before attempt number `attempt` + 1."""
    return min(0.05 * 2.0**attempt, _LONGEST_PAUSE)


def said(error: Any) -> Mapping[str, Any]:
    """Return the server's description of an error, of a request or of a bulk item; empty if there is none."""
    if isinstance(error, BaseException):
        body = getattr(error, "body", None)
        error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def has_block(error: Any, number: int) -> bool:
    """Return whether the error, of a request or of a bulk item, is the block of that number."""
    cause = said(error)
    return cause.get("type") == "cluster_block_exception" and f"/{number}/" in str(
        cause.get("reason")
    )


def transient(status: int | None, error: Any) -> bool:
    """Return whether a retry may succeed later, judged by the status or the error."""
    if has_block(error, WRITE):
        return True
    return status in BUSY and not has_block(error, DISK)


def is_passing(failure: Exception) -> bool:
    """Return whether a failed bulk request may be accepted later: there was no answer, or none that could be read."""
    status = getattr(failure, "status_code", None)
    if status is not None:
        return status < 300 or transient(status, failure)
    if isinstance(failure, client_errors.SSLError):
        return False
    return isinstance(failure, client_errors.TransportError | WrongAnswerError)


class Patience:
    """The retries of one write, or of one bulk request."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._attempt = 0
        self._deadline: float | None = None

    def pause(self, blocked: frozenset[str] = frozenset()) -> float | None:
        """Return the seconds to wait before the next attempt; None to stop waiting.

        blocked   the indices that are write-blocked. After one wait without success no other write waits for them,
                  until one succeeds.
        """
        in_vain = self._cluster.blocked_in_vain
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + self._cluster.write_pause
        self._attempt += 1
        left = self._deadline - now
        if left <= 0:
            in_vain |= blocked
        if left <= 0 or blocked & in_vain:
            return None
        longest = _LONGEST_BLOCKED_PAUSE if blocked else _LONGEST_PAUSE
        return min(back_off(self._attempt), longest, left)
