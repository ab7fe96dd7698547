"""connect, Namespace and what they say of themselves: every form of configuration, and none of its secrets."""

from __future__ import annotations

import concurrent.futures
import logging
import subprocess
import sys
import threading
import time
import traceback

import elasticsearch
import pytest
from joined_models import Key, Many, Node, One, User
from observing import fresh_prefix

from ecgen.runtime import (
    Keyword,
    Model,
    Namespace,
    NamespaceAlreadyExistsError,
    NamespaceConnectionError,
    _namespaces,
    connect,
    create_mappings,
    delete_index,
    delete_indices,
    get_es,
    register_namespace,
)
from ecgen.runtime import namespace as namespaces
from ecgen.runtime.client.configuration import client_arguments
from ecgen.runtime.client.connection import DocTypeConnection

SECRET = "s3cret-Pa55"


class Plain(Model):
    __slots__ = ("value",)
    _meta = {"index": "plain"}
    _mapping = {"value": Keyword("value")}


class Other(Model):
    __slots__ = ("value",)
    _meta = {"index": "other"}
    _mapping = {"value": Keyword("value")}


# Forms of configuration.


@pytest.mark.parametrize(
    ("conf", "hosts"),
    [
        ("http://a:9200", ["http://a:9200"]),
        ("http://a", ["http://a:9200"]),
        ("https://a", ["https://a:443"]),
        ("a:9201", ["http://a:9201"]),
        ("a", ["http://a:9200"]),
        ("http://[::1]", ["http://[::1]:9200"]),
        ("http://u:p@a/path", ["http://u:p@a:9200/path"]),
        (["http://a:1", "http://b:2"], ["http://a:1", "http://b:2"]),
        ({"host": "a", "port": 1}, [{"host": "a", "port": 1, "scheme": "http"}]),
        ([{"host": "a", "port": "1"}], [{"host": "a", "port": 1, "scheme": "http"}]),
        ([{"host": "a"}, "b:2"], [{"host": "a", "port": 9200, "scheme": "http"}, "http://b:2"]),
        ({"port": 1}, [{"host": "localhost", "port": 1, "scheme": "http"}]),
        (
            {"host": "a", "port": 1, "use_ssl": True, "url_prefix": "/es"},
            [{"host": "a", "port": 1, "scheme": "https", "path_prefix": "/es"}],
        ),
        ({"hosts": "a:1"}, ["http://a:1"]),
        ({"hosts": [{"host": "a", "port": 1, "scheme": "https"}]}, [{"host": "a", "port": 1, "scheme": "https"}]),
    ],
)  # fmt: skip
def test_forms_of_hosts(conf, hosts):
    assert client_arguments(conf)["hosts"] == hosts
    elasticsearch.Elasticsearch(**client_arguments(conf)).close()


def test_other_arguments_are_passed_on():
    arguments = client_arguments({"host": "a", "port": 1, "api_key": "k", "request_timeout": 3})
    assert arguments["api_key"] == "k"
    assert arguments["request_timeout"] == 3
    assert client_arguments({"cloud_id": "x:y"}) == {"cloud_id": "x:y"}


@pytest.mark.parametrize("conf", [3, b"http://a:9200", {"hosts": ["a"], "host": "b"}])
def test_what_is_no_configuration(conf, unconnected):
    with pytest.raises(TypeError, match="configuration"):
        connect(conf)


def test_https_can_be_chosen():
    hosts = ["http://a:1", {"host": "b", "port": 2}]
    assert client_arguments(hosts, https=True) == {
        "hosts": ["https://a:1", {"host": "b", "port": 2, "scheme": "https"}]
    }
    assert client_arguments({"cloud_id": "x"}, https=True) == {"cloud_id": "x"}


def test_every_form_connects(server, unconnected):
    host, port = server.url.removeprefix("http://").split(":")
    node_class = server.conf.get("node_class")
    given = {} if node_class is None else {"node_class": node_class}
    with server.client() as ready:
        for conf in (
            {**given, "hosts": server.url},
            {**given, "host": host, "port": port},
            {**given, "hosts": [{"host": host, "port": int(port)}]},
            ready,
        ):
            namespace = connect(conf)
            assert get_es().cluster.health()["status"]
            assert host in repr(namespace)
        assert get_es() is ready
    if not given:
        for conf in (server.url, [server.url], [{"host": host, "port": int(port)}]):
            connect(conf)
            assert get_es().cluster.health()["status"]


def test_not_connected_yet(unconnected):
    with pytest.raises(NamespaceConnectionError, match=r"not connected: call connect"):
        Plain.get("x")
    assert "nowhere" in repr(_namespaces["_default"])


def test_connecting_again_changes_where_models_live(server, unconnected):
    connect(server.conf, index_prefix="a_")
    first = Plain.get_es_connection()
    assert Plain.get_index() == "a_plain"
    connect(server.conf, index_prefix="b_")
    assert Plain.get_es_connection() is not first
    assert Plain.get_es_connection().index_name == "b_plain"
    namespaces._global_prefix = "test_"
    assert Plain.get_index() == "test_b_plain"
    assert Plain.get_es_connection().index_name == "test_b_plain"


# Secrets.


CONFS = [
    f"http://elastic:{SECRET}@127.0.0.1:1",
    [f"http://elastic:{SECRET}@127.0.0.1:1", {"host": "127.0.0.1", "port": 2}],
    {"hosts": [f"http://elastic:{SECRET}@127.0.0.1:1"]},
    {"host": "127.0.0.1", "port": 1, "basic_auth": ("elastic", SECRET)},
    {"host": "127.0.0.1", "port": 1, "basic_auth": f"elastic:{SECRET}"},
    {"host": "127.0.0.1", "port": 1, "api_key": SECRET},
    {"host": "127.0.0.1", "port": 1, "api_key": ("id", SECRET)},
    {"host": "127.0.0.1", "port": 1, "bearer_auth": SECRET},
    {"host": "127.0.0.1", "port": 1, "headers": {"X-Key": SECRET}},
]


@pytest.mark.parametrize("conf", CONFS, ids=range(len(CONFS)))
def test_no_secret_is_ever_shown(conf, unconnected, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    namespace = connect(conf)
    shown = [repr(namespace), str(namespace), repr(vars(namespace)), repr(namespace.es_conf)]
    shown += [
        f"{namespace.es_conf}",
        str(namespace.es_conf),
        repr(_namespaces),
        namespace.get_es_url(),
    ]
    shown += [repr(namespace.get_es()), repr(Plain.get_es_connection())]
    for call in (
        lambda: Plain.get("x"),
        lambda: Plain.create(value="x"),
        lambda: create_mappings([Plain]),
        lambda: namespace.wait_for_ready(initial_wait=0, timeout=0.2),
    ):
        with pytest.raises((elasticsearch.TransportError, NamespaceConnectionError)) as caught:
            call()
        shown += [
            str(caught.value),
            repr(caught.value),
            "".join(traceback.format_exception(caught.value)),
        ]
    for text in [*shown, caplog.text, *capsys.readouterr()]:
        assert SECRET not in text
    assert namespace.es_conf == conf


@pytest.mark.parametrize(
    "login", [{"api_key": "a?b@c"}, {"bearer_auth": "a@b"}, {"basic_auth": ("a", "b@c?")}, "a:b@c"]
)
def test_a_configuration_that_is_given_back_logs_in_as_before(login, unconnected):
    conf = f"{login}@a:9200" if isinstance(login, str) else {"hosts": "http://a:9200", **login}
    first = connect(conf)
    again = Namespace("again", first.es_conf)

    def headers(namespace):
        es = namespace.get_es()
        return dict(es._headers), es.transport.node_pool.all()[0].config.headers

    assert headers(again) == headers(first)


@pytest.mark.parametrize(
    "conf",
    [
        f"http://elastic:{SECRET}@local host:1",
        f"http://elastic:{SECRET}@127.0.0.1:port",
        {"hosts": [f"http://elastic:{SECRET}@127.0.0.1:99999999"], "no_such": 1},
        {"host": "a", "port": 1, "basic_auth": ("elastic", SECRET), "api_key": SECRET},
        {"host": "a", "port": 1, "node_class": SECRET, "api_key": SECRET},
        {"host": "a", "port": SECRET, "password": SECRET},
        {"host": f"http://elastic:{SECRET}@a"},
        {"hosts": [{"host": f"elastic:{SECRET}@a", "port": 1}]},
        f"http://127.0.0.1:1/?api_key={SECRET}",
        ["http://127.0.0.1:1", f"http://127.0.0.1:1?token={SECRET}"],
    ],
)
def test_a_configuration_that_is_refused_is_not_shown(conf, unconnected):
    with pytest.raises((ValueError, TypeError)) as caught:
        connect(conf).get_es()
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert SECRET not in text + repr(caught.value.args)
    # As some reports of errors show them.
    for frame, _ in traceback.walk_tb(caught.value.__traceback__):
        if "/ecgen/runtime/" in frame.f_code.co_filename:
            assert SECRET not in repr(frame.f_locals), frame.f_code.co_name
    assert SECRET not in repr(Namespace("other", conf))
    if "node_class" not in conf and "password" not in conf:
        assert SECRET not in repr(Namespace("other", conf).es_conf)


def test_a_connection_that_failed_can_be_shown(unconnected):
    connection = DocTypeConnection.__new__(DocTypeConnection)
    with pytest.raises(NamespaceConnectionError) as caught:
        connection.__init__(Plain, Namespace("nowhere", None), "plain")
    assert caught.value
    assert repr(connection) == "<DocTypeConnection 'plain' of Plain>"


def test_a_server_that_refuses_does_not_tell(unconnected, stub):
    stub.answers = [
        (401, {"error": {"type": "security_exception", "reason": "no"}, "status": 401})
    ] * 20
    connect(f"http://elastic:{SECRET}@127.0.0.1:{stub.port}")
    with pytest.raises(elasticsearch.AuthenticationException) as caught:
        Plain.get("x")
    assert SECRET not in repr(caught.value) + str(caught.value)
    assert "basic <hidden>" in repr(caught.value).lower()


# Waiting.


def test_waiting(server, unconnected):
    namespace = connect(server.conf)
    assert namespace.wait_for_http_connection(initial_wait=0) is True
    health = namespace.wait_for_ready(initial_wait=0)
    assert health["status"] in ("yellow", "green")
    assert namespace.wait_for_ready(initial_attempt=False, initial_wait=0.01)["status"]


@pytest.mark.parametrize("wait", ["wait_for_http_connection", "wait_for_ready"])
def test_waiting_in_vain(wait, unconnected):
    namespace = connect("http://127.0.0.1:1")
    start = time.monotonic()
    with pytest.raises(
        NamespaceConnectionError,
        match=r"'_default': Elasticsearch at http://127\.0\.0\.1:1 .* within 0\.5 sec",
    ):
        getattr(namespace, wait)(initial_wait=0.2, step=0.1, timeout=0.5)
    assert time.monotonic() - start < 8
    start = time.monotonic()
    with pytest.raises(NamespaceConnectionError):
        getattr(namespace, wait)(initial_wait=10, timeout=0.3)
    assert time.monotonic() - start < 8
    with pytest.raises(NamespaceConnectionError):
        namespace.wait_for_ready(timeout=0)


def test_waiting_for_https_asks_in_https(server, unconnected):
    namespace = connect(server.conf)
    with pytest.raises(NamespaceConnectionError, match="https://"):
        namespace.wait_for_http_connection(initial_wait=0, timeout=0.2, https=True)


def test_waiting_until_it_answers(unconnected, stub):
    stub.answers = [(503, {}), (503, {}), (200, {"status": "yellow"})]
    namespace = connect(f"http://127.0.0.1:{stub.port}")
    assert (
        namespace.wait_for_ready(initial_attempt=False, initial_wait=0, step=0.01)["status"]
        == "yellow"
    )
    assert len(stub.requests) == 3
    assert all(request.startswith("GET /_cluster/health") for request in stub.requests)


# Namespaces.


def test_another_configuration_forgets_what_the_servers_answered(unconnected):
    namespace = connect("http://a:9200")
    namespace.members["plains"] = (time.monotonic() + 1, frozenset({"plains-000001"}))
    namespace.known_indices.add("plains")
    connect("http://b:9200")
    assert (namespace.members, namespace.known_indices) == ({}, set())


def test_registering_a_namespace(unconnected):
    second = Namespace("second", "http://b:9200")
    register_namespace(second)
    try:
        assert _namespaces["second"] is second
        with pytest.raises(NamespaceAlreadyExistsError, match="'second'"):
            register_namespace(Namespace("second", None))
    finally:
        del _namespaces["second"]
    assert second.index_prefix == "second_"
    assert Namespace("x", None, index_prefix="").index_prefix == ""
    namespaces._global_prefix = "test_"
    assert second.index_prefix == "test_second_"


def test_registering_a_model(unconnected):
    second = Namespace("second", "http://b:9200")
    bound = second.register_model_class(Plain)
    assert bound.__name__ == "second_Plain"
    assert issubclass(bound, Plain)
    assert bound.get_index() == "second_plain"
    assert Plain.get_index() == "plain"
    assert second.register_model_class(Plain) is bound
    assert not hasattr(bound(value="x"), "__dict__")
    assert type(bound.from_es({"_id": "1", "_source": {}})) is bound
    third = Namespace("third", "http://c:9200").register_model_class(bound)
    assert third.__name__ == "third_Plain"
    default = _namespaces["_default"]
    assert default.register_model_class(Plain) is Plain
    assert Plain._es_namespace is default


def test_two_namespaces_on_two_nodes_at_once(es9, es7, unconnected):
    with es9.client() as first, es7.client() as second, fresh_prefix(first) as prefix:
        connect(es9.conf, index_prefix=prefix)
        other = Namespace("other", es7.conf, index_prefix=prefix)
        with fresh_prefix(second) as other_prefix:
            other._index_prefix = other_prefix
            there = {cls: other.register_model_class(cls) for cls in (User, One)}
            create_mappings([User, Key, One, Many, Node])
            other.create_mappings(
                [*there.values(), *map(other.register_model_class, (Key, Many, Node))]
            )
            user = User.create(value="here")
            Key.create(value="key here", user=user, refresh=True)
            other_user = there[User].create(id=user.id, value="there")
            other.register_model_class(Key).create(value="key there", user=other_user, refresh=True)

            assert User.get(user.id).load().keys[0].value == "key here"
            loaded = there[User].get(user.id).load()
            assert loaded.value == "there"
            assert loaded.keys[0].value == "key there"
            assert type(loaded.keys[0]) is other.register_model_class(Key)
            one = there[One].create(value="x", many=[other.register_model_class(Many)(value="m")])
            assert type(there[One].get(one.id).load().many[0]).__name__ == "other_Many"
            tree = other.register_model_class(Node)
            assert type(tree.get(tree.create(parent=tree()).id).load().parent) is tree


def test_threads(server, unconnected):
    """Eight threads connect, register, create and find at once."""
    with server.client() as client, fresh_prefix(client) as prefix:
        shared = Namespace("shared", server.conf, index_prefix=prefix)
        start = threading.Barrier(8)

        def work(number):
            start.wait()
            cls = shared.register_model_class(User)
            key = shared.class_for(Key)
            shared.create_mappings([cls, key])
            for turn in range(5):
                user = cls.create(value=f"{number}-{turn}", refresh=True)
                key.create(value="k", user=user, refresh=True)
                assert cls.find_by(value=f"{number}-{turn}", load=["keys"])[0].keys[0].value == "k"
            return cls, key, shared.get_es()

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            seen = set(pool.map(work, range(8)))
        assert len(seen) == 1
        assert seen.pop()[0].count() == 40


# Indices.


def test_create_mappings_creates_what_is_missing(connected):
    prefix = connected.index_prefix
    assert create_mappings([Plain]) == [f"{prefix}plain"]
    assert create_mappings([Plain, Other]) == [f"{prefix}other"]
    assert create_mappings([Plain, Other]) == []
    delete_indices([f"{prefix}plain", f"{prefix}other"])
    assert not get_es().indices.exists(index=f"{prefix}plain")
    with pytest.raises(elasticsearch.NotFoundError):
        delete_index(f"{prefix}plain")


def test_an_alias_counts_as_there(connected):
    get_es().indices.create(
        index=f"{connected.index_prefix}plain-v2", aliases={f"{connected.index_prefix}plain": {}}
    )
    assert create_mappings([Plain]) == []
    assert Plain.create(value="x").id


def test_creating_at_the_same_time(connected):
    start = threading.Barrier(4)

    def work(_):
        start.wait()
        return connected.create_mappings([Plain, Other])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        created = [name for names in pool.map(work, range(4)) for name in names]
    assert sorted(created) == [Other.get_index(), Plain.get_index()]


def test_a_refused_mapping_says_what_was_created(connected):
    class Wrong(Model):
        _meta = {"index": "wrong"}
        _mapping = {"value": Keyword("value", no_such_parameter=1)}

    with pytest.raises(elasticsearch.BadRequestError) as caught:
        create_mappings([Plain, Wrong, Other])
    assert caught.value.created == [Plain.get_index()]
    assert (
        f"creating index '{Wrong.get_index()}' failed; created before it: {Plain.get_index()}"
        in caught.value.__notes__
    )


def test_delete_index_that_takes_too_long(unconnected, stub):
    stub.answers = [(200, {"acknowledged": True})] + [(200, {})] * 50
    connect(f"http://127.0.0.1:{stub.port}")
    with pytest.raises(TimeoutError, match=r"'slow' still exists after 0\.2 seconds"):
        delete_index("slow", timeout=0.2)
    stub.answers = [(200, {"acknowledged": True})]
    stub.requests.clear()
    delete_index("slow", timeout=0)
    assert len(stub.requests) == 1


def test_delete_index_without_an_answer(unconnected, stub):
    stub.answers = ["hang"]
    connect({"hosts": f"http://127.0.0.1:{stub.port}", "request_timeout": 0.2})
    with pytest.raises(TimeoutError, match=r"'slow' was not deleted within 2 seconds"):
        delete_index("slow")


# What importing costs.


def test_the_client_is_imported_when_something_connects():
    code = (
        "import sys; from ecgen.runtime import Model, Keyword, SingleJoin, connect\n"
        "class A(Model):\n"
        "    _mapping = {'a': Keyword('a'), 'j': SingleJoin('j', 'x.A', 'x.B:c')}\n"
        "connect('http://localhost:9200')\n"
        "A(a='x', j='y'); A.from_es({'_id': 'x', '_source': {}}); str(A(id='x')); A.get_index_body()\n"
        "found = {'elasticsearch', 'jinja2', 'jsonschema', 'yaml', 'click'} & set(sys.modules)\n"
        "assert not found, found\n"
        "found = [name for name in sys.modules if name.startswith('ecgen.') and not name.startswith(('ecgen.runtime', 'ecgen.elasticsearch'))]\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_aliased_indices_are_created_once_and_deleted_by_their_alias(connected):
    prefix = connected.index_prefix
    client = connected.get_es()
    assert create_mappings([Plain], aliased=True) == [f"{prefix}plain"]
    assert set(client.indices.get(index=f"{prefix}plain")) == {f"{prefix}plain-000001"}
    assert create_mappings([Plain], aliased=True) == []
    assert create_mappings([Plain]) == []
    # A migration has moved the alias, and somebody removed the first index.
    client.indices.create(index=f"{prefix}plain-000002", aliases={f"{prefix}plain": {}})
    client.indices.delete(index=f"{prefix}plain-000001")
    assert create_mappings([Plain], aliased=True) == []
    client.indices.put_alias(index=f"{prefix}plain-000002", name=f"{prefix}other")
    with pytest.raises(ValueError, match=r"has the alias .*other.* too"):
        delete_index(f"{prefix}plain")
    client.indices.delete_alias(index=f"{prefix}plain-000002", name=f"{prefix}other")
    delete_index(f"{prefix}plain")
    assert not client.indices.exists(index=f"{prefix}plain-000002")


def test_an_index_of_the_name_stays_where_aliased_ones_are_created(connected):
    assert create_mappings([Plain]) == [f"{connected.index_prefix}plain"]
    assert create_mappings([Plain], aliased=True) == []
