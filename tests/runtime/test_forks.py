"""Processes that fork after their first request: children use connections and locks of their own."""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import signal
import threading
import time

import elasticsearch
import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig, ObjectApiResponse

from ecgen.runtime import (
    Keyword,
    Long,
    Model,
    Namespace,
    WrongAnswerError,
    aio,
    connect,
    create_mappings,
    ids,
)
from ecgen.runtime.client.connection import as_asked
from ecgen.runtime.compile.collector import without_collector

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

CHILDREN, ROUNDS = 4, 25


class Item(Model):
    __slots__ = ("number",)
    _meta = {"index": "items", "store_id": True}
    _mapping = {"id": Keyword("id"), "number": Long("number")}

    def _compute_id(self):
        return self.id or ids.uuid7()


class AsyncItem(aio.Model):
    __slots__ = ("number",)
    _meta = {"index": "items", "store_id": True}
    _mapping = {"id": Keyword("id"), "number": Long("number")}

    def _compute_id(self):
        return self.id or ids.uuid7()


def in_children(work, children=CHILDREN, within=60.0):
    """What `work(number)` returned, or the repr of what it raised, in as many forked children at the same time."""
    started = []
    for number in range(children):
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                told = work(number)
            except BaseException as error:  # noqa: BLE001 - the parent tells
                told = repr(error)
            os.write(write, json.dumps(told).encode())
            os._exit(0)
        os.close(write)
        started.append((pid, read))
    results = []
    for pid, read in started:
        with os.fdopen(read, "rb") as pipe:
            timer = threading.Timer(within, os.kill, (pid, signal.SIGKILL))
            timer.start()
            results.append(json.loads(pipe.read() or b'"it hung"'))
            os.waitpid(pid, 0)
            timer.cancel()
    return results


def gets_and_saves(number):
    """Read all documents in turns, and save new ones; how often something else came back than was asked."""
    wrong = 0
    for turn in range(ROUNDS):
        asked = (turn + number) % 10
        item = Item.get(f"x{asked}")
        wrong += (item.id, item.number) != (f"x{asked}", asked)
        new = Item(number=1000 * (number + 1) + turn).save()
        wrong += Item.get(new.id).number != new.number
    return wrong


@pytest.fixture
def items(connected):
    create_mappings([Item])
    assert Item.save_all([Item(id=None, number=n) for n in range(2)])
    for n in range(10):
        Item.create(id=f"x{n}", number=n)
    return connected


def stored():
    Item.refresh()
    return sorted(item.number for item in Item.scan() if item.number >= 1000)


EXPECTED = sorted(
    1000 * (number + 1) + turn for number in range(CHILDREN) for turn in range(ROUNDS)
)


def test_children_read_what_they_ask_for(items):
    assert in_children(gets_and_saves) == [0] * CHILDREN
    assert stored() == EXPECTED
    assert gets_and_saves(CHILDREN) == 0  # the parent's connection is as it was


@pytest.mark.parametrize("http", ["urllib3", "requests"])
def test_a_ready_client_is_renewed_as_well(items, server, http):
    from ecgen.testing import plain_node_class

    with elasticsearch.Elasticsearch(server.url, node_class=plain_node_class(http)) as client:
        connect(client, items._index_prefix)
        Item.get("x1")
        assert in_children(gets_and_saves) == [0] * CHILDREN
        assert stored() == EXPECTED
        assert client.transport.node_pool.all()[0].base_url == server.url


def test_children_of_multiprocessing_save_in_bulk(items):
    context = multiprocessing.get_context("fork")
    with context.Pool(CHILDREN) as pool:
        counts = pool.map(_bulk, range(CHILDREN))
    assert counts == [ROUNDS] * CHILDREN
    assert stored() == EXPECTED


def _bulk(number):
    models = [Item(number=1000 * (number + 1) + turn) for turn in range(ROUNDS)]
    return Item.save_all(models, chunk_size=7).succeeded


def test_a_fork_while_threads_hold_every_lock(items):
    """A connection pool's lock, ours, and the ids': whoever holds them does not live on in the child."""
    pool = items.get_es().transport.node_pool.all()[0].pool
    locks = [pool.pool.mutex, items._lock, ids._lock]
    held, done = threading.Event(), threading.Event()

    def hold():
        for lock in locks:
            lock.acquire()
        held.set()
        done.wait(60)
        for lock in locks:
            lock.release()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    try:
        pid = os.fork()
        if pid == 0:
            try:
                Namespace("third", None)
                connect(items.es_conf, items._index_prefix)
                fine = gets_and_saves(0) == 0
            except BaseException:  # noqa: BLE001 - the parent tells
                fine = False
            # As a program ends that does not call os._exit: urllib3 would close what it inherited, under the lock.
            import weakref

            weakref.finalize._exitfunc()
            os._exit(0 if fine else 1)
        deadline = time.monotonic() + 60
        while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                pytest.fail("the child hung")
            time.sleep(0.05)
        assert os.waitstatus_to_exitcode(ended[1]) == 0
    finally:
        done.set()
        holder.join()


def test_a_grandchild(items):
    def work(number):
        Item.get("x1")
        return in_children(gets_and_saves, children=2)

    assert in_children(work, children=1) == [[0, 0]]


@pytest.mark.parametrize("ready", [False, True])
def test_an_asynchronous_client(items, server, ready):
    async def gets(number):
        wrong = 0
        for turn in range(ROUNDS):
            asked = (turn + number) % 10
            item = await AsyncItem.get(f"x{asked}")
            wrong += (item.id, item.number) != (f"x{asked}", asked)
            await AsyncItem(number=1000 * (number + 1) + turn).save()
        return wrong

    async def before_and_after():
        conf = server.async_client() if ready else server.async_conf
        namespace = aio.connect(conf, items._index_prefix)
        await AsyncItem.get("x1")
        # The loop of the parent is running in the child, too: this thread leaves it, as asyncio.run would not.
        results = in_children(lambda number: _in_a_loop_of_its_own(gets(number)))
        assert await gets(CHILDREN) == 0
        await (conf if ready else namespace).close()
        return results

    try:
        assert asyncio.run(before_and_after()) == [0] * CHILDREN
    finally:
        aio.connect(None)
    assert [number for number in stored() if number < 1000 * (CHILDREN + 1)] == EXPECTED


def _in_a_loop_of_its_own(coroutine):
    asyncio._set_running_loop(None)
    return asyncio.run(coroutine)


@pytest.mark.parametrize(
    ("method", "arguments", "body"),
    [
        ("get", {"id": "a"}, {"_id": "b", "_source": {}}),
        ("mget", {"ids": ["a", "b"]}, {"docs": [{"_id": "b"}, {"_id": "a"}]}),
        ("mget", {"ids": ["a", "b"]}, {"docs": [{"_id": "a"}]}),
    ],
)
def test_an_answer_about_another_document_is_refused(method, arguments, body):
    meta = ApiResponseMeta(200, "1.1", HttpHeaders(), 0.0, NodeConfig("http", "a", 1))
    response = ObjectApiResponse(body, meta)
    with pytest.raises(WrongAnswerError, match=r"'a'.* was asked for"):
        as_asked(method, arguments, response)


def test_an_answer_of_another_request_leaves_a_save_in_doubt(unconnected, stub):
    connect(f"http://127.0.0.1:{stub.port}")
    stub.answers = [(201, {"_id": "another", "_index": "items", "result": "created"})]
    item = Item(number=1)
    with pytest.raises(WrongAnswerError) as caught:
        item.save()
    assert caught.value.cascade.in_doubt == [item]


def test_a_child_collects_garbage_though_a_thread_of_its_parent_pauses_that():
    gc.enable()  # a test before this one may have run a command, which ends with its process and collects nothing
    paused, end = threading.Event(), threading.Event()

    def work():
        paused.set()
        end.wait(30)

    thread = threading.Thread(target=without_collector, args=[work])
    thread.start()
    assert paused.wait(30)
    assert not gc.isenabled()
    assert in_children(lambda _: gc.isenabled(), children=1) == [True]
    end.set()
    thread.join()
    assert gc.isenabled()
    assert without_collector(in_children, lambda _: gc.isenabled(), 1) == [True]
