"""Ids made on the client."""

from __future__ import annotations

import datetime
import decimal
import itertools
import os
import sys
import threading
import types
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ecgen.definitions import compute_id
from ecgen.runtime import ids
from ecgen.runtime.data_types import BaseDataType, Boolean, Date, Integer, Keyword, ScaledFloat
from ecgen.runtime.errors import IntegrityError
from ecgen.testing.server import Server


class Document:
    """As much of a model as ids need."""

    _mapping: dict[str, BaseDataType] = {
        "a": Keyword("a"),
        "b": Keyword("b"),
        "c": Keyword("c"),
        "number": Integer("number"),
        "price": ScaledFloat("price", 100),
        "flag": Boolean("flag"),
        "created": Date("created"),
    }

    def __init__(self, **values: Any) -> None:
        self.id: str | None = None
        for name in self._mapping:
            setattr(self, name, values.pop(name, None))
        vars(self).update(values)

    def _compute_id(self) -> str | None:
        return self.id


def number_of(numeral: str) -> int:
    number = 0
    for digit in numeral:
        number = number * 62 + ids._ALPHABET.index(digit)
    return number


# uuid7


def test_an_id_is_a_uuid_of_version_7_made_now() -> None:
    before = datetime.datetime.now(datetime.UTC).timestamp() * 1000 - 1
    id = ids.uuid7()
    assert len(id) == 22
    assert id.isascii()
    assert id.isalnum()
    made = uuid.UUID(int=number_of(id))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= before + 60_000


def test_ids_of_one_process_ascend_across_threads() -> None:
    made: list[list[str]] = [[] for _ in range(8)]

    def work(own: list[str]) -> None:
        own.extend(ids.uuid7() for _ in range(2000))

    threads = [threading.Thread(target=work, args=(own,)) for own in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(own == sorted(own) for own in made)
    assert len({id for own in made for id in own}) == 16_000


def test_ids_ascend_although_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ids.uuid7()
    monkeypatch.setattr("ecgen.runtime.ids.time.time_ns", lambda: 1)
    later = [ids.uuid7() for _ in range(100)]
    assert [first, *later] == sorted({first, *later})


def test_ids_made_in_advance_are_those_of_their_millisecond(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = ids._last[0] + 60_000
    monkeypatch.setattr(ids, "_last", [0, 0, 0])
    monkeypatch.setattr(ids, "_ahead", (0, [], 1))
    made = []
    for count in (1, 2, 3, 300, 1, 1000):
        clock += 1
        # Its last nanosecond, too.
        monkeypatch.setattr("ecgen.runtime.ids.time.time_ns", lambda: clock * 1_000_000 + 999_999)  # noqa: B023
        of_clock = [ids.uuid7() for _ in range(count)]
        assert {number_of(each) >> 80 for each in of_clock} == {clock}
        made += of_clock
    assert made == sorted(set(made))


def test_each_id_is_a_small_step_from_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids in quick succession share most of their digits; none is lost or repeated where these change."""
    monkeypatch.setattr("ecgen.runtime.ids.time.time_ns", lambda: 1)
    numbers = [number_of(ids.uuid7()) for _ in range(2000)]
    steps = {later - earlier for earlier, later in itertools.pairwise(numbers)}
    assert min(steps) >= 1
    assert max(steps) <= 2**32
    assert {uuid.UUID(int=number).version for number in numbers} == {7}


def test_ids_ascend_when_the_random_bits_are_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ids.uuid7()
    now = ids._last[0] + 60_000  # milliseconds; the clock must not get there
    for high in (0x123, 0xFFF):
        head = now << 80 | 7 << 76 | high << 64 | 2 << 62
        monkeypatch.setattr(ids, "_last", [now, head, 2**62 - 2])
        monkeypatch.setattr(ids, "_ahead", (0, [], 1))
        before = ids._numeral(head + 2**62 - 2, 11)
        made = [ids.uuid7() for _ in range(3)]
        assert [before, *made] == sorted({before, *made})
        for each in made:
            of_high = uuid.UUID(int=number_of(each))
            assert (of_high.version, of_high.variant) == (7, uuid.RFC_4122)
            assert of_high.int >> 80 == now + (high == 0xFFF)


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1))
def test_numerals_sort_as_their_numbers(first: int, second: int) -> None:
    assert number_of(ids._numeral(first, 11)) == first
    assert (ids._numeral(first, 11) < ids._numeral(second, 11)) == (first < second)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_makes_other_ids() -> None:
    reader, writer = os.pipe()
    ids.uuid7()
    child = os.fork()
    if child == 0:
        os.write(writer, ids.uuid7().encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reader, 100).decode()
    os.close(reader)
    os.close(writer)
    assert len(theirs) == 22
    assert theirs != ids.uuid7()


# Parts


def test_a_part_is_the_fields_text() -> None:
    document = Document(a="Ä b", number=7, flag=True, price=12.345)
    assert ids.part(document, "a") == "Ä b"
    assert ids.part(document, "number") == "7"
    assert ids.part(document, "flag") == "true"
    assert ids.part(document, "price") == "12.35"  # assigned, so not converted before
    document = Document(created="2026-01-02T03:04:05+01:00")
    assert ids.part(document, "created") == "2026-01-02T02:04:05+00:00"


def test_filters() -> None:
    document = Document(a="  Crème  Brûlée! ", created=datetime.datetime(2026, 1, 2))
    assert ids.part(document, "a", ids.strip) == "Crème  Brûlée!"
    assert ids.part(document, "a", ids.strip, ids.lower) == "crème  brûlée!"
    assert ids.part(document, "a", ids.upper, ids.strip) == "CRÈME  BRÛLÉE!"
    assert ids.part(document, "a", ids.slug) == "creme-brulee"
    assert ids.slug("日本語 text") == "日本語-text"
    assert ids.part(document, "created", ids.date("%Y-%m")) == "2026-01"
    with pytest.raises(IntegrityError, match="date:%Y needs a date"):
        ids.part(document, "a", ids.date("%Y"))


def test_a_missing_part_names_model_and_field() -> None:
    with pytest.raises(IntegrityError, match=r"Document\.a is part of .* it has no value"):
        ids.part(Document(), "a")
    with pytest.raises(IntegrityError, match=r"Document\.a .* the filters leave nothing"):
        ids.part(Document(a="!"), "a", ids.slug)
    with pytest.raises(IntegrityError, match=r"Document\.b"):
        ids.joined(Document(a="x"), ("a", "b"))


def test_what_has_no_one_text_is_refused() -> None:
    with pytest.raises(IntegrityError, match=r"Document\.other: \[\] cannot be part of an id"):
        ids.part(Document(other=[]), "other")


class Joined(Document):
    """Its id is computed of `a`."""

    def _compute_id(self) -> str | None:
        return ids.part(self, "a")


class Random(Document):
    def _compute_id(self) -> str | None:
        return self.id or ids.uuid7()


class Pointing(Document):
    def _compute_id(self) -> str | None:
        return ids.part(self, "target")


def test_a_joined_model_gives_its_id() -> None:
    target = Joined(a="x")
    assert ids.part(Document(target=target), "target") == "x"
    target.id = "saved"
    assert ids.part(Document(target=target), "target") == "saved"
    assert ids.part(Document(target="loose id"), "target") == "loose id"


def test_a_joined_model_without_an_id_of_its_own_is_to_be_saved_first() -> None:
    for target in (Document(), Random()):
        with pytest.raises(IntegrityError, match=r"target .* is not saved yet"):
            ids.part(Document(target=target), "target")


def test_ids_computed_from_one_another_are_told() -> None:
    one, other = Pointing(), Pointing()
    vars(one)["target"], vars(other)["target"] = other, one
    with pytest.raises(IntegrityError, match="computed from one another"):
        one._compute_id()


# Joined


texts = st.text(alphabet=st.sampled_from("ab-%2D5/ü"), max_size=6) | st.text(max_size=5)
triples = st.tuples(texts, texts, texts)


def id_of(values: tuple[str, ...], separator: str, hash: Any = None) -> str:
    return ids.joined(
        Document(**dict(zip("abc", values, strict=True))), tuple("abc"), separator, hash
    )


@given(triples, triples, st.sampled_from(["-", "--", "/", "%2D"[2:].lower() + "x", "ü", " - "]))
def test_different_values_never_share_an_id(
    first: tuple[str, ...], second: tuple[str, ...], separator: str
) -> None:
    assume(first != second)
    assert id_of(first, separator) != id_of(second, separator)


def test_neighbours_that_a_naive_join_confuses() -> None:
    awkward = ["", "-", "--", "---", "a", "a-", "-a", "%", "%2D", "%25", "2D"]
    every = [(x, y, z) for x in awkward for y in awkward for z in awkward]
    for separator in ("-", "--"):
        assert len({id_of(values, separator) for values in every}) == len(every)
    assert id_of(("a-b", "", "50%"), "-") == "a%2Db--50%25"


numbers = st.integers(-(2**31), 2**31 - 1)


@given(
    st.tuples(numbers, st.booleans(), st.datetimes()),
    st.tuples(numbers, st.booleans(), st.datetimes()),
)
def test_other_types_are_as_distinct(first: Any, second: Any) -> None:
    names = ("number", "flag", "created")

    def made(values: Any) -> str:
        return ids.joined(Document(**dict(zip(names, values, strict=True))), names)

    assert (made(first) == made(second)) == (first == second)


def test_equal_values_have_one_text() -> None:
    utc, east = datetime.UTC, datetime.timezone(datetime.timedelta(hours=2))
    moment = datetime.datetime(2026, 1, 2, tzinfo=utc)
    assert ids._text(moment) == ids._text(moment.astimezone(east))
    assert ids._text(decimal.Decimal("12.30")) == ids._text(decimal.Decimal("12.3")) == "12.3"
    assert ids._text(decimal.Decimal("0.00")) == "0"
    assert ids._text(0.0) == ids._text(-0.0)
    assert ids._text(b"\xff") == "_w=="


def test_hashes() -> None:
    plain = id_of(("a", "b", "c"), "-")
    assert len(id_of(("a", "b", "c"), "-", "sha256")) == 64
    assert uuid.UUID(id_of(("a", "b", "c"), "-", "uuid5")).version == 5
    assert id_of(("a", "b", "c"), "-", "sha256") == id_of(("a", "b", "c"), "-", "sha256")
    assert plain == "a-b-c"
    with pytest.raises(ValueError, match="'sha256' or 'uuid5'"):
        id_of(("a", "b", "c"), "-", "md5")


def is_refused(call: Callable[[], object], error: type[Exception]) -> bool:
    try:
        call()
    except error:
        return True
    return False


def test_the_build_refuses_the_same_separators() -> None:
    for each in [*map(chr, range(0x20, 0x100)), "-E-", "--", "aF", "é-"]:
        rule = {"fields": ["a", "b"], "separator": each}
        at_build = is_refused(partial(compute_id.parse, rule), compute_id.ComputeIdError)
        assert at_build == is_refused(partial(id_of, ("a", "b", "c"), each), ValueError), each


@pytest.mark.parametrize("separator", ["", "%", "2", "D-"])
def test_separators_that_encoding_needs_are_refused(separator: str) -> None:
    with pytest.raises(ValueError, match="cannot separate"):
        id_of(("a", "b", "c"), separator)


# Checked


def test_the_limit_is_512_bytes() -> None:
    document = Document()
    assert ids.checked(document, "x" * 512) == "x" * 512
    assert ids.checked(document, "ü" * 256) == "ü" * 256
    for long in ("x" * 513, "ü" * 257):
        with pytest.raises(IntegrityError, match=r"Document: .* 51[34] bytes, .* hash: sha256"):
            ids.checked(document, long)
    with pytest.raises(IntegrityError, match="is empty"):
        ids.checked(document, "")


@pytest.mark.parametrize(
    "id", ["x" * 512, "ü" * 256, "_a", "-a", ".", "a/b?c#d", "a b", "%2D", "ü"]
)
def test_servers_take_the_ids_that_pass(server: Server, id: str) -> None:
    index = f"cids-{uuid.uuid4().hex[:12]}"
    with server.client() as client:
        try:
            client.create(index=index, id=ids.checked(Document(), id), document={"a": 1})
            assert client.get(index=index, id=id)["_id"] == id
        finally:
            client.indices.delete(index=index, ignore_unavailable=True)


# Functions


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    made: Any = types.ModuleType("made_for_ids")
    made.good = lambda document: f"id of {document.a}"
    made.number = lambda document: 3
    made.nothing = lambda document: None
    made.long = lambda document: "x" * 600
    made.constant = "x"
    monkeypatch.setitem(sys.modules, "made_for_ids", made)
    ids._function.cache_clear()
    return made  # type: ignore[no-any-return]


def test_a_python_function_computes_the_id(module: types.ModuleType) -> None:
    assert ids.call(Document(a="x"), "made_for_ids:good") == "id of x"
    for name, message in [
        ("number", r"compute_id of Document: made_for_ids:number returned 3; an id is a str"),
        ("nothing", "returned None"),
        ("long", "600 bytes"),
    ]:
        with pytest.raises(IntegrityError, match=message):
            ids.call(Document(), f"made_for_ids:{name}")


def test_a_function_that_is_not_there_is_told(module: types.ModuleType) -> None:
    for name, message in [
        ("made_for_ids:absent", "compute_id of Document: module 'made_for_ids' has no 'absent'"),
        ("made_for_ids:constant", "'made_for_ids:constant' is no function"),
        ("no_such_module:x", "cannot import 'no_such_module'"),
    ]:
        with pytest.raises(ImportError, match=message):
            ids.call(Document(), name)
