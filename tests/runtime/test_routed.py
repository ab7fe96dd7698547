"""Models whose definitions say `routing:`, on real servers: each way to write and to read them."""

from __future__ import annotations

import elasticsearch
import pytest
from faulty_line import FaultyLine

from ecgen.runtime import (
    BaseDataType,
    Date,
    IntegrityError,
    Keyword,
    Long,
    Model,
    MultiJoinLoose,
    SingleJoin,
    Text,
    connect,
    create_mappings,
    ids,
)

SHARDS = {"number_of_shards": 3}
REQUIRED = {"_routing": {"required": True}}


class Order(Model):
    """By a field."""

    __slots__ = ("invoices", "number", "tenant")
    _meta = {
        "index": "orders",
        "store_id": True,
        "routing": "tenant",
        "mappings": REQUIRED,
        "settings": SHARDS,
    }
    _mapping = {
        "id": Keyword("id"),
        "tenant": Keyword("tenant", required=True),
        "number": Long("number"),
        "invoices": MultiJoinLoose(
            "invoices",
            source=f"{__name__}.Order",
            target=f"{__name__}.Invoice:order",
            do_lazy_load=True,
        ),
    }

    def _compute_id(self):
        return f"o{self.number}"


class Invoice(Model):
    """By the id of a single join, whose target has a routing of its own."""

    __slots__ = ("order", "total")
    _meta = {"index": "invoices", "store_id": True, "routing": "order", "settings": SHARDS}
    _mapping = {
        "id": Keyword("id"),
        "total": Long("total"),
        "order": SingleJoin(
            "order", source=f"{__name__}.Invoice", target=f"{__name__}.Order:invoices"
        ),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Log(Model):
    """By a template; the server makes the ids, and versions are counted."""

    __slots__ = ("at", "class_", "line")
    _meta = {
        "index": "logs",
        "versioned": True,
        "routing": "{class_|lower}-{at|date:%Y}",
        "mappings": REQUIRED,
        "settings": SHARDS,
    }
    _mapping = {"class_": Keyword("class"), "at": Date("at"), "line": Text("line")}


class Event(Model):
    """By a value that the program gives; a field has the keyword's name in Elasticsearch."""

    __slots__ = ("name", "routing_value")
    _meta = {
        "index": "events",
        "store_id": True,
        "routing": "given",
        "mappings": REQUIRED,
        "settings": SHARDS,
    }
    _mapping = {
        "id": Keyword("id"),
        "name": Keyword("name"),
        "routing_value": Keyword("routing"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Post(Model):
    """Questions and answers, by a field that holds the question's id."""

    __slots__ = ("question", "relation", "text")
    _meta = {"index": "posts", "store_id": True, "routing": "question", "settings": SHARDS}
    _mapping = {
        "id": Keyword("id"),
        "question": Keyword("question"),
        "relation": BaseDataType("relation", type="join", relations={"question": ["answer"]}),
        "text": Text("text"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


def routings(cls):
    return {hit["_id"]: hit["_routing"] for hit in cls.find_by(size=1000).hits}


def test_by_a_field_and_by_a_join(connected):
    create_mappings([Order, Invoice])
    orders = [Order(tenant=f"t{n % 7}", number=n) for n in range(30)]
    invoices = [Invoice(order=order, total=n) for n, order in enumerate(orders)]
    assert Invoice.save_all(invoices, refresh=True).succeeded == 60  # the orders as well
    assert routings(Order) == {f"o{n}": f"t{n % 7}" for n in range(30)}
    assert set(routings(Invoice).values()) == {f"o{n}" for n in range(30)}
    one = Order.create(tenant="t1", number=100, refresh=True)
    assert Order.get("o100", routing="t1").number == Order.get("o100").number == 100
    assert Order.exists("o100")
    assert Order.exists("o100", routing="t1")
    assert {order.tenant for order in Order.find_by(routing="t1", tenant="t1")} == {"t1"}
    assert len(list(Order.scan(routing="t1", tenant="t1", size=2))) == 6
    assert Order.count(routing="t1", tenant="t1") == 6
    # Joins, both ways, of documents on other shards.
    found = Invoice.find_by(size=100, sort="total").load("order")
    assert [invoice.order.number for invoice in found] == list(range(30))
    assert [invoice.total for invoice in Order.get("o5").load().invoices] == [5]
    for order in orders:
        order.number = order.number  # nothing changes
    assert Order.save_all(orders, refresh=True).succeeded == 30
    one.delete()
    with pytest.raises(elasticsearch.NotFoundError):
        one.delete()
    assert Order.delete_all(orders, refresh=True).succeeded == 30
    assert Order.count() == 0


@pytest.mark.parametrize("bulk", [False, True])
def test_what_was_written_cannot_be_routed_otherwise(connected, bulk):
    create_mappings([Order])
    order = Order(tenant="a", number=1)
    if bulk:
        assert Order.save_all([order, Order(tenant="a", number=2)])
    else:
        order.save()
    order.tenant = "b"
    with pytest.raises(IntegrityError, match="has the routing 'b' now, and had 'a'"):
        order.save()
    assert "had 'a'" in Order.save_all([order]).failures[0].error
    order.delete()  # where it is


def test_a_bulk_that_failed_leaves_no_routing_behind(connected):
    create_mappings([Order])
    Order.create(tenant="a", number=1)
    order = Order(tenant="a", number=1)
    assert Order.save_all([order]).failures[0].status == 409
    order.tenant, order.number = "b", 2
    order.save()
    assert Order.get("o2", routing="b").tenant == "b"


def test_by_a_template_with_ids_of_the_server(connected):
    create_mappings([Log])
    logs = [
        Log(class_=name, at=f"202{year}-05-01", line="x") for name in ("A", "b") for year in (4, 5)
    ]
    assert Log.save_all(logs, refresh=True)
    assert sorted(routings(Log).values()) == ["a-2024", "a-2025", "b-2024", "b-2025"]
    logs[0].line = "y"
    logs[0].save(refresh=True)
    assert Log.find_by(routing="a-2024", line="y").total == 1
    stale, log = Log.find_by(line="y")[0], Log.find_by(line="y")[0]
    log.line = "z"
    log.save()
    with pytest.raises(elasticsearch.ConflictError):
        stale.delete()
    assert Log.delete_all([stale]).failures[0].status == 409
    log.delete()


def test_by_a_given_value(connected):
    create_mappings([Event])
    events = [Event(name=f"e{n}", routing=f"r{n % 3}") for n in range(9)]
    assert Event.save_all(events, refresh=True)
    Event.create(name="e9", routing="r0", refresh=True)
    assert sorted(routings(Event).values()) == sorted(f"r{n % 3}" for n in range(10))
    assert Event.find_by(routing="r0", name="e0")[0].name == "e0"
    for event in events:
        event.name += "!"
    assert Event.save_all(events, refresh=True)
    assert Event.get(events[4].id, routing="r1").name == "e4!"
    with pytest.raises(IntegrityError, match=r"given: Event\(…, routing=…\)"):
        Event(name="x").save()
    assert "given" in Event.save_all([Event(name="x")]).failures[0].error
    for routing in ("a,b", ""):
        with pytest.raises(ValueError, match="cannot be the routing of a document"):
            Event(name="x", routing=routing)
    with pytest.raises(TypeError, match="has no field 'routing'"):
        Order.create(tenant="a", number=1, routing="a")
    assert Event.delete_all(list(Event.scan()), refresh=True).succeeded == 10


def test_a_value_that_a_search_would_take_for_two_is_refused(connected):
    create_mappings([Order])
    with pytest.raises(IntegrityError, match="searches take it for several values"):
        Order.create(tenant="a,b", number=1)
    assert "several values" in Order.save_all([Order(tenant="a,b", number=1)]).failures[0].error
    # What another program wrote so is read, saved and deleted all the same.
    es = Order.get_es_connection().es
    document = {"id": "o1", "tenant": "a,b", "number": 1}
    es.index(index=Order.get_index(), id="o1", routing="a,b", document=document, refresh=True)
    order = Order.find_by()[0]
    order.save()
    order.delete()


def test_questions_and_their_answers(server, connected):
    server.require("join")
    create_mappings([Post])
    question = Post.create(id="q", question="q", relation="question", text="why")
    answers = [
        Post(question="q", relation={"name": "answer", "parent": "q"}, text=f"since {n}")
        for n in range(5)
    ]
    assert Post.save_all(answers, refresh=True)
    has_child = {"has_child": {"type": "answer", "query": {"match": {"text": "since 3"}}}}
    assert [post.id for post in Post.find_by(query=has_child, routing="q")] == ["q"]
    answers[0].text = "because"
    answers[0].save(refresh=True)
    assert Post.find_by(query={"parent_id": {"type": "answer", "id": "q"}}).total == 5
    question.delete(refresh=True)
    assert Post.delete_all(list(Post.scan(routing="q")), refresh=True)


@pytest.fixture
def line(connected, server):
    create_mappings([Order, Invoice])
    line = FaultyLine(server.url, late=2.0)
    conf = {**server.conf, "hosts": [line.url], "request_timeout": 1.5}
    connect(conf, connected._index_prefix)
    yield line
    line.faults, line.always = [], ""
    line.close()


@pytest.mark.parametrize("faults", [["reset after"], ["garbage", "reset before"]], ids=" ".join)
@pytest.mark.parametrize("cls", [Order, Invoice])
def test_an_answer_that_was_lost(line, cls, faults):
    """The look-up of a document that may be one's own goes where it is routed."""

    def new(number):
        if cls is Order:
            return Order(tenant=f"t{number}", number=number)
        return Invoice(order=f"o{number}", total=number)

    for number in range(4):
        model = new(number)
        line.faults = list(faults)
        for attempt in range(2):
            try:
                model.save()
                break
            except (elasticsearch.ApiError, elasticsearch.TransportError):
                assert not attempt
                line.faults = []
    models = [new(number) for number in range(4, 20)]
    line.faults = list(faults)
    assert cls.save_all(models)
    cls.refresh()
    assert cls.count() == 20
    assert cls.delete_all(models, refresh=True)
    assert cls.count() == 4
