"""Several nodes that form one cluster, for tests of failing nodes."""

from __future__ import annotations

import contextlib
import json
import socket
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from .distributions import DEFAULT_VERSION, distribution
from .embedded import EmbeddedNode
from .node_errors import StartError
from .server import Server


class _Member(EmbeddedNode):
    _ready = ""  # knows a master; whether the cluster has all shards is no matter of one node


class EmbeddedCluster:
    """Elasticsearch nodes on this machine that form one cluster, for the duration of a `with` block.

        with EmbeddedCluster(nodes=3) as cluster:
            connect(cluster.conf)
            ...
            cluster.kill(cluster.primary_of("products"))
            cluster.wait_for("green")

    `version`, `heap_mb`, `settings` and `say` are those of EmbeddedNode, for each node. `timeout` is the seconds to wait for
    the start of all nodes, without the first download of the jars. `members` are all nodes, including killed ones. All end
    with the block, with this process, and also if it is killed.
    """

    def __init__(
        self,
        nodes: int = 3,
        version: str = DEFAULT_VERSION,
        *,
        timeout: float = 180.0,
        heap_mb: int = 384,
        settings: Mapping[str, str] | None = None,
        jvm_options: Sequence[str] = (),
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        if nodes < 1:
            raise ValueError("a cluster has one node at least")
        self.version = version
        self._timeout = timeout
        self._say = say
        self._options: dict[str, Any] = {"heap_mb": heap_mb, "jvm_options": jvm_options}
        self._settings = dict(settings or {})
        self._names = [f"node{number}" for number in range(nodes)]
        self._ports: list[int] = []
        self.members: list[EmbeddedNode] = []

    @property
    def conf(self) -> dict[str, Any]:
        """Keyword arguments of `Elasticsearch(...)`, and the configuration for `ecgen.runtime.connect`: all nodes, also killed ones."""
        return self._of_all(self.members[0].server.conf)

    @property
    def async_conf(self) -> dict[str, Any]:
        """Keyword arguments of `AsyncElasticsearch(...)`."""
        return self._of_all(self.members[0].server.async_conf)

    def _of_all(self, conf: dict[str, Any]) -> dict[str, Any]:
        return {**conf, "hosts": [node.url for node in self.members]}

    @property
    def server(self) -> Server:
        """A running node."""
        return next(node.server for node in self.members if node.running)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the nodes and wait until each is part of the cluster. `with` calls this."""
        if self.members:
            raise RuntimeError("the cluster is running already")
        distribution(self.version, self._say)  # download once, before the nodes start in parallel
        self._ports = _free_ports(len(self._names))
        try:
            self.members = [self._node(number, first=True) for number in range(len(self._names))]
            with ThreadPoolExecutor(len(self.members)) as pool:
                for started in [pool.submit(node.start) for node in self.members]:
                    started.result()
            self.wait_for("yellow", nodes=len(self.members))
        except BaseException:
            self.close()
            raise

    def _node(self, number: int, first: bool, port: int | None = None) -> EmbeddedNode:
        settings = {
            "node.name": self._names[number],
            "discovery.type": "",
            "discovery.seed_hosts": ",".join(f"127.0.0.1:{port}" for port in self._ports),
            "transport.port": str(self._ports[number]),
            # Detects a dead node in seconds, instead of half a minute.
            "cluster.fault_detection.follower_check.interval": "500ms",
            "cluster.fault_detection.leader_check.interval": "500ms",
            **({"cluster.initial_master_nodes": ",".join(self._names)} if first else {}),
            **self._settings,
        }
        return _Member(
            self.version, port, settings=settings, timeout=self._timeout, **self._options
        )

    def close(self) -> None:
        """Stop all nodes and remove their folders."""
        members, self.members = self.members, []
        with contextlib.ExitStack() as stack:
            for node in members:
                stack.callback(node.close)

    def kill(self, node: EmbeddedNode) -> None:
        """Kill a node, like `kill -9` or a power cut: it does not leave the cluster in order."""
        node.kill()

    def revive(self, node: EmbeddedNode) -> EmbeddedNode:
        """Replace a killed node by a new one without data, and wait until it is part of the cluster."""
        number = self.members.index(node)
        if node.running:
            raise RuntimeError("the node is running")
        node.close()
        port = int(node.url.rpartition(":")[2])
        new = self._node(number, first=False, port=port)  # clients keep its address
        self.members[number] = new
        new.start()
        # Not for a status: the cluster is red if the killed node had the only copy of a shard.
        self.wait_for(None, nodes=sum(each.running for each in self.members))
        return new

    def primary_of(self, index: str) -> EmbeddedNode:
        """Return the node with the primary shard of an index that has one shard."""
        shards = self._ask(f"/_cat/shards/{index}?format=json")
        name = next(shard["node"] for shard in shards if shard["prirep"] == "p")
        return self.members[self._names.index(name)]

    def wait_for(
        self, status: str | None, nodes: int | None = None, timeout: float = 120.0
    ) -> None:
        """Wait until the cluster is at least "yellow" or "green" (None: any status), with `nodes` nodes if given.

        Raises:
            TimeoutError: it is not so within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        wanted = "&wait_for_no_initializing_shards=true&timeout=5s"
        wanted += f"&wait_for_status={status}" if status else ""
        wanted += f"&wait_for_nodes={nodes}" if nodes else ""
        while True:
            with contextlib.suppress(OSError):
                self._ask(f"/_cluster/health?{wanted[1:]}")
                return
            if time.monotonic() > deadline:
                what = " with ".join(filter(None, [status, f"{nodes} nodes" if nodes else ""]))
                raise TimeoutError(f"the cluster is not {what} within {timeout:g} seconds")
            time.sleep(0.2)

    def _ask(self, path: str) -> Any:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for node in self.members:
            if node.running:
                with opener.open(node.url + path, timeout=15.0) as answer:
                    return json.load(answer)
        raise StartError(self.version, "no node of the cluster lives", "")


def _free_ports(count: int) -> list[int]:
    """Return free ports: each node has to know those of the others before it starts."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
