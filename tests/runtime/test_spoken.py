"""Any client with any server: which media types a server understands is found out."""

from __future__ import annotations

import asyncio
import json
import time

import elasticsearch
import pytest
from observing import fresh_prefix

from ecgen.runtime import Keyword, Model, Namespace, aio, connect, create_mappings
from ecgen.runtime.client.spoken import speaking_node_class


class Word(Model):
    __slots__ = ("text",)
    _meta = {"index": "words", "store_id": True}
    _mapping = {"id": Keyword("id"), "text": Keyword("text")}


class AsyncWord(aio.Model):
    __slots__ = ("text",)
    _meta = {"index": "words", "store_id": True}
    _mapping = {"id": Keyword("id"), "text": Keyword("text")}


@pytest.mark.parametrize("version", ["es9", "es8", "es7"])
@pytest.mark.parametrize("http", ["urllib3", "requests"])
def test_each_server(version, http, request, unconnected):
    server = request.getfixturevalue(version)
    with server.client() as client, fresh_prefix(client) as prefix:
        namespace = connect({"hosts": server.url, "node_class": http}, index_prefix=prefix)
        start = time.monotonic()
        assert namespace.wait_for_ready(timeout=30.0)["status"] in ("green", "yellow")
        assert time.monotonic() - start < 20
        assert create_mappings([Word]) == [f"{prefix}words"]
        Word.create(text="a")
        assert Word.save_all([Word(text="b"), Word(text="c")], refresh=True)
        assert sorted(word.text for word in Word.scan()) == ["a", "b", "c"]
        namespace.close()


@pytest.mark.parametrize("version", ["es9", "es8", "es7"])
def test_each_server_asynchronously(version, request):
    server = request.getfixturevalue(version)

    async def work(prefix):
        async with aio.connect(server.url, index_prefix=prefix) as namespace:
            await namespace.wait_for_ready(timeout=30.0)
            await aio.create_mappings([AsyncWord])
            await AsyncWord.create(text="a")
            await AsyncWord.save_all([AsyncWord(text="b")], refresh=True)
            return sorted([word.text async for word in AsyncWord.scan()])

    with server.client() as client, fresh_prefix(client) as prefix:
        try:
            assert asyncio.run(work(prefix)) == ["a", "b"]
        finally:
            aio.connect(None)


EMPTY = {"hits": {"total": {"value": 0, "relation": "eq"}, "hits": []}}


def test_it_is_found_out_once(unconnected, stub):
    refused = (400, {"error": {"type": "media_type_header_exception"}, "status": 400})

    def answer(method, path, body):
        return refused if len(stub.requests) == 1 else (200, EMPTY)

    stub.answers = [answer] * 4
    connect(f"http://127.0.0.1:{stub.port}")
    assert [Word.count() for _ in range(3)] == [0, 0, 0]
    assert len(stub.requests) == 4


def test_what_the_client_refuses_it_still_refuses(unconnected):
    with pytest.raises(ValueError, match="node_class"):
        Namespace("x", {"hosts": "http://localhost:9200", "node_class": "curl"}).get_es()
    assert speaking_node_class("curl") == "curl"


def test_a_ready_client_that_speaks_otherwise_is_told_at_once(unconnected, stub):
    stub.answers = [
        (400, {"error": {"type": "media_type_header_exception", "reason": "x"}, "status": 400})
    ] * 9
    client = elasticsearch.Elasticsearch(f"http://127.0.0.1:{stub.port}")
    with pytest.raises(elasticsearch.BadRequestError):
        connect(client).wait_for_ready(timeout=30.0)
    client.close()
    assert json.dumps(stub.requests).count("_cluster/health") == 1
