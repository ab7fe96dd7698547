"""A scan decodes its pages to structs, without dicts: models are equal to those of dicts, and whatever a struct cannot hold is read as a dict."""

from __future__ import annotations

import itertools
import json
from typing import Any

import elasticsearch
import msgspec
import pytest
from elasticsearch.serializer import NdjsonSerializer
from test_reading import READ, Odd

from ecgen.runtime import (
    Date,
    FieldValueError,
    Integer,
    Keyword,
    Model,
    Namespace,
    connect,
    create_mappings,
)
from ecgen.runtime.client.serializers import DecodedPage, answer_decoder, fast_serializers


class Plain(Model):
    __slots__ = ("at", "number", "tags", "word")
    _meta = {"index": "plain", "versioned": True}
    _mapping = {
        "word": Keyword("word"),
        "number": Integer("number"),
        "tags": Keyword("tags", many=True),
        "at": Date("at"),
    }


class Placed(Plain):
    __slots__ = ()
    _meta = {"index": "placed", "routing": "given"}


def answer(*sources: Any, **of_hit: Any) -> bytes:
    hits = [
        {"_index": "odd", "_id": str(number), "_score": None, "_source": source, "sort": [number]}
        for number, source in enumerate(sources)
    ]
    hits = [{**hit, **of_hit} for hit in hits]
    return json.dumps(
        {"took": 1, "hits": {"max_score": None, "hits": hits}, "pit_id": "p"}
    ).encode()


def content(model: Model) -> dict[str, Any]:
    """Everything that an instance holds: values with their types, what was read, place and version."""
    names = (*type(model)._mapping, "_seen", "_place", "_version")
    held = {name: getattr(model, name, ...) for name in names}
    return {name: (type(value), repr(value)) for name, value in held.items()}


def models_of(page: DecodedPage) -> list[Any]:
    return page.read(page.hits)


def both(cls: type[Model], data: bytes) -> tuple[list[Any], list[Any]]:
    of_structs = models_of(cls._decode(data))
    of_dicts = cls._from_page(json.loads(data)["hits"]["hits"])
    return [content(model) for model in of_structs], [content(model) for model in of_dicts]


def test_every_stored_spelling_gives_equal_models() -> None:
    names = {data_type.name for data_type in Odd._mapping.values()}
    refused = []
    for _, source, _ in READ:
        try:
            of_structs, of_dicts = both(Odd, answer(source))
        except msgspec.DecodeError:
            refused.append(source)
        else:
            assert of_structs == of_dicts, source
    assert refused == [source for _, source, _ in READ if not source.keys() <= names]
    assert 0 < len(refused) < 10


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"word": None, "tags": None, "number": None, "at": None},
        {"word": "a", "number": 1, "tags": ["b", "c"], "at": "2026-01-02T03:04:05.678901+02:00"},
        {"at": 1560384000000, "tags": "one", "number": 1.0, "word": "é𝄞\u0000"},
        {"number": 2**64, "word": 1e300, "unknown": {"word": "b"}},
        {"number": -0.0, "tags": [["a"], None]},
        {"id": ["not", {"this": 1}], "word": "a"},
    ],
)  # fmt: skip
def test_what_documents_have_outside_of_the_source_is_equal(source: dict[str, Any]) -> None:
    for cls in (Plain, Placed):
        for of_hit in (
            {"_index": cls.get_index()},
            {"_index": "elsewhere-2", "_seq_no": 3, "_primary_term": 1},
            {"_index": cls.get_index(), "_routing": "r", "highlight": {"word": ["<em>a</em>"]}},
        ):
            of_structs, of_dicts = both(cls, answer(source, source, **of_hit))
            assert of_structs == of_dicts


def test_a_page_of_several_indices() -> None:
    """Those behind an alias come in any order, with or without routing."""
    own = Plain.get_index()
    hits = [
        {"_index": index, "_id": str(number), "_source": {"word": "w"}, **routing}
        for number, (index, routing) in enumerate(
            itertools.product(
                ("a-1", own, "a-1", "b-2", "a-1", "a-1", own), ({}, {"_routing": "r"})
            )
        )
    ]
    for page in (hits, hits[::-1], hits[::2], sorted(hits, key=lambda hit: hit["_index"])):
        data = json.dumps({"hits": {"hits": page}}).encode()
        places = [getattr(Plain.from_es(hit), "_place", None) for hit in page]
        assert [getattr(model, "_place", None) for model in Plain._from_page(page)] == places
        assert [
            getattr(model, "_place", None) for model in models_of(Plain._decode(data))
        ] == places
        expected = {hit["_index"]: None if hit["_index"] == own else hit["_index"] for hit in page}
        for hit, place in zip(page, places, strict=True):
            held = (expected[hit["_index"]], hit.get("_routing"))
            assert (place or (None, None)) == held
    (model,) = Plain._from_page([{"_index": None, "_id": "1", "_source": {"word": "w"}}])
    assert getattr(model, "_place", None) is None


def test_what_is_kept_is_a_copy() -> None:
    (model,) = models_of(Plain._decode(answer({"tags": ["a"]})))
    model.tags.append("b")
    assert model._seen[Plain._stored.index("tags")] == ("a",)


def test_what_only_dicts_can_give_is_refused() -> None:
    class Whole(Keyword):
        def from_es(self, source: Any) -> Any:
            return "".join(source)

    class Own(Model):
        _mapping = {"word": Whole("word")}

    class Quoted(Model):
        _mapping = {"word": Keyword('the "word"')}

    class Twice(Model):
        _mapping = {"word": Keyword("word"), "again": Keyword("word")}

    for cls in (Own, Quoted, Twice):
        with pytest.raises(ValueError, match="reads dicts only"):
            cls._decode(answer({}))
    with pytest.raises(FieldValueError, match=r"Plain\.at"):
        models_of(Plain._decode(answer({"at": {}})))
    for data in (
        b'{"error": {"type": "x"}, "status": 400}',
        b"[]",
        b"",
        b'{"hits": {"hits": [{}]}}',
    ):
        with pytest.raises(msgspec.DecodeError):
            Plain._decode(data)


def test_the_serializer_reads_what_the_clients_own_reads() -> None:
    serializer = fast_serializers()["application/json"]
    for text in ('{"a": NaN}', '"\\ud800"', "1e400", str(2**70), "[]", '{"a": 1, "a": 2}'):
        assert repr(serializer.loads(text.encode())) == repr(json.loads(text))
    with pytest.raises(elasticsearch.SerializationError):
        serializer.loads(b"<html>")


def test_lines_that_are_complete_are_sent_as_they_are() -> None:
    serializer, client = fast_serializers()["application/x-ndjson"], NdjsonSerializer()
    lines = b'{"create":{}}\n{}\n'
    assert serializer.dumps(lines) is lines
    for others in (b"{}", b"", "{}\n", [b"{}", {"a": 1}, "{}"], []):
        assert serializer.dumps(others) == client.dumps(others)


def load(decoder: Any, data: bytes) -> Any:
    """What the serializer makes of the answer to a request with that decoder."""
    serializer = fast_serializers()["application/json"]
    token = answer_decoder.set(decoder)
    try:
        return serializer.loads(data)
    finally:
        answer_decoder.reset(token)


def test_an_answer_without_hits_is_read_as_a_dict() -> None:
    assert load(Plain._decode, b'{"error": "x", "status": 400}') == {"error": "x", "status": 400}
    found = load(Plain._decode, answer({"word": "a"}))
    assert isinstance(found, DecodedPage)
    assert (len(found.hits), found.cursor, found.pit) == (1, [0], "p")


def test_a_hook_may_search() -> None:
    class Counting(Keyword):
        def deserialize(self, value: Any) -> Any:
            searched = fast_serializers()["application/json"].loads(answer({"word": "a"}))
            return f"{value}{len(searched['hits']['hits'])}"

    class Own(Model):
        _mapping = {"word": Counting("word")}

    assert models_of(load(Own._decode, answer({"word": "w"})))[0].word == "w1"


def is_not_called(*_: Any) -> Any:
    raise AssertionError("is called")


@pytest.fixture
def plain(connected: Any) -> Any:
    create_mappings([Plain])
    return Plain


def store(cls: Any, sources: list[dict[str, Any]]) -> None:
    operations = []
    for number, source in enumerate(sources):
        operations += [{"index": {"_index": cls.get_index(), "_id": f"{number:03}"}}, source]
    assert not cls.get_es_connection().es.bulk(operations=operations, refresh=True)["errors"]


def test_a_scan_makes_models_without_dicts(plain: Any, monkeypatch: Any) -> None:
    store(plain, [{"word": "w", "number": number, "tags": ["a"]} for number in range(25)])
    found = {model.id: content(model) for model in plain.find_by()}
    monkeypatch.setattr(plain, "_page", is_not_called)
    assert {model.id: content(model) for model in plain.scan(size=10)} == found
    in_order = [model.number for model in plain.scan(size=5, sort="number:desc")]
    assert in_order == list(range(24, -1, -1))
    assert not list(plain.scan(word="x"))
    model = next(iter(plain.scan(size=3)))
    model.word = "changed"
    model.save(refresh=True)  # only what changed, under the version that was read
    stored = plain.get_es_connection().es.get(index=plain.get_index(), id=model.id)
    assert stored["_source"]["word"] == "changed"
    assert stored["_source"]["tags"] == ["a"]


def test_a_page_with_something_odd_is_read_as_dicts(plain: Any) -> None:
    sources: list[dict[str, Any]] = [{"number": number} for number in range(25)]
    sources[7] = {"at": ["2026-01-02", "2026-01-03"]}
    store(plain, sources)
    with pytest.raises(FieldValueError, match="document '007'"):
        list(plain.scan(size=10, sort="number:asc"))
    told: list[Any] = []
    scanned = [model.id for model in plain.scan(size=10, on_error=told.append)]
    assert len(scanned) == len(set(scanned)) == 24
    assert [(failure.id, failure.hit["_source"]) for failure in told] == [("007", sources[7])]


def test_a_class_made_after_its_parent_was_read_makes_its_own_models() -> None:
    class Parent(Plain):
        __slots__ = ()

    data = answer({"word": "w", "more": "m"})
    both(Parent, data)  # compiles what reads pages, for this class

    class Child(Parent):
        __slots__ = ("more",)
        _mapping = {**Parent._mapping, "more": Keyword("more")}

    bound = Namespace("elsewhere", "http://localhost:1").register_model_class(Parent)
    for cls in (Child, bound):
        for models in (
            models_of(cls._decode(data)),
            cls._from_page(json.loads(data)["hits"]["hits"]),
        ):
            assert [type(model) for model in models] == [cls]
    assert models_of(Child._decode(data))[0].more == "m"


def test_a_from_es_of_the_programs_own_is_called(plain: Any) -> None:
    class Own(Plain):
        __slots__ = ()

        @classmethod
        def from_es(cls, hit: Any) -> Any:
            model = super().from_es(hit)
            model.word = f"{model.word}!"
            return model

    store(Own, [{"word": "w"}])
    assert [model.word for model in Own.scan()] == ["w!"]


def test_a_serializer_of_the_programs_own_gives_dicts(
    plain: Any, server: Any, monkeypatch: Any
) -> None:
    store(plain, [{"word": "w"}] * 3)
    conf = {"hosts": [server.url], "serializer": elasticsearch.JsonSerializer()}
    connect(conf, index_prefix=plain._es_namespace.index_prefix)
    monkeypatch.setattr(plain, "_decode", is_not_called)
    assert [model.word for model in plain.scan(size=2)] == ["w"] * 3
