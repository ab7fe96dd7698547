"""find_by by ranges, and what a search says of a document beside its fields."""

from __future__ import annotations

import datetime

import pytest

from ecgen.runtime import (
    Date,
    DateNanos,
    DateRange,
    FieldValueError,
    GeoPointType,
    Integer,
    Keyword,
    Model,
    Nested,
    ObjectValue,
    Range,
    ScaledFloat,
    SingleJoin,
    Text,
    create_mappings,
    ids,
)
from ecgen.runtime.requests.query import query_clause


class Part(ObjectValue):
    __slots__ = ("weight",)
    _mapping = {"weight": Integer("weight")}


class Thing(Model):
    __slots__ = ("kin", "made", "name", "number", "parts", "place", "price", "text")
    _meta = {"index": "things", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "name": Keyword("name"),
        "number": Integer("number"),
        "made": Date("made"),
        "text": Text("text"),
        "parts": Nested("parts", Part, many=True),
        "place": GeoPointType("place"),
        "kin": SingleJoin("kin", source=f"{__name__}.Thing", target=f"{__name__}.Thing"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


@pytest.fixture
def things(connected):
    create_mappings([Thing])
    day = datetime.datetime(2026, 1, 1)
    models = [
        Thing(id=f"{n:02}", name="abcdefghij"[n], number=n, made=day + datetime.timedelta(days=n),
              text="chair " * (n + 1), parts=[{"weight": n}, {"weight": 100}])
        for n in range(10)
    ]  # fmt: skip
    for model in models:
        Thing._create(model)
    Thing.refresh()
    return Thing


@pytest.mark.parametrize(("asked", "found"), [
    ({"number": {"gte": 3, "lt": 6}}, "345"),
    ({"number": Range(gt=3, lte=6)}, "456"),
    ({"number": {"gte": "8", "lt": None}}, "89"),
    ({"number": [{"lt": 2}, 5, {"gt": 8}]}, "0159"),
    ({"made": {"gte": datetime.date(2026, 1, 9)}}, "89"),
    ({"made": {"gte": "2026-01-03||-1d/d", "lt": "2026-01-04"}}, "12"),
    ({"made": {"gte": "now+900y"}}, ""),
    ({"name": {"gt": "b", "lte": "d"}}, "23"),
    ({"id": {"gte": "07"}}, "789"),
    ({"parts": {"weight": {"gt": 7, "lt": 50}}}, "89"),
    ({"number": {"lt": 5}, "name": {"gt": "c"}}, "34"),
])  # fmt: skip
def test_ranges(things, asked, found):
    assert [str(thing.number) for thing in things.find_by(**asked, sort="number")] == list(found)
    assert things.count(**asked) == len(found)


@pytest.mark.parametrize("asked", [
    {"number": {"from": 3}},
    {"number": {}},
    {"number": {"gte": "many"}},
    {"text": {"gte": "a"}},
    {"place": {"gte": 1}},
    {"kin": {"gte": "a"}},
])  # fmt: skip
def test_what_is_no_range(asked):
    with pytest.raises(FieldValueError):
        query_clause(Thing, None, asked)


def test_a_range_of_steps():
    class Priced(Model):
        _mapping = {"price": ScaledFloat("price", 100)}

    clause = query_clause(Priced, None, {"price": {"gte": "9.999"}})
    assert clause == {"bool": {"filter": [{"range": {"price": {"gte": 10.0}}}]}}


class Logged(Model):
    _meta = {"index": "logged", "store_id": True}
    _mapping = {
        "iso": Date("iso"),
        "both": Date("both", format="yyyy-MM-dd HH:mm:ss.SSS||strict_date_optional_time"),
        "seconds": Date("seconds", format="epoch_second"),
        "millis": Date("millis", format="epoch_millis"),
        "nanos": DateNanos("nanos"),
        "nano_seconds": DateNanos("nano_seconds", format="epoch_second"),
        "nano_millis": DateNanos("nano_millis", format="epoch_millis"),
    }

    def _compute_id(self):
        return self.id


def test_dates_without_a_fraction_mean_the_instant(connected):
    """Of a date without a fraction servers make the whole second, and of a number, since 8, milliseconds in any format."""
    create_mappings([Logged])
    noon = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
    moments = [noon + datetime.timedelta(milliseconds=ms) for ms in (-1, 0, 1, 500, 999, 1000)]
    fields = [name for name in Logged._mapping if name != "id"]
    for number, moment in enumerate(moments):
        Logged._create(Logged(id=str(number), **dict.fromkeys(fields, moment)))
    Logged.refresh()
    expected = {"gt": "2345", "gte": "12345", "lt": "0", "lte": "01"}
    for name in fields:
        found = {side: Logged.find_by(**{name: {side: noon}}) for side in expected}
        assert {
            side: "".join(one.id for one in page) for side, page in found.items()
        } == expected, name
        for asked in (
            noon,
            [noon, noon],
            int(noon.timestamp()) if "sec" in name else noon.isoformat(),
        ):
            assert [one.id for one in Logged.find_by(**{name: asked})] == ["1"], (name, asked)


def test_seconds_before_1970(connected):
    create_mappings([Logged])
    moment = datetime.datetime(1969, 7, 20, 20, 17, 40, tzinfo=datetime.UTC)
    Logged._create(Logged(id="1", seconds=moment))
    Logged.refresh()
    assert Logged.count(seconds=moment) == Logged.count(seconds={"gte": moment, "lte": moment}) == 1


class Booked(Model):
    _meta = {"index": "booked", "store_id": True}
    _mapping = {
        "iso": DateRange("iso"),
        "seconds": DateRange("seconds", format="epoch_second"),
        "millis": DateRange("millis", format="epoch_millis"),
    }

    def _compute_id(self):
        return self.id


def test_stored_ranges_of_dates_hold_the_instants_of_python(connected):
    create_mappings([Booked])
    noon = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
    moments = [noon + datetime.timedelta(milliseconds=ms) for ms in (-1, 0, 1, 999, 1000)]
    fields = [name for name in Booked._mapping if name != "id"]
    ranges = {side: Range(**{side: noon}) for side in ("gt", "gte", "lt", "lte")}
    for side, held in ranges.items():
        Booked._create(Booked(id=side, **dict.fromkeys(fields, held)))
    Booked.refresh()
    for name in fields:
        assert {side: getattr(Booked.get(side), name) for side in ranges} == ranges
        for moment in moments:
            found = {one.id for one in Booked.find_by(**{name: moment})}
            assert found == {side for side, held in ranges.items() if moment in held}, (
                name,
                moment,
            )


def test_hits_beside_their_models(things):
    found = things.find_by(text="chair", number={"gte": 7}, sort="_score")
    pairs = found.with_hits()
    assert [model for model, _ in pairs] == list(found)
    assert [hit.id for _, hit in pairs] == [model.id for model in found]
    assert all(hit.score > 0 and hit.index == things.get_index() for _, hit in pairs)
    assert all(hit.sort == [hit.score, hit.id] for _, hit in pairs)
    nested = {"path": "parts", "query": {"term": {"parts.weight": 9}}, "inner_hits": {}}
    raw = things.get_es_connection().search(
        query={"bool": {"must": [{"nested": nested}, {"match": {"text": "chair"}}]}},
        highlight={"fields": {"text": {"number_of_fragments": 1}}},
    )
    ((model, hit),) = raw.with_hits()
    assert model.number == 9
    assert hit.highlight["text"][0].startswith("<em>chair</em>")
    (inner,) = hit.inner_hits["parts"]["hits"]["hits"]
    assert inner["_source"] == {"weight": 9}
    some = things.get(["03", "x", "01"]).with_hits()
    assert [hit.id for _, hit in some] == ["03", "01"]
    with pytest.raises(ValueError, match="not for a slice"):
        found[:1].with_hits()


def test_hits_of_a_changed_result(things):
    found = things.find_by(sort="number", size=3)
    found.reverse()
    with pytest.raises(ValueError, match="not for a slice, a sum or a changed one"):
        found.with_hits()
    found.reverse()
    assert [hit.id for _, hit in found.with_hits()] == ["00", "01", "02"]
    del found[0]
    found.append(things(id="00"))
    with pytest.raises(ValueError, match="not for a slice, a sum or a changed one"):
        found.with_hits()


def test_hits_of_a_page_with_a_document_left_out(things):
    es = things.get_es_connection().es
    es.index(
        index=things.get_index(),
        id="04b",
        document={"made": ["2026", "2027"], "number": 4},
        refresh=True,
    )
    found = things.find_by(on_error="skip", sort="number")
    assert [failure.id for failure in found.failures] == ["04b"]
    assert all(hit.id == model.id for model, hit in found.with_hits())
