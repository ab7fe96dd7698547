"""What only the asynchronous runtime has: requests that overlap, cancelling, event loops, asynchronous iterators."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import elasticsearch
import pytest
from observing import are_open, fresh_prefix

import ecgen.runtime
from ecgen.runtime import ids
from ecgen.runtime.aio import (
    BaseDataType,
    Keyword,
    Long,
    Model,
    Namespace,
    NamespaceConnectionError,
    SingleJoin,
    connect,
    create_mappings,
)

HERE = __name__
ROOT = Path(__file__).resolve().parents[2]
EXPECTED = ROOT / "tests" / "cases" / "ok-async" / "expected"


class Item(Model):
    __slots__ = ("number", "other")
    _meta = {"index": "items", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "number": Long("number"),
        "other": SingleJoin("other", f"{HERE}.Item", f"{HERE}.Item"),
    }

    def _compute_id(self) -> str:
        return self.id or ids.uuid7()


def run(server: Any, main: Callable[[Namespace], Awaitable[Any]]) -> Any:
    """Run a coroutine with the default namespace connected, on indices of its own."""

    async def within(prefix: str) -> Any:
        async with connect(server.async_conf, index_prefix=prefix) as namespace:
            await create_mappings([Item])
            return await main(namespace)

    with server.client() as client, fresh_prefix(client) as prefix:
        try:
            return asyncio.run(within(prefix))
        finally:
            connect(None)


class SlowServer:
    """Answers every get of a document, but none before `wait_for` of them are here at once."""

    def __init__(self, wait_for: int) -> None:
        self.wait_for = wait_for
        self.here = 0
        self.most = 0
        self._enough = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        document = request.split(b" ")[1].rpartition(b"/")[2].decode()
        self.here += 1
        self.most = max(self.most, self.here)
        if self.here >= self.wait_for:
            self._enough.set()
        await self._enough.wait()
        self.here -= 1
        body = f'{{"_id": "{document}", "found": true, "_source": {{"number": {document}}}}}'
        writer.write(
            b"HTTP/1.1 200 OK\r\nx-elastic-product: Elasticsearch\r\ncontent-type: application/json\r\n"
            + f"content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}".encode()
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening(stub: SlowServer) -> AsyncIterator[str]:
    server = await asyncio.start_server(stub.answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def test_a_hundred_gets_overlap() -> None:
    async def main() -> list[Item]:
        stub = SlowServer(wait_for=100)
        async with listening(stub) as url, connect({"hosts": url, "connections_per_node": 100}):
            async with asyncio.timeout(20):
                items = await asyncio.gather(*(Item.get(str(n)) for n in range(100)))
        assert stub.most == 100
        return items

    assert [item.number for item in asyncio.run(main())] == list(range(100))
    connect(None)


def test_a_hundred_gets_of_a_real_server(server: Any) -> None:
    async def main(namespace: Namespace) -> None:
        items = [Item(number=n) for n in range(100)]
        assert (await Item.save_all(items)).succeeded == 100
        found = await asyncio.gather(*(Item.get(str(item.id)) for item in items))
        assert [item.number for item in found] == list(range(100))

    run(server, main)


def test_asynchronous_iterators_are_saved(server: Any) -> None:
    async def numbers() -> AsyncIterator[Item]:
        for number in range(25):
            await asyncio.sleep(0)
            yield Item(number=number)

    told = []

    async def main(namespace: Namespace) -> None:
        async def progress(result: Any) -> None:
            told.append(result.succeeded)

        result = await Item.save_all(numbers(), chunk_size=10, refresh=True, progress=progress)
        assert result.succeeded == 25
        deleted = await Item.delete_all(Item.scan(size=10), chunk_size=10, refresh=True)
        assert deleted.succeeded == 25
        assert await Item.count() == 0

    run(server, main)
    assert told[-1] == 25


def test_a_scan_that_is_left_closes_its_point_in_time(server: Any) -> None:
    async def main(namespace: Namespace) -> None:
        await Item.save_all([Item(number=n) for n in range(30)], refresh=True)
        with server.client() as client:
            async with aclosing(Item.scan(size=10)) as items:
                async for _ in items:
                    assert are_open(client, Item.get_index(), 1)
                    break
            assert are_open(client, Item.get_index(), 0)

            async def break_off() -> None:
                async for _ in Item.scan(size=10):
                    break

            await break_off()
            await asyncio.sleep(0.2)  # the loop closes what nobody holds any more
            assert are_open(client, Item.get_index(), 0)

    run(server, main)


def test_a_save_that_is_cancelled_is_in_doubt_and_can_be_repeated(server: Any) -> None:
    async def main(namespace: Namespace) -> None:
        node = namespace.get_es().transport.node_pool.get()
        send = node.perform_request

        async def never_answer(*args: Any, **options: Any) -> None:
            await send(*args, **options)
            await asyncio.sleep(60)

        item = Item(number=1, other=Item(number=2))
        node.perform_request = never_answer
        task = asyncio.create_task(item.save())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.cascade.in_doubt == [item.other]
        assert caught.value.cascade.unwritten == [item]
        assert item.id is None
        node.perform_request = send
        await item.save(refresh=True)
        assert await Item.count() == 2

    run(server, main)


@pytest.mark.one_server
@pytest.mark.parametrize("times", [1, 2])
def test_a_bulk_that_is_cancelled(server: Any, times: int) -> None:
    """It waits for its requests under way; cancelled again it cancels them. Either way it tells what became of each."""

    async def main(namespace: Namespace) -> None:
        node = namespace.get_es().transport.node_pool.get()
        send, ended = node.perform_request, []

        async def answer_late(*args: Any, **options: Any) -> Any:
            try:
                answer = await send(*args, **options)
                await asyncio.sleep(0.5)
            finally:
                ended.append(len(ended))
            return answer

        items = [Item(number=number) for number in range(8)]
        await Item.save_all([Item(number=9)])  # the index is known, and its name
        node.perform_request = answer_late
        before = asyncio.all_tasks()
        task = asyncio.create_task(Item.save_all(items, chunk_size=2, threads=2))
        await asyncio.sleep(0.2)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        await asyncio.sleep(0.05)
        assert asyncio.all_tasks() == before
        assert len(ended) == 2
        told = caught.value.bulk
        assert told.succeeded == (4 if times == 1 else 0)
        assert told.unwritten == items[told.succeeded : 6]
        node.perform_request = send
        (await Item.save_all([*told.unwritten, *items[6:]], refresh=True)).raise_failures()
        assert await Item.count() == 9

    run(server, main)


def test_each_event_loop_has_a_client_of_its_own(es9: Any) -> None:
    seen = []

    async def main(namespace: Namespace) -> None:
        seen.append(namespace.get_es())
        assert namespace.get_es() is namespace.get_es()
        assert namespace.es is namespace.get_es()
        item = await Item.create(number=len(seen))

        def elsewhere() -> None:
            async def get() -> None:
                seen.append(namespace.get_es())
                assert (await Item.get(str(item.id))).number == item.number
                await namespace.close()

            asyncio.run(get())

        thread = threading.Thread(target=elsewhere)
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0.01)
        assert (await Item.get(str(item.id))).number == item.number

    run(es9, main)
    run(es9, main)
    assert len(set(map(id, seen))) == 4


def test_closing(es9: Any) -> None:
    async def main() -> None:
        given = es9.async_client()
        namespace = Namespace("closing", given)
        await namespace.wait_for_ready()
        await namespace.close()
        assert namespace.get_es() is given
        await given.cluster.health()  # whoever gave it closes it
        await given.close()
        namespace.es_conf = es9.async_conf
        client = namespace.get_es()
        await client.cluster.health()
        node = client.transport.node_pool.get()
        await namespace.close()
        assert node.session is None
        assert namespace.es is None
        await namespace.wait_for_http_connection(initial_wait=0)
        await namespace.close()

    asyncio.run(main())


def test_blocking_and_asynchronous_do_not_mix(es9: Any) -> None:
    class Blocking(ecgen.runtime.Model):
        _mapping = {"number": Long("number")}

    with pytest.raises(
        TypeError, match=r"this needs an AsyncElasticsearch; Elasticsearch is for ecgen\.runtime$"
    ):
        connect(es9.client())
    with pytest.raises(
        TypeError,
        match=r"this needs an Elasticsearch; AsyncElasticsearch is for ecgen\.runtime\.aio",
    ):
        ecgen.runtime.connect(elasticsearch.AsyncElasticsearch("http://localhost:1"))
    with pytest.raises(TypeError, match="namespace 'n' is asynchronous, Blocking is not"):
        Namespace("n", None).register_model_class(Blocking)
    with pytest.raises(TypeError, match="namespace 'n' is blocking, Item is not"):
        ecgen.runtime.Namespace("n", None).register_model_class(Item)
    # Each half has a default namespace of its own.
    connect("http://localhost:1")
    with pytest.raises(NamespaceConnectionError, match="not connected"):
        ecgen.runtime.get_es()
    connect(None)


def test_outside_a_coroutine() -> None:
    with pytest.raises(RuntimeError, match="no event loop is running here"):
        Namespace("x", "http://localhost:1").get_es()


def test_without_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    import elastic_transport._node._http_aiohttp as node

    monkeypatch.setattr(node, "_AIOHTTP_AVAILABLE", False)

    async def main() -> None:
        Namespace("x", "http://localhost:1").get_es()

    with pytest.raises(NamespaceConnectionError, match=r"needs aiohttp: .*ecgen-es\[async\]"):
        asyncio.run(main())


def test_hooks_may_be_coroutines(es9: Any) -> None:
    class Count(BaseDataType):
        es_type = "long"

        def get_default_value(self) -> Any:
            return 0

        async def lazy_load(self, model: Any) -> Any:
            return await Counted.count()

    class Counted(Model):
        __slots__ = ("total",)
        _meta = {"index": "counted"}
        _mapping = {"total": Count("total")}

    async def main(namespace: Namespace) -> None:
        await create_mappings([Counted])
        counted = await Counted.create(refresh=True)
        assert (await counted.load()).total == 1

    run(es9, main)


def test_aliased_indices_are_created_and_deleted_by_their_alias(es9: Any) -> None:
    class Aliased(Model):
        _meta = {"index": "aliased"}
        _mapping = {"a": Keyword("a")}

    async def main(namespace: Namespace) -> None:
        name = Aliased.get_index()
        assert await create_mappings([Aliased], aliased=True) == [name]
        assert await create_mappings([Aliased], aliased=True) == []
        await namespace.delete_index(name)
        assert not await namespace.get_es().indices.exists(index=f"{name}-000001")

    run(es9, main)


def test_generated_models(es9: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location(
        "notes", EXPECTED / "__init__.py", submodule_search_locations=[str(EXPECTED)]
    )
    assert spec is not None
    assert spec.loader is not None
    notes = importlib.util.module_from_spec(spec)
    for name in ("notes", "notes.author", "notes.note"):
        monkeypatch.setitem(sys.modules, name, notes)
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "notes", notes)
    spec.loader.exec_module(notes)

    async def main(namespace: Namespace) -> None:
        assert await create_mappings(notes.MODELS)
        author = notes.Author(slug="kit")
        note = await notes.Note.create(text="Hello there", author=author, refresh=True)
        assert author.id == "kit"
        assert note.count_ == 1
        found = await notes.Note.find_by(author=author, text="hello", load=["author.notes"])
        assert [each.author.slug for each in found] == ["kit"]
        assert found[0].author.notes == list(found)
        author.name = "Kit"
        await author.save()
        stale = await notes.Author.get("kit")
        author.name = "Kit A."
        await author.save()
        with pytest.raises(elasticsearch.ConflictError):
            await stale.save()
        assert [each.id async for each in notes.Note.scan()] == [note.id]

    run(es9, main)
