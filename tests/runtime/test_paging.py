"""search_after, scan and what both do while sort values tie, documents change, or nothing is stored to sort by."""

from __future__ import annotations

import itertools
import json

import elasticsearch
import pytest
from observing import are_open

from ecgen.runtime import Boolean, Date, Double, Keyword, Long, Model, create_mappings, ids

COUNT = 53


class Unstored(Model):
    __slots__ = ("group", "number")
    _meta = {"index": "unstored", "settings": {"number_of_shards": 3}}
    _mapping = {"id": Keyword("id"), "group": Keyword("group"), "number": Long("number")}


class Stored(Model):
    __slots__ = ("day", "flag", "group", "number", "real", "when")
    _meta = {"index": "stored", "store_id": True, "settings": {"number_of_shards": 3}}
    _mapping = {
        "id": Keyword("id"),
        "group": Keyword("group"),
        "number": Long("number"),
        "real": Double("real"),
        "flag": Boolean("flag"),
        "when": Date("when"),
        "day": Date("day", format="strict_date"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


@pytest.fixture(params=[Stored, Unstored])
def numbers(request, connected):
    cls = request.param
    create_mappings([cls])
    models = [cls(group="abc"[n % 3], number=n // 20) for n in range(COUNT)]
    assert cls.save_all(models, refresh=True)
    return cls


def pages(page):
    while page:
        yield page
        page = page.search_after()


def all_ids(page):
    return [model.id for one in pages(page) for model in one]


@pytest.mark.parametrize("size", [1, 7, COUNT - 1, COUNT, COUNT + 1])
def test_every_document_once(numbers, size):
    if size > 1:
        seen = all_ids(numbers.all(size=size))
        assert len(seen) == len(set(seen)) == COUNT
        seen = all_ids(numbers.find_by(size=size, sort=[{"number": "desc"}]))
        assert len(seen) == len(set(seen)) == COUNT
    seen = all_ids(numbers.find_by(size=size, group="a", sort=[{"group": "asc"}]))
    assert len(seen) == len(set(seen)) == 18
    assert are_open(numbers.get_es_connection().es, numbers.get_index(), 0)


def test_pages_while_others_write(numbers):
    known = {model.id for model in numbers.all(size=1000)}
    first = numbers.all(size=10, sort=[{"group": "asc"}])
    numbers.create(group="a", number=1, refresh=True)
    seen = [model.id for model in first]
    for page in itertools.islice(pages(first), 1, None):
        seen += [model.id for model in page]
        numbers.create(group="b", number=1, refresh=True)
    assert known <= set(seen)
    assert len(seen) == len(set(seen))


def test_a_point_in_time_shows_what_was(connected):
    create_mappings([Unstored])
    Unstored.save_all([Unstored(id=str(n), group="a", number=n) for n in range(0)])
    for n in range(6):
        Unstored.create(id=str(n), group="a", number=n)
    Unstored.refresh()
    first = Unstored.all(size=3, sort=[{"number": "asc"}])
    last = Unstored.get("5")
    last.number = -1
    last.save(refresh=True)
    first[0].number = 99
    first[0].save(refresh=True)
    assert all_ids(first) == list("012345")


def test_an_empty_page_and_a_short_one(numbers, requests):
    requests.clear()
    nothing = numbers.find_by(group="none")
    assert nothing == []
    assert nothing.search_after() == []
    assert nothing.search_after().search_after_values is None
    assert len(requests) == 1
    assert len(numbers.find_by(size=0)) == 0
    short = numbers.find_by(group="a")
    assert short.search_after() == []


def test_values_carried_by_hand(numbers):
    es = numbers.get_es_connection().es
    seen = []
    page = numbers.find_by(size=9, sort=[{"number": "asc"}])
    while page:
        seen += [model.id for model in page]
        page = numbers.find_by(
            size=9, sort=[{"number": "asc"}], search_after=page.search_after_values
        )
    assert len(seen) == len(set(seen)) == COUNT
    assert are_open(es, numbers.get_index(), 0)
    # as they come back from a web client
    page = numbers.find_by(size=50, sort=[{"number": "asc"}])
    rest = numbers.find_by(sort=[{"number": "asc"}], search_after=list(page.search_after_values))
    assert len(rest) == 3
    list(pages(page))


def test_values_carried_by_hand_outlive_their_point_in_time(connected):
    create_mappings([Unstored])
    for n in range(4):
        Unstored.create(id=str(n), number=n, refresh=True)
    page = Unstored.all(size=2, sort=["number"])
    connected.get_es().close_point_in_time(id=page.search_after_values.pit)
    rest = Unstored.find_by(sort=["number"], search_after=page.search_after_values)
    assert [model.id for model in rest] == ["2", "3"]
    with pytest.raises(elasticsearch.NotFoundError):
        page.search_after()


@pytest.mark.parametrize("field", ["group", "number", "real", "flag", "when", "day"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_sort_keys_of_every_kind_with_missing_values(connected, field, direction):
    create_mappings([Stored])
    some = {
        "group": ["x", "y"],
        "number": [2**62, -5],
        "real": [0.1, -1e300],
        "flag": [True, False],
        "when": ["2024-01-01T10:11:12.345", "1960-01-01"],
        "day": ["2024-01-01", "1971-01-01"],
    }[field]
    models = [Stored(**{field: value}) for value in [*some, None, *some, None, None]]
    Stored.save_all(models, refresh=True)
    seen = all_ids(Stored.find_by(size=2, sort=[{field: direction}]))
    assert len(seen) == len(set(seen)) == 7
    assert set(seen[4:]) == {models[2].id, models[5].id, models[6].id}


def test_old_names_of_the_last_key(numbers):
    down = all_ids(numbers.find_by(size=10, sort=[{"_uid": "desc"}]))
    assert len(set(down)) == COUNT
    if numbers is Stored:
        up = all_ids(numbers.find_by(size=100, sort=[{"_uid": "asc"}]))
        assert down == sorted(up, reverse=True)


def test_scan(numbers):
    es = numbers.get_es_connection().es
    assert len({model.id for model in numbers.scan(size=10)}) == COUNT
    assert len(list(numbers.scan(size=COUNT, group="b"))) == 18
    assert len(list(numbers.scan(number=[0, 1]))) == 40
    in_order = [model.number for model in numbers.scan(size=10, sort=["number:desc"])]
    assert in_order == sorted(in_order, reverse=True)
    assert len(in_order) == COUNT
    for count, _ in enumerate(numbers.scan(size=5)):
        if count == 7:
            break
    broken = numbers.scan(size=5)
    next(broken)
    with pytest.raises(ZeroDivisionError):
        broken.throw(ZeroDivisionError())
    assert are_open(es, numbers.get_index(), 0)
    with pytest.raises(TypeError, match="no field 'grup'"):
        numbers.scan(grup="a")


def test_a_search_without_a_sort_has_no_next_page(numbers):
    page = numbers.get_es_connection().search(size=5)
    with pytest.raises(ValueError, match="without a sort"):
        page.search_after()


def test_searches_of_the_client_page_as_well(numbers):
    connection = numbers.get_es_connection()
    sort = [{"number": "asc"}, {"group": "asc"}]
    page = connection.search(size=30, sort=sort, query={"match_all": {}})
    assert len(page.search_after()) <= 30
    body = connection.search(body={"size": 30, "sort": sort})
    assert [m.number for m in body.search_after()] == [m.number for m in page.search_after()]
    assert numbers.get(["none"]).search_after() == []


@pytest.mark.parametrize("cls", [Stored, Unstored])
def test_searches_of_the_client_page_to_the_end(connected, cls):
    create_mappings([cls])
    cls.save_all([cls(number=n) for n in range(25)], refresh=True).raise_failures()
    search = cls.get_es_connection().search
    by = {"sort": [{"number": "asc"}]}
    for asked in (by, {**by, "size": 7}, {"body": by}, {"body": {**by, "size": 7}}):
        first = search(**asked)
        assert [one.number for page in pages(first) for one in page] == list(range(25))


def test_a_page_that_fails_closes_its_point_in_time(connected):
    create_mappings([Unstored])
    for n in range(4):
        Unstored.create(id=str(n), number=n, refresh=True)
    page = Unstored.all(size=2)
    page.pass_args["query"] = {"no_such_query": {}}
    with pytest.raises(elasticsearch.BadRequestError):
        page.search_after()
    assert are_open(connected.get_es(), f"{connected.index_prefix}*", 0)


# Stored ids that prove nothing.


class Own(Model):
    """What programs write that keep to another idea of `id`."""

    __slots__ = ("number",)
    _meta = {"index": "own_ids", "store_id": True, "settings": {"number_of_shards": 3}}
    _mapping = {"id": Keyword("id"), "number": Long("number")}


FOREIGN = {
    "foreign": lambda n: {"id": f"db-{n % 7}"},
    "one for all": lambda n: {"id": "db-3"},
    "none": lambda n: {},
    "half of them": lambda n: {"id": f"{n:02}"} if n % 2 else {},
    "of a neighbour": lambda n: {"id": f"{n - n % 2:02}"},
    "of the last of a page": lambda n: {"id": "06" if n > 25 else f"{n:02}"},
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_ids_that_others_stored_lose_no_document(connected, kind):
    create_mappings([Own])
    es = Own.get_es_connection().es
    operations = []
    for n in range(30):
        document = {"number": n // 12, **FOREIGN[kind](n)}
        operations += [{"index": {"_index": Own.get_index(), "_id": f"{n:02}"}}, document]
    es.bulk(operations=operations, refresh=True)
    every = [f"{n:02}" for n in range(30)]
    for size in (1, 2, 7, 15, 30):
        if size > 1 or kind == "of the last of a page":
            assert sorted(all_ids(Own.all(size=size))) == every, size
    assert sorted(all_ids(Own.find_by(size=7, sort=[{"number": "desc"}]))) == every
    assert sorted(model.id for model in Own.scan(size=7, sort="id")) == every


def test_an_overridden_default_sort_gets_its_last_key(connected):
    class Sorted(Stored):
        __slots__ = ()

        @classmethod
        def get_default_sort(cls):
            return [{"group": "asc"}]

    class Old(Unstored):
        __slots__ = ()

        @classmethod
        def get_default_sort(cls):
            return ["group:asc", {"_uid": "desc"}]

    assert Sorted.prepare_sort() == [{"group": "asc"}, {"id": "asc"}]
    assert Old.prepare_sort() == [{"group": "asc"}, {"_shard_doc": "desc"}]
    for cls in (Sorted, Old):
        create_mappings([cls])
        cls.save_all([cls(group="a", number=n) for n in range(30)], refresh=True)
        assert len(set(all_ids(cls.all(size=7)))) == 30


def test_values_of_the_original_continue(connected):
    """`["foo@bar.cz", ""]` is from the original's documentation: the second was the least `_uid`."""
    create_mappings([Unstored])
    Unstored.save_all([Unstored(group="ab"[n % 2], number=n) for n in range(6)], refresh=True)
    found = Unstored.find_by(sort=[{"group": "asc"}], search_after=["a", ""])
    assert [model.group for model in found] == ["a"] * 3 + ["b"] * 3


def test_a_slice_has_no_next_page(numbers):
    with pytest.raises(ValueError, match="of the Result that a search gave"):
        numbers.all(size=3)[:2].search_after()


def test_a_scan_of_nothing_at_a_time_is_refused(unconnected):
    with pytest.raises(ValueError, match="at least 1"):
        Stored.scan(size=0)
    with pytest.raises(TypeError, match="a time such as '5m'"):
        Stored.scan(keep_alive=5)
    with pytest.raises(ValueError, match="the same sort"):
        Stored.scan(search_after=[1])


@pytest.mark.parametrize("sort", [None, [{"number": "asc"}]])
def test_an_expired_scan_says_how_to_go_on(numbers, sort):
    scan = numbers.scan(size=5, sort=sort, keep_alive="1h")
    seen = [next(scan).id for _ in range(5)]
    close_everything(numbers)
    with pytest.raises(elasticsearch.NotFoundError) as caught:
        next(scan)
    assert "more than 1h passed" in str(caught.value)
    assert "stopped after 5 documents" in str(caught.value)
    if sort is None:
        assert "begin again" in str(caught.value)
        return
    text = str(caught.value).partition("search_after=")[2].partition("]")[0]
    values = json.loads(f"{text}]".replace("'", '"'))
    seen += [model.id for model in numbers.scan(size=5, sort=sort, search_after=values)]
    assert len(seen) == len(set(seen)) == COUNT


def close_everything(cls):
    """End the point in time of a scan as its expiry does: without its knowing."""
    es = cls.get_es_connection().es
    es.close_point_in_time(id=cls.opened[-1])


@pytest.fixture(autouse=True)
def opened(monkeypatch):
    """The points in time that scans opened, on the class."""
    from ecgen.runtime.requests.scan import _Pages

    def remembered(self):
        yield from steps(self)
        self.model.opened = [self._pit]

    steps = _Pages.open_steps
    monkeypatch.setattr(_Pages, "open_steps", remembered)
