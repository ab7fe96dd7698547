"""GeoPoint, Range and the values of objects."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import pickle
from typing import Any

import pytest

from ecgen.runtime.data_types import Date, Double, Integer, Keyword, Nested, Object
from ecgen.runtime.types.values import GeoPoint, ObjectValue, Range


class Size(ObjectValue):
    __slots__ = ("unit", "width")
    unit: str | None
    width: float | None
    _mapping = {"width": Double("width"), "unit": Keyword("unit", default="mm")}


class Box(ObjectValue):
    __slots__ = ("class_", "made", "size", "sizes")
    class_: str | None
    made: datetime.datetime | None
    size: Size | None
    sizes: list[Size]
    _mapping = {
        "class_": Keyword("class"),
        "size": Object("size", Size),
        "sizes": Nested("sizes", Size, many=True),
        "made": Date("made", format="yyyy-MM-dd"),
    }


def test_points_and_ranges_are_frozen_values() -> None:
    assert GeoPoint(1, 2) == GeoPoint(1.0, 2.0)
    assert len({GeoPoint(1, 2), GeoPoint(1, 2), Range(gte=1), Range(gte=1)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        GeoPoint(1, 2).lat = 3  # type: ignore[misc]
    for value in (GeoPoint(1, 2), Range(gte=1)):
        assert not hasattr(value, "__dict__")
        assert pickle.loads(pickle.dumps(value)) == value
    assert repr(Range(gte=1, lt=5)) == "Range(gte=1, lt=5)"
    assert Range(gt=1, lte=5).as_dict() == {"gt": 1, "lte": 5}


def test_a_range_knows_what_it_contains() -> None:
    assert [n for n in range(7) if n in Range(gte=2, lt=5)] == [2, 3, 4]
    assert [n for n in range(7) if n in Range(gt=2, lte=5)] == [3, 4, 5]
    assert 10**9 in Range(gte=1)
    assert -(10**9) in Range[int]()
    assert Range[int](gte=1) == Range(gte=1)


@pytest.mark.parametrize("bounds", [{"gte": 1, "gt": 1}, {"lte": 1, "lt": 1}])
def test_a_range_has_one_bound_a_side(bounds: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="not with both"):
        Range(**bounds)


def test_object_values_convert_as_models_do() -> None:
    box = Box(class_="x", size={"width": "1.5"}, sizes=[Size(width=1), {"width": 2}])
    assert box.class_ == "x"
    assert box.size == Size(width=1.5, unit="mm")
    assert box.sizes == [Size(width=1.0), Size(width=2.0)]
    assert box.made is None
    assert Box().sizes == []
    assert not hasattr(box, "__dict__")
    with pytest.raises(TypeError, match=r"Size\(\) has no field 'widht'; did you mean 'width'\?"):
        Size(widht=1)
    with pytest.raises(ValueError, match=r"^Box\.sizes\[1\]\.width: 'x' is not a number$"):
        Box(sizes=[{}, {"width": "x"}])


def test_dicts_both_ways_have_elasticsearchs_names() -> None:
    stored = {
        "class": "x",
        "size": {"width": 1.5, "unit": "mm"},
        "sizes": [],
        "made": "2026-01-02",
    }
    box = Box.from_dict(stored)
    assert box.made == datetime.datetime(2026, 1, 2)
    assert box.to_dict() == stored
    assert Box.from_dict({"class_": "x"}).class_ == "x"
    assert Box._read({"class": "y", "unknown": 1}).class_ == "y"


def test_equality() -> None:
    assert Size(width=1) == Size(width=1.0)
    assert Size(width=1) != Size(width=2)
    assert Size(width=1) == {"width": 1}
    assert Size(width=1) == {"width": 1}
    assert Size(width=1) != {"width": "x"}
    assert Size(width=1) != {"nothing": 1}
    assert Size(width=1) != 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(Size())


def test_showing_and_copying() -> None:
    assert repr(Size(width=1)) == "Size(width=1.0, unit='mm')"
    assert repr(Size(unit=None)) == "Size()"
    size = Size(width=1)
    for again in (copy.copy(size), copy.deepcopy(size), pickle.loads(pickle.dumps(size))):
        assert again == size
        assert again is not size


def test_a_subclass_has_its_own_fields() -> None:
    Size(width=1).to_dict()  # compiled now

    class Deep(Size):
        __slots__ = ("depth",)
        _mapping = {**Size._mapping, "depth": Integer("depth")}

    assert Deep(width=1, depth="2").to_dict() == {"width": 1.0, "unit": "mm", "depth": 2}
    assert Deep._read({"depth": 3}).to_dict() == {"width": None, "unit": None, "depth": 3}
    assert type(Deep._read({})) is Deep
    with pytest.raises(TypeError, match="has no field 'depth'"):
        Size(depth=1)


def test_a_constructor_of_ones_own_may_call_the_given_one() -> None:
    class Square(Size):
        __slots__ = ()

        def __init__(self, side: float, **values: Any) -> None:
            super().__init__(width=side, **values)

    assert Square(2).to_dict() == {"width": 2.0, "unit": "mm"}
    assert Square(3, unit="cm").unit == "cm"
    assert Size(width=1).width == 1.0
