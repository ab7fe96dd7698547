"""Saving many models with few requests."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ..base_document import BaseDocument
from ..compile.collector import without_collector
from ..compile.incomplete import is_in_part
from ..signalled import raise_signalled
from .bulk import Bulk
from .bulk_lines import Batch, Encodings, forget
from .bulk_send import send_steps
from .by_id import placed_get_steps
from .claims import Claim, claimed, claimed_steps
from .plan import amend, complete_plan, plan, take_back
from .planned import Write
from .save import REPLACE_ATTEMPTS, Refresh, on_save_steps, pause_apart
from .stamps import stamp_new, unstamp
from .steps import Steps
from .updates import require


class BrokenJoinError(Exception):
    """A model was not sent because a model that it joins could not be saved."""


class BulkSave(Bulk):
    """New models without joins to unsaved models, the usual case, are serialized to lines one by one. Any other chunk is
    planned like a single save (plan.py) and written in waves: dependencies first."""

    def __init__(self, refresh: Refresh, threads: int, overwrite: bool) -> None:
        super().__init__(refresh, threads)
        self._overwrite = overwrite
        self._encodings = Encodings()

    def chunk_steps(self, chunk: list[BaseDocument], size: int) -> Steps[None]:
        if not self._overwrite and self._stand_alone(chunk):
            batch = without_collector(self._new_lines, chunk)
            yield from self.send_steps(batch, size)
            return
        yield from self.settle_steps(0)
        yield from claimed_steps(chunk, lambda claim: self._planned_steps(chunk, claim))
        if not self.result.stopped:
            self.planned, self.chunk = [], []

    def _planned_steps(self, chunk: list[BaseDocument], claim: Claim) -> Steps[None]:
        self._plan(chunk)
        for wave in _waves(self.planned):
            if not self.result.stopped:
                yield from self._wave_steps(wave)
        if not self.result.stopped:
            # In a circle of server-made ids documents are written before all of the ids are known.
            incomplete = self.lacking()
            self.reopen(incomplete)
            for write in incomplete:
                amend(write)
            yield from self._once_more_steps(incomplete)
        claim.written |= self.written_last()
        claim.release()
        changed = yield from self._changed_steps()
        if not self.result.stopped:
            yield from self._once_more_steps(changed)

    def _stand_alone(self, chunk: list[BaseDocument]) -> bool:
        """Return whether all models are new and depend on nothing unsaved."""
        busy = claimed()
        for _, batch in self.under_way:
            busy.update(map(id, batch.models))
        joins = {cls: tuple(cls._joins.items()) for cls in {type(model) for model in chunk}}
        if any(cls._hooked for cls in joins) or not busy.isdisjoint(map(id, chunk)):
            return False
        for model in chunk:
            # A version: an earlier save failed with an unknown outcome.
            if model.id is not None or getattr(model, "_version", None):
                return False
            for name, join in joins[type(model)]:
                value = getattr(model, name, None)
                if not value or value.__class__ is str:
                    continue
                for each in join.models(value):
                    if each.id is None or id(each) in busy:
                        return False
        return True

    def _new_lines(self, chunk: list[BaseDocument]) -> Batch:
        batch = self.ready = Batch()  # at once: an interrupt restores the models that are in it
        models, lines = batch.models, batch.lines
        here = len({cls.get_write_index() for cls in {type(model) for model in chunk}}) == 1
        cls: Any = None
        for model in chunk:
            if type(model) is not cls:
                cls = type(model)
                new, required = self._encodings[cls].new, cls._required
                is_partial, is_stamped = is_in_part(model), bool(cls._stamped)
            left = getattr(model, "_seen", None)
            try:
                if is_stamped:
                    batch.stamped[id(model)] = stamp_new(model)
                if is_partial:
                    require(model)
                for name in required:
                    if not getattr(model, name, None):
                        require(model)
                model.id = model._compute_id() or None
                lines.append(new(model, here))
                batch.left.append(left)
                models.append(model)
            except BaseException as error:  # also an interrupt
                if models and models[-1] is model:  # it is restored with the batch
                    raise
                del lines[len(models) :], batch.left[len(models) :]
                model.id = None
                forget(model, left)
                unstamp(model, batch.stamped.pop(id(model), {}))
                if not isinstance(error, Exception):
                    raise
                raise_signalled(error)
                self.fail(model, error)
        return batch

    # Models that depend on each other, or are stored already.

    def _plan(self, chunk: list[BaseDocument]) -> None:
        """Plan the writes of the models of the chunk that can be saved; record the others as failures."""
        # A plan is assigned without another call: an interrupt restores what is in it.
        try:
            self.planned = plan(chunk, overwrite=self._overwrite)
            return
        except Exception as error:  # noqa: BLE001 - plan one by one to find the culprit
            raise_signalled(error)
        fit = []
        for model in chunk:
            try:
                self.planned = plan([model], overwrite=self._overwrite)
                take_back(self.planned)
            except Exception as error:  # noqa: BLE001 - reported
                raise_signalled(error)
                self.fail(model, error)
            else:
                fit.append(model)
        self.planned = plan(fit, overwrite=self._overwrite) if fit else []

    def _wave_steps(self, wave: list[Write]) -> Steps[None]:
        """Send the writes of a wave whose dependencies were written, and note the outcome of all."""
        writes = pending = [write for write in wave if self._is_sendable(write)]
        for attempt in range(REPLACE_ATTEMPTS):
            if attempt:
                yield pause_apart(attempt)
            yield from _merge_steps([write for write in pending if write.replace])
            unanswered = [write for write in pending if not write.answer]
            stopped = yield from send_steps(unanswered, self.refresh)
            self.result.stopped = self.result.stopped or stopped
            # Written by another client between the read and the replacement.
            pending = [
                write
                for write in pending
                if write.replace and not type(write.model)._versioned
                if write.answer.get("status") == 409
            ]
            if not pending:
                break
        self.note(writes)

    def _is_sendable(self, write: Write) -> bool:
        """Complete id and document, and return True; record a failure if what the write depends on was not written."""
        broken = next((other for other in write.before if other.done is False), None)
        try:
            if broken is not None:
                raise BrokenJoinError(
                    f"the {type(broken.model).__name__} that it is joined to could not be saved"
                )
            complete_plan(write)
        except Exception as error:  # noqa: BLE001 - reported
            raise_signalled(error)
            self.take_back(write)
            self.fail(write.model, error)
            write.done = False
            return False
        write.aim()
        return True

    def _changed_steps(self) -> Steps[list[Write]]:
        """Call the `on_save` hooks of what was written; return the writes whose documents they changed."""
        changed = []
        for write in [write for write in self.planned if write.done]:
            try:
                if (yield from on_save_steps(write.model)):
                    self.reopen([write])
                    amend(write)
                    changed.append(write)
            except Exception as error:  # noqa: BLE001 - reported
                raise_signalled(error)
                if write.done:
                    self.reopen([write])
                self.fail(write.model, error)
                write.done = False
        return changed

    def _once_more_steps(self, writes: list[Write]) -> Steps[None]:
        for write in writes:
            write.aim()
        stopped = yield from send_steps(writes, self.refresh)
        self.result.stopped = self.result.stopped or stopped
        self.note(writes)


def _waves(writes: list[Write]) -> list[list[Write]]:
    """Group the writes so that none is in or before the wave of a write that it depends on."""
    waves: defaultdict[int, list[Write]] = defaultdict(list)
    number: dict[int, int] = {}
    for write in writes:
        wave = max(
            (number[id(other)] + 1 for other in write.before if id(other) in number), default=0
        )
        number[id(write)] = wave
        waves[wave].append(write)
    return list(waves.values())


def _merge_steps(writes: list[Write]) -> Steps[None]:
    """Read the stored documents that an update would merge with, and write them whole."""
    by_class: dict[type[BaseDocument], list[Write]] = {}
    for write in writes:
        by_class.setdefault(type(write.model), []).append(write)
    for of_class in by_class.values():
        docs = yield from placed_get_steps([write.model for write in of_class])
        for write, found in zip(of_class, docs, strict=True):
            if found["found"]:
                write.aim_at(found)
                if found.get("located"):  # the version of the index that holds it
                    write.index, write.is_hinted = found["_index"], True
            elif write.overwrite:
                write.aim_at(None)
            else:
                write.answer = {"status": 404}
