"""An update sends only what changed since the model was read or saved. On real servers, by the bodies that were sent."""

from __future__ import annotations

import copy
import datetime
import decimal
import json
import pickle

import elasticsearch
import pytest

from ecgen.runtime import (
    BaseDataType,
    Boolean,
    Date,
    Double,
    FieldValueError,
    Flattened,
    Integer,
    IntegrityError,
    Ip,
    Keyword,
    Model,
    MultiJoin,
    Nested,
    Object,
    ObjectValue,
    RequiredFieldError,
    SingleJoin,
    Text,
    create_mappings,
)
from ecgen.runtime.compile.kept import copied, is_same


class Size(ObjectValue):
    __slots__ = ("colours", "height", "width")
    _mapping = {
        "width": Integer("width"),
        "height": Integer("height"),
        "colours": Keyword("colours", many=True),
    }


class Book(Model):
    __slots__ = (
        "authors",
        "flag",
        "isbn",
        "maker",
        "meta",
        "offers",
        "price",
        "published",
        "size",
        "state",
        "tags",
        "title",
    )
    _meta = {"index": "books", "dynamic": "true"}
    _mapping = {
        "isbn": Keyword("isbn", required=True),
        "title": Text("title", required=True),
        "published": Date("published"),
        "state": Keyword("state", default="shelf"),
        "price": Double("price"),
        "flag": Boolean("flag"),
        "tags": Keyword("tags", many=True),
        "size": Object("size", Size),
        "offers": Nested("offers", Size, many=True),
        "meta": Flattened("meta"),
        "maker": SingleJoin("maker", f"{__name__}.Book", f"{__name__}.Maker"),
        "authors": MultiJoin("authors", f"{__name__}.Book", f"{__name__}.Maker"),
    }


class Maker(Model):
    __slots__ = ("name",)
    _meta = {"index": "makers"}
    _mapping = {"name": Keyword("name")}


class Odd(Model):
    __slots__ = ("address", "name", "number", "other", "word")
    _meta = {"index": "odd"}
    _mapping = {
        "word": Keyword("word"),
        "number": Integer("number"),
        "address": Ip("address", ignore_malformed=True),
        "name": Keyword("name"),
        "other": Keyword("other"),
    }


FULL = {
    "isbn": "1",
    "title": "T",
    "published": "1974-05-01T12:00:00Z",
    "state": "lent",
    "price": 1.0,
    "flag": True,
    "tags": ["a", "b"],
    "size": {"width": 1, "height": 2, "colours": ["red"]},
    "offers": [{"width": 1, "height": None, "colours": []}],
    "meta": {"lang": "en"},
    "maker": "m1",
    "authors": ["m1", "m2"],
}


@pytest.fixture
def index(connected):
    create_mappings([Book, Maker, Odd])
    return connected


def put(model, id, source, server):
    with server.client() as client:
        client.index(index=model.get_index(), id=id, document=source, refresh=True)


def source(model, id, server):
    with server.client() as client:
        return client.get(index=model.get_index(), id=id)["_source"]


def saved(model, server):
    """What of the stored document a save changes, and by how many versions."""
    cls = type(model)
    with server.client() as client:
        before = client.get(index=cls.get_index(), id=model.id)
        model.save()
        after = client.get(index=cls.get_index(), id=model.id)
    assert after["_version"] - before["_version"] in (0, 1)
    if after["_source"] == before["_source"]:
        assert after["_version"] == before["_version"], "an unchanged document is not written"
    return {
        name: value
        for name, value in after["_source"].items()
        if json.dumps(before["_source"].get(name, "absent")) != json.dumps(value)
    }


def test_what_was_not_fetched_is_not_written(index, server):
    put(Book, "1", FULL, server)
    found = Book.get_es_connection().search(
        query={"match_all": {}}, source=["isbn", "size.width", "offers.width"]
    )
    book = found[0]
    book.isbn = "2"
    book.size.width = 7
    assert saved(book, server) == {
        "isbn": "2",
        "size": {"width": 7, "height": 2, "colours": ["red"]},
    }
    found = Book.get_es_connection().search(query={"match_all": {}}, source=["isbn"])
    found[0].isbn = "3"
    assert Book.save_all(found).raise_failures() is None
    assert source(Book, "1", server) == {
        **FULL,
        "isbn": "3",
        "size": {"width": 7, "height": 2, "colours": ["red"]},
    }


@pytest.mark.parametrize("bulk", [False, True])
def test_two_readers_do_not_undo_each_other(index, server, bulk):
    put(Book, "1", FULL, server)
    one, other = Book.get("1"), Book.get("1")
    one.title = "one"
    one.meta["by"] = "one"
    other.state = "lost"
    other.tags.append("other")
    for model in (one, other):
        if bulk:
            Book.save_all([model]).raise_failures()
        else:
            model.save()
    assert source(Book, "1", server) == {
        **FULL,
        "title": "one",
        "state": "lost",
        "tags": ["a", "b", "other"],
        "meta": {"lang": "en", "by": "one"},
    }


@pytest.mark.parametrize("bulk", [False, True])
def test_what_reads_but_would_be_refused_keeps_nothing_else_from_being_saved(index, server, bulk):
    odd = {"word": True, "number": 3.7, "address": "nope", "name": ["a", "b"]}
    put(Odd, "1", odd, server)
    model = Odd.get("1")
    model.other = "new"
    if bulk:
        Odd.save_all([model]).raise_failures()
    else:
        model.save()
    assert source(Odd, "1", server) == {**odd, "other": "new"}
    model.number = 3.7 + 1
    with pytest.raises(FieldValueError, match="number"):
        model.save()


CHANGES = {
    "nothing": (lambda b: None, {}),
    "the same again": (lambda b: setattr(b, "title", "T"), {}),
    "the same date as text": (lambda b: setattr(b, "published", "1974-05-01T12:00:00Z"), {}),
    "an equal list": (lambda b: setattr(b, "tags", ("a", "b")), {}),
    "an equal object": (
        lambda b: setattr(b, "size", {"width": 1, "height": 2, "colours": ["red"]}),
        {},
    ),
    "a number that is written alike": (lambda b: setattr(b, "price", 1), {}),
    "the same instant elsewhere": (
        lambda b: setattr(
            b,
            "published",
            b.published.astimezone(datetime.timezone(datetime.timedelta(hours=2))),
        ),
        {"published": "1974-05-01T14:00:00+02:00"},
    ),
    "a list in place": (lambda b: b.tags.append("c"), {"tags": ["a", "b", "c"]}),
    "a list in an object": (
        lambda b: b.size.colours.append("blue"),
        {"size": {"width": 1, "height": 2, "colours": ["red", "blue"]}},
    ),
    "what is gone of an object": (
        lambda b: setattr(b.size, "height", None),
        {"size": {"width": 1, "height": None, "colours": ["red"]}},
    ),
    "an object that is gone": (lambda b: setattr(b, "size", None), {"size": None}),
    "an object in a list": (
        lambda b: setattr(b.offers[0], "width", 9),
        {"offers": [{"width": 9, "height": None, "colours": []}]},
    ),
    "a join by id": (lambda b: setattr(b, "maker", "m2"), {"maker": "m2"}),
    "a join by another model": (lambda b: setattr(b, "maker", Maker(id="m3")), {"maker": "m3"}),
    "the same join as a model": (lambda b: setattr(b, "maker", Maker(id="m1")), {}),
    "joins in place": (lambda b: b.authors.reverse(), {"authors": ["m2", "m1"]}),
    "None": (lambda b: setattr(b, "flag", None), {"flag": None}),
    "a key that is gone": (
        lambda b: (b.meta.clear(), b.meta.update(x="y")),
        {"meta": {"x": "y"}},
    ),
}


def test_changed_is_what_would_be_written_otherwise(index, server):
    for change, (act, expected) in CHANGES.items():
        put(Book, "1", FULL, server)
        book = Book.get("1")
        act(book)
        assert saved(book, server) == expected, change
        # what was saved counts as read
        assert saved(book, server) == {}, change
        copied = pickle.loads(pickle.dumps(copy.deepcopy(book)))
        copied.title = "later"
        assert saved(copied, server) == {"title": "later"}, change


def test_loading_a_join_is_no_change(index, server):
    for id in ("m1", "m2"):
        put(Maker, id, {"name": id}, server)
    put(Book, "1", FULL, server)
    book = Book.get("1").load()
    assert (book.maker.name, book.authors[1].name) == ("m1", "m2")
    assert saved(book, server) == {}
    book.authors = [Maker(name="new").save()]
    assert saved(book, server) == {"authors": [book.authors[0].id]}


def test_what_was_created_counts_as_read(index, server):
    single = Book.create(isbn="1", title="T", tags=["a"], size={"width": 1})
    many = [Book(isbn=str(number), title="T", tags=["a"]) for number in range(3)]
    Book.save_all(many).raise_failures()
    for book in (single, *many):
        with server.client() as client:
            client.update(index=Book.get_index(), id=book.id, doc={"state": "lost"})
        book.tags.append("b")
    assert saved(single, server) == {"tags": ["a", "b"]}
    Book.save_all(many).raise_failures()
    assert [source(Book, book.id, server)["state"] for book in many] == ["lost"] * 3
    assert [source(Book, book.id, server)["tags"] for book in many] == [["a", "b"]] * 3


def test_an_unchanged_document_that_is_gone_is_not_found(index, server):
    put(Book, "1", FULL, server)
    book = Book.get("1")
    with server.client() as client:
        client.delete(index=Book.get_index(), id="1")
    with pytest.raises(elasticsearch.NotFoundError):
        book.save()
    assert [failure.status for failure in Book.save_all([book]).failures] == [404]


def test_a_model_made_by_hand_sends_what_it_was_given(index, server):
    put(Book, "1", FULL, server)
    book = Book(id="1", title="given", flag=None)
    assert (book.state, book.tags, book.published) == ("shelf", [], None)
    assert isinstance(book, Book)
    assert saved(book, server) == {"title": "given", "flag": None}
    book.state = "shelf"
    assert saved(book, server) == {"state": "shelf"}
    assert saved(Book(id="1", title="given"), server) == {}
    other = pickle.loads(pickle.dumps(Book(id="1", isbn="2")))
    other.tags.append("x")
    assert saved(other, server) == {"isbn": "2", "tags": ["x"]}
    Book.save_all([Book(id="1", price=3.5), Book(id="1", price=4.5)]).raise_failures()
    assert source(Book, "1", server)["price"] in (3.5, 4.5)
    late = Book(title="late")
    late.id = "1"
    assert saved(late, server) == {"title": "late"}


def test_a_new_document_of_a_given_id_has_its_defaults(index, server):
    book = Book.create(id="7", isbn="7", title="T")
    assert type(book) is Book
    assert (source(Book, "7", server)["state"], book.state) == ("shelf", "shelf")
    assert saved(book, server) == {}


def test_required_fields_are_asked_of_what_is_written(index, server):
    put(Book, "1", {"title": "T"}, server)  # isbn is required
    book = Book.get("1")
    book.state = "lost"
    assert saved(book, server) == {"state": "lost"}
    book.title = None
    with pytest.raises(RequiredFieldError, match="title"):
        book.save()


def test_an_object_that_was_not_there_is_put_beside_what_others_wrote(index, server):
    put(Book, "1", {"isbn": "1", "title": "T", "size.width": 1, "other": "x"}, server)
    book = Book.get("1")
    book.size = Size(width=3, height=4)
    book.save()
    stored = source(Book, "1", server)
    assert (stored["size"], stored["other"]) == ({"width": 3, "height": 4}, "x")
    assert "size.width" not in stored


def test_unknown_keys_of_objects_stay(index, server):
    put(Book, "1", {**FULL, "size": {"width": 1, "weight": 5}, "more": {"x": 1}}, server)
    book = Book.get("1")
    book.size.width = 2
    book.meta = {"a": "b"}  # is read and replaced
    book.save()
    stored = source(Book, "1", server)
    assert stored["size"] == {"width": 2, "weight": 5}
    assert (stored["more"], stored["meta"]) == ({"x": 1}, {"a": "b"})


def test_types_of_a_program_s_own_are_compared_as_well(index, server):
    class Percent(BaseDataType):
        es_type = "double"

        def from_python(self, value):
            return None if value is None else decimal.Decimal(value)

        def deserialize(self, value):
            return None if value is None else decimal.Decimal(value)

        def serialize(self, value, depth=0, to_str=False, flat=False):
            return None if value is None else float(value)

    class Share(Model):
        _meta = {"index": "shares"}
        _mapping = {"part": Percent("part"), "name": Keyword("name")}

    create_mappings([Share])
    put(Share, "1", {"part": 0.5, "name": "x"}, server)
    share = Share.get("1")
    share.part = "0.50"
    share.name = "y"
    assert saved(share, server) == {"name": "y"}
    share.part = "0.25"
    assert saved(share, server) == {"part": 0.25}


def test_pickles_survive_fields_that_come_and_go(unconnected):
    book = Book.from_es({"_id": "1", "_source": json.loads(json.dumps(FULL))})
    maker, args, state = book.__reduce_ex__(4)
    state = copy.deepcopy(state)
    del state["price"], state["_seen"]["read"]["price"]
    state["gone"] = 3
    state["_seen"]["read"]["gone"] = 3
    again = maker(*args)
    again.__setstate__(state)
    assert (again.title, again.price) == ("T", None)
    assert not hasattr(again, "gone")
    older = maker(*args)
    older.__setstate__((None, {"id": "1", "title": "T", "tags": []}))
    assert (older.title, older.tags, older.price) == ("T", [], None)
    assert older._seen == (...,) * len(Book._stored)


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
        ("1", 1),
        ([1], [True]),
        ({"a": 1}, {"a": 1.0}),
        (Size(width=1), Size(width=2)),
        (
            datetime.datetime(2020, 1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
            datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        ),
    ],
)
def test_type_and_spelling_count(now, kept):
    assert not is_same(now, kept)
    assert is_same(copied(now), now)
    assert is_same(copied(kept), kept)


def test_named_fields_are_written_alone(index, server):
    put(Book, "1", FULL, server)
    book = Book.get("1")
    with server.client() as client:
        client.update(index=Book.get_index(), id="1", doc={"state": "lost"})
    book.title, book.price, book.maker = "other", 9.5, Maker(name="unsaved")
    book.save(update_fields=["title", "state"])
    assert source(Book, "1", server) == {**FULL, "title": "other", "state": "lent"}
    assert book.maker.id is None
    book.maker = "m1"
    assert saved(book, server) == {"price": 9.5}
    for names, error in ((["titel"], TypeError), ([], TypeError)):
        with pytest.raises(error):
            book.save(update_fields=names)
    with pytest.raises(IntegrityError, match="never saved"):
        Book(isbn="2", title="T").save(update_fields=["title"])


def test_exists_and_get_with_a_default(index, server):
    put(Book, "1", FULL, server)
    assert (Book.exists("1"), Book.exists("2")) == (True, False)
    assert Book.get("1", default=None).title == "T"
    assert Book.get("2", default=None) is None
    assert Book.get("2", default="none") == "none"
    with pytest.raises(elasticsearch.NotFoundError):
        Book.get("2")
