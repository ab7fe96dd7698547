"""What goes wrong between a program and a server, and what the program is told and may do then."""

from __future__ import annotations

import json

import elasticsearch
import pytest
from observing import watched

from ecgen.runtime import (
    IntegrityError,
    Keyword,
    Model,
    MultiJoin,
    MultiJoinLoose,
    SingleJoin,
    connect,
    create_mappings,
    ids,
)
from ecgen.runtime.requests.plan import plan, take_back
from ecgen.runtime.requests.planned import Doubt, Write

HERE = __name__


class Maker(Model):
    __slots__ = ("code",)
    _meta = {"index": "makers", "store_id": True}
    _mapping = {"id": Keyword("id"), "code": Keyword("code")}

    def _compute_id(self):
        return self.id or ids.uuid7()


class Product(Model):
    __slots__ = ("code", "maker", "related", "reviews")
    _meta = {"index": "products", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "code": Keyword("code"),
        "maker": SingleJoin("maker", f"{HERE}.Product", f"{HERE}.Maker"),
        "related": MultiJoin("related", f"{HERE}.Product", f"{HERE}.Product"),
        "reviews": MultiJoinLoose("reviews", f"{HERE}.Product", f"{HERE}.Review:product"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Review(Model):
    __slots__ = ("product",)
    _meta = {"index": "reviews"}
    _mapping = {"product": SingleJoin("product", f"{HERE}.Review", f"{HERE}.Product")}


class Coded(Model):
    """An id that somebody else may choose as well."""

    __slots__ = ("code", "note", "owner")
    _meta = {"index": "coded"}
    _mapping = {
        "code": Keyword("code"),
        "note": Keyword("note"),
        "owner": SingleJoin("owner", f"{HERE}.Coded", f"{HERE}.Review"),
    }

    def _compute_id(self):
        if self.code is None:
            raise IntegrityError("Coded.code is missing")
        return f"{self.code}-{self.owner.id}" if self.owner else self.code


class FlakyLine:
    """Between the client and a real server: loses answers, or requests, as it is told by request number."""

    def __init__(self, client):
        self.client = client
        self.plan = {}
        self.count = 0
        self._send = client.transport.node_pool.get().perform_request
        node = client.transport.node_pool.get()

        def perform_request(method, target, **options):
            self.count += 1
            fault = self.plan.get(self.count)
            if fault == "lose the request":
                raise elasticsearch.ConnectionTimeout("timed out")
            answer = self._send(method, target, **options)
            if fault == "lose the answer":
                raise elasticsearch.ConnectionTimeout("timed out")
            if fault == "drop the line":
                raise elasticsearch.ConnectionError("connection reset")
            return answer

        node.perform_request = perform_request

    def fail(self, **plan):
        self.count = 0
        self.plan = {int(key[1:]): fault for key, fault in plan.items()}


@pytest.fixture
def line(connected):
    create_mappings([Maker, Product, Review, Coded])
    return FlakyLine(connected.get_es())


def test_a_server_that_is_down(unconnected):
    connect("http://127.0.0.1:1")
    product = Product(code="x", maker=Maker(code="m"))
    with pytest.raises(elasticsearch.ConnectionError) as caught:
        product.save()
    assert caught.value.__notes__ == [
        "saving stopped; written: nothing; not written: a new Maker, a new Product"
    ]
    assert product.id is product.maker.id is None
    with pytest.raises(elasticsearch.ConnectionError):
        Product.find_by(code="x")


def test_down_in_the_middle_of_a_cascade(line):
    product = Product(code="p", maker=Maker(code="m"), related=[Product(code="r")])
    product.reviews = [Review()]
    line.fail(_2="lose the request")
    with pytest.raises(elasticsearch.ConnectionTimeout) as caught:
        product.save()
    cascade = caught.value.cascade
    kinds = [len(cascade.written), len(cascade.unwritten), len(cascade.in_doubt)]
    assert kinds == [1, 2, 1]
    (written,) = cascade.written
    (doubtful,) = cascade.in_doubt
    assert written.id
    assert type(written).get(written.id).code == written.code
    assert all(model.id is None for model in [*cascade.unwritten, doubtful])
    note = caught.value.__notes__[0]
    assert f"written: {type(written).__name__} {written.id!r}" in note
    assert "written or not, no answer came: a new" in note

    line.fail()
    product.save()
    for cls in (Maker, Product, Review):
        cls.refresh()
    assert (Maker.count(), Product.count(), Review.count()) == (1, 2, 1)
    again = Product.get(product.id).load("maker", "related", "reviews")
    assert (again.maker.code, again.related[0].code, len(again.reviews)) == ("m", "r", 1)


@pytest.mark.parametrize("fault", ["lose the answer", "lose the request"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_save_that_is_tried_again_makes_no_second_document(line, fault, number):
    product = Product(code="p", maker=Maker(code="m"), related=[Product(code="r")])
    line.fail(**{f"_{number}": fault})
    with pytest.raises(elasticsearch.ConnectionTimeout):
        product.save()
    line.fail()
    product.code = "changed"
    product.save()
    for cls in (Maker, Product):
        cls.refresh()
    assert (Maker.count(), Product.count()) == (1, 2)
    again = Product.get(product.id).load()
    assert again.code == "changed"
    assert again.related[0].code == "r"
    assert not hasattr(product, "_version")


def test_circles_keep_their_ids_when_they_are_saved_again(line):
    first, second = Product(code="1"), Product(code="2")
    first.related, second.related = [second], [first]
    line.fail(_2="lose the request")
    with pytest.raises(elasticsearch.ConnectionTimeout) as caught:
        first.save()
    line.fail()
    (unwritten,) = caught.value.cascade.in_doubt
    unwritten.save()
    for model in Product.get([first.id, second.id]).load():
        assert model.related[0].related[0] is model


@pytest.mark.parametrize("fault", ["drop the line", "lose the answer"])
def test_what_the_client_would_have_sent_again_finds_its_own_document(connected, server, fault):
    create_mappings([Coded, Maker])
    connect({**server.conf, "retry_on_timeout": True}, connected.index_prefix[:])
    line = FlakyLine(connected.get_es())
    for cls in (Coded, Maker):
        line.fail(_1=fault)
        model = cls.create(code="x", refresh=True)
        assert cls.get(model.id).code == "x"
        assert cls.count() == 1
    with pytest.raises(elasticsearch.ConflictError):
        Coded.create(code="x")
    line.fail(_1=fault)
    with pytest.raises(elasticsearch.ConflictError):
        Coded.create(code="x", note="somebody else's")
    assert Coded.get("x").note is None


def test_server_made_ids_are_never_sent_twice(connected, server):
    create_mappings([Review])
    line = FlakyLine(connected.get_es())
    line.fail(_1="drop the line")
    with pytest.raises(elasticsearch.ConnectionError) as caught:
        Review.create()
    assert len(caught.value.cascade.in_doubt) == 1
    Review.refresh()
    assert Review.count() == 1


def test_somebody_else_may_have_taken_the_id(line):
    mine = Coded(code="x")
    line.fail(_1="lose the request")
    with pytest.raises(elasticsearch.ConnectionTimeout):
        mine.save()
    line.fail()
    Coded.create(code="x", note="theirs")
    with pytest.raises(elasticsearch.ConflictError) as caught:
        mine.save()
    assert caught.value.cascade.in_doubt == []
    assert Coded.get("x").note == "theirs"


def created(method, path, body):
    return (201, {"_id": json.loads(body)["id"], "result": "created"})


def test_a_busy_server_is_asked_again(unconnected, stub):
    connect(f"http://127.0.0.1:{stub.port}")
    busy = (429, {"error": {"type": "es_rejected_execution_exception"}, "status": 429})
    stub.answers = [busy, busy, created]
    assert Maker.create(code="x").id
    assert len({json.loads(body)["id"] for body in stub.bodies}) == 1
    stub.answers = [busy] * 4
    with pytest.raises(elasticsearch.ApiError) as caught:
        Maker.create(code="x")
    assert caught.value.status_code == 429
    assert caught.value.cascade.in_doubt == []
    assert "not written: a new Maker" in caught.value.__notes__[0]


def test_a_connection_that_breaks_is_retried_as_the_client_does(unconnected, stub):
    connect(f"http://127.0.0.1:{stub.port}")
    stub.answers = ["close", "close", (200, {"hits": {"total": {"value": 3}, "hits": []}})]
    assert Maker.count() == 3
    stub.answers = ["close"] * 4
    with pytest.raises(elasticsearch.ConnectionError):
        Maker.create(code="x")


def test_a_timeout(unconnected, stub):
    connect({"hosts": f"http://127.0.0.1:{stub.port}", "request_timeout": 0.2})
    stub.answers = ["hang"] * 3
    with pytest.raises(elasticsearch.ConnectionTimeout) as caught:
        Maker.create(code="x")
    assert "written or not" in caught.value.__notes__[0]


def test_a_conflict_of_a_new_document_says_so(line):
    Maker.create(id="a", code="x")
    product = Product(code="p", maker=Maker(code="m"), related=["x"])
    Product.create(id="b", code="q")
    with pytest.raises(elasticsearch.ConflictError) as caught:
        Product.create(id="b", code="p", maker=product.maker)
    assert (
        f"written: Maker {product.maker.id!r}; not written: Product 'b'"
        in caught.value.__notes__[0]
    )


def test_a_red_index(connected):
    class Red(Model):
        __slots__ = ("code",)
        _meta = {
            "index": "red",
            "store_id": True,
            "settings": {
                "index.routing.allocation.require._name": "nobody",
                "number_of_replicas": 0,
            },
        }
        _mapping = {"id": Keyword("id"), "code": Keyword("code")}

    connected.get_es().options(request_timeout=60).indices.create(
        index=Red.get_index(), **Red.get_index_body(), wait_for_active_shards=0
    )
    with pytest.raises(elasticsearch.ApiError) as caught:
        Red.find_by(code="x")
    assert caught.value.status_code == 503
    connect({**connected.es_conf, "request_timeout": 0.5}, connected._index_prefix)
    with pytest.raises((elasticsearch.ConnectionTimeout, elasticsearch.ApiError)) as failed:
        Red.create(id="x", code="x")
    assert failed.value.__notes__


def test_one_red_shard_of_several_is_no_silent_hole(connected):
    """Pages with documents missing are refused; see allow_partial_search_results."""
    create_mappings([Maker])
    with watched(connected.get_es()):
        sent = []
        send = connected.get_es().transport.perform_request

        def perform_request(method, target, **options):
            sent.append(target)
            return send(method, target, **options)

        connected.get_es().transport.perform_request = perform_request
        Maker.find_by(code="x")
    assert "allow_partial_search_results=false" in sent[0]


# Plans, without a server.


def test_a_plan_that_fails_leaves_everything_as_it_was():
    product = Product(code="p", maker=Maker(code="m"), related=[Product(), Product()])
    wrong = Coded()
    with pytest.raises(IntegrityError, match=r"Coded\.code is missing"):
        plan([product, wrong])
    assert [product.id, product.maker.id, product.related[0].id] == [None, None, None]


def test_an_id_that_needs_a_server_made_one_waits_for_it(line):
    coded = Coded(code="x", owner=Review())
    writes = plan([coded])
    assert [write.server_id for write in writes] == [True, False]
    take_back(writes)
    coded.save()
    assert coded.id == f"x-{coded.owner.id}"
    assert Coded.get(coded.id).owner == coded.owner.id


def test_a_changed_owner_changes_a_computed_id(line):
    coded = Coded.create(code="x")
    coded.owner = Review()
    with pytest.raises(IntegrityError, match="has the computed id"):
        coded.save()
    Review.refresh()
    assert Review.count() == 0


def test_circles_of_computed_ids():
    class Ring(Model):
        __slots__ = ("code", "next")
        _meta = {"index": "ring"}
        _mapping = {
            "code": Keyword("code"),
            "next": SingleJoin("next", f"{HERE}.Ring", f"{HERE}.Ring"),
        }

        def _compute_id(self):
            if self.code == "first":
                return "first"
            return ids.checked(self, f"{ids.part(self, 'next')}+{self.code}")

    first, second, third = Ring(code="first"), Ring(code="2"), Ring(code="3")
    first.next, second.next, third.next = third, first, second
    writes = plan([first])
    assert {write.model.id for write in writes} == {"first", "first+2", "first+2+3"}
    assert all(write.document["next"] for write in writes)
    take_back(writes)
    first.code = "1"
    with pytest.raises(IntegrityError, match=r"Ring\.next"):
        plan([first])
    assert first.id is None


@pytest.mark.parametrize("size", [10, 1000])
def test_a_circle_of_server_made_ids_is_planned_in_proportion_to_its_size(size, monkeypatch):
    class Part(Model):
        __slots__ = ("owner", "parts")
        _meta = {"index": "parts"}
        _mapping = {
            "owner": SingleJoin("owner", f"{HERE}.Part", f"{HERE}.Part:parts"),
            "parts": MultiJoin("parts", f"{HERE}.Part", f"{HERE}.Part:owner"),
        }

    looks = []
    is_complete = Write.is_complete.fget
    monkeypatch.setattr(
        Write, "is_complete", property(lambda write: looks.append(write) or is_complete(write))
    )
    owner = Part(parts=[Part() for _ in range(size)])
    first, *others = plan([owner])
    assert (first.model, len(others)) == (owner, size)
    assert len(looks) <= 4 * (size + 1)


def test_doubt_is_kept_until_the_model_is_written():
    maker = Maker(code="x")
    maker._version = Doubt("chosen")
    assert plan([maker])[0].model.id == "chosen"


FOREIGN = [{}, {"status": "ok"}, {"took": 1, "errors": False, "items": []}]


@pytest.mark.parametrize("foreign", FOREIGN)
def test_an_answer_that_something_else_wrote_is_named(unconnected, stub, foreign):
    connect({"host": "127.0.0.1", "port": stub.port, "max_retries": 0}).write_pause = 0.01
    asked = {
        "get": lambda: Maker.get("x"),
        "mget": lambda: Maker.get(["x"]),
        "search": lambda: Maker.find_by(code="x"),
        "open_point_in_time": lambda: next(iter(Maker.scan())),
        "update": lambda: Maker(id="x", code="y").save(),
        "delete": lambda: Maker(id="x").delete(),
        "create": lambda: Maker.create(code="x"),
    }
    for method, ask in [*asked.items(), ("search", Maker.count)]:
        stub.answers = [(200, foreign)]
        with pytest.raises(elasticsearch.SerializationError, match=f"answer to {method} has no"):
            ask()


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_bulk_whose_answer_something_else_wrote_is_in_doubt(unconnected, stub, foreign):
    connect({"host": "127.0.0.1", "port": stub.port, "max_retries": 0}).write_pause = 0.01
    makers = [Maker(code=str(number)) for number in range(3)]
    stub.answers = [(200, foreign)] * 9
    result = Maker.save_all(makers)
    assert (result.succeeded, result.failed) == (0, 3)
    assert "the answer t" in result.stopped
    assert all(isinstance(maker._version, Doubt) for maker in makers)
