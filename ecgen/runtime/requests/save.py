"""Saving models one request after the other, and reporting what was and was not written if one fails."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ..compile.incomplete import complete
from ..errors import IntegrityError
from ..joins import Join
from ..types.base import BaseDataType
from .claims import Claim, claim_steps
from .doubts import (
    deleted,
    earlier_steps,
    look_up_steps,
    may_be_deleted,
    may_be_own,
    remember,
    seen_version,
)
from .overwriting import end_overwrite
from .places import note_place, placed_steps
from .plan import assign_id, fill, is_read, plan, take_back, unread
from .planned import Write
from .private_values import conceal
from .steps import Call, Pause, Request, Steps
from .updates import replaced

if TYPE_CHECKING:
    from ..base_document import BaseDocument

__all__ = ["Cascade", "Refresh", "delete_steps", "save_steps"]

Refresh: TypeAlias = bool | Literal["wait_for"] | None
"""When a write is visible to searches: True refreshes, "wait_for" waits for the next refresh."""

RETRY_ON_CONFLICT = 100
"""How often the server restarts an update that conflicts with another: the last writer wins, field by field. A
versioned update must not send it (400 beside `if_seq_no`; in a bulk for the whole request)."""

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


def save_steps(
    models: Iterable[BaseDocument],
    create: bool,
    refresh: Refresh = None,
    only: Iterable[str] | None = None,
    overwrite: bool = False,
) -> Steps[None]:
    """Write the models and every unsaved model they join. `create`: a model with an id is new, and its document must
    not exist. `only`: the fields that an update is to write. `overwrite`: write whether or not the documents
    exist."""
    if overwrite and only is not None:
        raise TypeError(
            "overwrite writes the fields that were given or assigned; it takes no update_fields"
        )
    models = list(models)
    claim = yield from claim_steps(models)
    try:
        yield from _claimed_steps(models, create, refresh, claim, only, overwrite)
    finally:
        claim.release()


def _claimed_steps(
    models: list[BaseDocument],
    create: bool,
    refresh: Refresh,
    claim: Claim,
    only: Iterable[str] | None,
    overwrite: bool,
) -> Steps[None]:
    # Do not create again what another save has created meanwhile.
    new = {id(model) for model in models} - claim.written if create else set()
    writes = plan(models, new, None if only is None else frozenset(only), overwrite)
    options: dict[str, Any] = {} if refresh is None else {"refresh": refresh}
    written: list[Write] = []
    incomplete: list[Write] = []
    write = writes[0]
    try:
        for write in writes:
            if write.document is None:
                if write.model.id is None and not write.server_id:
                    assign_id(write)
                fill(write)
                if not write.is_complete:
                    incomplete.append(write)
            response = yield from _write_steps(write, options)
            note_written(write, response)
            claim.written.add(id(write.model))
            written.append(write)
        for write in incomplete:
            yield from _again_steps(write, options)
        claim.release()
        for write in writes:
            if (yield from _on_save_steps(write.model)):
                yield from _again_steps(write, options)
    except BaseException as failure:
        conceal(failure, [write.model])
        _report(failure, writes, written, write)
        raise


def _again_steps(write: Write, options: dict[str, Any]) -> Steps[None]:
    """Update a document that was written with an id missing."""
    write.update, write.overwrite = True, False
    fill(write)
    response = yield from _write_steps(write, options)
    note_written(write, response)


def _write_steps(write: Write, options: dict[str, Any]) -> Steps[Any]:
    model, cls = write.model, type(write.model)
    if write.update:
        return (yield from _update_steps(write, options))
    if model.id is None:
        # Repeated, it would create two documents.
        request = Request(
            cls,
            "index",
            repeat="unsent",
            into=[cls],
            document=write.document,
            **options,
        )
        return (yield from _sent_steps(write, request))
    for _, index, failure in (yield from earlier_steps([write])):
        if failure:
            raise failure
        response = yield from _own_steps(write, index, options)
        if response is not None:
            return response
    request = Request(
        cls,
        "create",
        repeat="noticed",
        into=[cls],
        id=model.id,
        document=write.document,
        **options,
    )
    import elasticsearch

    try:
        return (yield from _sent_steps(write, request))
    except elasticsearch.ConflictError as conflict:
        index = conflict_index(conflict.body, type(write.model))
        response = yield from _own_steps(write, index, options)
        if response is None:
            raise
        return response


def _sent_steps(write: Write, request: Request) -> Steps[Any]:
    try:
        return (yield from placed_steps(write.model, request))
    finally:
        write.doubtful = write.doubtful or request.doubtful
        write.waited = write.waited or request.waited


def _own_steps(write: Write, index: str, options: dict[str, Any]) -> Steps[Any]:
    """Return the server's answer for an existing document in the index if this model wrote it; None if another client
    did."""
    if not may_be_own(write):
        return None
    (found,) = yield from look_up_steps([(write, index)])
    if found.failure:
        write.doubtful = True
        raise found.failure
    if not found.stored:
        return found.answer
    arguments = {**options, **replacing(found.stored, write)}
    request = Request(type(write.model), "index", repeat="noticed", **arguments)
    return (yield from _sent_steps(write, request))


def conflict_index(answer: Any, cls: type[BaseDocument]) -> str:
    """Return the index that a 409 answer names: an alias may stand for several."""
    error = answer.get("error") if isinstance(answer, Mapping) else None
    return (error.get("index") if isinstance(error, Mapping) else None) or cls.get_write_index()


def replacing(found: Any, write: Write) -> dict[str, Any]:
    """Return the arguments that replace a document just read with what the model holds."""
    return {
        "index": found["_index"],
        "id": found["_id"],
        "document": replaced(found["_source"], write.document or {}, type(write.model)),
        **seen_version(found),
    }


def _update_steps(write: Write, options: dict[str, Any]) -> Steps[Any]:
    import elasticsearch

    try:
        return (yield from _updated_steps(write, options))
    except elasticsearch.ConflictError as conflict:
        index = conflict_index(conflict.body, type(write.model))
        response = yield from _own_steps(write, index, options)
        if response is None:
            raise
        return response


def _updated_steps(write: Write, options: dict[str, Any]) -> Steps[Any]:
    model = write.model
    if write.replace:
        return (yield from _replace_steps(write, options))
    condition = version_arguments(model) or {"retry_on_conflict": RETRY_ON_CONFLICT}
    arguments = {**options, "id": model.id, "doc": write.document, **condition}
    if write.overwrite:
        arguments["upsert"] = write.upsert
    request = Request(type(model), "update", repeat="noticed", into=[type(model)], **arguments)
    return (yield from _sent_steps(write, request))


def _replace_steps(write: Write, options: dict[str, Any]) -> Steps[Any]:
    """Update a document by reading it and replacing its fields with the model's, if no other write happened
    meanwhile."""
    model, cls = write.model, type(write.model)
    import elasticsearch

    for attempt in range(1, REPLACE_ATTEMPTS + 1):
        asked = Request(cls, "get", whole=True, id=model.id)
        arguments: dict[str, Any]
        try:
            found = yield from placed_steps(model, asked)
        except elasticsearch.NotFoundError:
            if not write.overwrite:
                raise
            method, arguments = "create", {"document": write.upsert}
        else:
            method = "index"
            arguments = {
                "document": replaced(found["_source"], write.document or {}, cls),
                **(version_arguments(model) or seen_version(found)),
            }
        try:
            request = Request(
                cls,
                method,
                repeat="noticed",
                into=[cls],
                id=model.id,
                **arguments,
                **options,
            )
            return (yield from _sent_steps(write, request))
        except elasticsearch.ConflictError:
            if cls._versioned or attempt == REPLACE_ATTEMPTS:
                raise
            yield Pause(random.random() * 0.01 * attempt)  # noqa: S311 - so that two do not meet for ever
    raise AssertionError("the last attempt returned or raised")


def version_arguments(model: BaseDocument) -> dict[str, Any]:
    """Return the condition that a versioned model's document is unchanged since it was read; empty for other
    models."""
    state = getattr(model, "_version", None)
    if not is_read(model) or not isinstance(state, tuple):
        return {}
    return {"if_seq_no": state[0], "if_primary_term": state[1]}


def note_written(write: Write, response: Any) -> None:
    """Store the server's answer about a written document on its model."""
    model = write.model
    model.id = write.given_id = response.get("_id", model.id)
    note_place(model, response)
    is_new = response.get("result") == "created" if write.overwrite else not write.update
    if write.overwrite:
        end_overwrite(write, is_new)
    if write.seen is not None:
        model._seen = write.seen
        if is_new:
            complete(model)
    if type(model)._versioned:
        model._version = (response["_seq_no"], response["_primary_term"])
    elif write.doubt:
        del model._version


def _report(
    failure: BaseException, writes: list[Write], written: list[Write], failed: Write
) -> None:
    done = {id(write) for write in written}
    rest = [write for write in writes if id(write) not in done]
    for write in rest:
        remember(write)
    take_back(rest)
    doubtful = failed.doubtful
    cascade = Cascade(
        [write.model for write in written],
        [write.model for write in rest if not (doubtful and write is failed)],
        [failed.model] if doubtful and id(failed) not in done else [],
    )
    failure.cascade = cascade  # type: ignore[attr-defined]
    failure.add_note(f"saving stopped; {cascade}")


def _on_save_steps(model: BaseDocument) -> Steps[bool]:
    """Call the `on_save` hooks of types that are not this package's joins; return whether one changed the document."""
    changed = False
    for data_type in type(model)._mapping.values():
        if type(data_type).on_save not in (BaseDataType.on_save, Join.on_save):
            changed = (yield Call(data_type.on_save, model)) is not None or changed
    return changed


def delete_steps(model: BaseDocument, refresh: Refresh = None) -> Steps[None]:
    """Delete the model's document."""
    if model.id is None:
        raise IntegrityError(
            f"this {type(model).__name__} was never saved, so it cannot be deleted"
        )
    if not is_read(model):
        raise unread(model)
    options: dict[str, Any] = {} if refresh is None else {"refresh": refresh}
    write = Write(model, update=True, delete=True)
    try:
        yield from _delete_steps(write, {"id": model.id, **options, **version_arguments(model)})
    except BaseException:
        remember(write)
        raise
    deleted(model)


def _delete_steps(write: Write, arguments: dict[str, Any]) -> Steps[None]:
    import elasticsearch

    request = Request(type(write.model), "delete", repeat="noticed", **arguments)
    try:
        yield from _sent_steps(write, request)
    except elasticsearch.NotFoundError:
        if not may_be_deleted(write):
            raise
    except elasticsearch.ConflictError as conflict:
        if not is_gone(conflict.body):
            yield from _moved_steps(write, conflict, arguments)
        elif not may_be_deleted(write):
            error = elasticsearch.NotFoundError(conflict.message, conflict.meta, conflict.body)
            raise error from conflict


def _moved_steps(write: Write, conflict: Any, arguments: dict[str, Any]) -> Steps[None]:
    """Delete a document whose version a migration changed while the delete waited."""
    cls = type(write.model)
    if not may_be_own(write):
        raise conflict
    (found,) = yield from look_up_steps([(write, conflict_index(conflict.body, cls))])
    if found.failure:
        raise found.failure
    if not found.stored:
        raise conflict
    arguments = {**arguments, **seen_version(found.stored)}
    yield from _sent_steps(write, Request(cls, "delete", repeat="noticed", **arguments))


def is_gone(answer: Any) -> bool:
    """Return whether a conditional delete was answered 409 because the document no longer exists (so on 7.17.29 and
    9.5.3)."""
    return "but no document was found" in str(answer)
