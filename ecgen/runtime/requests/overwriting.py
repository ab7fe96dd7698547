"""Writes that do not check whether the document exists: an update with the fields that were given or assigned, and
the whole document to create it (`upsert`). `auto: created` and defaults are in the whole document only.

Such a write is idempotent, so a lost answer leaves no doubt; the answer says whether a document existed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import IntegrityError
from .planned import Write
from .stamps import note_seen, unstamp


def ask_overwrite(writes: Sequence[Write], asked: int) -> None:
    """Make the writes overwrite: the first `asked`, which the program names, and the new ones that they join.
    IntegrityError for a named model that is versioned."""
    for number, write in enumerate(writes):
        is_versioned = type(write.model)._versioned
        if number < asked and is_versioned:
            raise IntegrityError(
                f"{type(write.model).__name__} is versioned, and overwrite does not ask which version is there: get() it, change "
                "it and save() it"
            )
        if not is_versioned and (number < asked or not write.update):
            write.update = write.overwrite = True
            write.was_new = False
            write.is_asked = number < asked


def refuse_overwrite(write: Write) -> None:
    """Create a model whose id the server makes as usual; IntegrityError if the program named it."""
    if write.is_asked:
        raise IntegrityError(
            f"Elasticsearch makes the ids of {type(write.model).__name__}, so nothing tells which document to overwrite"
        )
    write.update = write.overwrite = False
    write.was_new = True


def begin_overwrite(write: Write) -> None:
    """Build the whole document, and remove from the changes what belongs to new documents only."""
    model, document = write.model, write.document or {}
    write.upsert, write.whole = model._document(), model._snapshot()
    mapping = type(model)._mapping
    names = {mapping[name].name for name in write.stamped}
    is_change = bool(document.keys() - names)
    for name, before in write.stamped.items():
        if mapping[name].auto == "created" or not is_change:
            document.pop(mapping[name].name, None)
            note_seen(write, name, before)


def end_overwrite(write: Write, is_new: bool) -> None:
    """Record whether the document existed."""
    if is_new:
        write.seen = write.whole
        return
    mapping = type(write.model)._mapping
    sent: Any = write.document or {}
    unstamp(
        write.model,
        {name: was for name, was in write.stamped.items() if mapping[name].name not in sent},
    )
