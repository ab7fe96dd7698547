"""Compiled readers, constructors and writers say the same as the hooks that they stand for."""

from __future__ import annotations

import datetime
import linecache
import operator
import traceback
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgen.runtime import data_types
from ecgen.runtime.compile.functions import compile_init, compile_writer
from ecgen.runtime.compile.reader import compile_reader
from ecgen.runtime.compile.shower import compile_shower
from ecgen.runtime.data_types import (
    BaseDataType,
    Boolean,
    Date,
    DenseVector,
    Double,
    Integer,
    IntegerRange,
    Keyword,
    Long,
    Nested,
    Object,
    ScaledFloat,
    Text,
)
from ecgen.runtime.types.values import ObjectValue, Range

UTC = datetime.UTC


class Part(ObjectValue):
    __slots__ = ("name", "weight")
    _mapping = {"name": Keyword("name"), "weight": Double("weight")}


class Incomplete:
    """What has a hidden class, for models that are not given all fields."""

    __slots__ = ()

    def __init_subclass__(cls, hidden: bool = False) -> None:
        pass


def model(mapping: dict[str, BaseDataType], name: str = "Order", **meta: Any) -> type[Any]:
    """A class as Model makes them, without the rest of the runtime."""
    fields = {"id": Keyword("id"), **mapping}
    slots = (*fields, "_seen", "_version")
    body = {"__slots__": slots, "_meta": meta, "_mapping": fields, "_routing": None}
    cls: type[Any] = type(name, (Incomplete,), body)
    cls._whole, cls._routing = cls, None
    for attribute, data_type in fields.items():
        data_type.attribute = attribute
    cls.__init__ = compile_init(cls)
    cls.store = compile_writer(cls)
    cls.from_es = staticmethod(compile_reader(cls))
    return cls


EVERYTHING: dict[str, BaseDataType] = {
    "type": Keyword("type"),  # named like what the source would call
    "self": Keyword("self"),
    "str": Text("es-name"),
    "number": Integer("number"),
    "flag": Boolean("flag", default=False),
    "price": ScaledFloat("price", 100),
    "exact": ScaledFloat("exact", 100, decimal=True),
    "created": Date("created"),
    "day": Date("day", format="yyyy-MM-dd"),
    "status": Keyword("status", enum=("draft", "live"), default="draft"),
    "tags": Keyword("tags", many=True),
    "dates": Date("dates", many=True),
    "part": Object("part", Part),
    "parts": Nested("parts", Part, many=True),
    "range": IntegerRange("range"),
    "anything": Object("anything"),
    "point": data_types.GeoPointType("point"),
    "bytes": data_types.Binary("bytes"),
    "nanos": data_types.DateNanos("nanos"),
    "epoch": Date("epoch", format="epoch_millis"),
    "ip": data_types.Ip("ip"),
    "features": data_types.RankFeatures("features", many=True),
    "relation": data_types.JoinField("relation", relations={"a": "b"}, many=True),
    "levels": Integer("levels", many=True, enum=(1, 2)),
    "flat": data_types.Flattened("flat"),
    "suggest": data_types.Completion("suggest"),
    "other": data_types.Alias("other", path="type"),
}
Order = model(EVERYTHING, store_id=True)

words = st.text(max_size=4)
dates = st.datetimes(timezones=st.sampled_from([None, UTC]))
parts: st.SearchStrategy[dict[str, Any]] = st.builds(dict, name=words, weight=st.floats(0, 9))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "type": words,
    "self": words | st.integers(),
    "str": words,
    "number": st.integers(-(2**31), 2**31 - 1) | st.just("12") | st.just(3.0),
    "flag": st.booleans() | st.just("true"),
    "price": st.floats(-1e6, 1e6) | st.integers(-100, 100) | st.just("1.005"),
    "exact": st.decimals(-100, 100),
    "created": dates | dates.map(str) | st.just("13.6.2019"),
    "day": dates | st.dates(),
    "status": st.sampled_from(["draft", "live"]),
    "tags": st.lists(words) | words | st.sets(words),
    "dates": st.lists(dates),
    "part": parts | parts.map(Part.from_dict),
    "parts": st.lists(parts),
    "range": st.builds(Range, gte=st.integers(0, 5), lt=st.integers(6, 9)),
    "anything": st.dictionaries(words, st.integers()),
    "point": st.tuples(st.floats(-180, 180), st.floats(-90, 90)) | st.just("s"),
    "bytes": st.binary(max_size=4),
    "nanos": dates | st.just("2026-01-02T03:04:05.123456789Z"),
    "epoch": st.datetimes(min_value=datetime.datetime(1970, 1, 1), timezones=st.just(UTC)),
    "ip": st.ip_addresses() | st.just("127.0.0.1"),
    "features": st.lists(st.dictionaries(words, st.floats(0.1, 9))),
    "relation": st.lists(words),
    "levels": st.lists(st.sampled_from([1, 2])) | st.just(2.0),
    "flat": st.dictionaries(words, words),
    "suggest": words | st.lists(words),
}
given_values = st.fixed_dictionaries({}, optional={k: v | st.none() for k, v in VALUES.items()})


def held(order: Any) -> dict[str, Any]:
    return {name: getattr(order, name) for name in EVERYTHING}


@given(given_values)
def test_the_constructor_does_what_from_python_does(values: dict[str, Any]) -> None:
    expected = {
        name: data_type.from_python(values[name])
        if name in values
        else data_type.get_default_value()
        for name, data_type in EVERYTHING.items()
    }
    assert held(Order(**values)) == expected


@given(given_values)
def test_the_writer_does_what_to_es_does(values: dict[str, Any]) -> None:
    order = Order(id="1", **values)
    document = order.store()
    expected = {
        data_type.name: data_type.to_es(getattr(order, name))
        for name, data_type in EVERYTHING.items()
        if data_type.stored
    }
    assert document == {"id": "1", **expected}
    assert list(document) == ["id", *expected]


@given(given_values)
def test_assigned_values_are_stored_as_given_ones_and_put_back(values: dict[str, Any]) -> None:
    order = Order()
    for name, value in values.items():
        setattr(order, name, value)
    complete = {"status": None, "flag": None} | values
    for name in ("status", "flag"):
        setattr(order, name, complete[name])
    fresh = Order(**complete)
    assert order.store() == fresh.store()
    assert held(order) == held(fresh)


shown = compile_shower(Order, ("id", "str", "other"))


@given(given_values, given_values)
def test_serialize_does_what_the_hooks_do(values: dict[str, Any], assigned: dict[str, Any]) -> None:
    order = Order(**values)
    for name, value in assigned.items():  # shown as it is, where it does not fit
        setattr(order, name, value)
    asked = {"depth": 0, "to_str": False, "flat": False}
    assert shown(order) == {
        name: data_type.serialize(getattr(order, name), **asked)
        for name, data_type in EVERYTHING.items()
        if name not in ("str", "other")
    }


@given(given_values, st.sets(st.sampled_from(sorted(EVERYTHING))))
def test_the_reader_does_what_from_es_does(values: dict[str, Any], left_out: set[str]) -> None:
    source = Order(**values).store()
    for name in left_out:
        source.pop(EVERYTHING[name].name, None)
    source["unknown"] = 1
    order = Order.from_es({"_id": "7", "_source": source})
    assert order.id == "7"
    assert held(order) == {
        name: data_type.from_es(source) for name, data_type in EVERYTHING.items()
    }


@given(given_values)
def test_what_was_stored_is_read_back(values: dict[str, Any]) -> None:
    order = Order(**values)
    order.day = None  # its format has no time of day
    again = Order.from_es({"_id": "7", "_source": order.store()})
    assert held(again) == held(order)


def test_foreign_spellings_are_read() -> None:
    order = Order.from_es(
        {
            "_id": "1",
            "_source": {"flag": "false", "tags": "one", "created": 0, "parts": {"name": "x"}},
        }
    )
    assert order.flag is False
    assert order.tags == ["one"]
    assert order.created == datetime.datetime(1970, 1, 1, tzinfo=UTC)
    assert order.parts == [Part(name="x")]


def test_native_dates_stay_where_iso_is_written() -> None:
    native = compile_writer(Order, native_dates=True)
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5)
    document = native(Order(created=moment, day=moment))
    assert document["created"] is moment
    assert document["day"] == "2026-01-02"


def test_the_id_is_stored_only_where_the_class_says_so() -> None:
    assert "id" not in model({}).__dict__["store"](model({})(id="1"))
    assert model({}, store_id=True)(id="1").store() == {"id": "1"}


def test_versioned_models_keep_the_hits_version() -> None:
    versioned = model({"name": Keyword("name")}, versioned=True)
    hit = {"_id": "1", "_seq_no": 3, "_primary_term": 1, "_source": {}}
    assert versioned.from_es(hit)._version == (3, 1)
    assert versioned(name="x")._version is None


# Mistakes


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"number": 3.5}, r"Order\.number: 3\.5 is not a whole number"),
        ({"status": "lvie"}, r"'lvie' is not one of 'draft', 'live'; did you mean 'live'\?"),
        ({"tags": ["a", 1.5]}, r"Order\.tags\[1\]: 1\.5 is not a string"),
        ({"parts": [{}, {"weight": "x"}]}, r"Order\.parts\[1\]\.weight: 'x' is not a number"),
        ({"part": {"weight": "x"}}, r"Order\.part\.weight: 'x' is not a number"),
        ({"part": 3}, r"Order\.part: 3 is not a mapping"),
    ],
)
def test_a_wrong_value_is_told_by_model_path_and_value(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^(Order.status: )?{message}$"):
        Order(**values)
    order = Order()
    ((name, value),) = values.items()
    setattr(order, name, value)
    with pytest.raises(ValueError, match=message):
        order.store()


def test_a_wrong_value_inside_an_assigned_object_is_told_when_storing() -> None:
    order = Order(parts=[{}, {}])
    order.parts[1].weight = "x"
    with pytest.raises(ValueError, match=r"^Order\.parts\[1\]\.weight: 'x' is not a number$"):
        order.store()


def test_unknown_keywords_are_type_errors_with_a_suggestion() -> None:
    with pytest.raises(
        TypeError, match=r"^Order\(\) has no field 'stats'; did you mean 'status'\?$"
    ):
        Order(stats="live")
    with pytest.raises(TypeError, match=r"^Part\(\) has no field 'nmae'; did you mean 'name'\?$"):
        Order(part={"nmae": "x"})
    with pytest.raises(TypeError):
        Order("positional")


def test_private_values_are_not_shown() -> None:
    account = model({"password": Keyword("password", private=True)}, "Account")
    with pytest.raises(ValueError, match=r"^Account\.password: a private float is not a string$"):
        account(password=47.11)


def test_a_wrong_stored_value_is_told() -> None:
    with pytest.raises(
        ValueError, match=r"Order\.created of document '1': 'garbage' is not a date"
    ):
        Order.from_es({"_id": "1", "_source": {"created": "garbage"}})


@pytest.mark.parametrize("attribute", ["class", "a b", "1a", "a;import os", ""])
def test_only_identifiers_get_into_the_source(attribute: str) -> None:
    cls: Any = type("Hostile", (), {"_meta": {}, "_mapping": {attribute: Keyword("x")}})
    for compiling in (compile_init, compile_reader, compile_writer):
        with pytest.raises(ValueError, match="cannot be an attribute"):
            compiling(cls)


def test_hostile_field_names_stay_names() -> None:
    name = '\'] = 1; raise SystemExit #"""\n\\'
    hostile = model({"field": Keyword(name)})
    assert hostile(field="x").store() == {name: "x"}
    assert hostile.from_es({"_id": "1", "_source": {name: "y"}}).field == "y"


def test_tracebacks_show_the_source() -> None:
    assert any("Order" in name and "<ecgen" in name for name in linecache.cache)
    try:
        Order(number="x")
    except ValueError as error:
        shown = "".join(traceback.format_exception(error))
    assert "number = _convert_number(number)" in shown


# Defaults


def test_mutable_defaults_are_new_each_time() -> None:
    cls = model(
        {
            "tags": Keyword("tags", many=True, default=["a"]),
            "empty": Keyword("empty", many=True),
            "part": Object("part", Part, default={"name": "x"}),
            "raw": Object("raw", default={"a": []}),
            "number": Long("number", default="12"),
        }
    )
    one, other = cls(), cls()
    one.tags.append("b")
    one.empty.append("b")
    one.part.name = "y"
    one.raw["a"].append("b")
    assert other.raw == {"a": []}
    assert other.tags == ["a"]
    assert other.empty == []
    assert other.part == Part(name="x")
    assert cls(number=None).number is None
    assert other.number == 12


def test_the_callers_list_stays_the_callers() -> None:
    tags = ["a"]
    order = Order(tags=tags)
    order.tags.append("b")
    assert tags == ["a"]


# Hooks of the user's own


class Shouted(Keyword):
    def from_python(self, value: Any) -> Any:
        return None if value is None else value.upper()


class Counted(Keyword):
    calls: ClassVar[int] = 0

    def from_python(self, value: Any) -> Any:
        Counted.calls += 1
        return super().from_python(value)

    def serialize(
        self, value: Any, depth: int = 0, to_str: bool = False, flat: bool = False
    ) -> Any:
        return f"<{value}>"

    def deserialize(self, value: Any) -> Any:
        return None if value is None else value[1:-1]


class Whole(BaseDataType):
    es_type = "keyword"

    def from_es(self, source: Any) -> Any:
        return sorted(source)

    def to_es(self, value: Any) -> Any:
        return "always"

    def get_default_value(self) -> Any:
        return datetime.datetime.now()

    def from_python(self, value: Any) -> Any:
        if value == "wrong":
            raise ValueError("no such thing")
        return value


def test_overridden_hooks_are_called() -> None:
    cls = model({"loud": Shouted("loud"), "marked": Counted("marked"), "all": Whole("all")})
    made = cls(loud="x", marked="y")
    assert made.loud == "X"
    assert isinstance(made.all, datetime.datetime)
    assert cls().all is not cls().all
    assert made.store() == {"loud": "X", "marked": "<y>", "all": "always"}
    read = cls.from_es({"_id": "1", "_source": {"loud": "z", "marked": "<y>"}})
    assert (read.loud, read.marked, read.all) == ("z", "y", ["loud", "marked"])


@pytest.mark.parametrize("hook", ["_convert", "_convert_one", "_read", "_write"])
@pytest.mark.parametrize("many", [False, True])
def test_source_in_the_place_of_a_hook_goes_with_the_hook(hook: str, many: bool) -> None:
    own: Any = type("Own", (Keyword,), {hook: lambda self, value: f"{hook} of {value}"})
    cls = model({"field": own("field", many=many)})
    value = ["x"] if many else "x"
    seen = {
        "_convert": cls(field=value).field,
        "_read": cls.from_es({"_id": "1", "_source": {"field": value}}).field,
        "_write": cls(field=value).store()["field"],
    }
    seen["_convert_one"] = seen["_convert"]
    assert seen[hook] == ([f"{hook} of x"] if many else f"{hook} of x")


def test_a_from_python_of_the_users_own_runs_once() -> None:
    """It may not be repeatable, as hashing a password is not."""
    cls = model({"marked": Counted("marked")})
    made = cls(marked="x")
    before = Counted.calls
    made.store()
    assert Counted.calls == before


def test_a_hooks_own_value_error_is_placed() -> None:
    cls = model({"all": Whole("all")})
    with pytest.raises(ValueError, match=r"^Order\.all: 'wrong' is refused: no such thing$"):
        cls(all="wrong")


# Attributes behind a property


class Tracked(Keyword):
    def on_update(self, value: Any, model: Any) -> Any:
        return value


def test_the_constructor_goes_through_properties_and_the_reader_past_them() -> None:
    assigned: list[Any] = []
    cls = model({"name": Tracked("name")})
    member = cls.name
    cls._raw_name = member

    def assign(self: Any, value: Any) -> None:
        assigned.append(value)
        self._raw_name = value

    cls.name = property(operator.attrgetter("_raw_name"), assign)
    cls.__init__ = compile_init(cls)
    reader, writer = compile_reader(cls), compile_writer(cls)
    made = cls(name="x")
    assert assigned == ["x"]
    assert made.name == "x"
    assert reader({"_id": "1", "_source": {"name": "y"}}).name == "y"
    assert writer(made) == {"name": "x"}
    assert assigned == ["x"]


def test_vectors_without_a_value_are_left_out() -> None:
    cls = model({"vector": DenseVector("vector", dims=2), "name": Keyword("name")})
    assert cls().store() == {"name": None}
    assert cls(vector=(1, 2)).store() == {"name": None, "vector": [1.0, 2.0]}


def test_types_of_this_package_are_written_out_rather_than_called() -> None:
    shown = "".join(linecache.getlines(Order.store.__code__.co_filename))
    assert "if not (number.__class__ is _int" in shown
