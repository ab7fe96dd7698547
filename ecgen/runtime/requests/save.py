"""Saving models one request after the other, and reporting what was and was not written if one fails."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..base_document import BaseDocument
from ..client import client_errors
from ..compile.incomplete import complete
from ..errors import IntegrityError
from .claims import Claim, claimed_steps
from .doubts import (
    conflict_index,
    deleted,
    earlier_steps,
    is_gone,
    look_up_steps,
    may_be_deleted,
    may_be_own,
    remember,
)
from .overwriting import end_overwrite
from .patience import may_have_happened
from .places import note_place, placed_steps
from .plan import amend, complete_plan, plan, take_back, unread_error
from .planned import Write
from .private_values import conceal
from .steps import Call, Pause, Request, Steps

Refresh: TypeAlias = bool | Literal["wait_for"] | None
"""When a write is visible to searches: True refreshes, "wait_for" waits for the next refresh."""

REPLACE_ATTEMPTS = 50
"""How often a document that other clients write meanwhile is read again, to be replaced."""


@dataclass(frozen=True, slots=True)
class Cascade:
    """What a failed save wrote and did not write. The exception has it in its attribute `cascade`."""

    written: Sequence[Any]
    unwritten: Sequence[Any]
    """Their ids are restored; saving again assigns the ids that they were about to get."""
    in_doubt: Sequence[Any]
    """No answer came: it may be written or not. Saving again creates no second document."""

    def __str__(self) -> str:
        return "; ".join(
            f"{what}: {', '.join(map(_named, models)) or 'nothing'}"
            for what, models in (
                ("written", self.written),
                ("not written", self.unwritten),
                ("written or not, no answer came", self.in_doubt),
            )
            if models or what == "written"
        )


def _named(model: BaseDocument) -> str:
    return f"{type(model).__name__} {model.id!r}" if model.id else f"a new {type(model).__name__}"


def refresh_option(refresh: Refresh) -> dict[str, Any]:
    """Return the argument of a request; TypeError for a value that no server knows."""
    if refresh not in (None, True, False, "wait_for", "true", "false", ""):  # all that servers take
        raise TypeError(f"refresh is True, False or 'wait_for', not {refresh!r}")
    return {} if refresh is None else {"refresh": refresh}


def pause_apart(attempt: int) -> Pause:
    """Return a pause of random length, so that two that replace one document do not meet for ever."""
    return Pause(random.random() * 0.01 * attempt)  # noqa: S311


def save_steps(
    model: BaseDocument,
    create: bool,
    refresh: Refresh = None,
    only: Iterable[str] | None = None,
    overwrite: bool = False,
) -> Steps[None]:
    """Write the model and every unsaved model it joins. `create`: it is new also if it has an id, and its document must
    not exist. `only`: the fields that an update is to write. `overwrite`: write whether or not the documents
    exist."""
    if overwrite and only is not None:
        raise TypeError(
            "overwrite writes the fields that were given or assigned; it takes no update_fields"
        )
    options = refresh_option(refresh)
    fields = None if only is None else frozenset(only)
    yield from claimed_steps(
        [model], lambda claim: _claimed_steps(model, create, options, claim, fields, overwrite)
    )


def _claimed_steps(
    model: BaseDocument,
    create: bool,
    options: dict[str, Any],
    claim: Claim,
    only: frozenset[str] | None,
    overwrite: bool,
) -> Steps[None]:
    # Do not create again what another save has created meanwhile.
    is_new = create and id(model) not in claim.written
    writes = plan([model], is_new, only, overwrite)
    write = writes[0]  # no call before `try`, so no interrupt
    try:
        for write in writes:
            complete_plan(write)
            yield from _write_steps(write, options)
            claim.written.add(id(write.model))
        for write in writes:
            if write.lacks_ids:
                amend(write)
                yield from _write_steps(write, options)
        claim.release()
        for write in writes:
            if (yield from on_save_steps(write.model)):
                amend(write)
                yield from _write_steps(write, options)
    except BaseException as failure:
        try:
            _report(failure, writes, write)
        except BaseException as interrupt:
            _report(interrupt, writes, write)  # no model is left half restored
            raise
        raise


def _write_steps(write: Write, options: dict[str, Any]) -> Steps[None]:
    """Send the write, and note the answer on it and on its model."""
    write.aim()
    response = (yield from _earlier_steps(write, options)) if write.doubt else None
    if response is None:
        send_steps = _replace_steps if write.replace else _sent_steps
        try:
            response = yield from send_steps(write, options)
        except client_errors.ConflictError as conflict:
            response = yield from _conflict_steps(write, conflict, options)
    note_written(write, response)
    write.done = True


def _earlier_steps(write: Write, options: dict[str, Any]) -> Steps[Any]:
    """Return the server's answer for a document that an earlier save created elsewhere; None if there is none."""
    for _, index, failure in (yield from earlier_steps([write])):
        if failure:
            raise failure
        response = yield from _own_steps(write, index, options)
        if response is not None:
            return response
    return None


def _sent_steps(write: Write, options: dict[str, Any]) -> Steps[Any]:
    model, cls = write.model, type(write.model)
    arguments = {**options, **write.condition}
    if model.id is not None:
        arguments["id"] = model.id
    if write.index is not None:
        arguments["index"] = write.index
    if write.action == "update":
        arguments.update(write.body)
    elif write.action != "delete":
        arguments["document"] = write.body
    request = Request(
        cls,
        "index" if model.id is None else write.action,
        # Repeated without an id, it would create two documents.
        repeat="unsent" if model.id is None else "noticed",
        into=() if write.delete else [cls],
        **arguments,
    )
    try:
        return (yield from placed_steps(model, request))
    finally:
        write.doubtful = write.doubtful or request.doubtful
        write.waited = write.waited or request.waited


def _conflict_steps(write: Write, conflict: Any, options: dict[str, Any]) -> Steps[Any]:
    """Return the server's answer for the document that conflicts if it is the model's own; else raise the conflict."""
    response = yield from _own_steps(write, conflict_index(write, conflict), options)
    if response is None:
        raise conflict
    return response


def _own_steps(write: Write, index: str, options: dict[str, Any]) -> Steps[Any]:
    """Return the server's answer for an existing document that this model wrote; None if another client did."""
    if not may_be_own(write):
        return None
    (found,) = yield from look_up_steps([(write, index)])
    if found.failure:
        write.doubtful = write.doubtful or not write.delete
        raise found.failure
    if not found.stored:
        return found.answer
    write.aim_at_own(found.stored)
    return (yield from _sent_steps(write, options))


def _replace_steps(write: Write, options: dict[str, Any]) -> Steps[Any]:
    """Update a document by reading it and writing it whole, if no other write happened meanwhile."""
    model, cls = write.model, type(write.model)
    for attempt in range(1, REPLACE_ATTEMPTS + 1):
        try:
            found = yield from placed_steps(model, Request(cls, "get", whole=True, id=model.id))
        except client_errors.NotFoundError:
            if not write.overwrite:
                raise
            write.aim_at(None)
        else:
            write.aim_at(found)
        try:
            return (yield from _sent_steps(write, options))
        except client_errors.ConflictError:
            if cls._versioned or attempt == REPLACE_ATTEMPTS:
                raise
            yield pause_apart(attempt)
    raise AssertionError("the last attempt returned or raised")


def note_written(write: Write, response: Any) -> None:
    """Store the server's answer about a written document on its model."""
    model, id, version = write.model, response.get("_id", write.model.id), None
    note_place(model, response)
    is_new = response.get("result") == "created" if write.overwrite else not write.update
    if write.overwrite:
        end_overwrite(write, is_new)
    if write.seen is not None and is_new:
        complete(model)
    if type(model)._versioned:
        version = (response["_seq_no"], response["_primary_term"])
    # All or nothing: no call from here on, so no interrupt, until the caller has noted that it is done.
    model.id = write.given_id = id
    if write.seen is not None:
        model._seen = write.seen
    if version is not None:
        model._version = version
    elif write.doubt:
        del model._version
    write.doubt = None


def _report(failure: BaseException, writes: list[Write], failed: Write) -> None:
    """Restore the models that are not written, and say on the failure which they are."""
    conceal(failure, [failed.model])
    rest = [write for write in writes if not write.done or write.lacks_ids]
    failed.doubtful = failed.doubtful or (bool(failed.action) and may_have_happened(failure))
    for write in rest:
        remember(write)
    take_back(rest)
    in_doubt = [write for write in rest if write is failed and write.doubtful]
    cascade = Cascade(
        [write.model for write in writes if write not in rest],
        [write.model for write in rest if write not in in_doubt],
        [write.model for write in in_doubt],
    )
    failure.cascade = cascade  # type: ignore[attr-defined]
    failure.add_note(f"saving stopped; {cascade}")


def on_save_steps(model: BaseDocument) -> Steps[bool]:
    """Call the `on_save` hooks of a program's own types; return whether one changed the document."""
    changed = False
    for data_type in type(model)._hooked:
        changed = (yield Call(data_type.on_save, model)) is not None or changed
    return changed


def delete_steps(model: BaseDocument, refresh: Refresh = None) -> Steps[None]:
    """Delete the model's document."""
    if model.id is None:
        raise IntegrityError(
            f"this {type(model).__name__} was never saved, so it cannot be deleted"
        )
    if error := unread_error(model):
        raise error
    write = Write(model, update=True, delete=True)
    options = refresh_option(refresh)
    try:
        yield from _delete_steps(write, options)
        deleted(model)
    except BaseException as failure:
        try:
            _leave_doubt(write, failure)
        except BaseException as interrupt:
            _leave_doubt(write, interrupt)
            raise
        raise


def _leave_doubt(write: Write, failure: BaseException) -> None:
    write.doubtful = write.doubtful or may_have_happened(failure)
    remember(write)


def _delete_steps(write: Write, options: dict[str, Any]) -> Steps[None]:
    write.aim()
    try:
        yield from _sent_steps(write, options)
    except client_errors.NotFoundError:
        if not may_be_deleted(write):
            raise
    except client_errors.ConflictError as conflict:
        if not is_gone(conflict.body):
            yield from _conflict_steps(write, conflict, options)
        elif not may_be_deleted(write):
            error = client_errors.NotFoundError(conflict.message, conflict.meta, conflict.body)
            raise error from conflict
