"""One write of a save or a delete: what is to be done, what is sent for it, and what became of that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base_document import BaseDocument
from .patience import WRITE, has_block, transient
from .updates import replaced

RETRY_ON_CONFLICT = 100
"""How often the server restarts an update that conflicts with another: the last writer wins, field by field. A
versioned update must not send it (400 beside `if_seq_no`; in a bulk for the whole request)."""


# No repr: debuggers show it, and documents have private values.
@dataclass(slots=True, eq=False, repr=False)
class Doubt:
    """What a failed save leaves on a new model, and a save or delete without an answer on a stored one."""

    id: str | None = None
    """The id assigned to a new model. The next save assigns the same one: documents already written may point to it."""
    documents: tuple[Any, ...] = ()
    """Those of each request without an answer; they distinguish the model's own document from another's."""
    version: tuple[Any, Any] | None = None  # see version_of
    seen: Any = None
    """What an update of that was to store, as in `_seen`; it distinguishes this write from one by another client."""
    deleted: bool = False  # a delete had no answer


@dataclass(slots=True, eq=False, repr=False)
class Write:
    """One model to be written once."""

    model: BaseDocument
    update: bool  # the document is stored already
    delete: bool = False  # the document is to be deleted
    overwrite: bool = False
    """It is written whether or not the document exists: `document` holds the changes, `upsert` the whole document."""
    is_asked: bool = False  # overwritten because the program names it, not because another joins it
    was_new: bool = False  # the document was not stored before
    only: frozenset[str] | None = None  # the fields to update, if the program names them

    before: list[Write] = field(default_factory=list)
    """Writes that come first: targets of its stored joins, owners of loose joins that lead to it."""
    needs: list[Write] = field(default_factory=list)  # those of them whose ids are in its document
    server_id: bool = False  # the server makes the id
    lacks_ids: bool = False  # an id in the document is unknown
    upsert: dict[str, Any] = field(default_factory=dict)
    seen: Any = None  # the value of the model's `_seen` after the write
    whole: Any = None  # the same if an overwrite created the document
    replace: bool = False  # an update must read the document and replace it
    stamped: dict[str, Any] = field(default_factory=dict)
    """The dates that it stamped, with what the model held there before."""
    line: bytes | None = None  # its serialized lines of a bulk, if they were built at once
    left: Any = ...  # the value of the model's `_seen` before they were built
    given_id: str | None = None  # its id before the save, to restore
    doubt: Doubt | None = None  # what an earlier failed save left
    _document: dict[str, Any] | None = None

    # What is sent; aim() sets this.
    action: str = ""  # create, update, index or delete
    body: Any = None  # the document, or an update of it
    index: str | None = None  # if not that of the class
    is_hinted: bool = False  # the index is the one that the model remembers
    condition: dict[str, Any] = field(default_factory=dict)
    """Arguments that say under which condition, or how often."""

    # What became of it.
    done: bool | None = None  # whether the document is written; None before that is known
    doubtful: bool = False  # a request of this save had no answer, so it may be written
    waited: bool = False  # a write block delayed it
    answer: Mapping[str, Any] = field(default_factory=dict)
    """In a bulk, the server's answer about the document."""
    exception: BaseException | None = None  # what its request in a bulk raised
    again: bool = False  # that may be repeated
    hopeless: bool = False  # requests of others will fail likewise

    def __post_init__(self) -> None:
        self.was_new = not self.update
        self.given_id = self.model.id
        state = getattr(self.model, "_version", None)
        if isinstance(state, Doubt):
            self.doubt = state

    @property
    def document(self) -> dict[str, Any] | None:
        """What to store, for an update the changes; None while it is not built."""
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
        self.index = None
        self.is_hinted = False
        self.condition = version_condition(self.model) if self.update else {}
        if self.action == "update":
            self.body = {"doc": self.document}
            if self.overwrite:
                self.body["upsert"] = self.upsert
            self.condition = self.condition or {"retry_on_conflict": RETRY_ON_CONFLICT}
        self.answer, self.exception = {}, None
        self.again = self.hopeless = False

    def aim_at(self, found: Mapping[str, Any] | None) -> None:
        """Send what the model's document becomes by the write, now that it was read, unless it has changed since;
        `found` is None if an overwrite found nothing."""
        if found is None:
            self.action, self.body, self.condition = "create", self.upsert, {}
        else:
            if not self.delete:
                self.action = "index"
                self.body = replaced(found["_source"], self.document or {}, type(self.model))
            self.condition = version_condition(self.model) or _seen_version(found)
        self.line, self.answer = None, {}

    def aim_at_own(self, found: Mapping[str, Any]) -> None:
        """The same where the document that it conflicts with is the model's own, under another version."""
        self.aim_at(found)
        self.condition = _seen_version(found)
        self.index = found["_index"]

    # What became of it.

    @property
    def is_accepted(self) -> bool:
        """Return whether the server accepted it."""
        status: int = self.answer.get("status", 0)
        return self.exception is None and 200 <= status < 300

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


def version_of(model: BaseDocument) -> tuple[Any, Any] | None:
    """Return the sequence number and primary term that a versioned model's document had when it was read or written."""
    state = getattr(model, "_version", None)
    return state.version if isinstance(state, Doubt) else state


def version_condition(model: BaseDocument) -> dict[str, Any]:
    """Return the condition that a versioned model's document is unchanged since it was read; empty for others."""
    version = version_of(model)
    if version is None or version[0] is None:
        return {}
    return {"if_seq_no": version[0], "if_primary_term": version[1]}


def _seen_version(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition that a document is unchanged since it was found."""
    return {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}
