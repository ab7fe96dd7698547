"""Writing a chunk of models that depend on each other, or are already stored, in waves."""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING

from .bulk_lines import Item
from .bulk_results import BulkFailure, BulkResult
from .bulk_send import reason, send_steps
from .doubts import remember, seen_version
from .places import placed_get_steps
from .plan import assign_id, fill, plan, take_back
from .planned import Write
from .save import (
    REPLACE_ATTEMPTS,
    Refresh,
    note_written,
    version_arguments,
)
from .steps import Pause, Steps
from .updates import replaced

if TYPE_CHECKING:
    from ..base_document import BaseDocument

__all__ = ["complete_steps", "count", "is_sendable", "plan_what_can_be", "wave_steps", "waves"]


def plan_what_can_be(
    chunk: list[BaseDocument], result: BulkResult, overwrite: bool = False
) -> list[Write]:
    """Return the plan for the models of the chunk that can be saved; record the others as failures."""
    with contextlib.suppress(Exception):  # plan one by one to find the culprit
        return plan(chunk, overwrite=overwrite)
    fit = []
    for model in chunk:
        try:
            take_back(plan([model], overwrite=overwrite))
        except Exception as error:  # noqa: BLE001 - reported
            status = getattr(error, "status_code", None)
            result.failures.append(BulkFailure(model, str(error), status, error))
        else:
            fit.append(model)
    return plan(fit, overwrite=overwrite) if fit else []


def waves(writes: list[Write]) -> list[list[Write]]:
    """Group the writes so that none is in or before the wave of a write that it depends on."""
    waves: list[list[Write]] = []
    number: dict[int, int] = {}
    for write in writes:
        wave = max(
            (number[id(other)] + 1 for other in write.before if id(other) in number), default=0
        )
        number[id(write)] = wave
        if wave == len(waves):
            waves.append([])
        waves[wave].append(write)
    return waves


def is_sendable(write: Write, done: dict[int, bool], result: BulkResult) -> bool:
    """Return whether everything that the write depends on was written; completes ids and document. Otherwise record a
    failure."""
    broken = next((other for other in write.before if done.get(id(other)) is False), None)
    try:
        if broken is not None:
            raise BrokenJoinError(
                f"the {type(broken.model).__name__} that it is joined to could not be saved"
            )
        if write.document is None:
            if write.model.id is None and not write.server_id:
                assign_id(write)
            fill(write)
    except Exception as error:  # noqa: BLE001 - reported
        _failed(write, done)
        result.failures.append(BulkFailure(write.model, str(error), exception=error))
        return False
    return True


class BrokenJoinError(Exception):
    """A model was not sent because a model that it joins could not be saved."""


def _failed(write: Write, done: dict[int, bool]) -> None:
    done[id(write)] = False
    remember(write)
    take_back([write])


def wave_steps(
    writes: list[Write], refresh: Refresh, done: dict[int, bool], result: BulkResult
) -> Steps[None]:
    items = [
        Item(
            write.model,
            "update" if write.update else "create",
            write.document,
            write,
        )
        for write in writes
    ]
    replaces = [item for item in items if item.write and item.write.update and item.write.replace]
    yield from _merge_steps(replaces)
    stopped = yield from send_steps([item for item in items if not item.answer], refresh)
    result.stopped = result.stopped or stopped
    for attempt in range(1, REPLACE_ATTEMPTS):
        # Written by another client between the read and the replacement.
        replaces = [
            item
            for item in replaces
            if item.answer.get("status") == 409 and not type(item.model)._versioned
        ]
        if not replaces:
            break
        yield Pause(random.random() * 0.01 * attempt)  # noqa: S311 - so that two do not meet for ever
        yield from _merge_steps(replaces)
        yield from send_steps([item for item in replaces if not item.answer], refresh)
    for write, item in zip(writes, items, strict=True):
        if item.is_written:
            note_written(write, item.answer)
            done[id(write)] = True
        else:
            _failed(write, done)
        count(item, result)


def _merge_steps(items: list[Item]) -> Steps[None]:
    """Read the stored documents that an update would merge with, and write them whole."""
    by_class: dict[type[BaseDocument], list[Item]] = {}
    for item in items:
        by_class.setdefault(type(item.model), []).append(item)
    for cls, of_class in by_class.items():
        docs = yield from placed_get_steps([item.model for item in of_class])
        for item, found in zip(of_class, docs, strict=True):
            if not found["found"] and not item.overwrites:
                item.answer = {"status": 404}
                continue
            if not found["found"]:
                item.action, item.answer, item.condition = "create", {}, {}
                item.document = item.write.upsert
                continue
            if found.get("located"):  # the version of the index that holds it
                item.index, item.is_hinted = found["_index"], True
            item.action, item.answer = "index", {}
            item.document = replaced(found["_source"], item.write.document or {}, cls)
            item.condition = version_arguments(item.model) or seen_version(found)


def complete_steps(
    writes: list[Write], refresh: Refresh, done: dict[int, bool], result: BulkResult
) -> Steps[None]:
    """Update the documents in a circle of server-made ids, which were written before all of the ids were known."""
    items = []
    for write in writes:
        if done.get(id(write)) and write.needs and _lacks_ids(write):
            items.append(Item(write.model, "update", write.document, write))
    yield from send_steps(items, refresh)
    for item in items:
        if not item.is_written:
            result.succeeded -= 1
            count(item, result)


def _lacks_ids(write: Write) -> bool:
    before = write.document
    write.update, write.overwrite = True, False
    fill(write)
    return bool(write.document) and write.document != before


def count(item: Item, result: BulkResult) -> None:
    if item.is_written:
        result.succeeded += 1
        return
    status = None if item.exception is not None else item.answer.get("status")
    result.failures.append(BulkFailure(item.model, reason(item), status, item.exception))
