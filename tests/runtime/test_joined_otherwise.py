"""Joins to what cannot be read, to what is gone, and to classes that a program put in the place of generated ones."""

from __future__ import annotations

import warnings

import pytest

from ecgen.runtime import (
    Date,
    FieldValueError,
    Keyword,
    Model,
    MultiJoin,
    MultiJoinLoose,
    SingleJoin,
    create_mappings,
    in_use,
)


class Book(Model):
    __slots__ = ("author", "made", "others", "title")
    _meta = {"index": "books", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "title": Keyword("title"),
        "made": Date("made"),
        "author": SingleJoin(
            "author", source=f"{__name__}.Book", target=f"{__name__}.Author:books"
        ),
        "others": MultiJoin("others", source=f"{__name__}.Book", target=f"{__name__}.Author"),
    }

    def _compute_id(self):
        return self.title


class Author(Model):
    __slots__ = ("books", "born", "name")
    _meta = {"index": "authors", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "name": Keyword("name"),
        "born": Date("born"),
        "books": MultiJoinLoose(
            "books",
            source=f"{__name__}.Author",
            target=f"{__name__}.Book:author",
            do_lazy_load=True,
        ),
    }

    def _compute_id(self):
        return self.name


@pytest.fixture
def library(connected):
    create_mappings([Book, Author])
    for name in ("good", "odd"):
        Author(name=name, born="1929-10-21").save()
    for title, author in (("a", "good"), ("b", "odd"), ("c", "gone")):
        Book(title=title, author=author, others=["odd", "gone", "good"]).save()
    Author.get_es_connection().index(
        id="odd", document={"id": "odd", "name": "odd", "born": ["1929", "1930"]}, refresh=True
    )
    Book.refresh()


def stored(book):
    return Book.get_es_connection().search(query={"ids": {"values": [book.id]}}).hits[0]["_source"]


def test_what_is_joined_and_cannot_be_read(library):
    with pytest.raises(FieldValueError, match=r"Author\.born of document 'odd'"):
        Book.find_by(sort="title", load=["author"])
    found = Book.find_by(sort="title", load=["author", "others"], on_error="skip")
    assert [getattr(book.author, "name", book.author) for book in found] == ["good", "odd", None]
    assert [failure.id for failure in found.failures] == ["odd"]
    assert "Author.born of document 'odd'" in str(found.failures[0].error)
    assert [getattr(one, "name", one) for one in found[0].others] == ["odd", "good"]
    assert len(found.with_hits()) == 3
    told = []
    assert [book.title for book in Book.scan(load=["author"], on_error=told.append, sort="title")] == list("abc")  # fmt: skip
    assert [failure.id for failure in told] == ["odd"]
    later = Book.find_by(sort="title", on_error="skip").load("author", "others")
    assert later[1].author == "odd"
    assert [failure.id for failure in later.failures] == ["odd"]
    page = Book.find_by(size=1, sort="title", load=["author"], on_error="skip").search_after()
    assert [failure.id for failure in page.failures] == ["odd"]


def test_what_points_here_and_cannot_be_read(library):
    Book.get_es_connection().index(
        id="b", document={"id": "b", "made": ["1990", "1991"], "author": "good"}, refresh=True
    )
    found = Author.find_by(name="good", load=["books"], on_error="skip")
    assert [book.title for book in found[0].books] == ["a"]
    assert [failure.id for failure in found.failures] == ["b"]


def test_loading_what_is_gone_changes_nothing(library):
    books = Book.find_by(sort="title", load=["author", "others"], on_error="skip")
    before = [stored(book) for book in books]
    for book in books:
        book.save(refresh=True)
    Book.save_all(books, refresh=True).raise_failures()
    assert [stored(book) for book in books] == before
    books[2].author = "good"
    books[2].others = []
    books[2].save(refresh=True)
    assert stored(books[2]) == {**before[2], "author": "good", "others": []}


def test_what_is_gone_is_cleared_by_naming_it(library):
    Author.get_es_connection().delete(id="odd", refresh=True)
    book = Book.get("c").load("author", "others")
    assert (book.author, [one.name for one in book.others]) == (None, ["good"])
    book.author = None  # as it reads
    book.save(refresh=True)
    assert stored(book)["author"] == "gone"
    book.save(update_fields=["author", "others"], refresh=True)
    assert (stored(book)["author"], stored(book)["others"]) == (None, ["good"])


def test_a_class_in_the_place_of_a_generated_one(library):
    try:

        class Writer(Author, replaces=True):
            __slots__ = ()

            def greeting(self):
                return f"I am {self.name}"

        book = Book.find_by(title="a", load=["author.books"])[0]
        assert book.author.greeting() == "I am good"
        assert type(book.author.books[0]) is Book
        assert in_use([Book, Author]) == (Book, Writer)
        Book(title="new", author=Writer(name="w")).save()
        Book(title="newer", author=Author(name="v")).save()
        assert Book.get("new").load("author").author.greeting() == "I am w"
        assert Writer.get_index() == Author.get_index()

        class Sub(Author):
            __slots__ = ()

        assert in_use([Author, Writer, Sub]) == (Writer, Writer, Sub)
    finally:
        Author._replaced_by = None


def test_an_override_that_bulk_and_cascades_pass_by_is_said():
    with pytest.warns(
        UserWarning, match=r"Own\.save is not called by save_all, nor for joined models"
    ):

        class Own(Author):
            def save(self, *args, **options):
                return super().save(*args, **options)

    with pytest.warns(UserWarning, match=r"Own\.delete is not called by delete_all"):

        class Own(Author):
            def delete(self, *args, **options):
                return super().delete(*args, **options)

    with warnings.catch_warnings():
        warnings.simplefilter("error")

        class Quiet(Author):
            def describe(self):
                return self.name
