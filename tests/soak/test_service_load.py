"""examples/service under load for a minute, as `uvicorn service:app` serves it, beside the bare client.

    pytest -s tests/soak/test_service_load.py    # ECGEN_SECONDS: how long

The bare client sends the requests that the pages were recorded to send, one after the other, in turns with the service, so that both meet the
same machine. What the service adds is FastAPI, HTTP and the models.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import elastic_transport
import httpx
import pytest
from adopt import shop_service
from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from ecgen.testing.server import Server

SECONDS = float(os.environ.get("ECGEN_SECONDS", "60"))
TURN = 3.0
WORKERS = 8
PRODUCTS = 200
# By page: the share of the visits, and variants of the request.
LIVE = [n for n in range(PRODUCTS) if n % 10 != 9]
PAGES: dict[str, tuple[int, list[str]]] = {
    "list": (4, [f"/products?size={size}" for size in (10, 20, 50)]),
    "search": (3, [f"/search?words={words}" for words in ("oak", "oak table", "pine lamp")]),
    "detail": (2, [f"/products/m{n % 10}-p-{n}" for n in LIVE[:50]]),
    "update": (1, [f"/products/m{n % 10}-p-{n}" for n in LIVE[50:100]]),
}
FAILURES = (AssertionError, aiohttp.ClientError, TimeoutError, ApiError, TransportError)
prices = itertools.count(1)


@dataclass
class Sent:
    """A request of the service to Elasticsearch."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None

    def again(self) -> bytes | None:
        """Return the body; that of an update with a new price, since the server skips updates that change nothing."""
        if self.body is None or "/_update/" not in self.target:
            return self.body
        body = json.loads(self.body)
        body["doc"]["price"] = next(prices) % 100_000 / 100
        return json.dumps(body).encode()


@dataclass
class Load:
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    computed: float = 0.0
    """Seconds of processor time: of the service, or of this process for the bare client."""
    errors: list[str] = field(default_factory=list)

    async def run(self, until: float, visit: Callable[[str, str], Awaitable[None]]) -> None:
        async def worker() -> None:
            while time.monotonic() < until:
                page = random.choices(list(PAGES), [share for share, _ in PAGES.values()])[0]
                started = time.perf_counter()
                try:
                    await visit(page, random.choice(PAGES[page][1]))
                except FAILURES as error:
                    self.errors.append(f"{page}: {error!r}")
                for name in (page, "all"):
                    self.seconds[name].append(time.perf_counter() - started)

        await asyncio.gather(*(worker() for _ in range(WORKERS)))


@pytest.fixture(scope="module")
def place(es7: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    prefix = f"service_{uuid.uuid4().hex[:8]}_"
    yield shop_service.set_up(tmp_path_factory.mktemp("clone"), es7, prefix), prefix
    shop_service.tear_down(es7, prefix)


async def recorded(folder: Path, patch: pytest.MonkeyPatch) -> dict[tuple[str, str], list[Sent]]:
    """Visit each page once in this process, and return the requests that it sends."""
    sent: list[Sent] = []
    perform = elastic_transport.AiohttpHttpNode.perform_request

    async def recording(self: Any, method: str, target: str, body: Any = None, headers: Any = None, **options: Any) -> Any:  # fmt: skip
        sent.append(Sent(method, target, dict(headers), body))
        return await perform(self, method, target, body=body, headers=headers, **options)

    patch.syspath_prepend(str(folder))
    app = importlib.import_module("service").app
    found = {}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client,
    ):
        await client.get("/products")  # finds out what the server understands
        patch.setattr(elastic_transport.AiohttpHttpNode, "perform_request", recording)
        for page, (_, paths) in PAGES.items():
            for path in paths:
                sent.clear()
                update = {"json": {"price": 5}} if page == "update" else {}
                answer = await client.request("PATCH" if update else "GET", path, **update)
                assert answer.status_code == 200, answer.text
                found[page, path] = list(sent)
        patch.undo()
    for name in [name for name in sys.modules if name.split(".")[0] in ("service", "shop")]:
        del sys.modules[name]
    return found


@asynccontextmanager
async def serving(folder: Path, variables: dict[str, str]) -> AsyncIterator[tuple[str, int]]:
    """Run the README's command; give the address and the number of the process."""
    (command,) = (each for each in shop_service.commands() if each.startswith("uvicorn "))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["-m", *command.split(), "--port", str(port), "--no-access-log"]
    log = folder / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=variables, stdout=stream, stderr=stream
        )
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient() as client:
            for _ in range(100):
                try:
                    await client.get(f"{url}/openapi.json")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(30)
    assert "Traceback" not in log.read_text()


def resident(process: int) -> float:
    """Return the memory of a process in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def processor_time(process: int) -> float:
    """Return the seconds that a process has computed for so far; unlike p99, they hardly depend on what else the machine does."""
    spent = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")


def p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98] * 1000


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_minute_of_visitors(
    place: tuple[Path, str], es7: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, prefix = place
    variables = shop_service.environment(es7, prefix)
    ours, bare, memory = asyncio.run(_minute(folder, variables, es7))
    assert ours.errors == []
    assert bare.errors == []
    third = len(memory) // 3
    before, after = (
        statistics.median(part) for part in (memory[third : 2 * third], memory[-third:])
    )
    with capsys.disabled():
        print(f"\n{len(ours.seconds['all']):,} visits in {SECONDS:g} s, no error")
        print(f"memory {before:.1f} MB in the second third, {after:.1f} MB in the last")
        for page in [*PAGES, "all"]:
            both = [p99(load.seconds[page]) for load in (ours, bare)]
            print(
                f"{page:<8} p99 {both[0]:6.1f} ms, bare client {both[1]:6.1f} ms: {both[0] / both[1]:.2f} times"
            )
        each = [1000 * load.computed / len(load.seconds["all"]) for load in (ours, bare)]
        print(f"computing {each[0]:.1f} ms a visit, bare client {each[1]:.1f} ms")
    assert after < before * 1.02 + 1


async def _minute(
    folder: Path, variables: dict[str, str], server: Server
) -> tuple[Load, Load, list[float]]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ELASTICSEARCH_URL", "INDEX_PREFIX"):
            patch.setenv(name, variables[name])
        requests = await recorded(folder, patch)
    ours, bare, memory = Load(), Load(), list[float]()
    conf = {**server.async_conf, "connections_per_node": 50}
    async with (
        serving(folder, variables) as (url, process),
        aiohttp.ClientSession(url) as session,
        AsyncElasticsearch(**conf) as client,
    ):

        async def visit(page: str, path: str) -> None:
            update = {"json": {"price": next(prices) % 100_000 / 100}} if page == "update" else {}
            async with session.request("PATCH" if update else "GET", path, **update) as answer:
                content = await answer.read()
                assert answer.status == 200, content

        async def plainly(page: str, path: str) -> None:
            for each in requests[page, path]:
                await client.perform_request(
                    each.method, each.target, headers=each.headers, body=each.again()
                )

        await Load().run(time.monotonic() + TURN, visit)  # warm
        await Load().run(time.monotonic() + TURN, plainly)
        for _ in range(round(SECONDS / TURN)):
            before = processor_time(process)
            await ours.run(time.monotonic() + TURN, visit)
            ours.computed += processor_time(process) - before
            memory.append(resident(process))
            before = time.process_time()
            await bare.run(time.monotonic() + TURN / 2, plainly)
            bare.computed += time.process_time() - before
    return ours, bare, memory
