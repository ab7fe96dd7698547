"""Writes that may have succeeded without an answer, and 409 answers caused by the program's own document.

An attempt without an answer (connection lost, timeout, unreadable, a 5xx) leaves a write in doubt, whatever the
outcome of later attempts. Single saves and bulks record that on `Write`, and a failed save records it on the model.
If a create in doubt then finds an existing document, that document is compared: if it equals what was sent, the write
succeeded. A random id is never that of another document, and Elasticsearch itself repeats writes when a primary
fails, so a create with a random id is always treated as in doubt. Ids made by the server identify nothing: such
creates are not repeated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..base_document import BaseDocument
from ..compile.incomplete import is_in_part
from ..compile.kept import UNKNOWN, is_same
from ..signalled import raise_signalled
from .patience import said
from .places import members_steps, routing_arguments
from .planned import Doubt, Write, version_of
from .steps import Request, Steps
from .vectors import is_alike

_MOST = 1000  # documents of one look-up


def remember(write: Write) -> None:
    """Record on a model that was not written what its next save needs to know."""
    model = write.model
    if write.update and not write.overwrite:
        if write.doubtful and (write.delete or type(model)._versioned):
            seen = _earlier(write) if write.delete else write.seen
            model._version = Doubt(version=version_of(model), seen=seen, deleted=write.delete)
    elif write.given_id is None and model.id is not None:
        model._version = Doubt(model.id, _documents(write))


def _documents(write: Write) -> tuple[Any, ...]:
    """Return the documents that this save and earlier ones sent without an answer."""
    earlier = write.doubt.documents if write.doubt and write.doubt.id == write.model.id else ()
    sent = write.upsert if write.overwrite else write.document
    return (*earlier, sent) if write.doubtful and sent not in earlier else earlier


def may_be_deleted(write: Write) -> bool:
    """Return whether an unanswered attempt, of this delete or an earlier one, may have deleted the document."""
    return write.doubtful or (write.doubt is not None and write.doubt.deleted)


def deleted(model: BaseDocument) -> None:
    """Clear earlier doubts after the document was deleted: a later delete that finds nothing reports that."""
    model._version = version_of(model)


def may_be_own(write: Write) -> bool:
    """Return whether the document that a create found may be its own; or the document of a versioned update or
    delete, under another version: after a migration, or an attempt without an answer."""
    if write.update:
        conditional = type(write.model)._versioned
        return conditional and (write.waited or write.doubtful or bool(_earlier(write)))
    return bool(_documents(write)) or _is_random(write)


def _is_random(write: Write) -> bool:
    """Return whether `_compute_id` makes a new id at each call, such as uuid7."""
    model = write.model
    if write.given_id is not None:
        return False
    id, model.id = model.id, None
    try:
        return bool(model._compute_id() != id)
    finally:
        model.id = id


class Found(NamedTuple):
    """The result of looking up one write; all None if there is no document of its model.

    answer   the document, if this write made it
    stored   the document, if an earlier attempt to save the same model made it: this write is to replace it
    failure  the exception of the look-up itself
    """

    answer: Any = None
    stored: Any = None
    failure: Exception | None = None


def look_up_steps(conflicts: list[tuple[Write, str]]) -> Steps[list[Found]]:
    """Look up the documents of writes that were answered 409. Each comes with the index that the 409 named."""
    founds: list[Found] = []
    for start in range(0, len(conflicts), _MOST):
        part = conflicts[start : start + _MOST]
        docs = [
            {"_index": index, "_id": write.model.id, **routing_arguments(write.model)}
            for write, index in part
        ]
        try:
            response = yield Request(type(part[0][0].model), "mget", whole=True, docs=docs)
        except Exception as failure:  # noqa: BLE001 - reported of these documents
            raise_signalled(failure)
            founds += [Found(failure=failure)] * len(part)
            continue
        founds += [
            _judged(write, doc) if doc.get("found") else Found()
            for (write, _), doc in zip(part, response["docs"], strict=True)
        ]
    return founds


def earlier_steps(writes: Iterable[Write]) -> Steps[list[tuple[Write, str, Exception | None]]]:
    """Return the creates in doubt since an earlier save whose documents are there, each with the index, or with the
    exception of the look-up. After a rollover the name leads to another index, where a create would not find them."""
    members: dict[type[BaseDocument], frozenset[str]] = {}
    asked = []
    for write in writes:
        if write.update or not write.doubt or not _documents(write):
            continue
        cls = type(write.model)
        if cls not in members:
            members[cls] = (yield from members_steps(cls, fresh=True)) or frozenset()
        if len(members[cls]) > 1:
            asked += [(write, index) for index in sorted(members[cls])]
    founds = yield from look_up_steps(asked)
    return [
        (*each, found.failure)
        for each, found in zip(asked, founds, strict=True)
        if found.failure or found.answer or found.stored
    ]


def _judged(write: Write, doc: Any) -> Found:
    source, cls = doc["_source"], type(write.model)
    if write.update:
        return _judged_update(write, doc)
    is_random = _is_random(write)
    if (write.doubtful or is_random) and _is_same(source, write.document, cls):
        return Found(answer=doc)
    # A document with a random id that another client has changed since is replaced: the last writer wins.
    is_earlier = any(_is_same(source, each, cls) for each in _documents(write))
    return Found(stored=doc) if is_earlier or (is_random and not cls._versioned) else Found()


def _judged_update(write: Write, doc: Any) -> Found:
    model = write.model
    try:
        now = type(model).from_es(doc)._seen
    except ValueError:
        return Found()
    if write.doubtful and _is_as(now, write.seen):
        return Found(answer=doc)
    # Fields that were not fetched may have changed while it waited.
    is_as_read = write.waited and not is_in_part(model) and _is_as(now, model._seen)
    return Found(stored=doc) if is_as_read or _is_as(now, _earlier(write)) else Found()


def _earlier(write: Write) -> Any:
    """Return the document that a versioned model has if an earlier update without an answer succeeded."""
    return write.doubt.seen if write.doubt else None


def _is_as(now: Any, kept: Any) -> bool:
    """Return whether a document holds what was known of it."""
    return isinstance(kept, tuple) and all(
        each is UNKNOWN or is_same(read, each) for read, each in zip(now, kept, strict=True)
    )


def _is_same(source: Any, document: Any, model: type[BaseDocument]) -> bool:
    """Return whether a stored document equals the document sent."""
    sent = json.loads(json.dumps(document, default=str))
    return source == sent or (model._has_vectors and is_alike(source, sent))


def conflict_index(write: Write, error: Any) -> str:
    """Return the index that a 409, of a request or of a bulk item, names: an alias may stand for several."""
    return said(error).get("index") or type(write.model).get_write_index()


def is_gone(answer: Any) -> bool:
    """Return whether a conditional delete was answered 409 since the document is gone (as 7.17.29 and 9.5.3 do)."""
    return "but no document was found" in str(answer)
