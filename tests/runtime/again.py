"""The tests of the blocking runtime once more, on the asynchronous one.

A test module is executed again with its names taken from `ecgen.runtime.aio`. So that its tests need not await anything,
each call from outside a coroutine is run to its end here, on one event loop a thread.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch
from observing import fresh_prefix, watched

from ecgen.runtime import aio
from ecgen.runtime import namespace as namespaces
from ecgen.testing.server import Server

HERE = Path(__file__).parent
FUNCTIONS = ("create_mappings", "delete_index", "delete_indices", "get_es")
RAW = ("transport", "model", "es_namespace")
_own = threading.local()
_known: dict[int, Blocking] = {}
_clients: list[tuple[asyncio.AbstractEventLoop, Any]] = []
_loops: list[tuple[threading.Thread, asyncio.AbstractEventLoop]] = []


def loop() -> asyncio.AbstractEventLoop:
    """The event loop of this thread."""
    if not hasattr(_own, "loop"):
        _own.loop = asyncio.new_event_loop()
        _loops.append((threading.current_thread(), _own.loop))
    return _own.loop


def close_since(before: int) -> None:
    """Close the clients made since there were `before`, and the event loops of threads that have ended."""
    _known.clear()
    for its_loop, client in _clients[before:]:
        its_loop.run_until_complete(client.close())
    del _clients[before:]
    for ended in [each for each in _loops if not each[0].is_alive()]:
        _loops.remove(ended)
        ended[1].run_until_complete(ended[1].shutdown_default_executor())
        ended[1].close()


def is_running() -> bool:
    return asyncio._get_running_loop() is not None


def finished(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, run to its end when it is called outside a coroutine."""

    def call(*args: Any, **options: Any) -> Any:
        if is_running():
            return function(*args, **options)

        async def within() -> Any:
            made = function(*args, **options)
            return await made if inspect.isawaitable(made) else made

        result = loop().run_until_complete(within())
        if inspect.isasyncgen(result):
            return drained(result)
        return blocking(result)

    return call


def drained(items: Any) -> Iterator[Any]:
    try:
        while True:
            try:
                yield loop().run_until_complete(anext(items))
            except StopAsyncIteration:
                return
    finally:
        loop().run_until_complete(items.aclose())


class Blocking:
    """A client, or what is bound to one, whose methods run to their end."""

    def __init__(self, real: Any) -> None:
        self.__dict__["_real"] = real

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if name in RAW:
            return value
        return finished(value) if inspect.isroutine(value) else blocking(value)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._real, name, value)

    def __repr__(self) -> str:
        return repr(self._real)


def blocking(value: Any) -> Any:
    module = type(value).__module__
    bound = module == "ecgen.runtime.aio.connection" or module.startswith("elasticsearch._async")
    if not bound and not isinstance(value, AsyncElasticsearch):
        return value
    return _known.setdefault(id(value), Blocking(value))


def _methods(cls: type[Any]) -> Iterator[str]:
    for name, member in vars(cls).items():
        function = inspect.unwrap(getattr(member, "__func__", member))
        awaited = inspect.iscoroutinefunction(function)
        if awaited or name in ("scan", "get_es", "get_es_connection"):
            yield name


def _patch(patch: pytest.MonkeyPatch, cls: type[Any]) -> None:
    for name in list(_methods(cls)):
        member = vars(cls)[name]
        if isinstance(member, classmethod | staticmethod):
            patch.setattr(cls, name, type(member)(finished(member.__func__)))
        else:
            patch.setattr(cls, name, finished(member))


class AwaitedServer(Server):
    """A server whose `conf` is for the asynchronous client."""

    @property
    def conf(self) -> dict[str, Any]:
        return self.async_conf

    def client(self, **options: Any) -> Any:
        return Server(self.url, self.version).client(**options)


def again(
    name: str,
    into: dict[str, Any],
    leave_out: dict[str, str] | None = None,
    awaited: dict[str, str] | None = None,
) -> None:
    """Execute the module `name` with asynchronous models, in the namespace of another.

    leave_out   tests that mean nothing here, and why
    awaited     text that stands for other text here, where a test takes the place of the client's own functions
    """
    path = HERE / f"{name}.py"
    source = path.read_text(encoding="utf-8")
    source = source.replace("from ecgen.runtime import", "from ecgen.runtime.aio import")
    for shared in ("namespace", "loading"):
        source = source.replace(
            f"from ecgen.runtime.aio import {shared} ", f"from ecgen.runtime import {shared} "
        )
    for other in {name, "joined_models"}:
        source = source.replace(other, f"{other}_aio" if other != name else into["__name__"])
    for old, new in (awaited or {}).items():
        assert old in source, f"{path} has no {old!r} any more"
        source = source.replace(old, new)
    exec(compile(source, str(path), "exec"), into)
    for function in FUNCTIONS:
        if function in into:
            into[function] = finished(into[function])
    for test in leave_out or {}:  # not skipped: a test skipped on every server fails the session
        del into[test]
    if name.startswith("test_"):
        # The asynchronous code is generated, and what servers answer is the blocking tests' subject: one server suffices,
        # unless a test needs what one of them lacks. `make soak` runs all on both.
        into["ON_ONE_SERVER"] = ".require(" not in source
        into.update(
            server=server,
            es9=es9,
            es8=es8,
            es7=es7,
            connected=connected,
            requests=requests,
            unconnected=unconnected,
            run_here=run_here,
            closed_after_each=closed_after_each,
        )


@pytest.fixture(scope="session")
def server(server: Server) -> Server:
    return AwaitedServer(server.url, server.version)


@pytest.fixture(scope="session")
def es9(es9: Server) -> Server:
    return AwaitedServer(es9.url, es9.version)


@pytest.fixture(scope="session")
def es8(es8: Server) -> Server:
    return AwaitedServer(es8.url, es8.version)


@pytest.fixture(scope="session")
def es7(es7: Server) -> Server:
    return AwaitedServer(es7.url, es7.version)


@pytest.fixture(autouse=True, scope="module")
def run_here() -> Iterator[None]:
    """Let the asynchronous runtime run to its end, and close what it opened."""
    make = aio.Namespace._new_client

    def remembered(self: Any, https: bool = False) -> Any:
        _clients.append((loop(), make(self, https)))
        return _clients[-1][1]

    with pytest.MonkeyPatch.context() as patch:
        for cls in (aio.Model, aio.Namespace, aio.Result, aio.namespace.Clients):
            _patch(patch, cls)
        patch.setattr(aio.Namespace, "_new_client", remembered)
        yield
    close_since(0)


@pytest.fixture(autouse=True)
def closed_after_each(run_here: None) -> Iterator[None]:
    """Close what a test opened; hundreds of connections and threads would add up in a module."""
    before = len(_clients)
    yield
    close_since(before)


@pytest.fixture
def connected(server: Server) -> Iterator[aio.Namespace]:
    with server.client() as client, fresh_prefix(client) as prefix:
        namespace = aio.connect(server.conf, index_prefix=prefix)
        yield namespace
    aio.connect(None)
    vars(namespace).pop("write_pause", None)


@pytest.fixture
def requests(connected: aio.Namespace) -> Iterator[Any]:
    with watched(connected.get_es()) as seen:
        yield seen


@pytest.fixture
def unconnected() -> Iterator[None]:
    namespace = aio.connect(None)
    yield
    aio.connect(None)
    vars(namespace).pop("write_pause", None)
    namespaces._global_prefix = ""
