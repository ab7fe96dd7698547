"""Model.search(): elasticsearch.dsl's own ways, with hits that are models."""

from __future__ import annotations

import asyncio

import pytest
from elasticsearch.dsl import (
    A,
    AsyncFacetedSearch,
    AsyncMultiSearch,
    FacetedSearch,
    MultiSearch,
    Q,
    TermsFacet,
)
from elasticsearch.dsl.faceted_search import FacetedResponse
from observing import fresh_prefix

from ecgen.runtime import (
    Date,
    DenseVector,
    Integer,
    Keyword,
    Model,
    Nested,
    Result,
    SingleJoin,
    Text,
    aio,
    connect,
    create_mappings,
)


class Place(Model):
    __slots__ = ("name",)
    _meta = {"index": "places"}
    _mapping = {"id": Keyword("id"), "name": Keyword("name")}


def fields(base):
    return {
        "id": Keyword("id"),
        "title": Text("title"),
        "kind": Keyword("kind"),
        "pages": Integer("pages"),
        "printed": Date("printed", format="strict_date"),
        "secret": Keyword("secret", private=True),
        "chapters": Nested("chapters", properties={"head": Text("head")}, many=True),
    } | ({"place": SingleJoin("place", f"{__name__}.Book", f"{__name__}.Place")} if base else {})


SLOTS = ("title", "kind", "pages", "printed", "secret", "chapters")


class Book(Model):
    __slots__ = (*SLOTS, "place")
    _meta = {"index": "books", "store_id": True, "versioned": True}
    _mapping = fields(True)


class AsyncBook(aio.Model):
    __slots__ = SLOTS
    _meta = {"index": "books", "store_id": True}
    _mapping = fields(False)


TITLES = ["a red chair", "a blue chair", "the red sea", "a chair, red chair", "nothing"]


def rows(cls):
    return [
        cls(
            id=str(number),
            title=title,
            kind="ab"[number % 2],
            pages=number * 10,
            printed=f"2024-01-0{number + 1}",
            secret="s",
            chapters=[{"head": title}, {"head": "end"}],
        )
        for number, title in enumerate(TITLES)
    ]


@pytest.fixture
def books(connected):
    create_mappings([Book, Place])
    place = Place.create(id="p1", name="Brno")
    models = rows(Book)
    for model in models:
        model.place = place
        Book._create(model)
    Book.refresh()
    return Book


def test_hits_are_models_that_can_be_saved(books):
    response = books.search().query("match", title="chair").filter("term", kind="a").execute()
    assert [type(each) for each in response] == [Book]
    assert response.hits.total.value == 1
    [book] = response
    assert (book.id, book.pages, book.printed.year) == ("0", 0, 2024)
    assert "secret" not in book.serialize()
    book.pages = 11
    book.save(refresh=True)  # versioned: the hit brought its numbers
    assert books.search().filter("term", pages=11).count() == 1


def test_joins_load_for_the_whole_page(books, requests):
    response = books.search().query("match_all").execute()
    assert len(response) == 5
    before = len(requests)
    result = response.as_result().load("place")
    assert isinstance(result, Result)
    assert [book.place.name for book in response] == ["Brno"] * 5
    assert len(requests) == before + 1


def test_sort_slice_and_the_next_page(books):
    search = books.search().sort("-pages", "id")[:2]
    first = search.execute()
    assert [book.id for book in first] == ["4", "3"]
    assert [book.id for book in first.search_after().execute()] == ["2", "1"]
    second = first.as_result().search_after()
    assert [book.id for book in second] == ["2", "1"]
    last = second.search_after()
    assert ([book.id for book in last], list(last.search_after())) == (["0"], [])
    assert [book.id for book in books.search().sort("pages")[1:3]] == ["1", "2"]
    second = books.search().sort("pages", "id")[1:3].execute()
    assert [book.id for book in second] == ["1", "2"]
    assert [book.id for book in second.search_after().execute()] == ["3", "4"]
    assert [book.id for book in second.as_result().search_after()] == ["3", "4"]
    connection, options = books.get_es_connection(), {"size": 2, "sort": ["id"]}
    assert [book.id for book in connection.search(from_=1, **options).search_after()] == ["3", "4"]
    with pytest.raises(ValueError, match="needs a sort"):
        books.search().execute().search_after()
    with pytest.raises(ValueError, match="no hit"):
        books.search().sort("id").query("term", kind="z").execute().search_after()


def test_scan_and_iterate_give_every_document(books):
    assert sorted(book.id for book in books.search().scan()) == list("01234")
    found = list(books.search().extra(size=2).iterate())
    assert sorted(book.id for book in found) == list("01234")
    assert {type(each) for each in found} == {Book}


def test_aggregations_highlights_collapse_and_inner_hits(books):
    search = books.search().query("match", title="chair").highlight("title")
    search.aggs.bucket("kinds", A("terms", field="kind")).metric("most", "max", field="pages")
    response = search.execute()
    assert {bucket.key: bucket.most.value for bucket in response.aggs.kinds} == {
        "a": 0.0,
        "b": 30.0,
    }
    raw = response.to_dict()["hits"]["hits"][0]
    assert "<em>chair</em>" in raw["highlight"]["title"][0]
    collapsed = books.search().collapse(
        field="kind", inner_hits={"name": "all", "size": 5, "sort": [{"pages": "asc"}]}
    )
    response = collapsed.sort("pages").execute()
    assert [book.kind for book in response] == ["a", "b"]
    nested = Q("nested", path="chapters", query=Q("match", chapters__head="sea"), inner_hits={})
    response = books.search().query(nested).execute()
    assert [book.id for book in response] == ["2"]
    assert len(response[0].chapters) == 2
    inner = response.to_dict()["hits"]["hits"][0]["inner_hits"]["chapters"]
    assert inner["hits"]["total"]["value"] == 1
    assert inner["hits"]["hits"][0]["_source"] == {"head": "the red sea"}


def test_suggestions(books):
    response = books.search().suggest("fix", "chiar", term={"field": "title"}).execute()
    assert response.suggest.fix[0].options[0].text == "chair"


def test_top_hits_are_models(books):
    search = books.search()[:0]
    search.aggs.bucket("kinds", "terms", field="kind").metric(
        "first", "top_hits", size=1, sort=[{"pages": "asc"}]
    )
    found = [bucket.first[0] for bucket in search.execute().aggs.kinds]
    assert sorted((type(each), each.id) for each in found) == [(Book, "0"), (Book, "1")]


def test_several_searches_in_one_request(books):
    multi = MultiSearch(using=Book._es_namespace.get_es(), index=Book.get_index())
    multi = multi.add(books.search().filter("term", kind="a")).add(books.search()[:1])
    first, second = multi.execute()
    assert len(first) == 3
    assert [each["allow_partial_search_results"] for each in multi.to_dict()[::2]] == [False] * 2
    assert [type(each) for each in second] == [Book]


class BookFacets(FacetedSearch):
    fields = ("title",)
    facets = {"kind": TermsFacet(field="kind")}

    def search(self):
        return Book.search().response_class(FacetedResponse)


class AsyncBookFacets(AsyncFacetedSearch):
    fields, facets = BookFacets.fields, BookFacets.facets

    def search(self):
        return AsyncBook.search().response_class(FacetedResponse)


def test_faceted_search(books):
    response = BookFacets("chair", filters={"kind": "b"}).execute()
    assert {type(each) for each in response} == {Book}
    assert [(value, count) for value, count, _ in response.facets.kind] == [("b", 2), ("a", 1)]


def test_find_by_takes_their_queries(books):
    found = books.find_by(query=Q("match", title="sea") | Q("term", pages=40), sort=["pages"])
    assert [book.id for book in found] == ["2", "4"]
    assert books.count(query=Q("match", title="chair") & ~Q("term", kind="b")) == 1


def test_a_search_is_not_changed_by_another(books):
    search = books.search()
    search.filter("term", kind="a")
    assert search.count() == 5
    assert books.search().to_dict() == {"seq_no_primary_term": True}


VECTORS = {"id": Keyword("id"), "v": DenseVector("v", dims=2, index=True, similarity="l2_norm")}


class Point(Model):
    __slots__ = ("v",)
    _meta = {"index": "points", "store_id": True}
    _mapping = VECTORS


class AsyncPoint(aio.Model):
    __slots__ = ("v",)
    _meta = {"index": "points", "store_id": True}
    _mapping = VECTORS


def nearest(cls):
    return cls.search().knn("v", k=2, num_candidates=9, query_vector=[1.0, 0.2])


def test_nearest_neighbours(es9):
    async def story(prefix):
        aio.connect(es9.async_conf, index_prefix=prefix)
        try:
            response = await nearest(AsyncPoint).execute()
            assert [(type(one), one.id) for one in response] == [
                (AsyncPoint, "b"),
                (AsyncPoint, "c"),
            ]
            assert response[0].v == [1.0, 0.0]
        finally:
            await aio.get_es().close()
            aio.connect(None)

    with es9.client() as client, fresh_prefix(client) as prefix:
        connect(es9.conf, index_prefix=prefix)
        create_mappings([Point])
        for id, v in (("a", [0, 1]), ("b", [1, 0]), ("c", [1, 1])):
            Point.create(id=id, v=v)
        Point.refresh()
        response = nearest(Point).execute()
        assert [(type(one), one.id) for one in response] == [(Point, "b"), (Point, "c")]
        assert response[0].v == [1.0, 0.0]
        assert response.as_result().with_hits()[0][1].score > 0.5
        connect(None)
        asyncio.run(story(prefix))


def test_asynchronous(server):
    async def story():
        with server.client() as client, fresh_prefix(client) as prefix:
            aio.connect(server.async_conf, index_prefix=prefix)
            try:
                await aio.create_mappings([AsyncBook])
                for model in rows(AsyncBook):
                    await AsyncBook._create(model)
                await AsyncBook.refresh()
                search = AsyncBook.search().query("match", title="chair").sort("pages")
                response = await search.execute()
                assert [type(each) for each in response] == [AsyncBook] * 3
                following = await response.search_after().execute()
                assert not following
                result = response.as_result()
                assert type(result) is aio.Result
                assert await result.load() is result
                assert list(await result.search_after()) == []
                faceted = await AsyncBookFacets("chair", filters={"kind": "b"}).execute()
                assert {type(each) for each in faceted} == {AsyncBook}
                multi = AsyncMultiSearch(using=aio.get_es(), index=AsyncBook.get_index())
                several = await multi.add(search).add(AsyncBook.search()[:1]).execute()
                assert [[type(hit) for hit in one] for one in several] == [
                    [AsyncBook] * 3,
                    [AsyncBook],
                ]
                search = search.highlight("title").collapse(field="kind")
                pairs = (await search.execute()).as_result().with_hits()
                assert ["<em>chair</em>" in hit.highlight["title"][0] for _, hit in pairs] == [
                    True
                ] * 2
                search = search.filter("term", kind="a")
                assert await search.count() == 1
                search = AsyncBook.search().query("match", title="chair").sort("pages")
                assert [book.id async for book in search] == ["0", "1", "3"]
                assert len([book async for book in AsyncBook.search().scan()]) == 5
                found = [book.id async for book in AsyncBook.search().extra(size=2).iterate()]
                assert sorted(found) == list("01234")
            finally:
                await aio.get_es().close()
                aio.connect(None)

    asyncio.run(story())
