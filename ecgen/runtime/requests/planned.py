"""What is known of one write of a save: what is stored, what comes first, and what became of earlier attempts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..base_document import BaseDocument

__all__ = ["Doubt", "Write"]


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
    document    what to store, for an update the changes; None while an id in it is unknown
    only        the fields that an update writes, if the program names them
    seen        the value of the model's `_seen` after the write
    replace     an update must read the document and replace it
    given_id    its id before the save, to restore
    doubt       the doubt that an earlier failed save left
    doubtful    a request of this save had no answer, so it may be written
    whole       the value of the model's `_seen` if an overwrite created the document
    stamped     the dates that it stamped, with what the model held there before
    waited      a write block delayed it
    """

    __slots__ = (
        "before",
        "delete",
        "document",
        "doubt",
        "doubtful",
        "given_id",
        "is_asked",
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
        self.server_id = False
        self.document: dict[str, Any] | None = None
        self.seen: Any = None
        self.replace = False
        self.only: frozenset[str] | None = None
        self.given_id: str | None = model.id
        state = getattr(model, "_version", None)
        self.doubt = state if isinstance(state, Doubt) else None
        self.doubtful = self.waited = False

    @property
    def is_complete(self) -> bool:
        """Return whether every id in its document is known."""
        return all(target.model.id is not None for target in self.needs)
