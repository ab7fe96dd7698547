"""save_all and delete_all: many documents, each with an outcome of its own."""

from __future__ import annotations

import gc
import io
import itertools
import signal
import sys
import threading
from typing import ClassVar

import elasticsearch
import msgspec
import pytest

from ecgen.runtime import (
    BulkError,
    Keyword,
    Long,
    Model,
    MultiJoinLoose,
    Object,
    SingleJoin,
    connect,
    create_mappings,
    ids,
)
from ecgen.runtime.compile.source_text import Source
from ecgen.runtime.requests.bulk_send import _decode_taken

HERE = __name__


class Maker(Model):
    __slots__ = ("code", "products")
    _meta = {"index": "makers", "store_id": True, "dynamic": "strict"}
    _mapping = {
        "id": Keyword("id"),
        "code": Keyword("code", required=True),
        "products": MultiJoinLoose("products", f"{HERE}.Maker", f"{HERE}.Product:maker"),
    }

    def _compute_id(self):
        return self.code


class Product(Model):
    __slots__ = ("maker", "number")
    _meta = {"index": "products", "store_id": True, "versioned": True}
    _mapping = {
        "id": Keyword("id"),
        "number": Long("number"),
        "maker": SingleJoin("maker", f"{HERE}.Product", f"{HERE}.Maker"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Sheet(Model):
    __slots__ = ("data", "number", "parent")
    _meta = {"index": "sheets", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "number": Long("number"),
        "data": Object("data", enabled=False),
        "parent": SingleJoin("parent", f"{HERE}.Sheet", f"{HERE}.Sheet"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Loose(Model):
    """Server-made ids, which may go in a circle."""

    __slots__ = ("next", "number")
    _meta = {"index": "loose"}
    _mapping = {
        "number": Long("number"),
        "next": SingleJoin("next", f"{HERE}.Loose", f"{HERE}.Loose"),
    }


@pytest.fixture
def shop(connected):
    create_mappings([Maker, Product, Loose, Sheet])
    return connected


@pytest.mark.parametrize("kind", ["new", "stored", "overwritten", "joined"])
def test_a_document_that_is_no_json_fails_alone(shop, kind):
    sheets = [Sheet(number=number) for number in range(4)]
    if kind == "stored":
        Sheet.save_all(sheets).raise_failures()
    for sheet in sheets:
        sheet.number += 10
        sheet.parent = Sheet(number=0) if kind == "joined" else None
    sheets[1].data = {"numbers": {1, 2}}
    overwrite = kind == "overwritten"
    result = Sheet.save_all(sheets, overwrite=overwrite)
    assert [failure.model for failure in result.failures] == [sheets[1]]
    assert isinstance(result.failures[0].exception, elasticsearch.SerializationError)
    assert (result.stopped, result.unwritten) == (None, [])
    sheets[1].data = {"numbers": [1, 2]}
    Sheet.save_all([sheets[1]], overwrite=overwrite).raise_failures()
    Sheet.refresh()
    found = Sheet.find_by(number={"gte": 10}, sort="number")
    assert [sheet.id for sheet in found] == [sheet.id for sheet in sheets]
    assert found[1].data == sheets[1].data


def test_save_all(shop, requests):
    requests.clear()
    products = [Product(number=n) for n in range(250)]
    result = Product.save_all(products, chunk_size=100, refresh=True)
    assert result
    assert (result.succeeded, result.failed, result.total) == (250, 0, 250)
    assert len(requests) == 3
    assert all(product.id for product in products)
    assert Product.count() == 250
    result.raise_failures()

    for product in products:
        product.number += 1000
    assert Product.save_all(iter(products), refresh=True).succeeded == 250
    assert Product.count(number=1000) == 1
    assert Product.get(products[7].id).number == 1007


def test_nothing_to_save(shop, requests):
    requests.clear()
    result = Product.save_all([])
    assert (bool(result), result.total) == (True, 0)
    assert not requests
    with pytest.raises(ValueError, match="chunk_size"):
        Product.save_all([Product()], chunk_size=0)


def test_one_failure_loses_nothing_and_hides_nothing(shop):
    Maker.create(code="taken")
    stale = Product.create(number=1)
    fresh = Product.get(stale.id)
    fresh.number = 2
    fresh.save()
    gone = Product.create(number=3)
    Product.get(gone.id).delete()
    wrong = Product(number=4)
    wrong.number = "many"
    changed = Maker.create(code="before")
    changed.code = "after"
    models = [
        Maker(code="a"),
        Maker(code="taken"),
        Maker(),
        stale,
        gone,
        wrong,
        changed,
        Product(number=5),
        Maker(code="x" * 600),
        Maker(code="b"),
    ]
    result = Model.save_all(models, refresh=True)
    assert not result
    assert (result.succeeded, result.failed) == (3, 7)
    reasons = {id(failure.model): failure for failure in result.failures}
    assert reasons[id(models[1])].status == 409
    assert "version_conflict_engine_exception" in reasons[id(models[1])].error
    assert "needs a value for code" in reasons[id(models[2])].error
    assert reasons[id(stale)].status == 409
    assert reasons[id(gone)].status == 404
    assert "'many'" in reasons[id(wrong)].error
    assert "computed id 'after'" in reasons[id(changed)].error
    assert "512" in reasons[id(models[8])].error
    assert [model.id for model in models[:3]] == ["a", None, None]
    assert {maker.id for maker in Maker.all()} == {"a", "b", "taken", "before"}
    with pytest.raises(BulkError, match=r"7 of 10 documents failed; the first, ") as caught:
        result.raise_failures()
    assert caught.value.result is result


def test_joined_models_are_saved_before_their_owners(shop, requests):
    makers = [Maker(code=f"m{n}") for n in range(3)]
    products = [Product(number=n, maker=makers[n % 3]) for n in range(30)]
    bad = Maker()
    orphan = Product(number=99, maker=bad)
    requests.clear()
    result = Product.save_all([*products, orphan], refresh=True)
    assert len(requests) == 2
    assert result.succeeded == 33
    assert [failure.model for failure in result.failures] == [orphan]
    assert Maker.count() == 3
    assert Product.find_by(number=4, load=["maker"])[0].maker.code == "m1"

    Maker.create(code="taken")
    mine = Product(number=100, maker=Maker(code="taken"))
    result = Product.save_all([mine])
    assert {type(failure.model) for failure in result.failures} == {Maker, Product}
    assert "Maker that it is joined to could not be saved" in result.failures[1].error
    assert mine.id is mine.maker.id is None


def test_loose_targets_follow_their_owner(shop):
    makers = [
        Maker(code=f"m{n}", products=[Product(number=n), Product(number=n)]) for n in range(4)
    ]
    assert Maker.save_all(makers, refresh=True).succeeded == 12
    assert len(Maker.get("m2").load("products").products) == 2


def test_server_made_ids_in_a_circle(shop):
    models = [Loose(number=n) for n in range(3)]
    for first, second in itertools.pairwise([*models, models[0]]):
        first.next = second
    assert Loose.save_all(models, refresh=True).succeeded == 3
    loaded = Loose.get(models[0].id).load("next.next.next")
    assert loaded.next.next.next is loaded
    alone = [Loose(number=n) for n in range(3)]
    assert Loose.save_all(alone)
    assert len({model.id for model in alone}) == 3


def test_a_model_given_twice_is_one_document(shop):
    product = Product(number=1)
    assert Product.save_all([product, product], refresh=True).succeeded == 1
    assert Product.count() == 1


def test_an_endless_generator_and_progress(shop):
    seen = []

    def progress(result):
        seen.append(result.total)
        if result.total >= 30:
            raise KeyboardInterrupt

    endless = (Product(number=n) for n in itertools.count())
    with pytest.raises(KeyboardInterrupt) as stopped:
        Product.save_all(endless, 10, progress=progress)
    Product.refresh()
    assert seen == [10, 20, 30]
    # What was under way is waited for, and counted.
    assert Product.count() == stopped.value.bulk.succeeded <= 50
    assert not stopped.value.bulk.unwritten


@pytest.mark.parametrize("threads", [1, 3])
def test_a_generator_that_fails_loses_nothing(shop, threads):
    products = [Product(number=n) for n in range(37)]

    def source():
        yield from products
        raise RuntimeError("the file is broken")

    with pytest.raises(RuntimeError, match="the file is broken") as stopped:
        Product.save_all(source(), 10, threads=threads, refresh=True)
    result = stopped.value.bulk
    assert (result.succeeded, result.failed) == (30, 0)
    assert result.unwritten == products[30:]
    assert not result
    assert "30 documents done, 0 failed, 7 taken and not done" in stopped.value.__notes__[0]
    assert [product.id is None for product in products] == [False] * 30 + [True] * 7
    assert Product.save_all(products, refresh=True).succeeded == 37
    assert Product.count() == 37


def test_models_that_wait_for_others_under_way(shop):
    first = Product(number=1)
    last = Product(number=2, maker=Maker(code="new"))
    models = [first, *(Product(number=n) for n in range(3, 13)), first, last, Maker(code="other")]
    assert Product.save_all(models, 2, threads=3, refresh=True)
    assert Product.count() == 12
    assert Maker.count() == 2


def test_a_bar_on_a_terminal_only(shop, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stderr", Terminal())
    Product.save_all([Product(number=n) for n in range(20)], 10, progress=True)
    assert "20 of 20 documents, " in sys.stderr.getvalue()
    assert sys.stderr.getvalue().endswith("/s\n")
    monkeypatch.setattr("sys.stderr", io.StringIO())
    Product.save_all([Product(number=n) for n in range(20)], 10, progress=True)
    assert sys.stderr.getvalue() == ""


def test_the_same_is_stored_with_and_without_orjson(shop, monkeypatch):
    pytest.importorskip("orjson")
    with_orjson = Product(number=2**40)
    Product.save_all([with_orjson])
    monkeypatch.setitem(sys.modules, "orjson", None)
    without = Product(number=2**40)
    Product.save_all([without])
    connection = Product.get_es_connection()
    stored = [
        connection.es.get(index=Product.get_index(), id=each.id)["_source"]
        for each in (with_orjson, without)
    ]
    for source in stored:
        source.pop("id", None)
    assert stored[0] == stored[1]


def test_delete_all(shop):
    products = [Product(number=n) for n in range(25)]
    Product.save_all(products)
    products[3].delete()
    unsaved = Product()
    calls = []
    result = Product.delete_all([*products, unsaved], 10, refresh=True, progress=calls.append)
    assert (result.succeeded, result.failed) == (24, 2)
    assert {failure.status for failure in result.failures} == {404, None}
    assert {failure.error for failure in result.failures} == {"not found", "was never saved"}
    assert Product.count() == 0
    assert calls
    assert calls[-1].total == 26


def test_a_delete_that_found_nothing_is_a_failure(shop):
    """The server answers `errors: false` where the documents are not there."""
    gone = Maker.create(code="gone")
    Maker.get("gone").delete()
    result = Maker.delete_all([gone])
    assert (result.succeeded, [failure.status for failure in result.failures]) == (0, [404])
    assert result.failures[0].model is gone
    several = [Maker.create(code="here"), Maker.from_dict(id="never", code="x")]
    result = Maker.delete_all(several, chunk_size=1, threads=1, refresh=True)
    assert (result.succeeded, [each.model.id for each in result.failures]) == (1, ["never"])
    assert Maker.count() == 0


def test_a_delete_through_an_alias_that_missed_its_document(shop):
    """Through the alias the delete goes to the write index; what is in the other one is still there."""
    es, alias = shop.get_es(), f"{shop.index_prefix}rolled"

    class Rolled(Model):
        __slots__ = ("number",)
        _meta = {"index": "rolled", "store_id": True}
        _mapping = {"id": Keyword("id"), "number": Long("number")}

    for name, writes in (("a", False), ("b", True)):
        es.indices.create(
            index=f"{alias}_{name}",
            aliases={alias: {"is_write_index": writes}},
            mappings={"properties": Rolled.get_es_mapping()},
        )
    es.index(index=f"{alias}_a", id="old", document={"id": "old", "number": 1}, refresh=True)
    result = Rolled.delete_all([Rolled.from_dict(id="old", number=1)], refresh=True)
    assert Rolled.count() == 1 - result.succeeded


def test_a_busy_server_is_asked_again_for_what_it_turned_away(unconnected, stub):
    connect(f"http://127.0.0.1:{stub.port}")
    done = {"create": {"_id": "a", "status": 201, "_seq_no": 0, "_primary_term": 1}}
    busy = {
        "create": {"_id": "b", "status": 429, "error": {"type": "es_rejected", "reason": "full"}}
    }
    stub.answers = [
        (200, {"items": [done, busy]}),
        (200, {"items": [busy]}),
        (200, {"items": [done]}),
    ]
    assert Product.save_all([Product(number=1), Product(number=2)])
    assert [body.count(b"\n") for body in stub.bodies] == [4, 2, 2]


def test_a_server_that_stays_busy(unconnected, stub):
    connect(f"http://127.0.0.1:{stub.port}").write_pause = 0.05
    busy = {
        "create": {"_id": "b", "status": 429, "error": {"type": "es_rejected", "reason": "full"}}
    }
    stub.answers = [(200, {"items": [busy]})] * 8
    product = Product(number=1)
    result = Product.save_all([product])
    assert result.failures[0].status == 429
    assert result.failures[0].error == "es_rejected: full"
    assert product.id is None


def test_a_chunk_without_an_answer(unconnected, stub):
    connect({"hosts": f"http://127.0.0.1:{stub.port}", "request_timeout": 0.2}).write_pause = 0
    stub.answers = ["hang"]
    product = Product(number=1)
    result = Product.save_all([product])
    assert isinstance(result.failures[0].exception, elasticsearch.ConnectionTimeout)
    assert product.id is None
    assert result.failures[0].status is None


def test_an_interrupt_while_requests_are_under_way(shop):
    node = shop.get_es().transport.node_pool.get()
    send, asked = node.perform_request, itertools.count()

    def interrupt(method, target, **options):
        if next(asked) == 2:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return send(method, target, **options)

    node.perform_request = interrupt
    products = [Product(number=n) for n in range(60)]
    with pytest.raises(KeyboardInterrupt) as stopped:
        Product.save_all(products, chunk_size=10, threads=2)
    node.perform_request = send
    bulk = stopped.value.bulk
    left = [product for product in products if product.id is None]
    assert 0 < bulk.succeeded == 60 - len(left) < 60
    assert not bulk.failures
    assert all(any(model is product for product in left) for model in bulk.unwritten)
    assert Product.save_all(left, refresh=True).succeeded == len(left)
    assert Product.count() == 60


@pytest.mark.parametrize("changed", [False, True])
def test_a_chunk_that_was_carried_out_without_an_answer(shop, changed):
    node = shop.get_es().transport.node_pool.get()
    send = node.perform_request

    def lose_the_answer(method, target, **options):
        send(method, target, **options)
        node.perform_request = send
        raise elasticsearch.ConnectionTimeout("timed out")

    node.perform_request = lose_the_answer
    products = [Product(number=n) for n in range(3)]
    shop.write_pause = 0  # it would be sent again otherwise, and find itself
    assert Product.save_all(products).failed == 3
    if changed:
        products[0].number = 7
    assert Product.save_all(products, refresh=True).succeeded == 3
    assert Product.count() == 3
    assert Product.get(products[0].id).number == (7 if changed else 0)


def test_a_chunk_that_the_client_sends_again(shop):
    node = shop.get_es().transport.node_pool.get()
    send = node.perform_request

    def drop_the_line(method, target, **options):
        send(method, target, **options)
        node.perform_request = send
        raise elasticsearch.ConnectionError("reset")

    node.perform_request = drop_the_line
    result = Product.save_all([Product(number=n) for n in range(3)], refresh=True)
    assert result.succeeded == 3
    assert Product.count() == 3


TAKEN = b'{"errors": false, "items": [{"create": {"status": 201}}, {"create": {"status": 201}}]}'


def test_an_answer_that_names_no_failure_is_counted(shop, stub):
    """And read where one is named, or where what it says of each document is needed."""
    whole = _decode_taken(TAKEN)
    assert (whole["errors"], len(whole["items"])) == (False, 2)
    for answer in (
        TAKEN.replace(b"false", b"true"),
        TAKEN[:-1],
        b'{"errors": false}',
        b"{}",
        b"[]",
    ):
        with pytest.raises((ValueError, msgspec.DecodeError)):
            _decode_taken(answer)
    made = [Made(number=n) for n in range(3)]
    taken = {"create": {"status": 201}}
    refused = {"create": {"status": 400, "error": {"type": "x", "reason": "y"}}}
    connect(f"http://127.0.0.1:{stub.port}").plain_indices.add(Made.get_index())
    stub.answers = [(200, {"errors": True, "items": [taken, refused, taken]})]
    result = Made.save_all(made)
    assert (result.succeeded, [each.error for each in result.failures]) == (2, ["x: y"])
    assert [each.id is None for each in made] == [False, True, False]
    stub.answers = [(200, {"errors": False, "items": [taken, taken]})]  # of three documents
    result = Made.save_all([Made(number=n) for n in range(3)])
    assert (result.succeeded, result.failed) == (0, 3)


class Made(Model):
    """Its hook notes whether Python's collector runs."""

    __slots__ = ("number",)
    _meta = {"index": "made"}
    _mapping = {"number": Long("number")}
    collecting: ClassVar[list[bool]] = []

    def _compute_id(self):
        self.collecting.append(gc.isenabled())
        if self.number == -1:
            raise KeyboardInterrupt
        return ids.uuid7()


@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_pauses_while_documents_are_made(unconnected, stub, is_on):
    connect(f"http://127.0.0.1:{stub.port}")
    Made.collecting.clear()
    (gc.enable if is_on else gc.disable)()
    try:
        with pytest.raises(KeyboardInterrupt):
            Made.save_all([Made(number=1), Made(number=-1)])
        assert gc.isenabled() is is_on
        assert Made.collecting == [False, False]
    finally:
        gc.enable()


def test_the_client_that_sends_once_is_made_once(shop):
    connection = Maker.get_es_connection()
    Maker(code="a").save()
    once = connection._once
    Maker.save_all([Maker(code="b")])
    assert Maker.get_es_connection()._once is once
    assert once.transport is shop.get_es().transport


def test_the_second_call_compiles_nothing(shop, monkeypatch):
    """It would take most of the time of a few documents."""
    assert Maker.save_all([Maker(code="a")]).succeeded == 1
    monkeypatch.setattr(Source, "compiled", None)
    assert Maker.save_all([Maker(code="b"), Maker(code="c")]).succeeded == 2


def test_lines_name_an_index_only_where_the_request_does_not(unconnected, stub):
    connect(f"http://127.0.0.1:{stub.port}", index_prefix="a-").plain_indices |= {"a-made"}
    taken = {"create": {"status": 201}}
    busy = {"create": {"status": 429, "error": {"type": "full"}}}
    stub.answers = [
        (200, {"errors": True, "items": [taken, busy]}),
        (200, {"errors": False, "items": [taken]}),
    ]
    assert Made.save_all([Made(number=1), Made(number=2)]).succeeded == 2
    assert all(request.startswith("PUT /a-made/_bulk") for request in stub.requests)
    assert not any(b"_index" in body for body in stub.bodies)


def test_models_of_several_indices_in_one_chunk(shop):
    create_mappings([Made])
    models = [kind(number=n) for n in range(10) for kind in (Made, Product)]
    assert Made.save_all(models, refresh=True).succeeded == 20
    assert sorted(each.number for each in Made.scan()) == list(range(10))
    assert sorted(each.number for each in Product.scan()) == list(range(10))
