"""Saving and deleting many models with few requests, and what became of each document.

A chunk of models is planned as a single save is (planning.py), and written in waves: what others need first, then those.
Usually a chunk is one wave and one request.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from .loading import multi_get_steps
from .planning import Write, plan, take_back
from .saving import (
    Refresh,
    has_open_dict,
    is_same,
    note_written,
    remember,
    seen_version,
    version_arguments,
)
from .steps import Call, Items, Pause, Request, Steps, back_off

if TYPE_CHECKING:
    from .document import Document

__all__ = [
    "BulkError",
    "BulkFailure",
    "BulkResult",
    "Progress",
    "delete_all_steps",
    "save_all_steps",
]

_ATTEMPTS = 8  # for documents that a busy server (429) turns away; 13 seconds of pauses together
_WHOLE = (
    400,
    413,
)  # an id that is too long, or too many bytes: refused for what one of the documents is alone to blame
_ANSWER = [
    "items.*._id",
    "items.*.status",
    "items.*.error",
    "items.*._seq_no",
    "items.*._primary_term",
]


@dataclass(frozen=True, slots=True)
class BulkFailure:
    """A document that was not written."""

    model: Any
    error: str
    """What went wrong, in the server's words where it answered."""
    status: int | None = None
    """The HTTP status of this document: 409 for an id that exists, 404 for one that is gone; None: it was not sent, or no answer came."""
    exception: BaseException | None = None
    """The exception, where one was raised."""


class BulkError(Exception):
    """Some documents of a bulk were not written. `result` has all of them."""

    def __init__(self, result: BulkResult) -> None:
        first = result.failures[0]
        super().__init__(
            f"{len(result.failures)} of {result.total} documents failed; the first, "
            f"{type(first.model).__name__} {first.model.id!r}: {first.error}"
        )
        self.result = result


@dataclass(slots=True)
class BulkResult:
    """What became of the documents. True where all are written."""

    succeeded: int = 0
    """How many documents were written, those of joined models among them."""
    failures: list[BulkFailure] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """How many documents were not written."""
        return len(self.failures)

    @property
    def total(self) -> int:
        """How many documents there were."""
        return self.succeeded + len(self.failures)

    def __bool__(self) -> bool:
        return not self.failures

    def raise_failures(self) -> None:
        """Raise BulkError if a document failed."""
        if self.failures:
            raise BulkError(self)


Progress: TypeAlias = Callable[[BulkResult], object]
"""Called after every chunk with what became of all documents so far."""


def save_all_steps(
    models: Any, chunk_size: int, refresh: Refresh, progress: Progress | None
) -> Steps[BulkResult]:
    result = BulkResult()
    source = _iterator(models, chunk_size)
    while chunk := (yield from _chunk_steps(source, chunk_size)):
        writes = _plan_what_can_be(chunk, result)
        done: dict[int, bool] = {}
        for wave in _waves(writes):
            sendable = [write for write in wave if _is_sendable(write, done, result)]
            yield from _wave_steps(sendable, refresh, done, result)
        yield from _complete_steps(writes, refresh, done, result)
        if progress:
            yield Call(progress, result)
    return result


def delete_all_steps(
    models: Any, chunk_size: int, refresh: Refresh, progress: Progress | None
) -> Steps[BulkResult]:
    result = BulkResult()
    source = _iterator(models, chunk_size)
    while chunk := (yield from _chunk_steps(source, chunk_size)):
        items = []
        for model in chunk:
            if model.id is None:
                result.failures.append(BulkFailure(model, "was never saved"))
            else:
                items.append(_Item(model, "delete", None, None))
        yield from _send_steps(items, refresh)
        for item in items:
            _count(item, result)
        if progress:
            yield Call(progress, result)
    return result


def _iterator(models: Any, size: int) -> Any:
    if size < 1:
        raise ValueError("chunk_size must be at least 1")
    return iter(models) if hasattr(models, "__iter__") else aiter(models)


def _chunk_steps(source: Any, size: int) -> Steps[list[Document]]:
    models = yield Items(source, size)
    # A model that is given twice is one document.
    return list({id(model): model for model in models}.values())


def _plan_what_can_be(chunk: list[Document], result: BulkResult) -> list[Write]:
    """The plan for the chunk without the models that cannot be saved; those are failures."""
    with contextlib.suppress(Exception):  # which model it is, each alone will tell
        return plan(chunk, create=False)
    fit = []
    for model in chunk:
        try:
            take_back(plan([model], create=False))
        except Exception as error:  # noqa: BLE001 - reported
            result.failures.append(BulkFailure(model, str(error), exception=error))
        else:
            fit.append(model)
    return plan(fit, create=False) if fit else []


def _waves(writes: list[Write]) -> list[list[Write]]:
    """The writes grouped so that none comes before, or together with, what it depends on."""
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


def _is_sendable(write: Write, done: dict[int, bool], result: BulkResult) -> bool:
    """Whether what comes before was written; completes ids and document. A write that cannot be sent is a failure."""
    broken = next((other for other in write.before if done.get(id(other)) is False), None)
    try:
        if broken is not None:
            raise BrokenJoinError(
                f"the {type(broken.model).__name__} that it is joined to could not be saved"
            )
        if write.document is None:
            if write.model.id is None and not write.server_id:
                write.assign_id()
            write.fill()
    except Exception as error:  # noqa: BLE001 - reported
        _failed(write, done)
        result.failures.append(BulkFailure(write.model, str(error), exception=error))
        return False
    return True


class BrokenJoinError(Exception):
    """A model was not sent since one that it points to could not be saved."""


def _failed(write: Write, done: dict[int, bool], failure: BaseException | None = None) -> None:
    done[id(write)] = False
    remember(write, failure)
    take_back([write])


class _Item:
    """One line of a bulk request and its answer."""

    __slots__ = ("action", "answer", "condition", "document", "exception", "model", "write")

    def __init__(self, model: Document, action: str, document: Any, write: Write | None) -> None:
        self.model = model
        self.action = action
        self.document = document
        self.write = write
        self.answer: dict[str, Any] = {}
        self.condition = version_arguments(model) if action == "update" else {}
        self.exception: BaseException | None = None

    @property
    def is_written(self) -> bool:
        return bool(200 <= self.answer.get("status", 0) < 300)

    def lines(self) -> list[dict[str, Any]]:
        model = self.model
        meta: dict[str, Any] = {"_index": type(model).get_index(), **self.condition}
        if model.id is not None:
            meta["_id"] = model.id
        if self.action == "delete":
            return [{"delete": meta}]
        if self.action == "update":
            return [{"update": meta}, {"doc": self.document}]
        return [{self.action: meta}, self.document]


def _wave_steps(
    writes: list[Write], refresh: Refresh, done: dict[int, bool], result: BulkResult
) -> Steps[None]:
    items = [
        _Item(
            write.model,
            "update" if write.update else "index" if write.model.id is None else "create",
            write.document,
            write,
        )
        for write in writes
    ]
    yield from _merge_steps([item for item in items if item.action == "update"])
    yield from _send_steps([item for item in items if not item.answer], refresh)
    for write, item in zip(writes, items, strict=True):
        if item.is_written:
            note_written(write, item.answer)
            done[id(write)] = True
        else:
            _failed(write, done, item.exception)
        _count(item, result)


def _merge_steps(items: list[_Item]) -> Steps[None]:
    """Read what is stored of documents that an update would merge with it, and let them be written whole."""
    items = [item for item in items if item.write and has_open_dict(item.write)]
    by_class: dict[type[Document], list[_Item]] = {}
    for item in items:
        by_class.setdefault(type(item.model), []).append(item)
    for cls, of_class in by_class.items():
        docs = yield from multi_get_steps(cls, [str(item.model.id) for item in of_class])
        for item, found in zip(of_class, docs, strict=True):
            if not found["found"]:
                item.answer = {"status": 404}
                continue
            item.action = "index"
            item.document = {**found["_source"], **item.document}
            item.condition = version_arguments(item.model) or seen_version(found)


def _complete_steps(
    writes: list[Write], refresh: Refresh, done: dict[int, bool], result: BulkResult
) -> Steps[None]:
    """Update the documents in a circle of server-made ids, which were written before all of them were known."""
    items = []
    for write in writes:
        if done.get(id(write)) and write.needs and _lacks_ids(write):
            write.fill()
            items.append(_Item(write.model, "update", write.document, write))
    yield from _send_steps(items, refresh)
    for item in items:
        if not item.is_written:
            result.succeeded -= 1
            _count(item, result)


def _lacks_ids(write: Write) -> bool:
    before = write.document
    write.fill()
    return write.document != before


def _count(item: _Item, result: BulkResult) -> None:
    if item.is_written:
        result.succeeded += 1
        return
    if item.exception is not None:
        failure = BulkFailure(item.model, str(item.exception), None, item.exception)
    else:
        failure = BulkFailure(item.model, _reason(item.answer), item.answer.get("status"))
    result.failures.append(failure)


def _reason(answer: dict[str, Any]) -> str:
    error = answer.get("error")
    if not isinstance(error, dict):
        return "not found" if answer.get("status") == 404 else str(error or answer)
    cause = error.get("caused_by") or {}
    return ": ".join(filter(None, [error.get("type"), error.get("reason"), cause.get("reason")]))


def _send_steps(items: list[_Item], refresh: Refresh) -> Steps[None]:
    """Send the items, those that a busy server turned away again and again, and put the answers on them."""
    pending = items
    for attempt in range(1, _ATTEMPTS + 1):
        if not pending:
            return
        yield from _once_steps(pending, refresh)
        pending = [item for item in pending if item.answer.get("status") == 429]
        if pending and attempt < _ATTEMPTS:
            yield Pause(back_off(attempt))


def _once_steps(items: list[_Item], refresh: Refresh) -> Steps[None]:
    operations = [line for item in items for line in item.lines()]
    options: dict[str, Any] = {} if refresh is None else {"refresh": refresh}
    request = Request(
        type(items[0].model),
        "bulk",
        repeat="unsent" if any(item.model.id is None for item in items) else "noticed",
        operations=operations,
        filter_path=_ANSWER,
        **options,
    )
    try:
        response = yield request
    except Exception as failure:  # noqa: BLE001 - it is every document's, and the next chunk may fare better
        status = getattr(failure, "status_code", None)
        if status in _WHOLE and len(items) > 1:
            middle = len(items) // 2
            yield from _once_steps(items[:middle], refresh)
            yield from _once_steps(items[middle:], refresh)
            return
        for item in items:
            item.exception, item.answer = failure, {"status": status or 0}
        return
    for item, answer in zip(items, response["items"], strict=True):
        ((_, item.answer),) = answer.items()
        item.exception = None
    yield from _own_steps([item for item in items if _may_be_own(item, request)])


def _may_be_own(item: _Item, request: Request) -> bool:
    doubt = item.write.doubt if item.write else None
    return (
        item.action == "create"
        and item.answer.get("status") == 409
        and (request.doubtful or bool(doubt and doubt.document))
    )


def _own_steps(items: list[_Item]) -> Steps[None]:
    """Creates that found a document may have found their own, of an attempt that had no answer: those are written."""
    for item in items:
        found = yield Request(type(item.model), "get", id=item.model.id)
        doubt = item.write.doubt if item.write else None
        if is_same(found["_source"], item.document, type(item.model)):
            item.answer = {**found, "status": 200}
        elif doubt and is_same(found["_source"], doubt.document, type(item.model)):
            item.action = "update"
            yield from _once_steps([item], None)
