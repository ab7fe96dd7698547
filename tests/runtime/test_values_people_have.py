"""Values that programs have at hand: arrays and series, times of day, enum members, UUIDs. numpy and pandas where they are installed."""

from __future__ import annotations

import array
import datetime
import enum
import importlib.util
import uuid

import pytest

from ecgen.runtime import (
    Boolean,
    Date,
    DenseVector,
    FieldValueError,
    Float,
    Integer,
    Keyword,
    Model,
    SingleJoin,
    Text,
    create_mappings,
)
from ecgen.runtime.requests.query import query_clause


class State(enum.Enum):
    LIVE = "live"
    GONE = "gone"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Kind(enum.StrEnum):
    BOOK = "book"


class Row(Model):
    _meta = {"index": "rows", "dynamic": "strict"}
    _mapping = {
        "id": Keyword("id"),
        "state": Keyword("state", enum=["live", "gone"]),
        "kinds": Keyword("kinds", many=True),
        "numbers": Integer("numbers", many=True),
        "floats": Float("floats", many=True),
        "flags": Boolean("flags", many=True),
        "days": Date("days", many=True),
        "opens": Date("opens", format="hour_minute_second||hour_minute"),
        "made": Date("made"),
        "level": Integer("level"),
        "text": Text("text"),
        "kin": SingleJoin("kin", source=f"{__name__}.Row", target=f"{__name__}.Row"),
    }


ID = uuid.UUID("12345678123456781234567812345678")


def test_they_are_stored_and_found(connected):
    create_mappings([Row])
    row = Row(
        state=State.LIVE,
        kinds=[Kind.BOOK, ID],
        numbers=array.array("i", [1, 2]),
        floats=array.array("d", [0.5]),
        opens=datetime.time(8, 30),
        level=Level.HIGH,
        kin=ID,
        id=ID,
    )
    assert (row.state, row.kinds, row.level, row.kin) == ("live", ["book", str(ID)], 2, str(ID))
    assert (row.numbers, row.floats) == ([1, 2], [0.5])
    assert row.opens.time() == datetime.time(8, 30)
    Row._create(row, refresh=True)
    read = Row.get(ID)
    assert read._document() == row._document()
    assert read.opens == row.opens
    assert Row.find_by(state=State.LIVE, level=Level.HIGH, kinds=ID, kin=ID, id=ID)[0].id == str(ID)
    assert Row.find_by(opens={"gte": datetime.time(8), "lt": datetime.time(9)}).total == 1
    assert Row.find_by(numbers=array.array("i", [2, 9]), state=[State.LIVE, State.GONE]).total == 1
    read.state, read.level, read.kinds, read.numbers = State.GONE, Level.LOW, (Kind.BOOK,), array.array("i", [7])  # fmt: skip
    read.save(refresh=True)
    assert Row.get(ID).serialize()["numbers"] == [7]
    assert (Row.get(ID).state, Row.get(ID).level, Row.get(ID).kinds) == ("gone", 1, ["book"])


@pytest.mark.parametrize(("values", "why"), [
    ({"state": Level.LOW}, "'1' is not one of 'live', 'gone'"),
    ({"level": State.LIVE}, "'live' is not a"),
    ({"made": datetime.time(8)}, "is a time without a day, which the field's format needs"),
    ({"text": array.array("i", [1])}, "is not a string"),
    ({"kinds": memoryview(b"ab")}, "is not a string"),
    ({"numbers": array.array("d", [0.5])}, r"Row.numbers\[0\]"),
    ({"text": {1, 2}}, "is not a string"),
    ({"flags": array.array("d", [0.5])}, r"Row.flags\[0\]"),
])  # fmt: skip
def test_what_is_refused(values, why):
    with pytest.raises(FieldValueError, match=why):
        Row(**values)


def test_a_time_with_a_zone_keeps_the_time_of_day():
    row = Row(opens=datetime.time(8, 30, tzinfo=datetime.UTC))
    assert row._document()["opens"] == "08:30:00"


class Scalar:
    """As a number of numpy looks from outside."""

    ndim = 0

    def __init__(self, value):
        self.value = value

    def tolist(self):
        return self.value


class Series:
    """As an array of numpy, or a series of pandas, looks from outside."""

    def __init__(self, *values, ndim=1):
        self.values = values
        self.ndim = ndim

    def tolist(self):
        return list(self.values)


def test_arrays_of_other_packages():
    row = Row(numbers=Series(1, 2), floats=Series(), level=Scalar(3), kinds=Scalar("a"))
    assert (row.numbers, row.floats, row.level, row.kinds) == ([1, 2], [], 3, ["a"])
    assert query_clause(Row, None, {"level": Scalar(3)}) == query_clause(Row, None, {"level": 3})
    with pytest.raises(FieldValueError, match=r"Row.numbers\[0\]"):
        Row(numbers=Series([1, 2], ndim=2))
    with pytest.raises(FieldValueError, match=r"Row.level"):
        Row(level=Series(1))
    assert DenseVector("v", dims=2).from_python(array.array("f", [0.5, 1])) == [0.5, 1]


@pytest.mark.skipif(importlib.util.find_spec("numpy") is None, reason="numpy is not installed")
def test_numpy():
    import numpy as np

    row = Row(
        numbers=np.array([1, 2]),
        floats=np.array([0.5], dtype="float32"),
        flags=np.array([True]),
        days=np.array(["2026-01-02T03:04:05.678901234"], dtype="datetime64[ns]"),
        level=np.int64(3),
        made=np.datetime64("2026-01-02T03:04:05", "ns"),
        kinds=np.array(["a", "b"]),
    )
    assert row._document()["numbers"] == [1, 2]
    assert {type(one) for one in (*row.numbers, row.level)} == {int}
    assert (row.floats, row.flags, row.kinds) == ([0.5], [True], ["a", "b"])
    assert row.days == [datetime.datetime(2026, 1, 2, 3, 4, 5, 678901)]
    assert row.made == datetime.datetime(2026, 1, 2, 3, 4, 5)
    for wrong in (np.array([[1, 2]]), np.array([np.nan]), np.array([1.5])):
        with pytest.raises(FieldValueError, match=r"Row\.numbers"):
            Row(numbers=wrong)
    with pytest.raises(FieldValueError, match="is not a date"):
        Row(made=np.datetime64("NaT"))


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed")
def test_pandas():
    import pandas as pd

    frame = pd.DataFrame({"n": [1, 2], "k": ["a", "b"], "d": pd.to_datetime(["2026-01-02"] * 2)})
    row = Row(numbers=frame["n"], kinds=frame["k"], days=frame["d"], made=frame["d"][0])
    assert (row.numbers, row.kinds) == ([1, 2], ["a", "b"])
    assert row.made == row.days[0] == datetime.datetime(2026, 1, 2)
    assert type(row.made) is datetime.datetime
    for wrong in ({"made": pd.NaT}, {"numbers": pd.Series([1, None])}, {"kinds": frame}, {"kinds": [pd.NA]}):  # fmt: skip
        with pytest.raises(FieldValueError, match=r"Row\."):
            Row(**wrong)
