"""What a failed request means: whether the server may have executed it, and how long a write waits if it is not accepted now,
since the server is busy, does not answer, or the index is write-blocked; and when a read is repeated.

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
from ..errors import IntegrityError, NamespaceConnectionError, WrongAnswerError
from .steps import Request

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


def has_vanished(error: Any) -> bool:
    """Return whether the error, of a request or of a bulk item, means that the index was removed while the request was under
    way. A migration that puts an alias in the place of an index does that at its swap (seen on 7.17.29); the name then
    leads to another one. An index that was not there when the request came has no UUID in the error."""
    cause = said(error)
    return _is_missing(cause) and cause.get("index_uuid", "_na_") != "_na_"


READ_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds to wait before a read is repeated that found its index without shards; the last error is then raised."""

_PARTS = {"mget": "docs", "msearch": "responses"}
"""What contains the errors in an answer with 200, by method."""

_SHARDLESS = frozenset({"no_shard_available_action_exception", "search_context_missing_exception"})


def has_lost_shards(method: str, arguments: Mapping[str, Any], told: Any, first: bool) -> bool:
    """Return whether a read found its index, or a part of it, without the shards to answer it, so that it may succeed in a
    moment: where a migration puts an alias in the place of an index, its shards go before the name leads to the new
    one (seen on 9.5.3 and 7.17.29, with 404, with 503, and in answers with 200).

    told    the answer, or the error in its place
    first   it is the first attempt. A multi-get can look for its documents by the old name after the swap, and be told
            that the index is missing, as it is told where it really is
    """
    if not isinstance(told, BaseException):
        parts = (told.get(_PARTS[method]) or ()) if method in _PARTS else ()
        errors = [part["error"] for part in parts if "error" in part]
        return any(_lost(error) or (first and _is_missing(said(error))) for error in errors)
    status = getattr(told, "status_code", None)
    # Also for an `exists`, whose answer says no more than the status. A point in time that is gone does not come back.
    in_time = "pit" in arguments or "pit" in (arguments.get("body") or ())
    return status == 503 or (status == 404 and not in_time and _lost(told))


def _lost(error: Any) -> bool:
    causes = [said(error), *(said(error).get("root_cause") or ())]
    return any(cause.get("type") in _SHARDLESS or has_vanished(cause) for cause in causes)


def _is_missing(cause: Mapping[str, Any]) -> bool:
    return cause.get("type") == "index_not_found_exception"


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


_NOBODY_LISTENED = ("NewConnectionError", "ClientConnectorError")  # urllib3's and aiohttp's


_UNSENT = (
    *(TypeError, ValueError, LookupError, AttributeError),
    *(IntegrityError, NamespaceConnectionError),
)
"""Errors that are raised before anything is sent."""


def may_have_happened(error: BaseException) -> bool:
    """Return whether the server may have executed the request that failed with `error`."""
    status = getattr(error, "status_code", None)
    if status is not None:
        # A 200 that cannot be parsed is raised, too.
        return bool(status >= 500 or status < 300)
    if not isinstance(error, client_errors.TransportError):
        # Interrupted or cancelled while it waited, the answer to another request, or a time limit that a signal set.
        return not isinstance(error, _UNSENT)
    if isinstance(error, client_errors.SerializationError):
        return not str(error.message).startswith("Unable to serialize")
    # `errors` are those of earlier attempts.
    return not all(_reached_nobody(attempt) for attempt in (error, *error.errors))


def _reached_nobody(error: BaseException) -> bool:
    # The asynchronous client hides the cause, but it remains the context.
    cause = error.__cause__ or error.__context__
    return any(base.__name__ in _NOBODY_LISTENED for base in type(cause).__mro__)


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


class Retries:
    """The client's own retry rules, applied one attempt at a time; and waiting if an index is write-blocked."""

    def __init__(self, es: Any, request: Request) -> None:
        self._es = es
        self._request = request
        self._index = frozenset([request.model.get_index()])
        self._cluster = request.model._es_namespace
        self._patience = Patience(self._cluster)
        self._failed = 0

    def pause(self, error: BaseException) -> float | None:
        """Return the seconds to wait before a request that failed with `error` is repeated, longer each time if the
        server is too busy; None: it is not repeated."""
        request = self._request
        doubtful = may_have_happened(error)
        request.doubtful = request.doubtful or doubtful
        if has_block(error, WRITE):
            if request.is_hinted:
                return None
            request.waited = True
            pause = self._patience.pause(self._index)
            if pause is None:
                error.add_note(BLOCKED)
            return pause
        if (doubtful and request.repeat == "unsent") or not self._left(error):
            return None
        return back_off(self._failed) if getattr(error, "status_code", None) == 429 else 0.0

    def _left(self, error: BaseException) -> bool:
        self._failed += 1
        if self._failed > self._setting("max_retries"):
            return False
        status = getattr(error, "status_code", None)
        if status is not None:
            again = status in self._setting("retry_on_status") or has_vanished(error)
            return again and not has_block(error, DISK)
        if isinstance(error, client_errors.ConnectionTimeout):
            return bool(self._setting("retry_on_timeout"))
        return isinstance(error, client_errors.ConnectionError)

    def _setting(self, name: str) -> Any:
        # `client.options(max_retries=…)` stores its value in an attribute, and a sentinel if it is not given.
        value = getattr(self._es, f"_{name}", None)
        is_given = isinstance(value, bool | int | tuple | list | set | frozenset)
        return value if is_given else getattr(self._es.transport, name)

    def answered(self) -> None:
        """Record that the write succeeded, so its index is not blocked."""
        if self._cluster.blocked_in_vain and self._request.method != "bulk":
            self._cluster.blocked_in_vain -= self._index
