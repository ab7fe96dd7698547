"""The only module of a migration that does I/O: it runs steps with the official client's transport.

The transport and not the client's methods, because answers are needed as bytes (a copied `_source` keeps every
digit), with plain media types, which every server from 7.17 on accepts as its own, and with errors as values.
"""

from __future__ import annotations

import concurrent.futures
import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ecgen.elasticsearch.limits import BUSY
from ecgen.rest import Cluster
from ecgen.runtime.client.configuration import client_arguments, hide_in_logs, secrets_in

from .asking import (
    Ask,
    Finish,
    First,
    Guard,
    Limit,
    MigrationError,
    OutOfTime,
    ServerRefused,
    Start,
    Steps,
    Tell,
    Unreachable,
    Wait,
)

if TYPE_CHECKING:
    from elastic_transport import Transport

T = TypeVar("T")

_ANSWER_WITHIN = 120.0


class Driver:
    """Runs steps against one cluster.

    Args:
        transport: of the official client; `connect` creates one.
        headers: those with credentials.
        tell: called with every event.
        guard: called with what a watchdog must undo, and with None when nothing is left to undo.
    """

    def __init__(
        self,
        transport: Transport,
        headers: Mapping[str, str],
        tell: Callable[[Tell], None] = lambda event: None,
        guard: Callable[[Any], None] = lambda undo: None,
    ) -> None:
        self._transport = transport
        self._headers = {"accept": "application/json", **headers}
        self._tell = tell
        self._guard = guard
        self._until: float | None = None
        self._threads = concurrent.futures.ThreadPoolExecutor(16, "ecgen")

    clock = staticmethod(time.monotonic)

    def close(self) -> None:
        # The interpreter waits for its threads: a thread that still retries ends at its next request.
        self._until = float("-inf")
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._transport.close()

    def run(self, steps: Steps[T]) -> T:
        """Run the steps; return what they return, or raise what they raise."""
        answer: Any = None
        failure: BaseException | None = None
        try:
            while True:
                todo = steps.send(answer) if failure is None else steps.throw(failure)
                answer, failure = None, None
                try:
                    answer = self._do(todo)
                except BaseException as error:  # noqa: BLE001 - the steps decide what it means
                    failure = error
        except StopIteration as stop:
            result: T = stop.value
            return result

    def _do(self, todo: Any) -> Any:
        match todo:
            case Ask():
                return self.ask(todo)
            case Start(steps):
                return self._threads.submit(self.run, steps)
            case First(tasks, seconds):
                done, _ = concurrent.futures.wait(
                    tasks, seconds, concurrent.futures.FIRST_COMPLETED
                )
                return next((task for task in tasks if task in done), None)
            case Finish(task):
                return task.result()
            case Wait(seconds):
                time.sleep(self._within(seconds))
            case Limit(until):
                self._until = until
            case Guard(undo):
                self._guard(undo)
            case Tell():
                self._tell(todo)
            case _:
                raise TypeError(f"steps yielded {todo!r}")
        return None

    def _within(self, seconds: float) -> float:
        """Return the seconds, or fewer if the limit comes first."""
        if self._until is None:
            return seconds
        left = self._until - self.clock()
        if left <= 0:
            raise OutOfTime("the time for which writers may wait is over")
        return min(seconds, left)

    def ask(self, ask: Ask) -> Any:
        """Return the decoded answer; an unreachable or busy server is tried again within the patience of `ask`."""
        give_up = self.clock() + ask.patience
        pause = 0.05
        while True:
            status, content = self._send(ask)
            if status is not None and status < 300:
                return _decoded(content, ask)
            if status is not None and status not in BUSY:
                raise _refusal(status, content, ask)
            if self.clock() > give_up:
                if status is None:
                    raise Unreachable(
                        f"the cluster cannot be reached: {ask.method} {_shown(ask.path)}: {content}"
                    )
                raise _refusal(status, content, ask)
            time.sleep(self._within(pause))
            pause = min(2 * pause, 1.0)

    def _send(self, ask: Ask) -> tuple[int | None, Any]:
        """Return status and content; no status, and the reason, if there was no answer."""
        from elastic_transport import TransportError

        headers, body = self._headers, ask.body
        if body is not None:
            lines = isinstance(body, bytes)
            kind = "application/x-ndjson" if lines else "application/json"
            headers = {**headers, "content-type": kind}
            body = body if lines else msgspec.json.encode(body)
        try:
            answer = self._transport.perform_request(
                ask.method,
                ask.path,
                body=body,
                headers=headers,
                max_retries=0,
                request_timeout=self._within(_ANSWER_WITHIN),
            )
        except TransportError as error:
            return None, str(error.message)
        return answer.meta.status, answer.body or b""


def _decoded(content: bytes, ask: Ask) -> Any:
    if not content:
        return None
    try:
        return msgspec.json.decode(content, type=ask.answer)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise MigrationError(
            f"{ask.method} {_shown(ask.path)}: an answer that cannot be read: {error}"
        ) from error


def _refusal(status: int, content: bytes, ask: Ask) -> ServerRefused:
    kind, reason = "error", ""
    try:
        error = msgspec.json.decode(content)["error"]
        if isinstance(error, dict):
            roots = error.get("root_cause") or [error]
            kind = str(error.get("type") or roots[0].get("type"))
            reason = str(error.get("reason") or roots[0].get("reason") or "")
        else:
            reason = str(error)
    except (msgspec.DecodeError, KeyError, TypeError, IndexError):
        reason = content[:200].decode("utf-8", "replace")
    return ServerRefused(status, kind, reason[:500], f"{ask.method} {_shown(ask.path)}")


def _shown(path: str) -> str:
    return path.partition("?")[0]


def connect(
    url: str,
    environment: Mapping[str, str] = os.environ,
    **callbacks: Any,
) -> Driver:
    """Return a driver for the cluster at the URL, with credentials from the environment as for `ecgen status`.

    Raises:
        CommandError: the URL is not usable.
    """
    from elastic_transport import JsonSerializer, NdjsonSerializer
    from elasticsearch import Elasticsearch

    class Bytes(JsonSerializer):
        def dumps(self, data: Any) -> bytes:
            return bytes(data)

        def loads(self, data: bytes) -> Any:
            return data

    class Lines(NdjsonSerializer):
        def dumps(self, data: Any) -> bytes:
            return bytes(data)

    cluster = Cluster(url, environment)
    conf: dict[str, Any] = {"hosts": cluster.shown, **cluster.certificates}
    hide_in_logs(secrets_in({"headers": cluster.login}))
    client = Elasticsearch(
        **client_arguments(conf),
        serializers={"application/json": Bytes(), "application/x-ndjson": Lines()},
        connections_per_node=16,
        retry_on_timeout=False,
    )
    return Driver(client.transport, cluster.login, **callbacks)
