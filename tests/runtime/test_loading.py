"""Loading joins of many models: how many requests it takes, and that none is forgotten."""

from __future__ import annotations

import elasticsearch
import pytest

from ecgen.runtime import (
    Keyword,
    Long,
    Model,
    MultiJoin,
    MultiJoinLoose,
    SingleJoin,
    SingleJoinLoose,
    create_mappings,
    ids,
)
from ecgen.runtime.requests import load_joins as loading_module

HERE = __name__


class Stored(Model):
    def _compute_id(self):
        return self.id or ids.uuid7()


class Maker(Stored):
    __slots__ = ("code", "country", "products")
    _meta = {"index": "makers", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "code": Keyword("code"),
        "country": SingleJoin("country", f"{HERE}.Maker", f"{HERE}.Country"),
        "products": MultiJoinLoose("products", f"{HERE}.Maker", f"{HERE}.Product:maker"),
    }


class Country(Stored):
    __slots__ = ("name",)
    _meta = {"index": "countries"}
    _mapping = {"id": Keyword("id"), "name": Keyword("name")}


class Product(Stored):
    __slots__ = ("code", "maker", "origin", "related", "reviews", "second", "top", "variants")
    _meta = {"index": "products", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "code": Keyword("code"),
        "maker": SingleJoin("maker", f"{HERE}.Product", f"{HERE}.Maker:products"),
        "second": SingleJoin("second", f"{HERE}.Product", f"{HERE}.Maker"),
        "origin": SingleJoin("origin", f"{HERE}.Product", f"{HERE}.Maker", join_by="code"),
        "related": MultiJoin("related", f"{HERE}.Product", f"{HERE}.Product"),
        "variants": MultiJoin("variants", f"{HERE}.Product", f"{HERE}.Product", join_by="code"),
        "reviews": MultiJoinLoose(
            "reviews", f"{HERE}.Product", f"{HERE}.Review:product", do_lazy_load=True
        ),
        "top": SingleJoinLoose(
            "top", f"{HERE}.Product", f"{HERE}.Review:product", do_lazy_load=True
        ),
    }


class Review(Stored):
    __slots__ = ("author", "order", "product")
    _meta = {"index": "reviews", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "order": Long("order"),
        "author": SingleJoin("author", f"{HERE}.Review", f"{HERE}.Maker"),
        "product": SingleJoin("product", f"{HERE}.Review", f"{HERE}.Product:reviews"),
    }


class Both(Stored):
    """Joins that are stored and loose ones, to the same index."""

    __slots__ = ("children", "parent", "unstored")
    _meta = {"index": "both", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "parent": SingleJoin("parent", f"{HERE}.Both", f"{HERE}.Both"),
        "children": MultiJoinLoose(
            "children", f"{HERE}.Both", f"{HERE}.Both:parent", do_lazy_load=True
        ),
    }


class Tagged(Model):
    """Server-made ids that are not stored, as loose target."""

    __slots__ = ("owner",)
    _meta = {"index": "tagged", "settings": {"number_of_shards": 2}}
    _mapping = {"owner": SingleJoin("owner", f"{HERE}.Tagged", f"{HERE}.Owner")}


class Owner(Stored):
    __slots__ = ("first", "tagged")
    _meta = {"index": "owners", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "tagged": MultiJoinLoose("tagged", f"{HERE}.Owner", f"{HERE}.Tagged", "owner", True),
        "first": SingleJoin("first", f"{HERE}.Owner", f"{HERE}.Tagged"),
    }


@pytest.fixture
def shop(connected):
    create_mappings([Maker, Product, Review, Country])
    country = Country(name="dk").save()
    makers = [Maker(code=f"m{n}", country=country) for n in range(5)]
    products = [
        Product(code=f"p{n}", maker=makers[n % 5], second=makers[(n + 1) % 5], origin="m2")
        for n in range(40)
    ]
    products[0].related = [products[3], products[1], products[2]]
    products[0].variants = [products[5], products[4]]
    assert Product.save_all(products)
    reviews = [Review(order=n, product=products[n % 40], author=makers[0]) for n in range(100)]
    assert Review.save_all(reviews)
    for cls in (Maker, Product, Review):
        cls.refresh()
    return connected


def test_a_page_takes_one_request_for_each_index(shop, requests):
    page = Product.all(size=100)
    requests.clear()
    page.load()
    assert requests.to("makers") == 1
    assert requests.to("products") == 1
    assert requests.to("reviews") == 1
    assert len(requests) == 3
    first = next(product for product in page if product.code == "p0")
    assert (first.maker.code, first.second.code, first.origin.code) == ("m0", "m1", "m2")
    assert [product.code for product in first.related] == ["p3", "p1", "p2"]
    assert [product.code for product in first.variants] == ["p5", "p4"]
    assert {review.order for review in first.reviews} == {0, 40, 80}
    assert first.top.order == 0
    assert sum(len(product.reviews) for product in page) == 100


def test_a_document_is_one_instance_within_a_load(shop):
    page = Product.all(size=100).load()
    by_code = {product.code: product for product in page}
    assert by_code["p0"].maker is by_code["p5"].maker is by_code["p4"].second
    assert by_code["p0"].related[0] is by_code["p3"]
    assert all(review.product is product for product in page for review in product.reviews)
    assert by_code["p0"] in by_code["p0"].maker.products


def test_loading_again_asks_only_for_loose_lists(shop, requests):
    page = Product.find_by(code="p0").load()
    before = page[0].maker, list(page[0].related), list(page[0].reviews), page[0].top
    requests.clear()
    page.load()
    assert requests.to("makers") == requests.to("products") == 0
    assert requests.to("reviews") == 1
    assert before == (page[0].maker, page[0].related, page[0].reviews, page[0].top)


def test_load_with_find_by_level_for_level(shop, requests):
    requests.clear()
    page = Product.find_by(load=["maker.country", "reviews.author.country", "second"])
    assert requests.to("products") == 1
    assert requests.to("makers") == 1  # all authors are there as makers already
    assert requests.to("reviews") == 1
    assert requests.to("countries") == 1
    assert all(product.maker.country.name == "dk" for product in page)
    assert all(review.author.country.name == "dk" for p in page for review in p.reviews)
    assert isinstance(page[0].origin, str)
    following = Product.find_by(size=30, load=["maker"]).search_after()
    assert following
    assert all(product.maker.code for product in following)


def test_load_names_are_checked_before_anything_is_sent(shop, requests):
    requests.clear()
    with pytest.raises(TypeError, match="Maker has no join 'contry'; did you mean 'country'"):
        Product.find_by(load=["maker.contry"])
    with pytest.raises(TypeError, match="has no join 'code'"):
        Product(code="x").load("code")
    assert not requests


def test_loose_joins_load_when_named(shop):
    maker = Maker.find_by(code="m1", load="products")[0]
    assert len(maker.products) == 8
    assert Maker.find_by(code="m1").load()[0].products == []


def test_stored_and_loose_joins_to_one_index_meet_in_one_request(connected, requests):
    create_mappings([Both])
    root = Both.create()
    middles = [Both.create(parent=root) for _ in range(3)]
    leaf = Both.create(parent=middles[0])
    Both.refresh()
    page = Both.get([middle.id for middle in middles])
    requests.clear()
    page.load()
    assert requests == [f"POST /{Both.get_index()}/_msearch"]
    assert all(middle.parent is page[0].parent for middle in page)
    assert [child.id for child in page[0].children] == [leaf.id]

    unrefreshed = Both.create(parent=Both.create())
    gone = Both.create(parent=Both.create())
    gone.parent.delete()
    again = Both.get([unrefreshed.id, gone.id]).load()
    assert again[0].parent.id == unrefreshed.parent.id
    assert again[1].parent is None


def test_more_than_one_request_may_hold(connected, monkeypatch):
    monkeypatch.setattr(loading_module, "MOST", 10)
    create_mappings([Maker, Product, Review, Country, Both, Owner, Tagged])
    product = Product(code="p")
    product.related = [Product(code=str(n)) for n in range(25)]
    product.save()
    Review.save_all([Review(order=n, product=product) for n in range(33)], refresh=True)
    again = Product.get(product.id).load()
    assert [one.code for one in again.related] == [str(n) for n in range(25)]
    assert len(again.reviews) == 33

    roots = [Both() for _ in range(21)]
    Both.save_all(roots)
    Both.save_all([Both(parent=root) for root in roots for _ in range(2)], refresh=True)
    everything = Both.all(size=100).load()
    assert sum(len(one.children) for one in everything) == 42
    assert sum(one.parent is not None for one in everything) == 42

    owner = Owner.create(first=Tagged())
    Tagged.save_all([Tagged(owner=owner) for _ in range(31)], refresh=True)
    loaded = Owner.get(owner.id).load()
    assert len({tagged.id for tagged in loaded.tagged}) == 31
    assert loaded.first.id == owner.first.id


@pytest.mark.one_server
def test_ten_thousand_documents_load_with_one_request_an_index(connected, requests):
    create_mappings([Product, Maker, Review, Country])
    makers = [Maker(id=f"m{n:05}", code=str(n)) for n in range(10_000)]
    for maker in makers:
        maker.id, given = None, maker.id
        maker.code = given
    products = [Product(code=f"p{n}", maker=maker) for n, maker in enumerate(makers)]
    assert Product.save_all(products, chunk_size=5000)
    Product.refresh()
    page = Product.find_by(size=10_000)
    requests.clear()
    page.load("maker")
    assert len(requests) == 1
    assert len({product.maker.code for product in page}) == 10_000
    Maker.refresh()
    makers_page = Maker.all(size=10_000)
    requests.clear()
    makers_page.load("products")
    # The hits fill a page, so whether there are more must be asked.
    assert len(requests) <= 2
    assert all(len(maker.products) == 1 for maker in makers_page)


def test_joins_that_cannot_be_loaded_say_why(connected):
    class Aimless(Model):
        _mapping = {"other": MultiJoinLoose("other", f"{HERE}.Aimless", f"{HERE}.Maker")}

    class Wrong(Model):
        _mapping = {"other": MultiJoinLoose("other", f"{HERE}.Wrong", f"{HERE}.Maker:cod")}

    create_mappings([Maker])
    with pytest.raises(TypeError, match=r"Aimless\.other can't be loaded: .*needs an inverse"):
        Aimless(id="1").load("other")
    with pytest.raises(TypeError, match=r"Maker\.cod, which does not exist; did you mean 'code'"):
        Wrong(id="1").load("other")
    assert Aimless(id="1").load().other == []


def test_models_without_slots_that_are_made_with_an_id():
    class Shelf(Model):
        _mapping = {"books": MultiJoinLoose("books", f"{HERE}.Shelf", f"{HERE}.Volume:shelf")}

    class Volume(Model):
        _mapping = {
            "shelf": SingleJoin("shelf", f"{HERE}.Volume", f"{HERE}.Shelf:books"),
            "others": MultiJoin("others", f"{HERE}.Volume", f"{HERE}.Volume"),
        }

    shelf, volume = Shelf(id="s"), Volume(id="v")
    assert (shelf.books, volume.shelf, volume.others) == ([], None, [])
    volume.shelf = shelf
    assert shelf.books == [volume]
    shelf.books = []
    assert volume.shelf is None
    volume.others.append("w")
    assert volume.others == ["w"]


def test_missing_target_index(connected):
    create_mappings([Product])
    product = Product.create(maker="x")
    with pytest.raises(elasticsearch.NotFoundError, match="index_not_found"):
        product.load("maker")


def test_unsaved_models_load_what_they_can(shop):
    maker = Maker.find_by(code="m0")[0]
    product = Product(maker=maker.id)
    product.load()
    assert product.maker.code == "m0"
    assert product.reviews == []
    assert Product._mapping["maker"].lazy_load(product).code == "m0"
