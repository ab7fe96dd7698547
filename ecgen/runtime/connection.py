"""The few functions that talk to a server.

Whatever takes several requests (saving with its cascade, loading joins, paging) is written as a generator of Requests
that is sent the answers: pure logic, the same for every client. `run` is what drives such a generator with the blocking
client; an async twin needs one of its own and nothing else.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from .model import Model
    from .namespace import Namespace

__all__ = ["DocTypeConnection", "Pause", "Request", "Steps", "run"]

T = TypeVar("T")


Repeat: TypeAlias = Literal["freely", "noticed", "unsent"]


class Request:
    """One call of a client method, with the index of `model` filled in where the method takes one.

    repeat    what happens where no answer came, or one that asks to try again:
              "freely"   the client sends the request again by its own rules
              "noticed"  the same rules, but `doubtful` tells afterwards: a create that was carried out at the first
                         attempt finds its own document at the second
              "unsent"   only where the server cannot have carried it out: a second time would do it twice
    doubtful  an earlier attempt had no answer, so the server may have carried it out already
    """

    __slots__ = ("arguments", "doubtful", "method", "model", "repeat")

    def __init__(
        self, model: type[Model], method: str, *, repeat: Repeat = "freely", **arguments: Any
    ) -> None:
        self.model = model
        self.method = method
        self.repeat = repeat
        self.arguments = arguments
        self.doubtful = False


class Pause(NamedTuple):
    """Wait before going on."""

    seconds: float


Steps: TypeAlias = Generator["Request | Pause", Any, T]
"""Logic that yields Requests, receives the client's answers (or has its errors thrown in) and returns a T."""


def run(steps: Steps[T]) -> T:
    """Drive `steps` with the blocking client and return what they return."""
    answer: Any = None
    failure: BaseException | None = None
    while True:
        try:
            request = steps.throw(failure) if failure else steps.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        answer, failure = None, None
        try:
            if isinstance(request, Pause):
                time.sleep(request.seconds)
            else:
                answer = _answer(request)
        except BaseException as error:  # noqa: BLE001 - an interrupt must reach the steps as well; they raise it again
            failure = error


def _answer(request: Request) -> Any:
    connection = request.model.get_es_connection()
    if request.repeat == "freely":
        return connection.call(request.method, request.arguments)
    retries = Retries(connection.es)
    while True:
        try:
            return connection.call(request.method, request.arguments, max_retries=0)
        except Exception as error:
            doubtful = may_have_happened(error)
            if not retries.left(error) or (doubtful and request.repeat == "unsent"):
                raise
            request.doubtful = request.doubtful or doubtful
            time.sleep(retries.pause())


class Retries:
    """The client's own rules for trying again, applied one attempt at a time."""

    def __init__(self, es: Elasticsearch) -> None:
        transport = es.transport
        self._attempts = _setting(es, "_max_retries", transport.max_retries)
        self._on_status = _setting(es, "_retry_on_status", transport.retry_on_status)
        self._on_timeout = _setting(es, "_retry_on_timeout", transport.retry_on_timeout)
        self._failed = 0
        self._busy = False

    def left(self, error: Exception) -> bool:
        """Whether the request that failed with `error` may be sent again."""
        self._failed += 1
        if self._failed > self._attempts:
            return False
        import elasticsearch

        status = getattr(error, "status_code", None)
        self._busy = status == 429
        if status is not None:
            return status in self._on_status
        if isinstance(error, elasticsearch.ConnectionTimeout):
            return bool(self._on_timeout)
        return isinstance(error, elasticsearch.ConnectionError)

    def pause(self) -> float:
        """Seconds to wait before the next attempt; longer each time where the server said that it is too busy."""
        return back_off(self._failed) if self._busy else 0.0


def back_off(attempt: int) -> float:
    """Seconds to leave a busy server alone before attempt number `attempt` + 1."""
    return min(0.05 * 2.0**attempt, 5.0)


def _setting(es: Elasticsearch, name: str, default: Any) -> Any:
    # `client.options(max_retries=…)` leaves its word in an attribute, and a sentinel where it said nothing.
    value = getattr(es, name, default)
    return value if isinstance(value, bool | int | tuple | list | set | frozenset) else default


_NOBODY_LISTENED = ("NewConnectionError", "ClientConnectorError")  # urllib3's and aiohttp's


def may_have_happened(error: BaseException) -> bool:
    """Whether the server may have carried out the request that failed with `error`."""
    status = getattr(error, "status_code", None)
    if status is not None:
        return bool(status >= 500)
    import elasticsearch

    if not isinstance(error, elasticsearch.TransportError):
        return isinstance(error, KeyboardInterrupt)
    if isinstance(error, elasticsearch.SerializationError):
        return False
    cause = error.__cause__
    return not any(base.__name__ in _NOBODY_LISTENED for base in type(cause).__mro__)


@functools.cache
def _takes(function: Callable[..., Any]) -> frozenset[str]:
    """The parameters of a client method."""
    return frozenset(inspect.signature(function).parameters)


class DocTypeConnection:
    """A client bound to the index of a model: every method of the client by its name.

    The index is filled in where the method takes one, but never beside a point in time (`pit`), which has its own.
    `search` and `mget` return a Result and `get` the model; all others what the client returns. `indices`, `cat` and
    their like are bound in the same way.

    model         the model class that hits are made into
    es_namespace  the Namespace whose client is used
    index         name of the index, with its prefix
    doc_type      accepted and ignored; document types are gone since Elasticsearch 7
    default_args  arguments for every call whose method takes them
    """

    def __init__(
        self,
        model: type[Model],
        es_namespace: Namespace,
        index: str,
        doc_type: str | None = None,
        default_args: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.es_namespace = es_namespace
        self.es = es_namespace.get_es()
        self.index_name = index
        self.doc_type = doc_type
        self.default_args = dict(default_args or {})

    def __repr__(self) -> str:
        return f"<DocTypeConnection {self.index_name!r} of {self.model.__name__}>"

    def get_default_args(self) -> dict[str, Any]:
        """The arguments that calls get unless they bring their own."""
        return {"index": self.index_name, **self.default_args}

    def call(
        self, method: str, arguments: Mapping[str, Any], max_retries: int | None = None
    ) -> Any:
        """Call a client method and return the client's own response."""
        es = self.es if max_retries is None else self.es.options(max_retries=max_retries)
        function = getattr(es, method)
        return function(**self._filled(function, arguments))

    def _filled(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        takes = _takes(getattr(function, "__func__", function))
        filled = {name: value for name, value in self.get_default_args().items() if name in takes}
        filled.update(arguments)
        filled.pop("doc_type", None)
        in_time = "pit" in filled or "pit" in (filled.get("body") or ())
        if in_time and "index" not in arguments:
            filled.pop("index", None)
        return filled

    def __getattr__(self, name: str) -> Any:
        if name == "es":  # not there yet: the constructor failed, or a copy is being made
            raise AttributeError(name)
        attribute = getattr(self.es, name)
        if not callable(attribute):
            return _Bound(self, attribute)

        def call(**arguments: Any) -> Any:
            from .result import Result

            filled = self._filled(attribute, arguments)
            response = attribute(**filled)
            if name in ("search", "get", "mget"):
                result = Result(response, self.model, name, filled)
                return result[0] if name == "get" else result
            return response

        return functools.update_wrapper(call, attribute)


class _Bound:
    """One of the client's groups of methods (`indices`, `cat`, …) with the index filled in."""

    def __init__(self, connection: DocTypeConnection, group: Any) -> None:
        self._connection = connection
        self._group = group

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._group, name)

        def call(**arguments: Any) -> Any:
            return function(**self._connection._filled(function, arguments))

        return functools.update_wrapper(call, function)
