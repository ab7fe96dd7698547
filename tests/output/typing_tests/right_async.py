"""As right.py, of the case ok-async: what is awaited, and what it gives then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from notes import MODELS, Author, Note
from notes.note import NotePlace

from ecgen.runtime.aio import BulkResult, Namespace, Result, connect, create_mappings


async def writing() -> None:
    author = Author(slug="kit")
    note = await Note.create(
        text="Hello", author=author, place={"city": "Bergen"}, refresh="wait_for"
    )
    assert_type(note, Note)
    assert_type(note.text, str)
    assert_type(note.place, NotePlace | None)
    assert_type(note.author, Author | str | None)
    assert_type(author.notes, list[Note | str])
    assert_type(await note.save(), Note)
    assert_type(await Note.save_all([note, author]), BulkResult)

    async def endless() -> AsyncIterator[Note]:
        while True:
            yield note

    result = await Note.save_all(endless(), chunk_size=100)
    await Note.save_all(failure.model for failure in result.failures)
    await Note.delete_all(Note.scan(count_=1))
    await note.delete()


async def reading() -> None:
    assert_type(await Note.get("x"), Note)
    assert_type(await Note.get(["x", "y"]), Result[Note])
    page = await Note.find_by(author=["a", "b"], size=10, load=["author"])
    assert_type(page, Result[Note])
    assert_type(await page.search_after(), Result[Note])
    assert_type(await page.load(), Result[Note])
    assert_type(await Note.all(), Result[Note])
    assert_type(await Note.count(text="hello"), int)
    assert_type(Note.scan(written="2024-01-01"), AsyncIterator[Note])
    async for note in Note.scan():
        assert_type(note, Note)
    for note in page:
        assert_type(await note.load("author"), Note)


async def connecting() -> None:
    async with connect("http://localhost:9200") as namespace:
        assert_type(namespace, Namespace)
        await namespace.wait_for_ready()
        assert_type(await create_mappings(MODELS), list[str])
