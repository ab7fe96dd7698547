"""One write of a save or a delete: what is to be done, what is sent for it, and what became of that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .patience import WRITE, has_block, transient
from .updates import replaced

if TYPE_CHECKING:
    from ..base_document import BaseDocument

__all__ = ["Doubt", "Write", "is_read"]

RETRY_ON_CONFLICT = 100
"""How often the server restarts an update that conflicts with another: the last writer wins, field by field. A
versioned update must not send it (400 beside `if_seq_no`; in a bulk for the whole request)."""


class Doubt:
    """The record that a failed save leaves on a new model, and a delete on a model that is not versioned.

    id         the id assigned by that save. The next save assigns the same one: documents already written may point
               to it
    documents  the document of each request without an answer; they distinguish the model's own document from
               another's
    """

    __slots__ = ("documents", "id")

    def __init__(self, id: str, documents: Iterable[Any] = ()) -> None:
        self.id = id
        self.documents = tuple(documents)


class Write:
    """One model to be written once.

    update      the document is stored already
    overwrite   written whether or not the document exists: `document` holds the changes, `upsert` the whole document
    delete      the document is to be deleted
    before      writes that come first: targets of its stored joins, owners of loose joins that lead to it
    needs       those of them whose ids are part of its document
    server_id   the server makes the id
    document    what to store, for an update the changes; None while it is not built
    lacks_ids   an id in the document is unknown
    only        the fields that an update writes, if the program names them
    seen        the value of the model's `_seen` after the write
    whole       the same if an overwrite created the document
    replace     an update must read the document and replace it
    given_id    its id before the save, to restore
    left        the value of the model's `_seen` before its lines were built, if that was at once
    stamped     the dates that it stamped, with what the model held there before
    doubt       the doubt that an earlier failed save left

    aim() sets what is sent:
    action      create, update, index or delete
    body        with this document
    index       to this index, if not to that of the class; is_hinted: it is the one that the model remembers
    condition   arguments that say under which condition, or how often
    line        its serialized lines of a bulk, where they were built at once

    done        whether the document is written; None before that is known
    doubtful    a request of this save had no answer, so it may be written
    waited      a write block delayed it
    answer      in a bulk, the server's answer about the document; exception: what its request raised
    again       its request had no answer, and may be repeated
    hopeless    its request failed, and requests of others will fail likewise
    """

    __slots__ = (
        "_document",
        "action",
        "again",
        "answer",
        "before",
        "body",
        "condition",
        "delete",
        "done",
        "doubt",
        "doubtful",
        "exception",
        "given_id",
        "hopeless",
        "index",
        "is_asked",
        "is_hinted",
        "lacks_ids",
        "left",
        "line",
        "model",
        "needs",
        "only",
        "overwrite",
        "replace",
        "seen",
        "server_id",
        "stamped",
        "update",
        "upsert",
        "waited",
        "was_new",
        "whole",
    )

    def __init__(self, model: BaseDocument, update: bool, delete: bool = False) -> None:
        self.model = model
        self.update = update
        self.delete = delete
        self.was_new = not update
        self.overwrite = self.is_asked = False
        self.upsert: dict[str, Any] = {}
        self.whole: Any = None
        self.stamped: dict[str, Any] = {}
        self.before: list[Write] = []
        self.needs: list[Write] = []
        self.server_id = self.lacks_ids = False
        self.line: bytes | None = None
        self._document: dict[str, Any] | None = None
        self.seen: Any = None
        self.left: Any = ...
        self.replace = False
        self.only: frozenset[str] | None = None
        self.given_id: str | None = model.id
        state = getattr(model, "_version", None)
        self.doubt = state if isinstance(state, Doubt) else None
        self.done: bool | None = None
        self.doubtful = self.waited = False

    @property
    def document(self) -> dict[str, Any] | None:
        if self._document is None and self.line is not None:
            document: dict[str, Any] = json.loads(self.line.split(b"\n")[1])
            self._document = document
        return self._document

    @document.setter
    def document(self, document: dict[str, Any] | None) -> None:
        self._document = document

    @property
    def is_complete(self) -> bool:
        """Return whether every id in its document is known."""
        return all(target.model.id is not None for target in self.needs)

    # What is sent.

    def aim(self) -> None:
        """Decide what is sent, from what is to be done, and forget earlier answers."""
        self.action = "delete" if self.delete else "update" if self.update else "create"
        self.body = self._document
        self.index: str | None = None
        self.is_hinted = False
        self.condition = version_condition(self.model) if self.update else {}
        if self.action == "update" and not self.condition:
            self.condition = {"retry_on_conflict": RETRY_ON_CONFLICT}
        self.answer: Mapping[str, Any] = {}
        self.exception: BaseException | None = None
        self.again = self.hopeless = False

    def aim_at(self, found: Mapping[str, Any] | None, condition: dict[str, Any]) -> None:
        """Send what the model's document becomes by the write, now that it was read, under the condition; `found` is
        None if an overwrite found nothing."""
        self.line, self.answer, self.condition = None, {}, condition
        if found is None:
            self.action, self.body = "create", self.upsert
        elif not self.delete:
            self.action = "index"
            self.body = replaced(found["_source"], self.document or {}, type(self.model))

    def aim_at_own(self, found: Mapping[str, Any]) -> None:
        """The same where the document that it conflicts with is the model's own."""
        self.aim_at(found, seen_version(found))
        self.index = found["_index"]

    # What became of it.

    @property
    def is_accepted(self) -> bool:
        """Return whether the server accepted it."""
        status: int = self.answer.get("status", 0)
        return self.exception is None and 200 <= status < 300

    @property
    def is_versioned(self) -> bool:
        """Return whether the write requires that the document is unchanged since the model read it."""
        return type(self.model)._versioned and "if_seq_no" in self.condition

    @property
    def is_turned_away(self) -> bool:
        """Return whether the server may accept it later."""
        if self.exception is not None:
            return self.again
        status = self.answer.get("status", 0)
        if self.model.id is None and status >= 500:  # repeated, it might create two documents
            return False
        return transient(status, self.answer.get("error"))

    @property
    def is_blocked(self) -> bool:
        """Return whether its index is write-blocked."""
        return has_block(self.answer.get("error"), WRITE)


def is_read(model: BaseDocument) -> bool:
    """Return whether the document may be changed with respect to versions: it was read or written, or it is not
    versioned."""
    state = getattr(model, "_version", None)
    return not type(model)._versioned or isinstance(state, Doubt) or bool(version_condition(model))


def version_condition(model: BaseDocument) -> dict[str, Any]:
    """Return the condition that a versioned model's document is unchanged since it was read; empty for other
    models."""
    state = getattr(model, "_version", None)
    if not isinstance(state, tuple) or state[0] is None:
        return {}
    return {"if_seq_no": state[0], "if_primary_term": state[1]}


def seen_version(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition that a document is unchanged since it was found."""
    return {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}
