"""Sending bulk requests and retrying: the outcome of each document, and whether continuing makes sense."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .bulk_lines import Batch, Encoding, Item, Lines
from .doubts import earlier_steps, look_up_steps, may_be_deleted, may_be_own
from .patience import BLOCKED, Patience, is_passing
from .places import hint_steps, is_gone_from
from .save import Refresh, conflict_index, is_gone
from .steps import Pause, Request, Steps

if TYPE_CHECKING:
    from ..base_document import BaseDocument

__all__ = ["WRITTEN", "asked_of", "reason", "send_batch_steps", "send_steps"]

_ANSWER = ["errors", "items.*.status", "items.*.error"]
WRITTEN = {"status": 200}
_ID = "items.*._id"
_RESULT = "items.*.result"
_INDEX = "items.*._index"
_OF_VERSIONS = ("items.*._seq_no", "items.*._primary_term")
_ONE_TO_BLAME = (400, 413)  # an id that is too long, or a document with too many bytes


def send_batch_steps(batch: Batch, refresh: Refresh) -> Steps[str | None]:
    """Send the batch; its items then hold their answers. Return the reason if the server would reject other requests
    as well."""
    if isinstance(batch, Lines):
        return _send_lines_steps(batch, refresh)
    return send_steps(batch.items, refresh)


def _send_lines_steps(lines: Lines, refresh: Refresh) -> Steps[str | None]:
    """Like `send_steps`, for lines that are already serialized."""
    classes: set[type[BaseDocument]] = set(map(type, lines.models))
    lines.asks |= _asked_of_places(classes)
    request = _request(type(lines.models[0]), lines.body, lines.asks, classes, refresh)
    try:
        response = yield request
    except Exception as failure:  # noqa: BLE001 - it is every document's
        yield from _unanswered_steps(lines.items, request, failure, refresh)
    else:
        if response.get("errors") is False and not lines.asks and not _in_vain(lines.models[0]):
            lines.written = True
            return None
        yield from _answered_steps(lines.items, request, response, refresh)
    return (yield from _again_steps(lines.items, refresh))


def send_steps(items: list[Item], refresh: Refresh) -> Steps[str | None]:
    """Send the items, and store the answers on them. Documents that the server does not accept now are sent again.
    Return the reason if retrying does not help: other documents would be rejected, too.
    """
    if not items:
        return None
    yield from _place_steps(items)
    yield from _earlier_steps(items, refresh)
    if left := [item for item in items if not item.answer]:
        yield from _once_steps(left, refresh)
    return (yield from _again_steps(items, refresh))


def _place_steps(items: list[Item]) -> Steps[None]:
    """Set the index of items whose model remembers another index than its class names."""
    for item in items:
        if item.index is None and item.model.id is not None and item.action != "create":
            item.index = yield from hint_steps(item.model)
            item.is_hinted = item.index is not None


def _earlier_steps(items: list[Item], refresh: Refresh) -> Steps[None]:
    """Treat documents that an earlier save created elsewhere like those that conflict."""
    new = {id(item.write): item for item in items if item.action == "create"}
    earlier = yield from earlier_steps([item.write for item in new.values()])
    for write, index, failure in earlier:
        item = new[id(write)]
        item.index, item.exception = index, failure
        item.answer = {"status": 0 if failure else 409, "error": {"index": index}}
    yield from _own_steps(items, refresh)


def _again_steps(items: list[Item], refresh: Refresh) -> Steps[str | None]:
    patience = Patience(type(items[0].model)._es_namespace)
    pending = items
    while True:
        in_vain = _in_vain(items[0].model)
        in_vain -= {type(item.model).get_index() for item in pending if item.is_written and in_vain}
        fatal = next((item.exception for item in pending if item.hopeless), None)
        pending = [item for item in pending if item.is_turned_away]
        if fatal or not pending:
            return str(fatal) if fatal else None
        for item in pending:
            if item.is_versioned and item.is_blocked:
                item.write.waited = True
        pause = patience.pause(
            frozenset(type(item.model).get_index() for item in pending if item.is_blocked)
        )
        if pause is None:
            return reason(pending[0])
        yield Pause(pause)
        yield from _once_steps(pending, refresh)


def _in_vain(model: BaseDocument) -> set[str]:
    return type(model)._es_namespace.blocked_in_vain


def _once_steps(items: list[Item], refresh: Refresh) -> Steps[None]:
    encodings: dict[type[BaseDocument], Encoding] = {}
    asks: set[str] = set()
    for item in items:
        asks.update(asked_of(item.model))
        if item.overwrites:
            asks.add(_RESULT)
    into = {type(item.model) for item in items if item.action != "delete"}
    asks |= _asked_of_places(into)
    body = b"".join([item.encoded(encodings) for item in items])
    request = _request(type(items[0].model), body, asks, into, refresh)
    try:
        response = yield request
    except Exception as failure:  # noqa: BLE001 - it is every document's
        yield from _unanswered_steps(items, request, failure, refresh)
        return
    # Deletes that found nothing are not errors to the server; look at each of them.
    if response.get("errors") is False and not asks and items[0].action != "delete":
        for item in items:
            item.answer, item.exception = WRITTEN, None
        return
    yield from _answered_steps(items, request, response, refresh)


def _asked_of_places(classes: Iterable[type[BaseDocument]]) -> set[str]:
    """Return the answer fields that report the index of each document, where a class's name may be an alias: the next
    write goes to that index."""
    return {
        _INDEX
        for cls in classes
        if cls.get_index()
        not in cls._es_namespace.plain_indices  # names that are not aliases are checked only once
    }


def asked_of(model: BaseDocument) -> Iterable[str]:
    """Yield the answer fields required for this model, besides errors."""
    if model.id is None:
        yield _ID
    if type(model)._versioned:
        yield from _OF_VERSIONS


def _request(
    cls: type[BaseDocument],
    body: bytes,
    asks: set[str],
    into: set[type[BaseDocument]],
    refresh: Refresh,
) -> Request:
    request = Request(
        cls,
        "bulk",
        repeat="unsent" if _ID in asks else "noticed",
        into=into,
        operations=body,
        filter_path=[*_ANSWER, *sorted(asks)],
    )
    if refresh is not None:
        request.arguments["refresh"] = refresh
    return request


def _unanswered_steps(
    items: list[Item], request: Request, failure: Exception, refresh: Refresh
) -> Steps[None]:
    """Send halves if a single document may cause the error; otherwise record the failure for every document."""
    status = getattr(failure, "status_code", None)
    if status in _ONE_TO_BLAME and len(items) > 1:
        middle = len(items) // 2
        yield from _once_steps(items[:middle], refresh)
        yield from _once_steps(items[middle:], refresh)
        return
    again = is_passing(failure) and not (request.doubtful and request.repeat == "unsent")
    for item in items:
        item.exception, item.answer = failure, {"status": status or 0}
        item.again = again
        item.hopeless = not again and status not in _ONE_TO_BLAME
        if request.doubtful:
            item.write.doubtful = True


def _answered_steps(
    items: list[Item], request: Request, response: Any, refresh: Refresh
) -> Steps[None]:
    for item, answered in zip(items, response["items"], strict=True):
        ((_, item.answer),) = answered.items()
        item.exception, item.hopeless = None, False
        status = item.answer["status"]
        cls = type(item.model)
        if item.answer.get("_index") == cls.get_index():
            cls._es_namespace.plain_indices.add(cls.get_index())
        if request.doubtful or status >= 500:
            item.write.doubtful = True
        if item.action == "delete" and (status == 404 or is_gone(item.answer)):
            item.answer = WRITTEN if may_be_deleted(item.write) else {"status": 404}
    gone = [item for item in items if item.is_hinted and is_gone_from(item.answer.get("error"))]
    for item in gone:
        item.index, item.is_hinted = None, False
    if gone:
        yield from _once_steps(gone, refresh)
    yield from _own_steps(items, refresh)


def _own_steps(items: list[Item], refresh: Refresh) -> Steps[None]:
    """Check whether conflicting documents are the writes' own: record those as written, or write them again with
    the version found."""
    conflicts = [
        item
        for item in items
        if item.answer.get("status") == 409
        and (item.action == "create" or item.is_versioned)
        and may_be_own(item.write)
    ]
    founds = yield from look_up_steps(
        [(item.write, conflict_index(item.answer, type(item.model))) for item in conflicts]
    )
    changed = []
    for item, found in zip(conflicts, founds, strict=True):
        if found.failure:
            item.exception, item.answer = found.failure, {"status": 0}
            item.again = is_passing(found.failure)
            item.write.doubtful = True
        elif found.stored:
            item.replace(found.stored)
            changed.append(item)
        elif found.answer:
            item.answer = {**found.answer, "status": 200}
    if changed:
        yield from _once_steps(changed, refresh)


def reason(item: Item) -> str:
    """Return why the document was not written, in the server's words where it answered."""
    if item.exception is not None:
        return str(item.exception)
    error = item.answer.get("error")
    if not isinstance(error, dict):
        return "not found" if item.answer.get("status") == 404 else str(error or item.answer)
    cause = error.get("caused_by") or {}
    blocked = BLOCKED if item.is_blocked else None
    return ": ".join(
        filter(None, [error.get("type"), error.get("reason"), cause.get("reason"), blocked])
    )
