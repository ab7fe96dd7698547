"""What every type takes, what it makes of it, and what it refuses; no server needed."""

from __future__ import annotations

import array
import copy
import decimal
import enum
import fractions
import ipaddress
import math
import re
import subprocess
import sys
import uuid
from collections import OrderedDict
from typing import Any

import pytest

from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.runtime import Model, data_types
from ecgen.runtime.data_types import (
    AggregateMetricDouble,
    Alias,
    BaseDataType,
    Binary,
    Boolean,
    Byte,
    Completion,
    Date,
    DenseVector,
    Double,
    Flattened,
    Float,
    GeoPointType,
    GeoShape,
    HalfFloat,
    Histogram,
    Integer,
    IntegerRange,
    Ip,
    IpRange,
    JoinField,
    Keyword,
    Long,
    Nested,
    Object,
    Percolator,
    Point,
    RankFeature,
    RankFeatures,
    RankVectors,
    Short,
    SparseVector,
    Text,
    TokenCount,
    UnsignedLong,
    Version,
)
from ecgen.runtime.errors import FieldValueError
from ecgen.runtime.types.values import GeoPoint, ObjectValue, Range


def shown(value: Any) -> str:
    """The value in a test's id: the same in every process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


class Colour(enum.Enum):
    RED = "red"
    DEPTH = 7


class Name(str):
    __slots__ = ()


class Number:
    """As numbers of other libraries are."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return float(self.value)


class Index(Number):
    def __index__(self) -> int:
        return int(self.value)


ID = uuid.UUID("12345678-1234-5678-1234-567812345678")
VECTOR = DenseVector("f", dims=2)

TAKEN = [
    (Keyword("f"), "x", "x"),
    (Keyword("f"), Name("x"), "x"),
    (Keyword("f"), Colour.RED, "red"),
    (Keyword("f"), ID, str(ID)),
    (Keyword("f"), 12, "12"),
    (Text("f"), "", ""),
    (Version("f"), "1.2.3", "1.2.3"),
    (Integer("f"), 12, 12),
    (Integer("f"), "12", 12),
    (Integer("f"), " -12 ", -12),
    (Integer("f"), "1.2e1", 12),
    (Integer("f"), 3.0, 3),
    (Integer("f"), decimal.Decimal("3.00"), 3),
    (Integer("f"), Colour.DEPTH, 7),
    (Integer("f"), Index(3), 3),
    (Integer("f"), Number(3.0), 3),
    (Integer("f"), fractions.Fraction(6, 2), 3),
    (Byte("f"), 127, 127),
    (Short("f"), -(2**15), -(2**15)),
    (Long("f"), 2**63 - 1, 2**63 - 1),
    (UnsignedLong("f"), 2**64 - 1, 2**64 - 1),
    (UnsignedLong("f"), str(2**64 - 1), 2**64 - 1),
    (Double("f"), 3, 3.0),
    (Double("f"), "3.5e-2", 0.035),
    (Double("f"), decimal.Decimal("3.5"), 3.5),
    (Double("f"), Number(3.5), 3.5),
    (Float("f"), 3.4028235e38, 3.4028235e38),
    (HalfFloat("f"), -65519, -65519.0),
    (RankFeature("f"), 1, 1.0),
    (Boolean("f"), True, True),
    (Boolean("f"), "False", False),
    (Ip("f"), "192.168.0.1", "192.168.0.1"),
    (Ip("f"), ipaddress.ip_address("::1"), "::1"),
    (Ip("f"), "2001:DB8:0::1", "2001:db8::1"),
    (Binary("f"), b"ab", b"ab"),
    (Binary("f"), bytearray(b"ab"), b"ab"),
    (Binary("f"), memoryview(b"ab"), b"ab"),
    (Binary("f"), "YWI=", b"ab"),
    (IntegerRange("f"), {"gte": "1", "lt": None}, Range(gte=1)),
    (IpRange("f"), ipaddress.ip_network("10.0.0.0/31"), Range(gte="10.0.0.0", lte="10.0.0.1")),
    # An IPv4 address in an IPv6 one is spelled otherwise since Python 3.13.
    (IpRange("f"), Range(gte="10.0.0.1", lte="::ffff:0a00:0002"), Range(gte="10.0.0.1", lte=str(ipaddress.ip_address("::ffff:a00:2")))),
    (GeoPointType("f"), GeoPoint(48, 2), GeoPoint(48.0, 2.0)),
    (GeoPointType("f"), {"lat": "48.5", "lon": 2}, GeoPoint(48.5, 2.0)),
    (GeoPointType("f"), [2, 48], GeoPoint(48.0, 2.0)),
    (GeoPointType("f"), (2, 48, 100), GeoPoint(48.0, 2.0)),
    (GeoPointType("f"), "48,2", GeoPoint(48.0, 2.0)),
    (GeoPointType("f"), "point(2 48)", GeoPoint(48.0, 2.0)),
    (GeoPointType("f"), {"type": "Point", "coordinates": [2, 48]}, GeoPoint(48.0, 2.0)),
    (GeoPointType("f"), "s", GeoPoint(22.5, 22.5)),
    (GeoShape("f"), "LINESTRING (0 0, 1 1)", "LINESTRING (0 0, 1 1)"),
    (GeoShape("f"), {"type": "Point", "coordinates": [0, 0]}, {"type": "Point", "coordinates": [0, 0]}),
    (Point("f"), [1, 2], {"x": 1.0, "y": 2.0}),
    (Point("f"), {"x": 1, "y": "2"}, {"x": 1.0, "y": 2.0}),
    (Point("f"), "POINT (1 2)", "POINT (1 2)"),
    (Point("f"), {"type": "Point", "coordinates": [1, 2]}, {"type": "Point", "coordinates": [1, 2]}),
    (Flattened("f"), OrderedDict(a=1), {"a": 1}),
    (Percolator("f"), {"match_all": {}}, {"match_all": {}}),
    (VECTOR, (1, "2.5"), [1.0, 2.5]),
    (VECTOR, array.array("f", [1, 2]), [1.0, 2.0]),
    (DenseVector("f", dims=2, element_type="byte"), [1.0, -128], [1, -128]),
    (DenseVector("f", dims=16, element_type="bit"), [1, 2], [1, 2]),
    (RankVectors("f", dims=2), [[1, 2], [3, 4]], [[1.0, 2.0], [3.0, 4.0]]),
    (SparseVector("f"), {"a": 1}, {"a": 1.0}),
    (RankFeatures("f"), {"a": "1"}, {"a": 1.0}),
    (AggregateMetricDouble("f"), {"min": -1, "max": 2}, {"min": -1.0, "max": 2.0}),
    (Histogram("f"), {"values": [1, 2], "counts": [3, 0]}, {"values": [1.0, 2.0], "counts": [3, 0]}),
    (JoinField("f"), {"name": "answer", "parent": "1"}, {"name": "answer", "parent": "1"}),
    (Completion("f"), "x", "x"),
    (Completion("f"), ("x", "y"), ["x", "y"]),
    (data_types.Murmur3("f"), 3.5, 3.5),
]  # fmt: skip


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: f"{case[0]!r}-{shown(case[1])}")
def test_harmless_values_are_converted(case: Any) -> None:
    data_type, value, expected = case
    held = data_type.from_python(value)
    assert held == expected
    assert type(held) is type(expected)
    assert data_type.from_python(held) == held
    assert data_type.deserialize(data_type.to_es(held)) == held


REFUSED: list[tuple[BaseDataType, list[Any]]] = [
    (Keyword("f"), [True, 1.5, b"x", [], {}, object()]),
    (Text("f"), [True, 1.5]),
    (Integer("f"), [True, 3.5, "3.5", "x", "", "1_000", math.nan, math.inf, "1e999", 2**31, -(2**31) - 1,
                    decimal.Decimal("1e99999"), decimal.Decimal("NaN"), [], {}, "9" * 10000, "nan", object(), Number(3.5)]),
    (Byte("f"), [128, -129]),
    (Short("f"), [2**15]),
    (Long("f"), [2**63, 1e19]),
    (UnsignedLong("f"), [-1, 2**64]),
    (Double("f"), [True, "x", "", "1_0", math.nan, -math.inf, "inf", 10**400, [], decimal.Decimal("1e999"), object(), b"1"]),
    (Float("f"), [3.5e38]),
    (HalfFloat("f"), [65520]),
    (RankFeature("f"), [0, -1, 1e-39]),
    (Boolean("f"), [0, 1, "yes", "", [], 0.0]),
    (Ip("f"), ["x", "1.2.3", "10.0.0.0/8", 1, b"\x00\x00\x00\x00", True]),
    (Binary("f"), ["not base64!", 3, []]),
    (IntegerRange("f"), [3, {"from": 1}, {"gte": 5, "lt": 1}, {"gte": 1, "gt": 1}, {"gte": 1.5}, [1, 2], {"gt": 1, "lt": 2}]),
    (IpRange("f"), ["x", {"gte": "10.0.0.2", "lte": "10.0.0.1"}, 3]),
    (data_types.DateRange("f"), [{"gte": "2026-01-01", "lte": "2026-01-02T00:00Z"}]),
    (GeoPointType("f"), [{"lat": 91, "lon": 0}, [181, 0], "x,y", "", {"lat": 1}, [1], 3, "POINT (1)", "a!", [math.nan, 1], True]),
    (GeoShape("f"), ["", 3, {}]),
    (Point("f"), [3, {"x": 1}, [1, 2, 3], ""]),
    (Flattened("f"), [3, [1], {1: 2}, "x"]),
    (VECTOR, [[1], [1, 2, 3], [1, "x"], [1, math.nan], 3, "ab", {"a": 1}]),
    (DenseVector("f", element_type="byte"), [[128], [1.5]]),
    (RankVectors("f", dims=2), [[[1]], [1]]),
    (SparseVector("f"), [{"a": 0}, {"a": "x"}, 3]),
    (RankFeatures("f"), [{"a": 0}, {"a": None}]),
    (Histogram("f"), [{}, {"values": [1], "counts": []}, {"values": [2, 1], "counts": [1, 1]},
                      {"values": [1], "counts": [-1]}, {"values": [1], "counts": [1.5]}, 3]),
    (JoinField("f"), [3, {}]),
    (Completion("f"), [1.5, [1.5]]),
    (Alias("f"), ["anything"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data_type", "value"),
    [(data_type, value) for data_type, values in REFUSED for value in values],
    ids=lambda part: shown(part)[:30],
)
def test_wrong_values_are_refused(data_type: BaseDataType, value: Any) -> None:
    with pytest.raises(FieldValueError):
        data_type.from_python(value)
    model = type("M", (Model,), {"_mapping": {"id": Keyword("id"), "f": copy.copy(data_type)}})
    with pytest.raises(FieldValueError):
        model(f=value)
    if data_type.stored:
        assigned = model()
        assigned.f = value
        with pytest.raises(FieldValueError):
            assigned._document()


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_every_field_type_has_its_class(name: str) -> None:
    cls = getattr(data_types, FIELD_TYPES[name].data_type)
    needed = {"scaling_factor": 10} if name == "scaled_float" else {}
    data_type = cls("f", meta={"unit": "m"}, many=True, private=True, required=True, **needed)
    assert data_type.get_es_type() == {"type": name, **needed, "meta": {"unit": "m"}}
    assert next(iter(data_type.get_es_type())) == "type"
    assert data_type.get_default_value() == []
    single = cls("f", **needed)
    assert single.from_python(None) is None
    assert single.deserialize(None) is None
    assert single.from_es({}) is None
    assert single.to_es(None) is None
    assert single.serialize(None, depth=1, to_str=True, flat=True) is None
    assert single.to_query(None) is None
    assert single.get_default_value() is None


def test_reprs_name_type_and_field() -> None:
    assert repr(Keyword("sku")) == "Keyword('sku')"


# many


def test_many_takes_whatever_holds_several_values() -> None:
    tags = Keyword("f", many=True)
    assert tags.from_python(None) == []
    assert tags.from_python("ab") == ["ab"]
    assert tags.from_python(("a", "b")) == ["a", "b"]
    assert tags.from_python({"a": 1}.keys()) == ["a"]
    assert tags.from_python(tag for tag in "ab") == ["a", "b"]
    assert IpRange("f", many=True).from_python(ipaddress.ip_network("10.0.0.0/32")) == [
        Range(gte="10.0.0.0", lte="10.0.0.0")
    ]
    assert tags.deserialize("a") == ["a"]
    assert tags.deserialize(None) == []


def test_a_list_is_no_single_value() -> None:
    with pytest.raises(FieldValueError, match=r"\['a'\] is not a string"):
        Keyword("f").from_python(["a"])


def test_wrong_members_are_told_by_index() -> None:
    with pytest.raises(FieldValueError, match=r"^\[1\]: 1.5 is not a whole number$"):
        Integer("f", many=True).from_python([1, 1.5])


# enum and default


def test_enums_refuse_other_values() -> None:
    status = Keyword("f", enum=("draft", "live"), default="draft")
    assert status.from_python("live") == "live"
    assert status.from_python(None) is None
    assert status.get_default_value() == "draft"
    with pytest.raises(FieldValueError, match=r"'lvie' is not one of 'draft', 'live'; did you mean 'live'\?"):  # fmt: skip
        status.from_python("lvie")
    with pytest.raises(FieldValueError, match=r"\[0\]: 3 is not one of 1, 2$"):
        Integer("f", enum=[1, 2], many=True).from_python([3])
    assert status.to_query("retired") == "retired"  # old documents may have it
    assert status.deserialize("retired") == "retired"


# queries


@pytest.mark.parametrize(
    ("data_type", "value", "expected"),
    [
        (Keyword("f"), Colour.RED, "red"),
        (Integer("f"), "3", 3),
        (Ip("f"), "10.1.2.3/8", "10.0.0.0/8"),
        (Ip("f"), ipaddress.ip_network("10.0.0.0/8"), "10.0.0.0/8"),
        (IntegerRange("f"), 3, 3),
        (TokenCount("f"), "3", 3),
        (GeoPointType("f"), "48,2", {"lat": 48.0, "lon": 2.0}),
        (Binary("f"), b"ab", "YWI="),
        (Alias("f"), "x", "x"),
        (Keyword("f", many=True), "x", "x"),
    ],
)
def test_values_of_queries(data_type: BaseDataType, value: Any, expected: Any) -> None:
    assert data_type.to_query(value) == expected


def test_wrong_values_of_queries_are_refused() -> None:
    for data_type, value in [
        (Integer("f"), "x"),
        (Ip("f"), "x/8"),
        (Boolean("f"), 3),
        (IntegerRange("f"), Range(gte=1)),
        (TokenCount("f"), "two words"),
    ]:
        with pytest.raises(FieldValueError):
            data_type.to_query(value)


# showing


def test_what_never_fitted_is_shown_as_it_is() -> None:
    assert Date("f").serialize("yesterday") == "yesterday"
    assert Binary("f").serialize(3) == 3
    assert GeoPointType("f", many=True).serialize([3]) == [3]


# objects


class Secret(ObjectValue):
    __slots__ = ("name", "pin")
    _mapping = {"name": Keyword("name"), "pin": Keyword("pin", private=True)}


def test_private_properties_are_stored_and_not_shown() -> None:
    secret = Object("f", Secret)
    held = secret.from_python({"name": "x", "pin": "1234"})
    assert secret.to_es(held) == {"name": "x", "pin": "1234"}
    assert secret.serialize(held) == {"name": "x"}
    assert Nested("f", Secret, many=True).serialize([held]) == [{"name": "x"}]


def test_the_mapping_of_an_object_comes_from_its_class() -> None:
    properties = {"name": {"type": "keyword"}, "pin": {"type": "keyword"}}
    assert Nested("f", Secret, dynamic="strict").get_es_type() == {
        "type": "nested",
        "dynamic": "strict",
        "properties": properties,
    }
    assert list(Object("f", Secret, dynamic="strict").get_es_type())[-1] == "properties"
    assert Object("f", properties={"name": Keyword("name"), "pin": {"type": "keyword"}}).get_es_type() == {
        "type": "object",
        "properties": properties,
    }  # fmt: skip
    assert Object("f").get_es_type() == {"type": "object"}


def test_an_object_of_another_class_is_refused() -> None:
    class Other(ObjectValue):
        _mapping = {}

    with pytest.raises(FieldValueError, match=r"Other\(\) is no Secret"):
        Object("f", Secret).from_python(Other())


# a type of a program's own


def test_a_data_type_of_ones_own_is_named_after_its_class() -> None:
    class Shouted(BaseDataType):
        pass

    assert Shouted("f").get_es_type() == {"type": "shouted"}
    assert Shouted("f").on_save(None) is None
    assert Shouted("f").on_update("x", None) == "x"
    assert Shouted("f").lazy_load(type("Model", (), {"f": 3})) == 3

    class Sku(Keyword):
        pass

    assert Sku("f", ignore_above=9).get_es_type() == {"type": "keyword", "ignore_above": 9}


def test_importing_the_types_imports_no_client() -> None:
    code = (
        "import sys, ecgen.runtime.data_types\n"
        "heavy = {'elasticsearch', 'dateutil', 'jinja2', 'yaml', 'jsonschema', 'click'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
