"""A proxy between a client and a real server that breaks as it is told."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import socket
import threading
import time
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 0.4  # seconds that a client waits for an answer that comes too late
WRITES = ("_bulk", "/_create/", "/_doc", "/_update/")

LOSSES = (
    "reset before",
    "reset after",
    "half a body",
    "too late",
    "502 before",
    "502 after",
    "503 before",
    "429 before",
    "garbage",
    "empty",
    "a page",
)
"""Everything that may become of one request."""


class FaultyLine:
    """Each write takes the next of `faults`; an entry is a word of LOSSES, "refuse after" (which also takes no more
    connections until `reopen`), or "" for none. Without entries left all goes well, or as `always` says.

    attempts   the writes that came, as `"PUT /index/_create/x"`
    """

    def __init__(self, url: str, late: float = 1.0) -> None:
        parts = urlsplit(url)
        self.target = (parts.hostname, parts.port)
        self.late = late
        self.faults: list[str] = []
        self.always = ""
        self.attempts: list[str] = []
        self._lock = threading.Lock()
        self._late = threading.Lock()
        self._open: set[Any] = set()
        self.port = 0
        self.reopen()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reopen(self) -> None:
        line = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # the header and the body in one packet: the second would wait 40 ms for the first one's receipt

            def answer(self) -> None:
                line.carry(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

            def log_message(self, *args: Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def process_request(self, request: Any, client_address: Any) -> None:
                line._open.add(request)
                super().process_request(request, client_address)

            def shutdown_request(self, request: Any) -> None:
                line._open.discard(request)
                super().shutdown_request(request)

            def handle_error(self, *args: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def shorten(self, client: Any) -> None:
        """Let the client wait a moment only for an answer that comes too late, and for others as long as it is configured to."""
        node = client.transport.node_pool.get()
        send = node.perform_request

        def perform_request(*arguments: Any, **options: Any) -> Any:
            if "too late" in (*self.faults, self.always):
                options["request_timeout"] = PATIENCE
            return send(*arguments, **options)

        node.perform_request = perform_request

    def refuse(self) -> None:
        """No more connections, and an end to those that a client keeps, as where a server dies."""
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    close = refuse

    def carry(self, handler: Any) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        fault = ""
        path = handler.path.partition("?")[0]
        if handler.command != "GET" and any(word in path for word in WRITES):
            with self._lock:
                self.attempts.append(f"{handler.command} {path}")
                fault = self.faults.pop(0) if self.faults else self.always
        if fault == "reset before":
            handler.close_connection = True
            return
        if fault.endswith("before"):
            kind = {"type": "too busy", "reason": "by the line"}
            self._send(
                handler, int(fault[:3]), b'{"error": %s}' % repr(kind).replace("'", '"').encode()
            )
            return
        if (
            fault != "too late"
        ):  # the server is to have what the client gave up before what it sent then
            with self._late:
                pass
        with self._late if fault == "too late" else contextlib.nullcontext():
            status, headers, content = self._forwarded(handler, body)
        if fault == "reset after":
            handler.close_connection = True
        elif fault == "refuse after":
            handler.close_connection = True
            self.refuse()
        elif fault == "too late":
            time.sleep(self.late)
            handler.close_connection = True
        elif fault == "502 after":
            self._send(handler, 502, b"{}")
        elif fault == "garbage":
            self._send(handler, status, b'{"_id": "x", "resu')
        elif fault == "empty":
            self._send(handler, status, b"")
        elif fault == "a page":
            self._send(handler, 200, b"<html>sign in</html>", "text/html", product=False)
        elif fault == "half a body":
            handler.send_response(status)
            handler.send_header("x-elastic-product", "Elasticsearch")
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content[: len(content) // 2])
            handler.close_connection = True
        else:
            handler.send_response(status)
            for name, value in headers:
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    handler.send_header(name, value)
            length = len(content)
            if handler.command == "HEAD":
                length = int(dict(headers).get("content-length", 0))
            handler.send_header("content-length", str(length))
            handler.end_headers()
            handler.wfile.write(content)

    def _send(
        self,
        handler: Any,
        status: int,
        content: bytes,
        kind: str = "application/json",
        product: bool = True,
    ) -> None:
        handler.send_response(status)
        if product:
            handler.send_header("x-elastic-product", "Elasticsearch")
        handler.send_header("content-type", kind)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _forwarded(self, handler: Any, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self.target, timeout=30)
        try:
            headers = {
                name: value
                for name, value in handler.headers.items()
                if name.lower() not in ("host", "connection", "accept-encoding")
            }
            connection.request(handler.command, handler.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()
