"""Wrong use. Only type checkers read this file; each must complain of every line that ends in `# refused`, and of no other."""

from __future__ import annotations

from ecgen.runtime import Model, create_mappings
from generated import Maker, Product


def constructors(maker: Maker) -> None:
    Product(sku="x", name="n", price=1, maker=maker, colour="red")  # refused
    Product(sku=["x"], name="n", price=1, maker=maker)  # refused
    Product(name="n", price=1, maker=maker)  # refused
    Product(sku="x", name="n", price=1, maker=maker, status="sold")  # refused
    Product.create(sku="x", name="n", price=1, maker=3.5)  # refused
    Product.create(name="n")  # refused


def searches() -> None:
    Product.find_by(stauts="live")  # refused
    Product.find_by(price=[object()])  # refused
    Product.find_by(size="10")  # refused
    Product.find_by(load=3)  # refused
    Product.count(skuu="x")  # refused
    Product.scan(tags=3.5)  # refused
    Product.get(3)  # refused
    Product.all(query="x")  # refused


def results(product: Product) -> None:
    product.price = ["cheap"]  # refused
    product.status = "sold"  # refused
    product.get_joined("colour")  # refused
    product.get_joined("maker").skuu  # noqa: B018  # refused
    Product.find_by(**{"name.raw": 3.5})  # refused
    Product.find_by(name__raw=3.5)  # refused
    Product.find_by(name__rwa="x")  # refused
    Maker.find_by(website="x")  # refused
    Product.get("x", source=3)  # refused
    product.maker.name  # noqa: B018  # refused
    number: int = Product.get("x")  # refused
    product.find_by(sku="x")[0].skuu  # noqa: B018  # refused
    maker: Maker = Product.find_by(sku="x")[0]  # refused
    print(number, maker)
    create_mappings([product])  # refused
    product.save(refresh="soon")  # refused


class Other(Model):
    def save(self) -> int:  # refused
        return 1
