"""The writes of a save, their order and ids: the plan that save.py and bulk_save.py execute.

Nothing here sends a request. A save writes its models and every unsaved model they join. Stored joins need the
target's id, so targets come before their owners; targets of loose joins point to their owner and come after it. Ids
that the client makes are assigned before anything is sent, so circles of them need no second write. Only if the
server makes ids, a circle leaves a document to be completed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from ..base_document import BaseDocument
from ..client import client_errors
from ..compile.incomplete import decides, is_in_part
from ..errors import IntegrityError, NotFetched, did_you_mean
from ..joins import Join
from ..signalled import raise_signalled
from .circles import circles_of
from .overwriting import ask_overwrite, begin_overwrite, refuse_overwrite
from .places import routing_to_send
from .planned import Doubt, Write, version_condition
from .private_values import conceal
from .stamps import stamp_change, stamp_new, unstamp
from .updates import require, update_of


def _restrict(write: Write, only: frozenset[str]) -> None:
    """Restrict the update to these fields. TypeError for an unknown field, IntegrityError for a new model."""
    cls = type(write.model)
    if not only:
        raise TypeError("update_fields names no field")
    for name in only - set(cls._stored):
        raise TypeError(f"{cls.__name__} stores no field {name!r}{did_you_mean(name, cls._stored)}")
    if not write.update:
        raise IntegrityError(
            f"this {cls.__name__} was never saved, so no field of it can be updated"
        )
    write.only = only


def assign_id(write: Write) -> None:
    """Compute the model's id. IntegrityError if it differs from the given one."""
    model = write.model
    if model.id is None and write.doubt:
        model.id = write.doubt.id
    try:
        computed = model._compute_id()
    except (IntegrityError, NotFetched):
        # If the model was read in part, or made by hand to change a field or two, some parts are unknown.
        if not write.update or write.overwrite or None in update_of(model).document.values():
            raise
        if is_in_part(model) and decides(model, type(model)._compute_id):
            raise
        return
    if write.given_id is not None and computed and computed != write.given_id:
        name = type(model).__name__
        raise IntegrityError(
            f"{name} {write.given_id!r} has the computed id {computed!r} now; an id cannot change: create a new {name}"
            if write.update and not write.overwrite
            else f"{name} is given the id {write.given_id!r}, but its computed id is {computed!r}"
        )
    if write.given_id is None:
        model.id = computed or None
        write.server_id = model.id is None
        if write.server_id and write.overwrite:
            refuse_overwrite(write)


def fill(write: Write) -> None:
    """Build the document from what is known now. ValueError for a value, IntegrityError for a changed routing."""
    routing_to_send(write.model)
    if write.update:
        write.document, write.seen, write.replace = update_of(write.model, write.only)
        write.stamped = stamp_change(write) | write.stamped
        if write.overwrite:
            begin_overwrite(write)
    else:
        write.document, write.seen = write.model._document(), write.model._snapshot()
    write.lacks_ids = not write.is_complete


def complete_plan(write: Write) -> None:
    """Complete id and document of a write that waited for ids which the server made meanwhile."""
    if write.document is None:
        if write.model.id is None and not write.server_id:
            assign_id(write)
        fill(write)


def amend(write: Write) -> None:
    """Turn a write that is done into an update with what its document lacks."""
    write.done = None
    write.update, write.overwrite = True, False
    fill(write)


def plan(
    models: Sequence[BaseDocument],
    new: bool = False,
    only: frozenset[str] | None = None,
    overwrite: bool = False,
) -> list[Write]:
    """Return the writes for saving `models`, in order. `new`: they are to be created even if they have ids. `only`: the
    fields that updates of them write. `overwrite`: they, and the new models that they join, are written whether or
    not they exist.

    IntegrityError, ValueError and ConflictError for models that cannot be saved; all models are then unchanged.
    """
    writes = _collect(models, new, only)
    try:
        if overwrite:
            ask_overwrite(writes, len(models))
        for write in writes:
            if not write.update or write.overwrite:
                write.stamped = stamp_new(write.model)
                require(write.model)
            elif error := unread_error(write.model):
                raise error
        ordered = []
        for circle in circles_of(writes):
            _assign_ids(circle)
            ordered += _ordered(circle)
        for write in ordered:
            fill(write)
            if write.lacks_ids:
                write.document = None
    except BaseException as failure:
        take_back(writes)
        conceal(failure, [write.model for write in writes])
        raise
    return ordered


def take_back(writes: Iterable[Write]) -> None:
    """Restore the ids and dates of models that are not written."""
    for write in writes:
        write.model.id = write.given_id
        if write.stamped and (write.overwrite or not write.doubtful):
            unstamp(write.model, write.stamped)


def unread_error(model: BaseDocument) -> Exception | None:
    """Return the ConflictError of a versioned model made by hand with an id, which might overwrite any version; None for a
    model that was read or written, or is not versioned."""
    state = getattr(model, "_version", None)
    if not type(model)._versioned or isinstance(state, Doubt) or version_condition(model):
        return None
    import elastic_transport

    name = type(model).__name__
    text = (
        f"{name} {model.id!r} was not read, so nothing is known of the version that would be overwritten: "
        f"get() it first, or create() it if it is new"
    )
    nowhere = elastic_transport.NodeConfig("http", "not-sent", 9200)
    headers = elastic_transport.HttpHeaders()
    meta = elastic_transport.ApiResponseMeta(409, "1.1", headers, 0.0, nowhere)
    return client_errors.ConflictError(text, meta, {"error": {"reason": text}, "status": 409})


def _collect(models: Sequence[BaseDocument], new: bool, only: frozenset[str] | None) -> list[Write]:
    writes: dict[int, Write] = {}
    for model in models:
        writes[id(model)] = Write(model, update=model.id is not None and not new)
        if only is not None:
            _restrict(writes[id(model)], only)
    pending = list(writes.values())
    while pending:
        write = pending.pop()
        for attribute, join in type(write.model)._joins.items():
            if write.only and attribute not in write.only:
                continue
            for joined in join.models(getattr(write.model, attribute, None)):
                other = writes.get(id(joined))
                if other is None:
                    if joined.id is not None:
                        continue
                    other = writes[id(joined)] = Write(joined, update=False)
                    pending.append(other)
                if join.stored:
                    write.before.append(other)
                    if not join.join_by:
                        write.needs.append(other)
                    continue
                _point_back(join, write.model, joined)
                if write is not other:
                    other.before.append(write)
    return list(writes.values())


def _point_back(join: Join, owner: BaseDocument, target: BaseDocument) -> None:
    """Set the owner on the target of a loose join, for targets appended to a list in place."""
    if join.target_property is None or (inverse := join._inverse_on(target)) is None:
        return
    if inverse.several or getattr(target, inverse.attribute, None) is None:
        inverse.insert_reference(owner, target)


def _assign_ids(circle: list[Write]) -> None:
    """Compute the ids that do not depend on ids which the server has yet to make."""
    pending = list(circle)
    alone = len(circle) == 1
    while pending:
        waiting = []
        for write in pending:
            if write.is_complete or (write.update and not write.overwrite):
                assign_id(write)
            else:
                waiting.append(write)
        if len(waiting) < len(pending):
            pending = waiting
            continue
        if alone and not any(target is pending[0] for target in pending[0].needs):
            return  # it waits for the server to make the id of a target
        pending, failures = [], []
        for number, write in enumerate(waiting):
            # An id that depends on no other in the circle can be computed, and breaks the circle.
            try:
                assign_id(write)
            except Exception as error:  # noqa: BLE001 - raised below where nothing else helps
                raise_signalled(error)
                failures.append(error)
                pending.append(write)
            else:
                if not write.server_id:
                    pending += waiting[number + 1 :]
                    break
        if len(failures) == len(waiting):
            if any(target.server_id for write in circle for target in write.needs):
                return
            raise failures[0]


def _ordered(circle: list[Write]) -> list[Write]:
    """Order the members of a circle so that as few as possible are written before an id in them is known."""
    if len(circle) == 1:
        return circle
    pending, order = list(circle), []
    left = set(map(id, circle))

    def is_free(write: Write) -> bool:
        """Return whether all that comes before the write is written."""
        return not any(id(other) in left and other is not write for other in write.before)

    def has_ids(write: Write) -> bool:
        """Return whether all ids in the write's document are known by the time it is written, except perhaps its own."""
        unknown = (other for other in write.needs if other.model.id is None)
        return not any(id(other) in left and other is not write for other in unknown)

    while pending:
        write = next(chain(filter(is_free, pending), filter(has_ids, pending), pending))
        pending.remove(write)
        left.remove(id(write))
        order.append(write)
    return order
