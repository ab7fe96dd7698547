"""Operations of several requests, described without sending any.

Every operation that takes several requests (saving with joined models, loading joins, paging) is a generator of
Requests that receives the answers: pure logic, the same for every client. `run` in connection.py drives such a
generator with the blocking client, its twin in `aio` with the asynchronous one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterable
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from ..base_document import BaseDocument
from ..client import client_errors
from ..client.serializers import Decoder
from ..errors import IntegrityError, NamespaceConnectionError, WrongAnswerError
from .patience import BLOCKED, DISK, WRITE, Patience, back_off, has_block

T = TypeVar("T")

Repeat: TypeAlias = Literal["freely", "noticed", "unsent"]


class Request:
    """One call of a client method, with the index of `model` filled in if the method takes one.

    repeat     what happens if there was no answer, or one that allows a retry:
               "freely"   the client repeats the request by its own rules
               "noticed"  the same rules, but `doubtful` is set afterwards: a create that succeeded at the first
                          attempt finds its own document at the second
               "unsent"   only if the server cannot have executed it: a second time would do it twice
    doubtful   an attempt had no answer, the last or an earlier one, so the server may have executed it
    waited     a write block delayed it, so a migration may have changed the document's version meanwhile
    whole      documents are read to be written again, so nothing in them may be omitted
    into       the models whose new documents it may write, so that their indices must exist: the server would guess a
               mapping
    decoder    reads the bytes of the answer, if it can
    is_hinted  its index is a remembered one: if that is blocked, the write goes through the name and waits there
    """

    def __init__(
        self,
        model: type[BaseDocument],
        method: str,
        *,
        repeat: Repeat = "freely",
        whole: bool = False,
        into: Iterable[type[BaseDocument]] = (),
        decoder: Decoder | None = None,
        **arguments: Any,
    ) -> None:
        self.model = model
        self.method = method
        self.repeat = repeat
        self.whole = whole
        self.into = frozenset(into)
        self.decoder = decoder
        self.arguments = arguments
        self.doubtful = False
        self.waited = False
        self.is_hinted = False


class Pause(NamedTuple):
    """Wait before the next request."""

    seconds: float


class Items(NamedTuple):
    """Take up to the given number of the program's own items, which may take time, and append them to a list: it also
    contains those taken before the program's code fails."""

    source: Any
    most: int
    into: list[Any]


class Call(NamedTuple):
    """Call a hook of the program, which may do I/O of its own; the answer is what it returns."""

    hook: Callable[[Any], Any]
    argument: Any


class Start(NamedTuple):
    """Start other steps in the background; the answer is a handle for Finish.

    A Pause of a millisecond or two lets them send their request before this thread computes on: they would wait for the
    interpreter up to 5 ms, repeatedly.
    """

    steps: Any


class Finish(NamedTuple):
    """Wait for started steps; the answer is what they return."""

    task: Any


Steps: TypeAlias = Generator[Request | Pause | Items | Call | Start | Finish, Any, T]
"""A generator that yields operations, receives the answers (or has the errors thrown in) and returns a T."""


class Retries:
    """The client's own retry rules, applied one attempt at a time; and waiting if an index is write-blocked."""

    def __init__(self, es: Any, request: Request) -> None:
        self._request = request
        self._index = frozenset([request.model.get_index()])
        self._cluster = request.model._es_namespace
        self._patience = Patience(self._cluster)
        transport = es.transport
        self._attempts = _setting(es, "_max_retries", transport.max_retries)
        self._on_status = _setting(es, "_retry_on_status", transport.retry_on_status)
        self._on_timeout = _setting(es, "_retry_on_timeout", transport.retry_on_timeout)
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
        if self._failed > self._attempts:
            return False
        status = getattr(error, "status_code", None)
        if status is not None:
            return status in self._on_status and not has_block(error, DISK)
        if isinstance(error, client_errors.ConnectionTimeout):
            return bool(self._on_timeout)
        return isinstance(error, client_errors.ConnectionError)

    def answered(self) -> None:
        """Record that the write succeeded, so its index is not blocked."""
        if self._cluster.blocked_in_vain and self._request.method != "bulk":
            self._cluster.blocked_in_vain -= self._index


def _setting(es: Any, name: str, default: Any) -> Any:
    # `client.options(max_retries=…)` stores its value in an attribute, and a sentinel if it is not given.
    value = getattr(es, name, default)
    return value if isinstance(value, bool | int | tuple | list | set | frozenset) else default


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
    if not isinstance(error, Exception):
        return True  # interrupted or cancelled while it waited for the answer
    if isinstance(error, WrongAnswerError):
        return True
    if not isinstance(error, client_errors.TransportError):
        return not isinstance(error, _UNSENT)  # a signal's handler raised it, as for a time limit
    if isinstance(error, client_errors.SerializationError):
        return not str(error.message).startswith("Unable to serialize")
    # `errors` are those of earlier attempts.
    return not all(_reached_nobody(attempt) for attempt in (error, *error.errors))


def _reached_nobody(error: BaseException) -> bool:
    # The asynchronous client hides the cause, but it remains the context.
    cause = error.__cause__ or error.__context__
    return any(base.__name__ in _NOBODY_LISTENED for base in type(cause).__mro__)


def raise_first_error(response: Any, parts: list[Any]) -> None:
    """Raise the error of one part of a multi-request as the client would for a separate request."""
    failed = next((part for part in parts if "error" in part), None)
    if failed is None:
        return
    kind = failed["error"]["type"]
    missing = kind == "index_not_found_exception"
    error = client_errors.NotFoundError if missing else client_errors.ApiError
    cause = {"root_cause": [failed["error"]], **failed["error"]}
    status = 400 if kind == "illegal_argument_exception" else response.meta.status
    meta = dataclasses.replace(response.meta, status=404 if missing else status)
    raise error(kind, meta, {"error": cause})
