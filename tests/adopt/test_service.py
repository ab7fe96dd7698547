"""examples/service on a real server: every page, and what it answers when something is wrong."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from ecgen.runtime import aio
from ecgen.testing.server import Server

from . import shop_service

Story = Callable[[httpx.AsyncClient], Awaitable[None]]


@pytest.fixture(scope="module")
def app(es7: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The application, on a server that has the products of fill.py."""
    prefix = f"service_{uuid.uuid4().hex[:8]}_"
    folder = shop_service.set_up(tmp_path_factory.mktemp("clone"), es7, prefix)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ELASTICSEARCH_URL", "INDEX_PREFIX"):
            patch.setenv(name, shop_service.environment(es7, prefix)[name])
        patch.syspath_prepend(str(folder))
        yield importlib.import_module("service").app
        for name in [name for name in sys.modules if name.split(".")[0] in ("service", "shop")]:
            del sys.modules[name]  # patch.delitem would put it back
    shop_service.tear_down(es7, prefix)


def tell(app: Any, story: Story) -> None:
    """Run a story with a client of the application, between its start and its end."""

    async def told() -> None:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://shop") as client,
        ):
            await story(client)

    asyncio.run(told())


def test_the_catalogue_goes_on_from_page_to_page(app: Any) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        seen: list[str] = []
        parameters: dict[str, Any] = {"size": 50}
        while True:
            page = (await client.get("/products", params=parameters)).json()
            assert page["total"] == 180
            seen += [card["id"] for card in page["products"]]
            if page["after"] is None:
                break
            parameters["after"] = page["after"]
        live = [n for n in reversed(range(200)) if n % 10 != 9]
        assert seen == [f"m{n % 10}-p-{n}" for n in live]

    tell(app, story)


def test_search_finds_products_with_all_the_words(app: Any) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        page = (await client.get("/search", params={"words": "oak table", "size": 100})).json()
        assert page["total"] == len(page["products"]) == 10
        assert {card["name"] for card in page["products"]} == {"Oak table"}
        cheap = {"words": "oak table", "below": "50", "size": 1}
        answer = await client.get("/search", params=cheap)
        assert without_score(answer.text) == without_score(documented("curl "))
        after = answer.json()["after"]
        second = (await client.get("/search", params={**cheap, "after": after})).json()
        assert second["products"][0]["id"] != answer.json()["products"][0]["id"]

    tell(app, story)


def without_score(page: str) -> str:
    return re.sub(r"(?<=\[)[\d.]+", "…", page)


def documented(command: str) -> str:
    """Return what README shows below the first command that begins so."""
    lines = shop_service.README.splitlines()
    (number, *_) = (n for n, line in enumerate(lines) if line.startswith(f"$ {command}"))
    return lines[number + 1]


def test_an_update_changes_what_it_names_and_no_more(app: Any) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        before = (await client.get("/products/m1-p-1")).json()
        assert before["maker"] == "Maker 1"
        assert [review["stars"] for review in before["reviews"]] == [4, 4, 4]
        change = {"price": 99.999, "tags": ["sale"]}
        changed = (await client.patch("/products/m1-p-1", json=change)).json()
        assert changed == {**before, "price": 100.0, "tags": ["sale"]}
        assert (await client.get("/products/m1-p-1")).json() == changed
        status = (await client.patch("/products/m1-p-1", json={"status": "retired"})).json()
        assert status == {**changed, "status": "retired"}

    tell(app, story)


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "words"),
    [
        ("GET", "/products/nothing", None, 404, "not found"),
        ("PATCH", "/products/nothing", {"price": 1}, 404, "not found"),
        ("GET", "/products?after=rubbish", None, 422, "not what a page gave"),
        ('GET', '/products?after=["a","b"]', None, 422, "not what a page gave"),
        ("GET", "/products?size=1000", None, 422, "less than or equal to 100"),
        ("GET", "/products?status=lost", None, 422, "'draft', 'live' or 'retired'"),
        ("PATCH", "/products/m2-p-2", {"price": "inf"}, 422, "price: "),
        ("PATCH", "/products/m2-p-2", {"prise": 3}, 422, "Extra inputs"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_answered_in_words(
    app: Any, method: str, path: str, body: Any, code: int, words: str
) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        answer = await client.request(method, path, json=body)
        assert (answer.status_code, words in answer.text) == (code, True), answer.text
        json.loads(answer.text)

    tell(app, story)


def test_a_cluster_that_does_not_answer_is_503(app: Any) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        aio.connect("http://127.0.0.1:1")
        answer = await client.get("/products")
        assert (answer.status_code, "does not answer" in answer.text) == (503, True)

    tell(app, story)
