"""Reading is total: what other programs store reads as a documented value, or is one error that says where it is."""

from __future__ import annotations

import datetime
import pickle

import pytest

from ecgen.runtime import (
    Binary,
    Boolean,
    Date,
    DateNanos,
    DateRange,
    Double,
    FieldValueError,
    Flattened,
    GeoPoint,
    GeoPointType,
    Integer,
    IntegerRange,
    Ip,
    IpRange,
    Keyword,
    Long,
    Model,
    MultiJoin,
    Nested,
    Object,
    ObjectValue,
    Range,
    SingleJoin,
    Text,
    create_mappings,
)

UTC = datetime.UTC


class Meta(ObjectValue):
    __slots__ = ("lang", "pages")
    _mapping = {"lang": Keyword("lang"), "pages": Integer("pages")}


class Odd(Model):
    """A field of every type that is stored in another form than it is held in, and of some that are not."""

    __slots__ = (
        "at",
        "binary",
        "days",
        "flag",
        "flat",
        "geo",
        "geos",
        "hidden",
        "ints",
        "ip",
        "lenient",
        "lenient_geo",
        "meta",
        "metas",
        "nanos",
        "net",
        "number",
        "owner",
        "owners",
        "span",
        "text",
        "user_name",
        "users",
        "word",
    )  # fmt: skip
    _meta = {"index": "odd", "dynamic": True}
    _mapping = {
        "at": Date("at"),
        "days": Date("days", many=True),
        "nanos": DateNanos("nanos"),
        "lenient": Date("lenient", ignore_malformed=True),
        "geo": GeoPointType("geo"),
        "geos": GeoPointType("geos", many=True),
        "lenient_geo": GeoPointType("lenient_geo", ignore_malformed=True),
        "span": DateRange("span"),
        "ints": IntegerRange("ints"),
        "net": IpRange("net"),
        "binary": Binary("binary"),
        "meta": Object("meta", Meta),
        "metas": Nested("metas", Meta, many=True),
        "users": Nested("users", Meta),
        "flat": Flattened("flat"),
        "flag": Boolean("flag"),
        "number": Long("number"),
        "word": Keyword("word"),
        "text": Text("text"),
        "ip": Ip("ip", ignore_malformed=True),
        "user_name": Keyword("user.name"),
        "owner": SingleJoin("owner", source=f"{__name__}.Odd", target=f"{__name__}.Odd"),
        "owners": MultiJoin("owners", source=f"{__name__}.Odd", target=f"{__name__}.Odd"),
        "hidden": Date("hidden", private=True),
    }


DAY = datetime.datetime(2019, 6, 13)
EN = Meta(lang="en", pages=3)
EN_STORED = {"lang": "en", "pages": 3}

# What is stored → what the attribute holds. 9.5.3 takes all of it.
READ = [
    ("at", {"at": []}, None),
    ("at", {"at": ["2019-06-13"]}, DAY),
    ("at", {"at": [None, "2019-06-13"]}, DAY),
    ("at", {"at": 1560384000000}, DAY.replace(tzinfo=UTC)),
    ("at", {"at": "1560384000000"}, DAY.replace(tzinfo=UTC)),
    ("days", {"days": "2019-06-13"}, [DAY]),
    ("days", {"days": [["2019-06-13"], "2019-06-13", None]}, [DAY, DAY]),
    ("nanos", {"nanos": ["2019-06-13"]}, DAY),
    ("lenient", {"lenient": "when it rains"}, "when it rains"),
    ("lenient", {"lenient": {"a": 1}}, {"a": 1}),
    ("geo", {"geo": []}, None),
    ("geo", {"geo": [{"lat": 1, "lon": 2}]}, GeoPoint(1.0, 2.0)),
    ("geo", {"geo": [[2, 1]]}, GeoPoint(1.0, 2.0)),
    ("geo", {"geo": [2, 1]}, GeoPoint(1.0, 2.0)),
    ("geo", {"geo": ["1,2"]}, GeoPoint(1.0, 2.0)),
    ("geos", {"geos": [2, 1]}, [GeoPoint(1.0, 2.0)]),
    ("geos", {"geos": [[2, 1], "1,2"]}, [GeoPoint(1.0, 2.0), GeoPoint(1.0, 2.0)]),
    ("lenient_geo", {"lenient_geo": "nowhere at all"}, "nowhere at all"),
    ("lenient_geo", {"lenient_geo": {"lat": "x", "lon": 1}}, {"lat": "x", "lon": 1}),
    ("span", {"span": []}, None),
    ("span", {"span": [{"gte": "2019-06-13"}]}, Range(gte=DAY)),
    ("span", {"span": {"gte": "2019-06-13||-1d/d", "lt": "2219-06-13||+1d"}}, Range(gte="2019-06-13||-1d/d", lt="2219-06-13||+1d")),
    ("span", {"span": {"gte": None}}, Range()),
    ("ints", {"ints": [{"gt": 1}]}, Range(gt=1)),
    ("net", {"net": ["10.0.0.0/8"]}, Range(gte="10.0.0.0", lte="10.255.255.255")),
    ("binary", {"binary": []}, None),
    ("binary", {"binary": ["aGk="]}, b"hi"),
    ("binary", {"binary": "aGk"}, b"hi"),
    ("binary", {"binary": "aGk=\n"}, b"hi"),
    ("meta", {"meta": []}, None),
    ("meta", {"meta": [EN_STORED]}, EN),
    ("meta", {"meta.lang": "en", "meta.pages": 3}, EN),
    ("meta", {"meta": {"lang": "en"}, "meta.pages": 3}, EN),
    ("metas", {"metas": EN_STORED}, [EN]),
    ("metas", {"metas": [EN_STORED, [EN_STORED]]}, [EN, EN]),
    ("metas", {"metas": []}, []),
    ("metas", {"metas.lang": "en"}, [Meta(lang="en")]),
    ("users", {"users": [EN_STORED]}, EN),
    ("users", {"users": []}, None),
    ("flat", {"flat": {"a.b": 1}}, {"a.b": 1}),
    ("flag", {"flag": "true"}, True),
    ("flag", {"flag": ""}, False),
    ("flag", {}, None),
    ("number", {"number": "12"}, "12"),
    ("number", {"number": [1, 2]}, [1, 2]),
    ("word", {"word": ["a", "b"]}, ["a", "b"]),
    ("word", {"word": True}, True),
    ("text", {"text": ["a"]}, ["a"]),
    ("ip", {"ip": "nope"}, "nope"),
    ("user_name", {"user.name": "ann"}, "ann"),
    ("user_name", {"user": {"name": "ann"}}, "ann"),
    ("user_name", {"user": [{"name": "ann", "age": 3}]}, "ann"),
    ("owner", {"owner": 7}, "7"),
    ("owner", {"owner": ["a"]}, "a"),
    ("owner", {"owner": []}, None),
    ("owners", {"owners": [7, None, "a"]}, ["7", "a"]),
    ("owners", {"owners": "a"}, ["a"]),
]  # fmt: skip

REFUSED_BY_7 = [{"lenient": {"a": 1}}, {"metas.lang": "en"}]
REFUSED_BY_8 = [{"lenient": {"a": 1}}]

# What is stored → what the error says of it.
REFUSED = [
    ({"at": ["2019-06-13", "2020-06-13"]}, "Odd.at of document 'x'", "many: true"),
    ({"at": -62198755200001}, "Odd.at of document 'x'", "years 1 to 9999"),
    ({"at": 253402300800000}, "Odd.at of document 'x'", "years 1 to 9999"),
    ({"at": "-0044-03-15"}, "Odd.at of document 'x'", "years 1 to 9999"),
    ({"at": "0000-03-15"}, "Odd.at of document 'x'", "years 1 to 9999"),
    ({"days": ["2019-06-13", "-0044-03-15"]}, "Odd.days[1] of document 'x'", "years 1 to 9999"),
    ({"geo": [{"lat": 1, "lon": 2}, {"lat": 1, "lon": 2}]}, "Odd.geo of document 'x'", "many: true"),
    ({"span": [{"gte": "2019-06-13"}, {"gte": "2020-06-13"}]}, "Odd.span of document 'x'", "many: true"),
    ({"span": {"gte": "-0044-03-15"}}, "Odd.span of document 'x'", "years 1 to 9999"),
    ({"binary": ["aGk=", "aGk="]}, "Odd.binary of document 'x'", "many: true"),
    ({"meta": [EN_STORED, EN_STORED]}, "Odd.meta of document 'x'", "many: true"),
    ({"users": [EN_STORED, EN_STORED]}, "Odd.users of document 'x'", "many: true"),
    ({"owner": ["a", "b"]}, "Odd.owner of document 'x'", "many: true"),
]  # fmt: skip


@pytest.fixture
def odd(connected):
    create_mappings([Odd])
    return Odd


def test_every_stored_spelling(odd):
    """In one index, so that it is one search for all, and one page that has them all."""
    es = odd.get_es_connection().es
    operations = []
    for number, (_, source, _) in enumerate(READ):
        operations += [{"index": {"_index": odd.get_index(), "_id": str(number)}}, source]
    answer = es.bulk(operations=operations, refresh=True)
    refused = [
        READ[number][1] for number, item in enumerate(answer["items"]) if "error" in item["index"]
    ]
    assert refused in ([], REFUSED_BY_7, REFUSED_BY_8)
    for models in (odd.find_by(size=len(READ)), odd.scan(size=1)):
        found = {model.id: model for model in models}
        for number, (attribute, source, expected) in enumerate(READ):
            if source in refused:
                continue
            held = getattr(found[str(number)], attribute)
            assert (held, type(held)) == (expected, type(expected)), source


def test_what_cannot_be_read_says_where_and_hides_nothing_else(odd):
    es = odd.get_es_connection().es
    taken = []
    for source, where, what in REFUSED:
        answer = es.bulk(operations=[{"index": {"_index": odd.get_index(), "_id": "x"}}, source])
        if answer["errors"]:
            continue  # 7.17.29 takes no epoch before 1970
        taken.append(source)
        with pytest.raises(FieldValueError) as caught:
            odd.get("x")
        assert where in str(caught.value)
        assert what in str(caught.value), source
        assert caught.value.document == "x"
    assert len(taken) >= len(REFUSED) - 3, taken


ERRORS = [
    ({"at": {"a": 1}}, "is not a date"),
    ({"at": True}, "is not a date"),
    ({"meta": "en"}, "cannot be read as object"),
    ({"meta": 5}, "cannot be read as object"),
    ({"metas": [EN_STORED, 5]}, "cannot be read as nested"),
    ({"geo": {"lat": 1}}, "is not a place"),
    ({"geo": 7}, "is not a place"),
    ({"span": 7}, "is no Range"),
    ({"span": {"gte": 1, "gt": 2}}, "a Range begins with gte or with gt"),
    ({"binary": 7}, "is neither bytes nor"),
    ({"binary": "!"}, "is neither bytes nor"),
    ({"owner": {"a": 1}}, "is not the id of a Odd"),
    ({"owners": [True]}, "is not the id of a Odd"),
]


@pytest.mark.parametrize(("source", "said"), ERRORS)
def test_what_no_server_takes_is_one_error_too(source, said):
    """Synthetic sources, scripts and other indices behind an alias bring anything."""
    for read in (Odd.from_es, lambda hit: Odd._from_page([hit])):
        with pytest.raises(FieldValueError, match="of document 'x'") as caught:
            read({"_id": "x", "_source": source})
        assert said in str(caught.value)


def test_a_hit_without_a_source_has_no_fields():
    assert Odd.from_es({"_id": "x"}).word is None
    assert Odd._from_page([{"_id": "x"}])[0].days == []


def test_a_hook_that_fails_is_that_error_too():
    class Failing(Keyword):
        def deserialize(self, value):
            return value["no such key"]

    class Own(Model):
        _mapping = {"word": Failing("word")}

    with pytest.raises(FieldValueError, match=r"Own\.word of document 'x'"):
        Own.from_es({"_id": "x", "_source": {"word": "a"}})


def test_the_index_lets_in_what_is_malformed(connected):
    class Lenient(Model):
        __slots__ = ("at", "geo", "inner", "real")
        _meta = {"index": "lenient", "settings": {"index": {"mapping.ignore_malformed": True}}}
        _mapping = {"at": Date("at"), "geo": GeoPointType("geo"), "real": Double("real")}

    create_mappings([Lenient])
    Lenient.get_es_connection().index(
        id="x", document={"at": "later", "geo": "nowhere at all", "real": "much"}, refresh=True
    )
    read = Lenient.get("x")
    assert (read.at, read.geo, read.real) == ("later", "nowhere at all", "much")


def test_private_values_are_in_no_part_of_the_error():
    with pytest.raises(FieldValueError) as caught:
        Odd.from_es({"_id": "x", "_source": {"hidden": "my secret"}})
    error = caught.value
    for shown in (
        str(error),
        repr(error),
        repr(error.args),
        repr(vars(error)),
        str(pickle.loads(pickle.dumps(error))),
    ):
        assert "my secret" not in shown
    assert error.__cause__ is None


def test_pages_go_on_without_what_cannot_be_read(odd):
    es = odd.get_es_connection().es
    operations = []
    for number in range(20):
        operations += [
            {"index": {"_index": odd.get_index(), "_id": f"{number:02}"}},
            {"word": "w", "meta": [EN_STORED] * (1 + (number % 5 == 3))},
        ]
    es.bulk(operations=operations, refresh=True)
    with pytest.raises(FieldValueError, match="document '03'"):
        odd.find_by(sort=[{"number": "asc"}])
    page, seen, failed = odd.find_by(size=6, on_error="skip"), [], []
    while page.hits:
        seen += [model.id for model in page]
        failed += [failure.id for failure in page.failures]
        assert all(failure.error.document == failure.id for failure in page.failures)
        assert all(failure.hit["_source"]["word"] == "w" for failure in page.failures)
        page = page.search_after()
    assert sorted(failed) == ["03", "08", "13", "18"]
    assert sorted(seen + failed) == [f"{number:02}" for number in range(20)]
    told = []
    scanned = [model.id for model in odd.scan(size=4, on_error=told.append)]
    assert sorted(failure.id for failure in told) == ["03", "08", "13", "18"]
    assert len(scanned) == len(set(scanned)) == 16
    some = odd.get(["02", "03", "99"], on_error="skip")
    assert [model.id for model in some] == ["02"]
    assert ([failure.id for failure in some.failures], some.missing) == (["03"], ["99"])


def test_on_error_says_what_it_takes():
    with pytest.raises(TypeError, match="on_error is 'raise', 'skip' or a function"):
        Odd.find_by(on_error="ignore")

    class Log(Model):
        _mapping = {"on_error": Keyword("on_error")}

    with pytest.raises(TypeError, match="the field is asked for as on_error_"):
        Log.find_by(on_error="ignore")
