"""Copying an index in passes: each copies, shard by shard and in the order of operations, what was written since the
last one.

A copy's external version consists of its shard and the number of the operation that wrote it. So an older document
never replaces a newer one, no matter which run sends it and how often, and the versions of the new index show which
operations it holds.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .asking import (
    Ask,
    Finish,
    First,
    Json,
    MigrationError,
    ServerRefused,
    Start,
    Steps,
    Tell,
    Wait,
    name_in_path,
)
from .bulks import index_lines, is_taken_whole, place, write_all
from .collisions import find_collision
from .converting import Conversion
from .lease import Lease
from .new_fields import carry_new_fields
from .shards import (
    KEPT,
    Hit,
    close_shard,
    in_order,
    is_lost,
    open_shard,
    refresh,
    search,
    shards_of,
    version_of,
)

PAGE_BYTES = 1 << 20
_MOST = 5000
_FIRST = 250
_SIDE_BY_SIDE = 4


@dataclass(slots=True)
class Copier:
    """The state shared by all passes of a copy."""

    name: str
    old: str
    new: str
    load: str
    """The alias that the copies are sent to."""
    shards: int
    """The number of shards of the old index."""
    lease: Lease
    convert: Conversion
    clock: Callable[[], float]
    whole: Json = True
    """The `_source` argument of a search for complete documents."""
    workers: int = 2
    rate: float | None = None
    """The maximum of documents a second; a last pass under the block ignores it."""
    drop_values: bool = False
    mappings: dict[str, Json] = field(default_factory=dict)
    """Those that the new index was created with."""
    carried: dict[str, Json] = field(default_factory=dict)
    """The part of a mapping that it got since."""
    most: int = _MOST
    """The largest page that the old index allows."""
    cursors: dict[int, int] = field(default_factory=dict)
    """By shard, the newest operation up to which everything is copied."""
    copied: int = 0
    began: float = 0.0


@dataclass(slots=True)
class _Reader:
    """A shard that is being read."""

    shard: int
    after: int
    upto: int
    point: str | None = None
    size: int = _FIRST
    ended: bool = False
    reading: bool = False
    pages: deque[list[Hit]] = field(default_factory=deque)
    sent: deque[list[Any]] = field(default_factory=deque)
    """Pages being sent, in order: the last operation, and whether it has arrived."""


def copy_pass(copier: Copier, final: bool = False) -> Steps[int]:
    """Copy everything that is newer than the cursors and safe on every copy of its shard; return the number of
    documents."""
    states = yield from shards_of(copier.old, copier.shards)
    # Read the states first: what is written in between is newer than they say, and left to the next pass.
    yield from refresh(copier.old)
    yield from carry_new_fields(
        copier.old, copier.load, copier.mappings, copier.convert.specification, copier.carried
    )
    waiting = [
        _Reader(shard, copier.cursors.get(shard, -1), state.safe, size=min(_FIRST, copier.most))
        for shard, state in sorted(states.items())
        if state.safe > copier.cursors.get(shard, -1)
    ]
    before, active, tasks = copier.copied, list[_Reader](), dict[Any, tuple[_Reader, str, Any]]()
    copier.began = copier.clock()
    try:
        while waiting or active:
            while waiting and len(active) < _SIDE_BY_SIDE:
                active.append(waiting.pop(0))
            yield from _start_what_can(copier, active, tasks, before, final)
            task = yield First(list(tasks), copier.lease.seconds / 4)
            if task is not None:
                reader, kind, page = tasks.pop(task)
                answer = yield Finish(task)
                if kind == "read":
                    _take(reader, answer, copier.most)
                else:
                    page[1] = True
                    copier.copied += answer
                _advance(copier, reader)
            for reader in [each for each in active if _is_done(each)]:
                active.remove(reader)
                copier.cursors[reader.shard] = reader.upto
                if reader.point is not None:
                    yield from close_shard(reader.point)
                    reader.point = None
            if not final:
                yield from keep(copier)
    finally:
        # If the pass fails, the server closes its points in time by itself.
        tasks.clear()
    if not final:
        yield from copier.lease.put(cursors=as_json(copier.cursors))
    return copier.copied - before


def keep(copier: Copier) -> Steps[None]:
    """Record the progress of the copy, if it is due."""
    lease = copier.lease
    lease.content["cursors"] = as_json(copier.cursors)
    yield from lease.beat()
    yield Tell("copied", {"documents": copier.copied})


def as_json(cursors: dict[int, int]) -> Json:
    """Return numbers by shard with keys that JSON can have."""
    return {str(shard): cursor for shard, cursor in cursors.items()}


def _start_what_can(
    copier: Copier,
    active: list[_Reader],
    tasks: dict[Any, tuple[_Reader, str, Any]],
    before: int,
    final: bool,
) -> Steps[None]:
    most = max(1, -(-copier.workers // len(active)))
    for reader in active:
        while reader.pages and sum(not each[1] for each in reader.sent) < most:
            hits = reader.pages.popleft()
            entry = [hits[-1].seq_no, False]
            reader.sent.append(entry)
            yield from _slow_down(copier, before, final)
            task = yield Start(send(copier, reader.shard, hits))
            tasks[task] = (reader, "send", entry)
        if not (reader.ended or reader.reading or reader.pages):
            reader.reading = True
            task = yield Start(_read(copier, reader))
            tasks[task] = (reader, "read", None)


def _slow_down(copier: Copier, before: int, final: bool) -> Steps[None]:
    if copier.rate and not final:
        due = copier.began + (copier.copied - before) / copier.rate
        while (left := due - copier.clock()) > 0:
            yield Wait(min(left, copier.lease.seconds / 4))
            yield from keep(copier)


def _read(copier: Copier, reader: _Reader) -> Steps[list[Hit]]:
    """Return the next page of a shard."""
    for attempt in range(5):
        if reader.point is None:
            reader.point = yield from open_shard(copier.old, reader.shard)
        query = in_order(reader.after, reader.upto, reader.size, copier.whole)
        query["pit"] = {"id": reader.point, "keep_alive": KEPT}
        try:
            found = yield from search(query)
        except ServerRefused as refused:
            if (
                refused.status == 429 and reader.size > 1
            ):  # an answer too large for the server's memory
                reader.size = max(1, reader.size // 4)
                continue
            if not is_lost(refused) or attempt == 4:
                raise
            # Its node died. What was read in order is done; a new point in time continues behind it.
            reader.point = None
            yield Ask(
                "GET",
                f"/_cluster/health/{name_in_path(copier.old)}?wait_for_status=yellow&timeout=30s",
            )
            yield from refresh(copier.old)
            continue
        reader.point = found.pit_id or reader.point
        return found.hits.hits
    raise MigrationError(f"{copier.old}: shard {reader.shard} cannot be read")


def _take(reader: _Reader, hits: list[Hit], most: int) -> None:
    reader.reading = False
    if len(hits) < reader.size:
        reader.ended = True
    if hits:
        reader.pages.append(hits)
        reader.after = hits[-1].seq_no
        total = sum(len(memoryview(hit.source)) for hit in hits) + 100 * len(hits)
        fitting = max(1, PAGE_BYTES * len(hits) // total)
        if not reader.ended:
            reader.size = min(most, fitting, 4 * reader.size)


def _advance(copier: Copier, reader: _Reader) -> None:
    """Move the cursor behind the pages that have arrived without a gap."""
    while reader.sent and reader.sent[0][1]:
        copier.cursors[reader.shard] = reader.sent.popleft()[0]


def _is_done(reader: _Reader) -> bool:
    return reader.ended and not (reader.pages or reader.sent or reader.reading)


def send(copier: Copier, shard: int, hits: Sequence[Hit]) -> Steps[int]:
    """Write documents of one shard into the new index; return the number of documents sent.

    Raises:
        Fenced: the load alias no longer exists.
        MigrationError: the new index refuses a document, or two documents get one id.
    """
    converted = [(hit, copier.convert(hit)) for hit in hits]
    if copier.convert.changes_ids:
        yield from find_collision(copier.name, copier.old, copier.new, shard, converted)
    documents = []
    for hit, each in converted:
        action = place(each.id, each.routing)
        action |= {"version": version_of(shard, hit.seq_no), "version_type": "external"}
        documents.append((hit.id, index_lines(action, each.source)))
    if not (yield from is_taken_whole(copier.load, documents)):
        # Sent once more, for the outcome of each: what is there by now, it or a newer one, is a 409.
        refusal = functools.partial(_refusal, copier)
        yield from write_all(copier.new, documents, copier.load, refusal)
    return len(hits)


def _refusal(copier: Copier, id: str, outcome: Json) -> MigrationError:
    error = outcome.get("error") or {}
    cause = error.get("caused_by") or {}
    reason = "; ".join(str(each) for each in (error.get("reason"), cause.get("reason")) if each)
    return MigrationError(
        f"{copier.name}: the new index refuses document {id!r}: {reason[:600]}. "
        "Change the document or the definition, then apply again; 'ecgen abort' undoes what was done"
    )
