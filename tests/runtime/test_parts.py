"""Parts of documents: source=[…], what was not fetched, and that it is never written."""

from __future__ import annotations

import copy
import pickle

import pytest

from ecgen.runtime import (
    Date,
    Integer,
    IntegrityError,
    Keyword,
    Model,
    MultiJoin,
    MultiJoinLoose,
    Nested,
    NotFetched,
    Object,
    ObjectValue,
    SingleJoin,
    Text,
    create_mappings,
    ids,
)
from ecgen.runtime.requests.selection import selection_of, source_option


class Cover(ObjectValue):
    __slots__ = ("colour", "parts", "width")
    _mapping = {
        "width": Integer("width"),
        "colour": Keyword("color"),
        "parts": Object("parts", many=True),
    }


class Copy(ObjectValue):
    __slots__ = ("number", "shelf")
    _mapping = {"number": Integer("number"), "shelf": Keyword("shelf")}


class Book(Model):
    __slots__ = (
        "author", "copies", "cover", "isbn", "kin", "labels", "lent", "pages", "sequels", "source", "tags", "title",
    )  # fmt: skip
    _meta = {"index": "books", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "isbn": Keyword("isbn", required=True),
        "title": Text("full_title"),
        "pages": Integer("pages"),
        "lent": Date("lent"),
        "tags": Keyword("tags", many=True),
        "source": Keyword("source"),
        "cover": Object("cover", Cover),
        "copies": Nested("copies", Copy, many=True),
        "labels": Object("labels"),
        "author": SingleJoin(
            "author", source=f"{__name__}.Book", target=f"{__name__}.Author:books"
        ),
        "sequels": MultiJoin(
            "sequels", source=f"{__name__}.Book", target=f"{__name__}.Book:sequels"
        ),
        "kin": MultiJoinLoose(
            "kin", source=f"{__name__}.Book", target=f"{__name__}.Book:sequels", do_lazy_load=True
        ),
    }

    def _compute_id(self):
        return ids.checked(self, f"{ids.part(self, 'isbn')}-{ids.part(self, 'pages')}")


class Author(Model):
    __slots__ = ("books", "name", "note")
    _meta = {"index": "authors", "store_id": True, "versioned": True}
    _mapping = {
        "id": Keyword("id"),
        "name": Keyword("name"),
        "note": Text("note"),
        "books": MultiJoinLoose(
            "books", source=f"{__name__}.Author", target=f"{__name__}.Book:author"
        ),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


STORED = {
    "isbn": "1",
    "title": "The Dispossessed",
    "pages": 300,
    "lent": "2026-01-02",
    "tags": ["a", "b"],
    "source": "web",
    "cover": {"width": 3, "colour": "red", "parts": [{"a": 1, "b": 2}]},
    "copies": [{"number": 1, "shelf": "x"}, {"number": 2, "shelf": "y"}],
    "labels": {"lang": "en", "kind": "sf"},
    "sequels": ["2-100"],
}


@pytest.fixture
def books(connected):
    create_mappings([Book, Author])
    author = Author(name="Ursula", note="K.")
    Book(**STORED, author=author).save(refresh=True)
    return Book


def raw(model):
    stored = type(model).get_es_connection().search(query={"ids": {"values": [model.id]}})
    return stored.hits[0]["_source"]


def by_get(books, source):
    return books.get("1-300", source=source)


def by_get_of_several(books, source):
    return books.get(["1-300"], source=source)[0]


def by_find(books, source):
    return books.find_by(isbn="1", source=source)[0]


def by_page(books, source):
    other = Book(isbn="0", pages=1).save(refresh=True)
    page = books.find_by(size=1, sort="isbn", source=source)
    other.delete()
    return page.search_after()[0]


def by_scan(books, source):
    (found,) = books.scan(isbn="1", source=source)
    return found


def by_search(books, source):
    return books.search().filter("term", isbn="1").source(source).execute()[0]


def by_search_scan(books, source):
    (found,) = books.search().filter("term", isbn="1").source(source).scan()
    return found


def by_connection(books, source):
    return books.get_es_connection().search(
        query={"term": {"isbn": "1"}},
        source=[name.replace("title", "full_title") for name in source],
    )[0]


WAYS = [by_get, by_get_of_several, by_find, by_page, by_scan, by_search, by_search_scan, by_connection]  # fmt: skip


def test_what_was_not_fetched(books):
    for way in WAYS:
        check_what_was_not_fetched(way(books, ["title", "pages"]))
        stored = books.get("1-300")
        stored.title, stored.tags = STORED["title"], STORED["tags"]
        stored.save(refresh=True)


def check_what_was_not_fetched(book):
    before = raw(book)
    assert (book.id, book.title, book.pages) == ("1-300", "The Dispossessed", 300)
    for name in (
        "isbn",
        "tags",
        "source",
        "cover",
        "copies",
        "labels",
        "author",
        "sequels",
        "lent",
    ):
        with pytest.raises(NotFetched, match=rf"Book\.{name} was not fetched"):
            getattr(book, name)
        assert not hasattr(book, name)
        assert getattr(book, name, "other") == "other"
    assert book.kin == []
    book.save(refresh=True)
    assert raw(book) == before
    book.title, book.tags = "Left Hand", ["c"]
    book.save(refresh=True)
    assert raw(book) == {**before, "full_title": "Left Hand", "tags": ["c"]}
    assert book.tags == ["c"]
    assert not hasattr(book, "isbn")
    assert isinstance(book, Book)
    assert book.__class__ is Book


def test_what_it_shows(books):
    book = books.get("1-300", source=["id", "pages", "cover.width"])
    shown = {"id": "1-300", "pages": 300, "cover": {"width": 3}, "kin": []}
    assert book.serialize() == shown
    assert repr(book).endswith(str(shown))
    assert repr(book.cover) == "Cover(width=3)"
    assert book.cover.to_dict() == {"width": 3}
    assert book.cover == Cover(width=3)
    assert book.cover == {"width": 3}
    assert book.cover != {"width": 4}
    assert Cover(width=3, colour="red") == book.cover
    assert book.cover != 3


@pytest.mark.parametrize("made_again", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])  # fmt: skip
def test_copies(books, made_again):
    read = books.get("1-300", source=["title", "cover.width", "copies.number", "labels.lang"])
    before = raw(read)
    book = made_again(read)
    for held in (book, book.cover, book.copies[1]):
        with pytest.raises(NotFetched):
            getattr(held, {Book: "isbn", Cover: "colour", Copy: "shelf"}[held.__class__])
    book.save(refresh=True)
    assert raw(book) == before
    book.labels["kind"] = "x"
    with pytest.raises(IntegrityError, match=r"Book\.labels was fetched in part"):
        book.save()
    book = made_again(books.get("1-300", source=["cover.width"]))
    book.cover.width = 4
    book.save(refresh=True)
    assert raw(book) == {**before, "cover": {**before["cover"], "width": 4}}


def test_objects_in_part(books):
    book = books.get("1-300", source=["cover.colour", "cover.parts.a"])
    assert book.cover.colour == "red"
    with pytest.raises(NotFetched, match=r"Cover\.width was not fetched"):
        _ = book.cover.width
    before = raw(book)
    book.cover.width = 9
    with pytest.raises(IntegrityError, match=r"Book\.cover was fetched in part"):
        book.save()  # of its parts some keys are missing

    book = books.get("1-300", source=["cover.colour"])
    book.cover.width = 9
    book.save(refresh=True)
    assert raw(book)["cover"] == {**before["cover"], "width": 9}
    book.cover = Cover(width=1)  # a whole one takes its place
    book.save(refresh=True)
    assert raw(book)["cover"] == {"width": 1, "color": None, "parts": []}


def test_lists_of_objects_are_not_written_in_part(books):
    book = books.find_by(source=["copies.number", "title"])[0]
    assert [each.number for each in book.copies] == [1, 2]
    book.title = "T"
    book.save()
    book.copies[0].number = 5
    with pytest.raises(
        NotFetched, match="this Copy was fetched without shelf, so it cannot be stored"
    ):
        book.save()
    result = Book.save_all([book, Book(isbn="5", pages=5)])
    assert (result.succeeded, result.failed) == (1, 1)
    assert "without shelf" in str(result.failures[0].error)
    book.copies = [Copy(number=7, shelf="z")]
    book.save(refresh=True)
    assert raw(book)["copies"] == [{"number": 7, "shelf": "z"}]

    other = Book(isbn="7", pages=7, cover=books.get("1-300", source=["cover.width"]).cover)
    with pytest.raises(NotFetched, match="cannot be stored as a whole"):
        other.save()


def test_in_bulk(books):
    before = raw(books.get("1-300"))
    changed = books.find_by(source=["pages", "title"])[0]
    changed.title = "T"
    assert Book.save_all([changed], refresh=True).failed == 0
    assert raw(changed) == {**before, "full_title": "T"}


def test_it_is_no_new_document(books):
    book = books.get("1-300", source=["isbn", "pages"])
    twin = copy.copy(book)
    twin.id = None
    for save in (
        twin.save,
        lambda: Book._create(twin),
        lambda: Book.save_all([twin]).raise_failures(),
    ):
        with pytest.raises(
            Exception, match=r"fetched without author, copies, .*cannot be saved as a new"
        ):
            save()
    assert not hasattr(twin, "title")


def test_only_what_was_fetched_can_be_named(books):
    book = books.get("1-300", source=["title"])
    book.save(update_fields=["title"])
    with pytest.raises(NotFetched):
        book.save(update_fields=["pages"])


def test_a_computed_id_stays_what_it_is(books):
    book = books.get("1-300", source=["pages", "title"])
    book.title = "other"
    book.save()
    book.pages = 301
    with pytest.raises((IntegrityError, NotFetched), match="isbn"):
        book.save()
    book = books.get("1-300", source=["title"])
    book.pages = 300  # who knows
    with pytest.raises((IntegrityError, NotFetched), match="isbn"):
        book.save()
    book.isbn = "1"
    book.save()
    book.isbn = "2"
    with pytest.raises(IntegrityError, match="cannot change"):
        book.save()


def test_versions(books):
    author = Author.find_by(source=["name"])[0]
    other = Author.get(author.id, source=["note"])
    author.name = "Le Guin"
    author.save(refresh=True)
    other.note = "late"
    with pytest.raises(Exception, match="version_conflict"):
        other.save()
    with pytest.raises(Exception, match="version_conflict"):
        other.delete()
    Author.get(author.id, source=["note"]).delete()


def test_joins(books):
    book = books.find_by(source=["title"])[0]
    book.load()
    assert not hasattr(book, "author")
    with pytest.raises(NotFetched, match=r"Book\.author"):
        book.load("author")
    book = books.find_by(isbn="1", source=["title"], load=["author.books"])[0]
    assert book.author.name == "Ursula"
    assert book.author.note == "K."
    assert [each.isbn for each in book.author.books] == ["1"]  # what is joined is whole
    before = raw(book)
    book.save(refresh=True)
    assert raw(book) == before
    (scanned,) = books.scan(isbn="1", source=["title"], load=["author"])
    assert scanned.author.name == "Ursula"
    author = Author.find_by(source=["name"])[0].load("books")
    assert author.books[0].title == "The Dispossessed"
    assert author.books[0].author is author


def test_a_join_to_a_document_that_is_in_hand_in_part(books):
    Book(isbn="2", pages=100, title="Two", sequels=["1-300"]).save(refresh=True)
    found = books.find_by(sort="isbn", source=["isbn"], load=["sequels"])
    assert [book.sequels[0].title for book in found] == ["Two", "The Dispossessed"]
    assert not hasattr(found[0], "title")


def test_assigning_a_join_whose_other_side_is_not_there(books):
    Book(isbn="2", pages=100, title="Two", sequels=["9-9"]).save(refresh=True)
    part = books.get("2-100", source=["title"])
    with pytest.raises(NotFetched, match=r"Book\.sequels"):
        Book(isbn="3", pages=1, sequels=[part])


def test_objects_with_dotted_keys(books):
    Book.get_es_connection().index(
        id="8-8", refresh=True, document={"id": "8-8", "isbn": "8", "pages": 8, "cover.width": 3, "cover": {"color": "red"}}
    )  # fmt: skip
    book = books.get("8-8", source=["cover"])
    assert (book.cover.width, book.cover.colour) == (3, "red")
    book = books.get("8-8", source=["cover.width"])
    assert book.cover.width == 3
    book.cover.width = 4
    book.save(refresh=True)
    assert books.get("8-8").cover == {"width": 4, "colour": "red"}


def test_ids_alone(books):
    book = books.find_by(isbn="1", source=["id"])[0]
    assert book.id == "1-300"
    assert not any(hasattr(book, name) for name in ("isbn", "title", "cover"))
    assert books.delete_all(list(books.scan(source=["id"])), refresh=True).succeeded == 1
    assert books.count() == 0


def test_absent_and_missing(books):
    Book(isbn="3", pages=3).save(refresh=True)
    book = books.find_by(isbn="3", source=["title", "tags", "cover.width"])[0]
    assert (book.title, book.tags, book.cover) == (None, [], None)
    found = books.get(["x", "3-3"], source=["title"])
    assert found.missing == ["x"]
    assert not hasattr(found[0], "isbn")
    assert books.get("x", source=["title"], default=None) is None


@pytest.mark.parametrize(("names", "sent"), [
    (["title"], ["full_title"]),
    (["full_title", "title"], ["full_title"]),
    (["cover.colour", "copies"], ["cover.color", "copies"]),
    (["cover.color"], ["cover.color"]),
    (["cover.width", "cover"], ["cover"]),
    (("labels.lang", "p*"), ["labels.lang", "pages"]),
    (["*.width", "*.number"], ["cover.width", "copies.number"]),
    (["c*"], ["cover", "copies"]),
    (["id"], False),
    (["kin", "id"], False),
    (["cover.parts.a"], ["cover.parts.a"]),
])  # fmt: skip
def test_names_and_patterns(names, sent):
    assert source_option(Book, names) == {"source": sent}


def test_everything_is_a_whole_model():
    assert selection_of(Book, source_option(Book, ["*"])) is None
    assert selection_of(Book, {"source": True}) is None
    assert selection_of(Book, {"size": 3}) is None
    assert "isbn" in selection_of(Book, {"source": False}).absent


@pytest.mark.parametrize(("arguments", "absent", "parts"), [
    ({"source": "isbn,pages"}, ["title", "cover"], []),
    ({"source_includes": ["c*"]}, ["isbn"], []),
    ({"source_excludes": ["cover.color"]}, [], ["cover"]),
    ({"body": {"_source": {"excludes": ["isbn"]}}}, ["isbn"], []),
    ({"source": {"includes": ["cover"], "excludes": ["*.width"]}}, ["isbn"], ["cover"]),
    ({"_source": "false"}, ["isbn"], []),
])  # fmt: skip
def test_what_a_client_is_asked(arguments, absent, parts):
    selection = selection_of(Book, arguments)
    assert set(absent) <= set(selection.absent)
    assert list(selection.parts) == parts


@pytest.mark.parametrize("wrong", ["web", None, [], (), ["web"], {"isbn": 1}, 3, ["titel"], [3], ["x*"], ["isbn.raw"], ["cover.x"]])  # fmt: skip
@pytest.mark.parametrize(
    "ask", [lambda **kw: Book.find_by(**kw), lambda **kw: list(Book.scan(**kw))]
)
def test_a_field_called_source_keeps_working(unconnected, ask, wrong):
    """`delete_all(scan(source="web"))` must not suddenly mean everything."""
    with pytest.raises(TypeError, match="the field is asked for as source_"):
        ask(source=wrong)


def test_the_field_is_asked_with_an_underscore(books):
    Book(isbn="2", pages=2, source="shop").save(refresh=True)
    assert [book.isbn for book in books.scan(source_="web")] == ["1"]
    assert (
        books.find_by(source_=["web", "shop"], source=["source"], sort="isbn")[1].source == "shop"
    )
    assert books.count(source="web") == 1


def test_wrong_names(unconnected):
    with pytest.raises(TypeError, match="Author has no field 'nme' to fetch; did you mean 'name'"):
        Author.find_by(source=["nme"])
    with pytest.raises(TypeError, match=r"source is a list of fields to fetch, not 'name'$"):
        Author.get("x", source="name")
    assert source_option(Author, None) == {}
    with pytest.raises(TypeError, match="source is a list"):
        Book.get("x", source={"isbn": 1})
    with pytest.raises(TypeError, match="no field"):
        Author.get(["x"], source=["nme"])
