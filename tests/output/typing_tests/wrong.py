"""Used only by type checkers: every line that ends in `# wrong` must be refused, and no other."""

from generated import Maker, Product, Review
from generated.product import ProductSize

Product(sku="A-1")  # wrong
Product(sku="A-1", name="n", price=1, maker="m", colour="red")  # wrong
Product(sku=1, name="n", price=1, maker="m")  # wrong
Product(sku="A-1", name="n", price=1, maker=Review(stars=5, product="p", customer="c"))  # wrong
Product(sku="A-1", name="n", price=1, maker="m", status="lvie")  # wrong
Product.create(sku="A-1", name="n", price=1, maker="m", refresh="later")  # wrong
Product.find_by(stauts="live")  # wrong
Product.find_by(status="lvie")  # wrong
Product.find_by(maker=3)  # wrong
Product.find_by(reviews="r1")  # wrong
Product.count(nothing=1)  # wrong
Review(stars=6, product="p", customer="c")  # wrong
ProductSize(width="1", heihgt=2)  # wrong
print(Product.get("x").nothing)  # wrong
Maker.get("x").products = 3  # wrong
Maker(name="Hansen", slug="hansen")
