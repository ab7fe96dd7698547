"""Primitives of blocking I/O. `aio/primitives.py` has the same for asynchronous I/O; everything else is written once.

If a module here calls one of these functions, its twin in `aio`, made by tools/twins.py, awaits it.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from .cluster import Cluster

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

T = TypeVar("T")

_WAIT = 0.5
"""Seconds after which a waiting thread looks again: an interrupt of the other one may have lost the notification."""

Stream: TypeAlias = Iterable[T]
"""An iterable of items, possibly endless."""


def sleep(seconds: float) -> None:
    """Sleep for some seconds."""
    time.sleep(seconds)


def take(source: Any, most: int, into: list[Any]) -> None:
    """Append up to `most` items of an iterator."""
    into.extend(itertools.islice(source, most))


def start(run: Callable[[Any], T], steps: Any) -> Future[T]:
    """Run the steps in a thread of their own. RuntimeError if there can be none, as at the end of the program."""
    task: Future[T] = Future()
    task.set_running_or_notify_cancel()  # nobody can cancel a thread

    def carry_out() -> None:
        try:
            task.set_result(run(steps))
        except BaseException as failure:  # noqa: BLE001 - raised where somebody waits for the result
            task.set_exception(failure)

    threading.Thread(target=carry_out, name="ecgen", daemon=True).start()
    return task


def finish(task: Future[T]) -> T:
    """Wait for the started steps, and return what they return."""
    while not task.done():
        wait([task], _WAIT)
    return task.result()


def call(hook: Callable[[Any], Any], argument: Any) -> Any:
    """Return what the program's hook returns."""
    return hook(argument)


class Clients(Cluster):
    """A cluster with its one client."""

    is_async = False
    es: Elasticsearch | None

    def _forget_clients(self) -> None:
        self.es = None

    def get_es(self) -> Elasticsearch:
        """Return the client, created at the first call.

        NamespaceConnectionError if nothing was configured; the client's error for a configuration that it refuses is
        raised unchanged, without the secrets.
        """
        with self._lock:
            if self.es is None:
                self.es = self._new_client()
            return self.es

    def _drop_client(self) -> Elasticsearch | None:
        with self._lock:
            client, self.es = self.es, None
        return client
