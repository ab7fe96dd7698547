"""The examples of the client's own guide to Search, chapter by chapter, on a model: what it says works with `Model.search()`."""

from __future__ import annotations

import pytest
from elasticsearch.dsl import A, Q, aggs
from elasticsearch.dsl.query import Bool, Match, MoreLikeThis, MultiMatch, Terms

from ecgen.runtime import (
    Date,
    Integer,
    Keyword,
    Model,
    NotFetched,
    Object,
    ObjectValue,
    Text,
    create_mappings,
)


class Address(ObjectValue):
    __slots__ = ("city", "street")
    _mapping = {"city": Keyword("city"), "street": Keyword("street")}


class Article(Model):
    __slots__ = ("address", "body", "category", "clicks", "lines", "published", "tags", "title")
    _meta = {"index": "articles", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "title": Text("title", fields={"raw": {"type": "keyword"}}),
        "body": Text("body"),
        "category": Keyword("category"),
        "tags": Keyword("tags", many=True),
        "clicks": Integer("clicks"),
        "lines": Integer("lines", many=True),
        "published": Date("published"),
        "address": Object("address", Address),
    }


ROWS = (
    ("python and django", "the best web framework", "code", ["search", "python"], 5, [1, 9]),
    ("python alone", "a language", "code", ["python"], 7, [4]),
    ("django alone", "the best of all", "web", ["web"], 1, [2]),
    ("a garden", "roses and search", "home", ["search"], 2, [3]),
    ("a second garden", "roses", "home", [], 3, [8]),
)


@pytest.fixture
def search(connected):
    """A search over five articles, `1` to `5`."""
    create_mappings([Article])
    Article.save_all(
        [
            Article(
                id=str(number),
                title=title,
                body=body,
                category=category,
                tags=tags,
                clicks=clicks,
                lines=lines,
                published=f"2024-01-0{number}",
                address=Address(city=f"City {number}", street="Main"),
            )
            for number, (title, body, category, tags, clicks, lines) in enumerate(ROWS, 1)
        ],
        overwrite=True,
        refresh=True,
    )
    return Article.search()


def ids(search):
    found = list(search)
    assert all(isinstance(article, Article) for article in found)
    return sorted(article.id for article in found)


def test_queries(search):
    assert ids(search.query(Match("title", "python"))) == ["1", "2"]
    asked = MultiMatch(query="python roses", fields=["title", "body"])
    assert ids(search.query(asked)) == ["1", "2", "4", "5"]
    same = {"multi_match": {"query": "python roses", "fields": ["title", "body"]}}
    assert ids(search.query(Q(same))) == ["1", "2", "4", "5"]
    phrase = Match("title", {"query": "second garden", "operator": "and"})
    assert ids(search.query(phrase)) == ["5"]
    search.query = Q("bool", must=[Q("match", title="python"), Q("match", body="best")])
    assert ids(search) == ["1"]


def test_the_answer_is_kept_until_it_is_asked_for_again(search):
    first = search.execute()
    assert search.execute() is first
    assert search.execute(ignore_cache=True) is not first
    assert [article.id for article in search] == [article.id for article in search.execute()]


def test_names_with_dots(search):
    assert ids(search.filter("term", title__raw="a garden")) == ["4"]
    assert ids(search.filter("term", **{"title.raw": "a garden"})) == ["4"]
    assert ids(search.query("match", address__city="City 2")) == ["2"]


def test_combinations(search):
    either = Match("title", "python") | Match("title", "django")
    assert ids(search.query(either)) == ["1", "2", "3"]
    assert ids(search.query(Match("title", "python") & Match("title", "django"))) == ["1"]
    assert ids(search.query(~Match("title", "python"))) == ["3", "4", "5"]
    assert ids(search.query("match", title="python").query("match", title="django")) == ["1"]
    most = Q("bool", should=[Q("match", title="python"), Q("match", body="best")])
    most.minimum_should_match = 2
    assert ids(search.query(most)) == ["1"]


def test_filters(search):
    asked = Terms("tags", ["search", "python"])
    for each in (search.filter(asked), search.query(Bool(filter=[asked]))):
        assert ids(each) == ["1", "2", "4"]
    assert ids(search.exclude(asked)) == ["3", "5"]
    assert ids(search.post_filter("terms", tags=["web"])) == ["3"]


def test_aggregations(search):
    category = aggs.Terms(field="category")
    category.metric("clicks", aggs.Sum(field="clicks")).bucket("tags", aggs.Terms(field="tags"))
    search.aggs.bucket("categories", category)
    search.aggs["categories"].metric("most", A("max", field="clicks"))
    buckets = search.execute().aggregations.categories.buckets
    code = next(bucket for bucket in buckets if bucket.key == "code")
    assert (code.doc_count, code.clicks.value, code.most.value) == (2, 12.0, 7.0)
    assert {bucket.key for bucket in code.tags.buckets} == {"search", "python"}


def test_aggregations_of_buckets(search):
    days = aggs.DateHistogram(field="published", calendar_interval="day")
    search.aggs.bucket("days", days).metric("clicks", aggs.Sum(field="clicks")).pipeline(
        "so_far", aggs.CumulativeSum(buckets_path="clicks")
    )
    buckets = search.execute().aggregations.days.buckets
    assert [bucket.so_far.value for bucket in buckets] == [5.0, 12.0, 13.0, 15.0, 18.0]


def test_sorts(search):
    sorted_by = search.sort("category", "-title.raw", {"lines": {"order": "asc", "mode": "avg"}})
    assert [article.id for article in sorted_by] == ["1", "2", "5", "4", "3"]
    assert "sort" not in sorted_by.sort().to_dict()


def test_slices_and_scan(search):
    by_id = search.sort("id")
    assert [article.id for article in by_id[1:3]] == ["2", "3"]
    assert [article.id for article in by_id[:2]] == ["1", "2"]
    assert [article.id for article in by_id[3:]] == ["4", "5"]
    assert [article.id for article in by_id[1:4][1:]] == ["3", "4"]
    assert ids(search.query("match", title="garden").scan()) == ["4", "5"]


def test_highlights(search):
    asked = search.query("match", title="django").highlight_options(order="score")
    response = asked.highlight("title", fragment_size=50).execute()
    for article, hit in response.as_result().with_hits():
        assert "<em>django</em>" in hit.highlight["title"][0]
        assert article.title.replace("django", "<em>django</em>") == hit.highlight["title"][0]


def test_suggestions(search):
    suggested = search.suggest("meant", "pyhton", term={"field": "title"}).execute().suggest
    assert suggested.meant[0].options[0].text == "python"


def test_collapse(search):
    inner = {"name": "recent", "size": 5, "sort": [{"published": "desc"}]}
    collapsed = search.collapse("category", inner_hits=inner, max_concurrent_group_searches=4)
    found = collapsed.execute().as_result().with_hits()
    recent = {
        article.category: [each["_id"] for each in hit.inner_hits["recent"]["hits"]["hits"]]
        for article, hit in found
    }
    assert recent == {"code": ["2", "1"], "web": ["3"], "home": ["5", "4"]}


def test_more_like_this(search):
    like = MoreLikeThis(like="roses", fields=["body"], min_term_freq=1, min_doc_freq=1)
    assert ids(search.query(like).source(excludes=["body"])) == ["4", "5"]


def test_parts_of_documents_and_other_parameters(search):
    only = search.source(["title", "body"]).filter("term", id="1").execute()[0]
    assert (only.title, only.body) == (ROWS[0][0], ROWS[0][1])
    with pytest.raises(NotFetched):
        _ = only.clicks
    without = search.source(includes=["title", "address.*"], excludes=["address.street"])
    assert without.filter("term", id="1").execute()[0].address.city == "City 1"
    assert search.source(["title"]).source(True).filter("term", id="1").execute()[0].clicks == 5
    explained = search.extra(explain=True).query("match", title="alone").execute()
    assert all(hit["_explanation"] for hit in explained.as_result().hits)
    assert ids(search.params(routing="1")) == ["1", "2", "3", "4", "5"]


def test_from_a_dict_and_back(search):
    search.update_from_dict({"query": {"match": {"title": "python"}}, "size": 42})
    asked = search.to_dict()
    assert (asked["query"], asked["size"]) == ({"match": {"title": "python"}}, 42)
    assert ids(search) == ["1", "2"]


def test_the_response(search):
    response = search.query("match", title="python").execute()
    assert response.success()
    assert response.took >= 0
    assert (response.hits.total.relation, response.hits.total.value) == ("eq", 2)
    assert search.query("match", title="python").count() == 2


def test_delete_by_query(search, server):
    server.require("delete_by_query")
    answer = search.query(Match("title", "python")).params(refresh=True).delete()
    assert answer.deleted == 2
    assert ids(Article.search()) == ["3", "4", "5"]
