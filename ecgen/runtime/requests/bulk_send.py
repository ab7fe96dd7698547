"""Sending bulk requests and retrying: the outcome of each document, and whether continuing makes sense."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

from ..base_document import BaseDocument
from ..errors import WrongAnswerError
from ..signalled import raise_signalled
from .bulk_lines import Batch, Encodings
from .bulk_results import BulkFailure
from .doubts import (
    conflict_index,
    earlier_steps,
    is_gone,
    look_up_steps,
    may_be_deleted,
    may_be_own,
)
from .patience import BLOCKED, Patience, has_vanished, is_passing, may_have_happened
from .places import hint_steps, is_gone_from
from .planned import Write
from .save import Refresh, refresh_option
from .steps import Pause, Request, Steps

_ANSWER = ["errors", "items.*.status", "items.*.error"]
_WRITTEN = {"status": 200}
_ID = "items.*._id"
_RESULT = "items.*.result"
_INDEX = "items.*._index"
_OF_VERSIONS = ("items.*._seq_no", "items.*._primary_term")
_ONE_TO_BLAME = (400, 413)  # an id that is too long, or a document with too many bytes


def send_batch_steps(batch: Batch, refresh: Refresh) -> Steps[str | None]:
    """Send the batch; its writes then hold their answers. Return the reason if the server would reject others too."""
    if not batch.lines:
        return (yield from send_steps(batch.writes, refresh))
    if not (yield from _taken_steps(batch, b"".join(batch.lines), refresh)):
        return (yield from _again_steps(batch.writes, refresh))
    batch.is_written = True
    _note_unblocked(batch.models)
    return None


def send_steps(writes: list[Write], refresh: Refresh) -> Steps[str | None]:
    """Send the writes, and store the answers on them. Documents that the server does not accept now are sent again.
    Return the reason if retrying does not help: other documents would be rejected, too.
    """
    if not writes:
        return None
    yield from _place_steps(writes)
    yield from _earlier_steps(writes, refresh)
    if left := [write for write in writes if not write.answer]:
        yield from _once_steps(left, refresh)
    return (yield from _again_steps(writes, refresh))


def _place_steps(writes: list[Write]) -> Steps[None]:
    """Set the index of writes whose model remembers another index than its class names."""
    for write in writes:
        if write.index is None and write.model.id is not None and write.action != "create":
            write.index = yield from hint_steps(write.model)
            write.is_hinted = write.index is not None


def _earlier_steps(writes: list[Write], refresh: Refresh) -> Steps[None]:
    """Treat documents that an earlier save created elsewhere like those that conflict."""
    new = [write for write in writes if write.action == "create"]
    for write, index, failure in (yield from earlier_steps(new)):
        write.index, write.exception = index, failure
        write.answer = {"status": 0 if failure else 409, "error": {"index": index}}
    yield from _own_steps(writes, refresh)


def _again_steps(writes: list[Write], refresh: Refresh) -> Steps[str | None]:
    patience = Patience(type(writes[0].model)._es_namespace)
    pending = writes
    while True:
        _note_unblocked(write.model for write in pending if write.is_accepted)
        fatal = next((write.exception for write in pending if write.hopeless), None)
        pending = [write for write in pending if write.is_turned_away]
        if fatal or not pending:
            return str(fatal) if fatal else None
        for write in pending:
            write.waited = write.waited or write.is_blocked
        pause = patience.pause(
            frozenset(type(write.model).get_index() for write in pending if write.is_blocked)
        )
        if pause is None:
            return _reason(pending[0])
        yield Pause(pause)
        yield from _once_steps(pending, refresh)


def _note_unblocked(models: Iterable[BaseDocument]) -> None:
    """Record that the indices of these models take writes, so that those of others wait for them again."""
    for cls in {type(model) for model in models}:
        cls._es_namespace.blocked_in_vain.discard(cls.get_index())


def _once_steps(writes: list[Write], refresh: Refresh) -> Steps[None]:
    encodings, lines, sent = Encodings(), [], []
    for write in writes:
        write.answer = {}  # an earlier one says nothing of this request, if it is interrupted
        try:
            lines.append(encodings[type(write.model)].lines(write))
            sent.append(write)
        except Exception as error:  # noqa: BLE001 - what only this document holds is no JSON
            raise_signalled(error)
            write.exception, write.answer = error, {"status": 0}
            write.again = write.hopeless = False
    writes, body = sent, b"".join(lines)
    if not writes:
        return
    delete = writes[0].action == "delete"  # as all of them, or none
    asks = {_RESULT} if any(write.overwrite for write in writes) else set()
    if (yield from _taken_steps(Batch(writes), body, refresh, delete, asks)):
        for write in writes:
            write.answer, write.exception = _WRITTEN, None


def _taken_steps(
    batch: Batch, body: bytes, refresh: Refresh, delete: bool = False, asks: Iterable[str] = ()
) -> Steps[bool]:
    """Send the lines of the batch once. Return whether all were accepted and nothing more is to be known of them; else its
    writes hold the outcome of each. `delete`: they are deletes. `asks`: answer fields that are required besides."""
    models = batch.models
    into = set() if delete else {type(model) for model in models}
    fields = {*asks, *_asked_of(models, into)}
    # Deletes that found nothing are not errors to the server; look at each of them.
    each = bool(fields) or delete
    request = Request(
        type(models[0]),
        "bulk",
        repeat="unsent" if _ID in fields else "noticed",
        into=into,
        operations=body,
        filter_path=[*_ANSWER, *sorted(fields)],
        decoder=None if each else _decode_taken,
        **refresh_option(refresh),
    )
    try:
        response = yield request
        if len(response["items"]) != len(models):
            request.doubtful = True
            raise WrongAnswerError(
                f"the answer tells of {len(response['items'])} documents, and {len(models)} were sent"
            )
    except Exception as failure:  # noqa: BLE001 - it is every document's
        raise_signalled(failure)
        yield from _unanswered_steps(batch.writes, request, failure, refresh)
        return False
    if each or response.get("errors") is not False:
        yield from _answered_steps(batch.writes, request, response, refresh)
        return False
    return True


def _asked_of(models: list[BaseDocument], into: set[type[BaseDocument]]) -> Iterator[str]:
    """Yield the answer fields required for these models, besides errors. `into`: the classes of which new documents are
    written."""
    if any(model.id is None for model in models):
        yield _ID
    if any(cls._versioned for cls in {type(model) for model in models}):
        yield from _OF_VERSIONS
    # The index of a document, to which its next write goes, if a name may be an alias. Others are checked only once.
    if any(cls.get_index() not in cls._es_namespace.plain_indices for cls in into):
        yield _INDEX


def _decode_taken(answer: bytes) -> dict[str, Any]:
    """Return the answer to a bulk that was taken whole; what it says of each document is counted, not read. ValueError for
    others."""
    taken = _taken_decoder().decode(answer)
    if taken.errors:
        raise ValueError
    return {"errors": False, "items": taken.items}


@functools.cache
def _taken_decoder() -> Any:
    import msgspec

    fields = [("errors", bool), ("items", list[msgspec.Raw])]
    return msgspec.json.Decoder(msgspec.defstruct("Taken", fields))


def _unanswered_steps(
    writes: list[Write], request: Request, failure: Exception, refresh: Refresh
) -> Steps[None]:
    """Send halves if a single document may cause the error; otherwise record the failure for every document."""
    status = getattr(failure, "status_code", None)
    if status in _ONE_TO_BLAME and len(writes) > 1:
        middle = len(writes) // 2
        yield from _once_steps(writes[:middle], refresh)
        yield from _once_steps(writes[middle:], refresh)
        return
    again = is_passing(failure) and not (request.doubtful and request.repeat == "unsent")
    doubtful = request.doubtful or may_have_happened(failure)
    for write in writes:
        write.doubtful = write.doubtful or doubtful
        write.exception, write.answer = failure, {"status": status or 0}
        write.again = again
        write.hopeless = not again and status not in _ONE_TO_BLAME


def _answered_steps(
    writes: list[Write], request: Request, response: Any, refresh: Refresh
) -> Steps[None]:
    for write, answered in zip(writes, response["items"], strict=True):
        ((_, answer),) = answered.items()
        status = answer["status"]
        # The doubt first: an interrupt may fall after each call.
        write.doubtful = write.doubtful or request.doubtful or status >= 500
        write.answer, write.exception, write.hopeless = answer, None, False
        cls = type(write.model)
        if write.answer.get("_index") == cls.get_index():
            cls._es_namespace.plain_indices.add(cls.get_index())
        is_absent = status == 404 and "error" not in answer
        if write.action == "delete" and (is_absent or is_gone(answer)):
            write.answer = _WRITTEN if may_be_deleted(write) else {"status": 404}
    gone = [
        write
        for write in writes
        if (error := write.answer.get("error"))
        and ((write.is_hinted and is_gone_from(error)) or has_vanished(error))
    ]
    for write in gone:
        write.index, write.is_hinted = None, False
    if gone:
        yield from _once_steps(gone, refresh)
    yield from _own_steps(writes, refresh)


def _own_steps(writes: list[Write], refresh: Refresh) -> Steps[None]:
    """Record conflicting documents that are the writes' own as written, or write them again as they were found."""
    conflicts = [
        write
        for write in writes
        if write.answer.get("status") == 409
        and (write.action == "create" or type(write.model)._versioned)
        and may_be_own(write)
    ]
    founds = yield from look_up_steps(
        [(write, conflict_index(write, write.answer.get("error"))) for write in conflicts]
    )
    changed = []
    for write, found in zip(conflicts, founds, strict=True):
        if found.failure:
            write.exception, write.answer = found.failure, {"status": 0}
            write.again = is_passing(found.failure)
            write.doubtful = write.doubtful or not write.delete
        elif found.stored:
            write.aim_at_own(found.stored)
            changed.append(write)
        elif found.answer:
            write.answer = {**found.answer, "status": 200}
    if changed:
        yield from _once_steps(changed, refresh)


def failure_of(write: Write) -> BulkFailure:
    """Return the failure of a write that was not accepted."""
    status = None if write.exception is not None else write.answer.get("status")
    return BulkFailure(write.model, _reason(write), status, write.exception)


def _reason(write: Write) -> str:
    """Return why the document was not written, in the server's words where it answered."""
    if write.exception is not None:
        return str(write.exception)
    error = write.answer.get("error")
    if not isinstance(error, dict):
        return "not found" if write.answer.get("status") == 404 else str(error or write.answer)
    cause = error.get("caused_by") or {}
    blocked = BLOCKED if write.is_blocked else None
    return ": ".join(
        filter(None, [error.get("type"), error.get("reason"), cause.get("reason"), blocked])
    )
