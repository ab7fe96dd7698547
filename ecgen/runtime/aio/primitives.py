"""What asynchronous I/O is made of, in the place of `ecgen.runtime.client.primitives`. The modules beside this one are made from
those of `ecgen.runtime` by tools/twins.py, and await these functions.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ..client.cluster import Cluster
from ..errors import NamespaceConnectionError

if TYPE_CHECKING:
    from elasticsearch import AsyncElasticsearch

T = TypeVar("T")

Stream: TypeAlias = Iterable[T] | AsyncIterable[T]
"""One item after the other, awaited or not; an endless generator will do."""


async def sleep(seconds: float) -> None:
    """Wait, and let others run."""
    await asyncio.sleep(seconds)


async def take(source: Any, most: int, into: list[Any]) -> None:
    """Append up to `most` items of an iterator or asynchronous iterator."""
    if not hasattr(source, "__anext__"):
        into.extend(itertools.islice(source, most))
        return
    while len(into) < most:
        try:
            into.append(await anext(source))
        except StopAsyncIteration:
            break


def start(run: Callable[[Any], Coroutine[Any, Any, T]], steps: Any) -> asyncio.Task[T]:
    """Run the steps in a task of their own."""
    return asyncio.create_task(run(steps))


async def finish(task: asyncio.Task[T] | Future[T]) -> T:
    """Wait for what was started, or for what another thread or event loop does."""
    return await asyncio.shield(asyncio.wrap_future(task) if isinstance(task, Future) else task)


async def call(hook: Callable[[Any], Any], argument: Any) -> Any:
    """What the program's hook returns, awaited where it is to be."""
    result = hook(argument)
    return await result if inspect.isawaitable(result) else result


class Clients(Cluster):
    """A cluster with a client for each event loop that uses it: connections belong to the loop they were opened in."""

    is_async = True

    def _forget_clients(self) -> None:
        self._clients: dict[asyncio.AbstractEventLoop, AsyncElasticsearch] = {}

    @property
    def es(self) -> AsyncElasticsearch | None:
        """The client of the running loop, if it has one already."""
        return self._clients.get(_running_loop())

    def get_es(self) -> AsyncElasticsearch:
        """The client of the running event loop, made at its first call. A ready client that was given serves every loop.

        RuntimeError outside a coroutine; NamespaceConnectionError where nothing was configured, or aiohttp is not
        installed; what the client says of a configuration that it refuses is raised as it is, without the secrets.
        """
        loop = _running_loop()
        es = self._clients.get(loop)
        if es is None:
            with self._lock:
                # Those of loops that ended can send nothing any more.
                kept = {each: es for each, es in self._clients.items() if not each.is_closed()}
                es = kept[loop] = self._new_client()
                self._clients = kept
        return es

    def _drop_client(self) -> AsyncElasticsearch | None:
        with self._lock:
            return self._clients.pop(_running_loop(), None)

    def _new_client(self, https: bool = False) -> Any:
        try:
            return super()._new_client(https)
        except ValueError as error:
            if "'aiohttp' installed" not in str(error):
                raise
        raise NamespaceConnectionError(
            "AsyncElasticsearch needs aiohttp: install it with `pip install 'ecgen-es[async]'`"
        )


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        message = "no event loop is running here; asynchronous models are used in coroutines"
        raise RuntimeError(message) from None
