"""`make demo`: the web shop of schemas/, from YAML to documents on two real Elasticsearch servers.

The models are built afresh into build/demo, so that the story begins where a user's would. Products have scaled_float prices, a
type that the server core from Maven Central has only in its 7.17 line, with the module beside it; a second namespace on a
9.5.3 node takes the models that need no such module. One program, one set of classes, two servers.
"""

from __future__ import annotations

import datetime
import importlib
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ecgen.runtime import Namespace, connect, create_mappings, register_namespace
from ecgen.testing import EmbeddedNode, NodeError, plain_node_class

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "demo"
COUNTRIES = ("DE", "FR", "IT", "SE")
PRODUCTS = 200
CUSTOMERS = 40


class Requests:
    """Counts what goes over the wire."""

    sent = 0

    @classmethod
    def counting(cls, node_class: Any) -> Any:
        def perform_request(self: Any, *args: Any, **options: Any) -> Any:
            cls.sent += 1
            return node_class.perform_request(self, *args, **options)

        return type("CountingNode", (node_class,), {"perform_request": perform_request})

    @classmethod
    @contextmanager
    def told(cls, what: str) -> Iterator[None]:
        before, started = cls.sent, time.perf_counter()
        yield
        count, seconds = cls.sent - before, time.perf_counter() - started
        requests = f"{count} request{'' if count == 1 else 's'}"
        print(f"  {what:<66} {requests:>11} {seconds * 1000:7.0f} ms")


def heading(text: str) -> None:
    print(f"\n{text}")


def build_twice() -> Any:
    heading("1. ecgen build schemas/")
    shutil.rmtree(BUILD, ignore_errors=True)
    for _ in range(2):
        command = ["build", "schemas", "--out", "build/demo/shop", "--package", "shop"]
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "ecgen", *command],
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
        for line in (done.stdout + done.stderr).splitlines():
            if not line.startswith("wrote "):  # a line for each file; the last one has their number
                print(f"  {line}")
        if done.returncode:
            sys.exit(done.returncode)
    sys.path[:0] = [
        str(BUILD),
        str(ROOT),
    ]  # ROOT for schemas/ids.py, which Shipment's ids come from
    return importlib.import_module("shop")


def start(stack: ExitStack) -> tuple[EmbeddedNode, EmbeddedNode]:
    heading("2. Two real servers, without Docker or Java on this machine")
    started = time.perf_counter()
    nodes = [EmbeddedNode(v, say=lambda text: print(f"  {text}")) for v in ("7.17.29", "9.5.3")]
    with ThreadPoolExecutor() as pool:
        for node in pool.map(stack.enter_context, nodes):
            print(f"  Elasticsearch {node.version} at {node.url}")
    print(f"  ready after {time.perf_counter() - started:.1f} s")
    return nodes[0], nodes[1]


def fill(shop: Any) -> None:
    heading("3. Create the indices, save the shop")
    with Requests.told("created the indices of all models"):
        names = create_mappings(shop.MODELS)
    print("  " + ", ".join(names))
    chance = random.Random(7)  # noqa: S311
    now = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)
    makers = [
        shop.Maker(name=f"Maker {n}", slug=f"maker-{n}", country=COUNTRIES[n % 4], created=now)
        for n in range(8)
    ]
    customers = [
        shop.Customer(email=f"customer{n}@example.com", name=f"Customer {n}", created=now)
        for n in range(CUSTOMERS)
    ]
    products = [
        shop.Product(
            sku=f"SKU-{n:04}",
            name=f"{chance.choice(['Oak', 'Steel', 'Glass'])} {chance.choice(['table', 'lamp', 'chair'])}",
            price=round(chance.uniform(5, 500), 4),
            status=chance.choice(["draft", "live", "live", "retired"]),
            created=now + datetime.timedelta(minutes=n),
            maker=makers[n % len(makers)],
        )
        for n in range(PRODUCTS)
    ]
    reviews = [
        shop.Review(product=product, customer=customer, stars=chance.randint(1, 5), created=now)
        for product in products
        for customer in chance.sample(customers, 3)
    ]
    with Requests.told(f"saved {len(makers)} makers and {len(customers)} customers"):
        for batch in (makers, customers):
            type(batch[0]).save_all(batch).raise_failures()
    with Requests.told(f"saved {len(products)} products and {len(reviews)} reviews"):
        for batch in (products, reviews):
            type(batch[0]).save_all(batch, refresh=True).raise_failures()


def find(shop: Any) -> None:
    heading("4. Find")
    with Requests.told("Product.find_by(status='live', name='oak table', size=5)"):
        found = shop.Product.find_by(status="live", name="oak table", size=5)
    for product in found[:2]:
        print(f"    {product.sku}  {product.name:<12} {product.price:8.2f}  {product.status}")
    print(f"    … {found.total} in all")
    with Requests.told("Product.find_by(query={'range': {'price': {'lt': 20}}}, sort=…)"):
        cheap = shop.Product.find_by(
            query={"range": {"price": {"lt": 20}}}, sort=[{"price": "asc"}], size=100
        )
    print(f"    {cheap.total} below 20.00, the cheapest at {cheap[0].price:.2f}")
    pages = 0
    with Requests.told("all products, 50 a page, with search_after()"):
        seen: set[str] = set()
        page = shop.Product.all(size=50)
        while page:
            pages += 1
            seen.update(product.id for product in page)
            page = page.search_after()
    print(f"    {len(seen)} different products on {pages} pages")


def join(shop: Any) -> None:
    heading("5. Join: one request for each index joined, however many documents")
    products = shop.Product.find_by(status="live", size=100)
    with Requests.told(f"makers and reviews of {len(products)} products"):
        products.load("maker", "reviews")
    count = sum(len(product.reviews) for product in products)
    makers = {product.maker.id for product in products}
    print(f"    {count} reviews and {len(makers)} makers are there as objects:")
    product = products[0]
    stars = ", ".join(str(review.stars) for review in product.reviews)
    print(f"    {product.sku} by {product.maker.name}, stars {stars}")
    with Requests.told("the same in one call: find_by(load=['maker', 'reviews.customer'])"):
        again = shop.Product.find_by(status="live", size=100, load=["maker", "reviews.customer"])
    print(f"    first reviewer of the first: {again[0].reviews[0].customer.name}")


def second_server(shop: Any, node: EmbeddedNode, conf: dict[str, Any]) -> None:
    heading(f"6. The same classes in a second namespace, on Elasticsearch {node.version}")
    archive = Namespace("archive", conf)
    register_namespace(archive)
    Maker = archive.register_model_class(shop.Maker)
    with Requests.told("created its index, copied the makers there, counted them"):
        (index,) = archive.create_mappings([Maker])
        copies = [Maker(name=maker.name, slug=maker.slug) for maker in shop.Maker.all()]
        Maker.save_all(copies, refresh=True).raise_failures()
        count = Maker.count()
    print(f"    {count} makers in {index}; {Maker.__name__} is {shop.Maker.__name__}, bound there")


def migrate(shop: Any, node: EmbeddedNode) -> None:
    heading(
        "7. Migrate the products while a writer goes on: the prices' scaling_factor is 1000 from now on"
    )
    changed = BUILD / "schemas"
    shutil.copytree(ROOT / "schemas", changed)
    file = changed / "product.yaml"
    file.write_text(file.read_text().replace("scaling_factor: 100\n", "scaling_factor: 1000\n"))
    ids = [product.id for product in shop.Product.all(size=PRODUCTS)]
    written: dict[str, float] = {}
    ended, acknowledged = threading.Event(), 0

    def write() -> int:
        count = 0
        while not ended.is_set():
            product = shop.Product.get(ids[count % len(ids)])
            product.price = 1 + count / 100
            product.save()
            written[product.id] = product.price
            count += 1
        return count

    with ThreadPoolExecutor() as pool:
        writer = pool.submit(write)
        command = ["apply", "--schemas", str(changed), "--url", node.url, "--prefix", "demo_"]
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "ecgen", *command, "--model", "Product", "--yes"],
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
        ended.set()
        acknowledged = writer.result()
    for line in (done.stdout + done.stderr).splitlines():
        print(f"  {line}")
    if done.returncode:
        sys.exit(done.returncode)
    shop.Product.refresh()
    there = {product.id: product.price for product in shop.Product.scan()}
    lost = sum(there.get(id) != price for id, price in written.items())
    print(f"  {acknowledged} saves acknowledged meanwhile, {lost} lost")
    if lost:
        sys.exit(1)


def main() -> int:
    started = time.perf_counter()
    print("ecgen: Elasticsearch models from YAML. A web shop, from its definitions to documents.")
    shop = build_twice()
    try:
        with ExitStack() as stack:
            old, new = start(stack)
            old_conf, new_conf = (
                {"hosts": [node.url], "node_class": Requests.counting(plain_node_class())}
                for node in (old, new)
            )
            connect(old_conf, index_prefix="demo_")
            fill(shop)
            find(shop)
            join(shop)
            second_server(shop, new, new_conf)
            migrate(shop, old)
    except NodeError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(
        f"\nDone in {time.perf_counter() - started:.0f} s with {Requests.sent} requests; the servers are gone again. "
        "The models it used are in build/demo/shop, a page to read: build/demo/shop/product.py"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
