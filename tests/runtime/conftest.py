"""Fixtures of the runtime's tests: a namespace on each server, and an eye on the requests that it sends."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from observing import Requests, fresh_prefix, watched

from ecgen.runtime import Namespace, connect
from ecgen.runtime import namespace as namespaces


@pytest.fixture
def connected(server: Any) -> Iterator[Namespace]:
    """The default namespace, on a prefix of its own."""
    with server.client() as client, fresh_prefix(client) as prefix:
        namespace = connect(server.conf, index_prefix=prefix)
        yield namespace
    namespace.close()
    connect(None)
    vars(namespace).pop("write_pause", None)


@pytest.fixture
def unconnected() -> Iterator[None]:
    """The default namespace as it is at the start of a program, and so again afterwards."""
    namespace = connect(None)
    yield
    connect(None)
    vars(namespace).pop("write_pause", None)
    namespaces._global_prefix = ""


@pytest.fixture
def requests(connected: Namespace) -> Iterator[Requests]:
    """What the default namespace sends."""
    with watched(connected.get_es()) as seen:
        yield seen


class Stub:
    """A server on 127.0.0.1 that answers as it is told, one entry of `answers` a request.

    An entry is `(status, JSON body)`; "close" ends the connection without an answer; "hang" keeps it open without one;
    a callable gets `(method, path, body)` and returns one of those. Without entries left it answers 500. Every index is there.
    """

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[str] = []
        self.bodies: list[bytes] = []
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # the header and the body in one packet: the second would wait 40 ms for the first one's receipt

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if self.command == "HEAD":  # whether an index is there
                    self.send_response(200)
                    self.send_header("x-elastic-product", "Elasticsearch")
                    self.end_headers()
                    return
                stub.requests.append(f"{self.command} {self.path}")
                stub.bodies.append(body)
                answer = stub.answers.pop(0) if stub.answers else (500, {})
                if callable(answer):
                    answer = answer(self.command, self.path, body)
                if answer == "hang":
                    time.sleep(1)
                if answer in ("hang", "close"):
                    self.close_connection = True
                    return
                status, content = answer
                text = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("x-elastic-product", "Elasticsearch")
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

            def log_message(self, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.close()
