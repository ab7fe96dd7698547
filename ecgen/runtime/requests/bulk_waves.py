"""Writing a chunk of models that depend on each other, or are already stored, in waves."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from .bulk_results import BulkFailure, BulkResult
from .bulk_send import reason, send_steps
from .doubts import remember
from .places import placed_get_steps
from .plan import amend, complete_plan, plan, take_back
from .planned import Write, seen_version, version_condition
from .save import REPLACE_ATTEMPTS, Refresh, note_written, pause_apart
from .steps import Steps

if TYPE_CHECKING:
    from ..base_document import BaseDocument

__all__ = ["complete_steps", "count", "plan_what_can_be", "wave_steps", "waves"]


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


class BrokenJoinError(Exception):
    """A model was not sent because a model that it joins could not be saved."""


def wave_steps(wave: list[Write], refresh: Refresh, result: BulkResult) -> Steps[None]:
    """Send the writes of a wave whose dependencies were written, and note the outcome of all."""
    writes = [write for write in wave if _is_sendable(write, result)]
    replaces = [write for write in writes if write.update and write.replace]
    yield from _merge_steps(replaces)
    stopped = yield from send_steps([write for write in writes if not write.answer], refresh)
    result.stopped = result.stopped or stopped
    for attempt in range(1, REPLACE_ATTEMPTS):
        # Written by another client between the read and the replacement.
        replaces = [
            write
            for write in replaces
            if write.answer.get("status") == 409 and not type(write.model)._versioned
        ]
        if not replaces:
            break
        yield pause_apart(attempt)
        yield from _merge_steps(replaces)
        yield from send_steps([write for write in replaces if not write.answer], refresh)
    for write in writes:
        if write.is_accepted:
            note_written(write, write.answer)
        else:
            _failed(write)
        count(write, result)


def _is_sendable(write: Write, result: BulkResult) -> bool:
    """Return whether everything that the write depends on was written; completes ids and document. Otherwise record a
    failure."""
    broken = next((other for other in write.before if other.done is False), None)
    try:
        if broken is not None:
            raise BrokenJoinError(
                f"the {type(broken.model).__name__} that it is joined to could not be saved"
            )
        complete_plan(write)
    except Exception as error:  # noqa: BLE001 - reported
        _failed(write)
        result.failures.append(BulkFailure(write.model, str(error), exception=error))
        return False
    write.aim()
    return True


def _failed(write: Write) -> None:
    write.done = False
    remember(write)
    take_back([write])


def _merge_steps(writes: list[Write]) -> Steps[None]:
    """Read the stored documents that an update would merge with, and write them whole."""
    by_class: dict[type[BaseDocument], list[Write]] = {}
    for write in writes:
        by_class.setdefault(type(write.model), []).append(write)
    for of_class in by_class.values():
        docs = yield from placed_get_steps([write.model for write in of_class])
        for write, found in zip(of_class, docs, strict=True):
            if found["found"]:
                write.aim_at(found, version_condition(write.model) or seen_version(found))
                if found.get("located"):  # the version of the index that holds it
                    write.index, write.is_hinted = found["_index"], True
            elif write.overwrite:
                write.aim_at(None, {})
            else:
                write.answer = {"status": 404}


def complete_steps(writes: list[Write], refresh: Refresh, result: BulkResult) -> Steps[None]:
    """Update the documents in a circle of server-made ids, which were written before all of the ids were known."""
    incomplete = [write for write in writes if write.done and write.lacks_ids]
    for write in incomplete:
        amend(write)
        write.aim()
    incomplete = [write for write in incomplete if write.document]
    yield from send_steps(incomplete, refresh)
    for write in incomplete:
        if not write.is_accepted:
            result.succeeded -= 1
            count(write, result)


def count(write: Write, result: BulkResult) -> None:
    """Add the outcome of a write to the result."""
    if write.is_accepted:
        result.succeeded += 1
        return
    status = None if write.exception is not None else write.answer.get("status")
    result.failures.append(BulkFailure(write.model, reason(write), status, write.exception))
