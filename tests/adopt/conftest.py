"""A project folder to start commands in, and servers that answer what a test wants."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ecgen.cli.main import main
from ecgen.testing.server import Server

Answer = Callable[[str, dict[str, str]], tuple[int, Any]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("API_KEY", "USERNAME", "PASSWORD", "CA_CERTS", "URL"):
        monkeypatch.delenv(f"ELASTICSEARCH_{name}", raising=False)
    return tmp_path


@pytest.fixture
def ecgen(project: Path) -> Callable[..., Result]:
    """Runs the command line in the project."""
    return lambda *arguments, **options: CliRunner().invoke(
        main, [str(argument) for argument in arguments], catch_exceptions=False, **options
    )


@pytest.fixture
def stub() -> Iterator[Callable[[Answer], str]]:
    """Starts a server that answers each GET and POST with what a function gives; returns its URL."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            wbufsize = -1  # the header and the body in one packet

            def do_GET(self) -> None:
                code, body = answer(self.path, dict(self.headers))
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(code)
                if 300 <= code < 400:
                    self.send_header("Location", body)
                    content = b""
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def prefix(server: Server) -> Iterator[str]:
    """What index names of one test begin with; the indices are deleted after it."""
    name = f"adopt-{uuid.uuid4().hex[:10]}-"
    yield name
    with server.client() as client:
        # In one request: a server publishes its state once for each.
        if indices := list(client.indices.get(index=f"{name}*", expand_wildcards="all")):
            client.indices.delete(index=indices)


def mapping_of(project: Path, module: str, out: str = "generated") -> Any:
    """The mapping that was built."""
    text = (project / out / "mappings" / f"{module}.json").read_text(encoding="utf-8")
    return json.loads(text)["mappings"]
