"""The examples of docs/runtime.md, one after the other, blocking and asynchronous, and what is true after each.

The asynchronous form is made from the blocking one, as the page says: what talks to a server is awaited, and scans are read
by `async for`. The example under "Async" runs as it is.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, dsl
from observing import fresh_prefix

import ecgen.runtime
import ecgen.runtime.aio

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "runtime.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [block for block in BLOCKS if re.search(r"\b(Product|chair)\b", block)]

AFTER = {
    "maker = Maker": """
        assert (chair.price, chair.get_joined("maker")) == (75, maker)
        assert chair.created and chair.updated > chair.created
        assert not Product.exists(chair.id)
    """,
    "feed = ": """
        assert (result.succeeded, Product.get("hansen-f-7").price) == (50, 7)
    """,
    'Product.get("hansen-c-1")            #': """
        assert found.missing == ["a", "b", "c"]
        assert Product.exists("hansen-c-1")
    """,
    "Product.find_by(status=": """
        assert hit.score > 0 and hit.id == product.id
        assert Product.find_by(price={"gte": 3, "lt": 10}, created={"gte": "now-7d/d"}).total == 7
        assert Product.find_by(offers={"seller": "x", "price": 10})[0].id == "hansen-c-1"
        assert Product.find_by(name__raw="Chair", offers__price={"lt": 50})[0].id == "hansen-c-1"
        assert Product.find_by(sort="offers.price")[0].id == "hansen-c-1"
    """,
    "import enum": """
        (stool,) = Product.find_by(sku=row["sku"])
        assert (stool.status, stool.tags, stool.sku) == ("live", ["oak", "new"], str(row["sku"]))
    """,
    "from ecgen.runtime import NotFetched": """
        whole = Product.get("hansen-c-1")
        assert (whole.name, whole.price, whole.size.width) == ("Armchair", 1, 40)
    """,
    "search = ": """
        assert len(response) == 20 and counts["draft"] == 50
        assert Product.get(response[3].id).price == response[3].price
        assert not hasattr(response[0], "meta")
        assert len(following.execute()) == 20
        assert response[0].get_joined("maker").name == "Hansen"
    """,
    "page = ": "assert not page and product.status == 'live'",
    "for product in Product.scan(on_error": "assert product.id",
    'product = Product.get("hansen-c-1")\n': """
        assert product.get_joined("maker").name == "Hansen"
    """,
    "chair.maker = other": "assert chair in other.products and chair.maker is other",
    "result = Product.save_all": "assert result.failed == 0 and Product.get(products[0].id).name == 'Stool'",
    "archive = ": """
        assert type(ArchivedProduct.get("x").load().maker).__name__ == "archive_Maker"
        archive.close()
    """,
    "import generated": """
        assert maker.greeting().startswith("Hansen makes")
        assert Maker in MODELS
    """,
}
"""By the beginning of an example, what is true after it."""

COROUTINES = {
    name
    for cls in (
        ecgen.runtime.aio.Model,
        ecgen.runtime.aio.Result,
        ecgen.runtime.aio.Namespace,
        dsl.AsyncSearch,
        AsyncElasticsearch,
    )
    for name, function in vars(cls).items()
    if inspect.iscoroutinefunction(inspect.unwrap(getattr(function, "__func__", function)))
}


class Awaited(ast.NodeTransformer):
    """Make the asynchronous form of an example."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in COROUTINES:
            return ast.Await(ast.Call(ast.Name("result_of", ast.Load()), [node], []))
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        scans = isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func).endswith(".scan")
        return ast.AsyncFor(**vars(node)) if scans else node


async def result_of(made: Any) -> Any:
    """Methods of the same name may be no coroutine functions elsewhere, as search_after of a response."""
    return await made if inspect.isawaitable(made) else made


class Program:
    """What runs examples, as a program in one of the forms would."""

    def __init__(self, models: ModuleType, loop: asyncio.AbstractEventLoop | None) -> None:
        self.loop = loop
        self.names: dict[str, Any] = {model.__name__: model for model in models.MODELS}
        runtime = ecgen.runtime.aio if loop else ecgen.runtime
        self.names |= {name: getattr(runtime, name) for name in runtime.__all__}
        self.names |= {"result_of": result_of, "Any": Any, "models": models}

    def run(self, text: str) -> None:
        tree: ast.AST = ast.parse(textwrap.dedent(text))
        if self.loop:
            tree = ast.fix_missing_locations(Awaited().visit(tree))
        code = compile(tree, f"<{text.strip()[:99]}>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        waiting = eval(code, self.names)
        if self.loop and inspect.iscoroutine(waiting):
            self.loop.run_until_complete(waiting)


@pytest.fixture
def prices(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The core of 9.5.3 has no scaled_float: prices are doubles there, of the same values."""
    if "scaled_float" in server.lacks:
        monkeypatch.setattr(ecgen.runtime.ScaledFloat, "get_es_type", lambda _: {"type": "double"})


@pytest.fixture(scope="module")
def shop_aio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The example's models, built with `io: async`, as `shop.aio`."""
    folder = tmp_path_factory.mktemp("shop")
    command = [sys.executable, "-m", "ecgen", "build", str(ROOT / "schemas"), "--io", "async"]
    options = ["--out", "shop/aio", "--package", "shop.aio", "--quiet"]
    subprocess.run([*command, *options], cwd=folder, check=True)
    # A package of its own, and no other: other tests of this process have a shop, too.
    (folder / "shop" / "__init__.py").touch()
    others = _without_shop()
    sys.path.insert(0, str(folder))
    yield importlib.import_module("shop.aio")
    sys.path.remove(str(folder))
    _without_shop()
    sys.modules.update(others)


def _without_shop() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == "shop"]
    return {name: sys.modules.pop(name) for name in names}


@pytest.fixture(params=["blocking", "async"])
def program(
    request: pytest.FixtureRequest, server: Any, prices: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Program]:
    is_async = request.param == "async"
    models = importlib.import_module("generated")
    if is_async:
        models = request.getfixturevalue("shop_aio")
    monkeypatch.setattr(models.Maker, "_replaced_by", None)
    loop = asyncio.new_event_loop() if is_async else None
    program = Program(models, loop)
    program.names["conf"] = server.async_conf if is_async else server.conf
    with server.client() as client, fresh_prefix(client) as prefix:
        monkeypatch.setattr("ecgen.runtime.namespace._global_prefix", prefix)
        try:
            program.run("namespace = connect(conf)")
            yield program
            program.run("namespace.close()")
        finally:
            program.run("_namespaces.pop('archive', None); connect(None)")
            if loop:
                loop.close()


def test_the_examples_run_one_after_the_other(program: Program) -> None:
    program.run("""
        import logging
        log = logging.getLogger(__name__)
        namespace.create_mappings([Maker, Category, Customer, Product, Review])
        first = Namespace("archive", conf)
        first.create_mappings(map(first.register_model_class, [Maker, Product, Review]))
        for name, id, document in (
            ("makers", "hansen", {"name": "Hansen", "slug": "hansen"}),
            ("products", "x", {"sku": "x", "name": "x", "price": 1, "maker": "hansen"}),
        ):
            first.get_es().index(index=first.index_prefix + name, id=id, document=document)
        first.close()
        maker = Maker.create(id="hansen", name="Hansen", slug="hansen")
        Product.create(
            sku="C-1", name="Chair", price=1, maker=maker, status="live", size={"width": 40},
            offers=[{"seller": "x", "price": 10}], refresh=True,
        )
    """)
    left = dict(AFTER)
    for example in EXAMPLES:
        if "async def" in example:
            continue
        program.run("""
            other = Maker(name="Other", slug="other")
            products = [Product(sku="S", name="Stool", price=1, maker=other)]
            chair = Product(sku="C-2", name="Chair", price=1, maker=Maker(name="Third", slug="third"))
        """)
        text = example.replace("50_000", "50").replace('{"cloud_id": "…", "api_key": "…"}', "conf")
        text = re.sub(r"\bgenerated\b", program.names["models"].__name__, text)
        program.run(text)
        program.run("Product.refresh()")
        (begins,) = [begin for begin in left if example.startswith(begin)]
        program.run(left.pop(begins))
    assert not left


@pytest.mark.usefixtures("prices", "shop_aio")
def test_the_asynchronous_example_runs(
    server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = [block for block in BLOCKS if "async def main" in block]
    connect = ecgen.runtime.aio.connect
    with server.client() as client, fresh_prefix(client) as prefix:
        monkeypatch.setattr(
            "ecgen.runtime.aio.connect", lambda url: connect(server.async_conf, index_prefix=prefix)
        )
        exec(compile(example, "docs/runtime.md", "exec"), {"__name__": "example"})
    connect(None)
    assert capsys.readouterr().out == "100 Hansen 10 100\n"
