"""Every type that a node at hand knows: what we store, the node takes and gives back, and we read what we held."""

from __future__ import annotations

import datetime
import itertools
import uuid
import zoneinfo
from collections.abc import Iterator
from typing import Any

import pytest

from ecgen.runtime.data_types import (
    Binary,
    Boolean,
    Byte,
    Completion,
    Date,
    DateNanos,
    DateRange,
    DenseVector,
    Double,
    DoubleRange,
    Flattened,
    Float,
    FloatRange,
    GeoPointType,
    HalfFloat,
    Integer,
    IntegerRange,
    Ip,
    IpRange,
    JoinField,
    Keyword,
    Long,
    LongRange,
    MatchOnlyText,
    Nested,
    Object,
    RankFeature,
    RankFeatures,
    ScaledFloat,
    SearchAsYouType,
    Short,
    SparseVector,
    Text,
    TokenCount,
)
from ecgen.runtime.errors import FieldValueError
from ecgen.runtime.types.values import GeoPoint, NanoDatetime, ObjectValue, Range
from ecgen.testing.server import Server

UTC = datetime.UTC
MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


class Line(ObjectValue):
    __slots__ = ("name", "price", "since")
    _mapping = {"name": Keyword("name"), "price": Double("price"), "since": Date("since")}


LINE = Line(name="bolt", price="1.5", since=MOMENT)

# What is given, and what is held, stored, read back.
SINGLE: list[Any] = [
    (Keyword("f"), "ä\"\\\n", "ä\"\\\n"),
    (Text("f"), "Two words", "Two words"),
    (Long("f"), -(2**63), -(2**63)),
    (Integer("f"), "12", 12),
    (Short("f"), 3.0, 3),
    (Byte("f"), -128, -128),
    (Double("f"), 1.7e308, 1.7e308),
    (Float("f"), 3.4028235e38, 3.4028235e38),
    (HalfFloat("f"), 65519.0, 65519.0),
    (ScaledFloat("f", 100), 12.345, 12.35),
    (Boolean("f"), "true", True),
    (Date("f"), MOMENT, MOMENT),
    (Date("f", format="yyyy-MM-dd HH:mm:ss"), "2026-01-02T03:04:05", MOMENT.replace(microsecond=0, tzinfo=None)),
    (DateNanos("f"), "2026-01-02T03:04:05.123456789Z", NanoDatetime.of(MOMENT.replace(microsecond=123456), 789)),
    (DateNanos("f", format="epoch_millis"), "2026-01-02T03:04:05.123456789Z", NanoDatetime.of(MOMENT.replace(microsecond=123456), 789)),
    (Ip("f"), "2001:DB8::0:1", "2001:db8::1"),
    (Binary("f"), b"\x00\xff", b"\x00\xff"),
    (IntegerRange("f"), {"gte": 1, "lt": 5}, Range(gte=1, lt=5)),
    (LongRange("f"), Range(gt=2**40), Range(gt=2**40)),
    (FloatRange("f"), Range(gte=1, lte=2), Range(gte=1.0, lte=2.0)),
    (DoubleRange("f"), Range(lt=1.5), Range(lt=1.5)),
    (DateRange("f"), Range(gte=MOMENT, lt="2027-01-01T00:00Z"), Range(gte=MOMENT, lt=datetime.datetime(2027, 1, 1, tzinfo=UTC))),
    (IpRange("f"), "10.0.0.0/8", Range(gte="10.0.0.0", lte="10.255.255.255")),
    (Object("f", Line), {"name": "bolt", "price": 1.5, "since": MOMENT}, LINE),
    (Nested("f", Line), LINE, LINE),
    (Object("f"), {"a": {"b": 1}}, {"a": {"b": 1}}),
    (Flattened("f"), {"a": {"b": "c"}}, {"a": {"b": "c"}}),
    (GeoPointType("f"), "POINT (2.5 48.5)", GeoPoint(48.5, 2.5)),
    (DenseVector("f", dims=3), [1, 2.5, 3], [1.0, 2.5, 3.0]),
    (SparseVector("f"), {"token": 0.5}, {"token": 0.5}),
    (Completion("f"), ["one", "two"], ["one", "two"]),
    (Completion("f"), {"input": ["one"], "weight": 3}, {"input": ["one"], "weight": 3}),
    (RankFeature("f"), 3, 3.0),
    (RankFeatures("f"), {"sport": 2}, {"sport": 2.0}),
    (SearchAsYouType("f"), "one two", "one two"),
    (MatchOnlyText("f"), "one two", "one two"),
    (TokenCount("f", analyzer="standard"), "one two three", "one two three"),
    (JoinField("f", relations={"question": "answer"}), "question", "question"),
]  # fmt: skip

MANY: list[Any] = [
    (Keyword("f", many=True), ("a", "b"), ["a", "b"]),
    (Keyword("f", many=True), "a", ["a"]),
    (Keyword("f", many=True), [], []),
    (Keyword("f", many=True), ["a", None], ["a", None]),
    (Integer("f", many=True), {3}, [3]),
    (Date("f", many=True), [MOMENT, "2026-01-02"], [MOMENT, datetime.datetime(2026, 1, 2)]),
    (Boolean("f", many=True), [True, "false"], [True, False]),
    (Ip("f", many=True), ["127.0.0.1"], ["127.0.0.1"]),
    (GeoPointType("f", many=True), [[2, 48], {"lat": 1, "lon": 2}], [GeoPoint(48.0, 2.0), GeoPoint(1.0, 2.0)]),
    (GeoPointType("f", many=True), [2, 48], [GeoPoint(48.0, 2.0)]),
    (IntegerRange("f", many=True), [Range(gte=1)], [Range(gte=1)]),
    (Nested("f", Line, many=True), [{"name": "bolt"}, LINE], [Line(name="bolt"), LINE]),
    (Object("f", Line, many=True), {"name": "bolt"}, [Line(name="bolt")]),
    (Binary("f", many=True), [b"a", b"b"], [b"a", b"b"]),
]  # fmt: skip


def lacking_name(data_type: Any) -> str:
    return str(data_type.get_es_type()["type"])


class Index:
    """One index whose field `f` has the type under test."""

    def __init__(self, client: Any, mapping: dict[str, Any], major: int = 9) -> None:
        self._client = client
        self.name = f"ctypes-{uuid.uuid4().hex[:12]}"
        # 9.x leaves vectors out of the _source that it shows, unless it is told not to
        vector = major >= 9 and mapping["type"] in ("dense_vector", "sparse_vector")
        settings = {"index.mapping.exclude_source_vectors": False} if vector else {}
        client.indices.create(
            index=self.name, settings=settings, mappings={"properties": {"f": mapping}}
        )

    def round_trip(self, document: dict[str, Any]) -> Any:
        self._client.index(index=self.name, id="1", document=document)
        return self._client.get(index=self.name, id="1")["_source"]

    def delete(self) -> None:
        self._client.indices.delete(index=self.name)


@pytest.fixture
def index_of(server: Server) -> Iterator[Any]:
    made: list[Index] = []
    with server.client() as client:

        def make(data_type: Any) -> Index:
            server.require(lacking_name(data_type))
            made.append(Index(client, data_type.get_es_type(), server.major))
            return made[-1]

        yield make
        for index in made:
            index.delete()


def identifier(case: Any) -> str:
    return f"{type(case[0]).__name__}-{case[1]!r}"[:40].replace("[", "(").replace("]", ")")


@pytest.mark.parametrize("case", SINGLE + MANY, ids=identifier)
def test_values_come_back_from_a_server_as_they_were_held(index_of: Any, case: Any) -> None:
    data_type, given, expected = case
    held = data_type.from_python(given)
    assert held == expected
    assert data_type.from_python(held) == held
    source = index_of(data_type).round_trip({"f": data_type.to_es(held)})
    assert data_type.from_es(source) == expected
    assert type(data_type.from_es(source)) is type(expected)


@pytest.mark.parametrize("case", SINGLE, ids=identifier)
def test_none_is_stored_in_a_form_that_every_server_takes(index_of: Any, case: Any) -> None:
    data_type = case[0]

    class Holder(ObjectValue):
        __slots__ = ("f",)
        _mapping = {"f": data_type}

    stored = Holder().to_dict()
    source = index_of(data_type).round_trip(stored)
    assert source == stored
    assert data_type.from_es(source) is None
    assert data_type.from_python(None) is None
    assert data_type.serialize(None) is None
    assert Holder._read(source) == Holder()


NOON = datetime.datetime(2026, 10, 25, 12)
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
BEFORE = datetime.datetime(
    2026, 10, 25, 2, 30, tzinfo=BERLIN
)  # by the clock half an hour after AFTER


@pytest.mark.parametrize(("data_type", "values"), [
    (IntegerRange("f"), [1, 2, 3]),
    (LongRange("f"), [-1, 0, 1]),
    (FloatRange("f"), [0.5, 1.0, 2.0]),
    (DoubleRange("f"), [0.5, 1.0, 2.0]),
    (IpRange("f"), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
    (DateRange("f"), [NOON + datetime.timedelta(microseconds=us) for us in (0, 999, 1000, 2000)]),
    (DateRange("f"), [BEFORE, BEFORE.replace(minute=0, fold=1)]),
])  # fmt: skip
def test_ranges_that_hold_nothing_are_refused_as_by_the_server(
    index_of: Any, data_type: Any, values: Any
) -> None:
    index = index_of(data_type)
    for low, high in itertools.product(values, values):
        for begin, end in itertools.product(("gte", "gt"), ("lte", "lt")):
            bounds = {begin: low, end: high}
            if takes(index, {"f": data_type.to_es(Range(**bounds))}):
                data_type.from_python(bounds)
            else:
                with pytest.raises(FieldValueError, match=r"ends before it begins|holds nothing"):
                    data_type.from_python(bounds)


def takes(index: Index, document: dict[str, Any]) -> bool:
    from elasticsearch import BadRequestError

    try:
        index.round_trip(document)
    except BadRequestError:
        return False
    return True


def test_rank_feature_bounds_are_the_servers(es7: Server) -> None:
    smallest = RankFeature.low
    with es7.client() as client:
        index = Index(client, {"type": "rank_feature"})
        try:
            index.round_trip({"f": smallest})
            with pytest.raises(Exception, match=r"mapper_parsing_exception"):
                index.round_trip({"f": smallest / 2})
        finally:
            index.delete()
