"""From its second page on, a scan asks for the next page while a page is made and used."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from contextlib import aclosing
from typing import Any

import elasticsearch
import pytest
from observing import are_open, watched
from test_aio import Item as AsyncItem
from test_aio import run as run_async
from test_forks import in_children

from ecgen.runtime import Date, FieldValueError, Keyword, Long, Model, create_mappings

COUNT, SIZE = 20, 4


class Item(Model):
    __slots__ = ("at", "number")
    _meta = {"index": "items", "store_id": True}
    _mapping = {"id": Keyword("id"), "number": Long("number"), "at": Date("at")}


@pytest.fixture
def items(connected: Any) -> Any:
    create_mappings([Item])
    made = [Item(id=f"{number:03}", number=number) for number in range(COUNT)]
    Item.save_all(made, refresh=True, overwrite=True).raise_failures()
    return Item


def scan() -> Any:
    return Item.scan(size=SIZE, sort="number:asc")


def until(reached: Any) -> None:
    """Wait until it is so, at most ten seconds."""
    end = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.005)


def has_open(expected: int) -> bool:
    return are_open(Item.get_es_connection().es, Item.get_index(), expected)


@pytest.mark.parametrize("source", [None, ["number"]])  # from structs, and from dicts
def test_the_next_page_is_on_its_way(items: Any, requests: Any, source: Any) -> None:
    pages = items.scan(size=SIZE, sort="number:asc", source=source)
    seen = [next(pages).number for _ in range(SIZE)]
    time.sleep(0.05)
    assert requests.to("_search") == 1  # whoever wants only a few documents costs no more
    seen.append(next(pages).number)
    until(lambda: requests.to("_search") == 3)
    seen += [model.number for model in pages]
    assert seen == list(range(COUNT))
    assert requests.to("_search") == COUNT // SIZE + 1  # the last one is empty
    assert has_open(0)


def test_a_scan_that_is_left_closes_its_point_in_time(items: Any) -> None:
    for taken in range(1, COUNT, 3):
        pages = scan()
        assert [next(pages).number for _ in range(taken)] == list(range(taken))
        pages.close()
        assert has_open(0)


def test_what_was_read_is_given_before_the_next_page_fails(items: Any, monkeypatch: Any) -> None:
    """The third page fails, which is asked for while the second one is read."""
    transport = items.get_es_connection().es.transport
    send, asked = transport.perform_request, []

    def failing(method: str, target: str, **options: Any) -> Any:
        asked.append(target)
        if "_search" in target and sum("_search" in each for each in asked) == 3:
            raise elasticsearch.ConnectionTimeout("it took too long")
        return send(method, target, **options)

    monkeypatch.setattr(transport, "perform_request", failing)
    seen = []
    with pytest.raises(elasticsearch.ConnectionTimeout):  # noqa: PT012
        for model in scan():
            seen.append(model.number)
    assert seen == list(range(2 * SIZE))
    assert has_open(0)


def test_a_page_that_cannot_be_read_does_not_leave_the_next_one_behind(items: Any) -> None:
    es = items.get_es_connection().es
    es.update(
        index=items.get_index(), id="009", doc={"at": ["2026-01-02", "2026-01-03"]}, refresh=True
    )
    seen = []
    with pytest.raises(FieldValueError, match="document '009'"):  # noqa: PT012
        for model in scan():
            seen.append(model.number)
    assert seen == list(range(2 * SIZE))
    assert has_open(0)
    skipped = [model.number for model in items.scan(size=SIZE, sort="number:asc", on_error="skip")]
    assert skipped == [number for number in range(COUNT) if number != 9]


def test_without_threads_pages_come_in_their_turn(items: Any, monkeypatch: Any) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert [model.number for model in scan()] == list(range(COUNT))


def test_a_forked_child_leaves_the_scan_to_its_parent(items: Any) -> None:
    pages = scan()
    seen = [next(pages).number for _ in range(SIZE + 1)]

    def close(_: int) -> None:
        pages.close()

    def go_on(_: int) -> list[int]:
        with watched(Item.get_es_connection().es) as requests:
            numbers = [model.number for model in pages]
        assert requests.to("_search") == 4  # three pages and the empty one, each once
        return numbers

    assert in_children(close, 2, within=20) == [None, None]
    assert in_children(go_on, 2, within=20) == [list(range(SIZE + 1, COUNT))] * 2
    assert has_open(1)
    assert seen + [model.number for model in pages] == list(range(COUNT))
    assert has_open(0)


PROGRAM = """
import sys
from ecgen.runtime import connect
from test_scan_ahead import scan
connect(sys.argv[1], index_prefix=sys.argv[2])
pages = scan()
print([next(pages).number for _ in range(5)])
"""


def test_a_program_ends_in_the_middle_of_a_scan(items: Any, server: Any) -> None:
    prefix = items.get_index().removesuffix("items")
    program = [sys.executable, "-c", PROGRAM, server.url, prefix]
    ended = subprocess.run(
        program, capture_output=True, text=True, timeout=60, cwd=__file__.rpartition("/")[0]
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("[0, 1, 2, 3, 4]\n", "", 0)


def test_a_task_is_cancelled_in_the_middle_of_a_scan(es9: Any) -> None:
    async def main(namespace: Any) -> None:
        made = [AsyncItem(number=number) for number in range(COUNT)]
        (await AsyncItem.save_all(made, refresh=True)).raise_failures()
        seen: list[int] = []

        async def read() -> None:
            async with aclosing(AsyncItem.scan(size=SIZE, sort="number:asc")) as pages:
                async for model in pages:
                    seen.append(model.number)
                    if len(seen) == SIZE + 1:
                        await asyncio.sleep(60)

        task = asyncio.create_task(read())
        while len(seen) <= SIZE:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left = AsyncItem.scan(size=SIZE, sort="number:asc")  # never closed: the loop does it
        assert [(await anext(left)).number for _ in range(SIZE + 1)] == list(range(SIZE + 1))
        with es9.client() as client:
            assert are_open(client, AsyncItem.get_index(), 1)

    run_async(es9, main)
