"""The servers of a test run: named by environment variables, or embedded nodes, started once and ended with the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from ecgen.testing import EmbeddedNode
from ecgen.testing.server import Server, server_from_environment

VERSIONS = {"es9": "9.5.3", "es8": "8.19.21", "es7": "7.17.29"}


def variable_of(name: str) -> str:
    """Return the environment variable that names a running server."""
    return f"ECGEN_TEST_{name.upper()}"


class Servers:
    """At most one server for each name in VERSIONS, started on first use."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._running: dict[str, Server] = {}

    def get(self, name: str) -> Server:
        if name not in self._running:
            self._running[name] = self._start(name)
        return self._running[name]

    def _start(self, name: str) -> Server:
        for variable in ("ELASTICSEARCH_URL", variable_of(name)):
            if given := server_from_environment(variable):
                return given
        return self._stack.enter_context(EmbeddedNode(VERSIONS[name])).server

    def close(self) -> None:
        self._stack.close()


@contextmanager
def shared(
    names: Sequence[str] = tuple(VERSIONS), say: Callable[[str], None] = lambda _: None
) -> Iterator[None]:
    """Run the servers, and put them into the environment of this process and its children.

    Starts in parallel those that the environment does not name, and stops them at the end of the block, also after an
    interrupt; a node also ends with the process that started it.
    """
    missing = [
        name
        for name in names
        if not os.environ.get(variable_of(name)) and not os.environ.get("ELASTICSEARCH_URL")
    ]
    nodes = {name: EmbeddedNode(VERSIONS[name], say=say) for name in missing}
    if missing:
        say(f"starting Elasticsearch {', '.join(VERSIONS[name] for name in missing)}")
    try:
        with ThreadPoolExecutor(max(1, len(nodes))) as pool:
            list(pool.map(EmbeddedNode.start, nodes.values()))
        for name, node in nodes.items():
            os.environ[variable_of(name)] = node.url
        yield
    finally:
        for name, node in nodes.items():
            os.environ.pop(variable_of(name), None)
            node.close()
