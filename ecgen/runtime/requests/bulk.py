"""Saving and deleting many models with few requests, and the outcome of each document.

New models without joins to unsaved models, the usual case, are serialized to lines one by one, and several requests
may be in flight at a time. Any other chunk of models is planned like a single save (plan.py) and written in waves:
dependencies first. Usually that is one wave and one request, too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..compile.incomplete import is_in_part
from ..place import GIVEN
from .bulk_lines import Batch, Encodings
from .bulk_results import Bar, BulkError, BulkFailure, BulkResult, Progress, progress_of
from .bulk_send import asked_of, send_batch_steps
from .bulk_waves import complete_steps, count, plan_what_can_be, wave_steps, waves
from .claims import claim_steps, is_claimed
from .doubts import deleted, remember
from .plan import take_back, unread
from .planned import Write, is_read
from .save import Refresh, note_written
from .stamps import stamp_new, unstamp
from .steps import Call, Finish, Items, Start, Steps, may_have_happened
from .updates import require

if TYPE_CHECKING:
    from ..base_document import BaseDocument

__all__ = [
    "BulkError",
    "BulkFailure",
    "BulkResult",
    "Progress",
    "delete_all_steps",
    "save_all_steps",
]


def save_all_steps(
    models: Any,
    chunk_size: int,
    refresh: Refresh,
    progress: Progress | bool | None,
    threads: int = 1,
    overwrite: bool = False,
) -> Steps[BulkResult]:
    return _all_steps(_Saving(refresh, threads, overwrite), models, chunk_size, progress)


def delete_all_steps(
    models: Any,
    chunk_size: int,
    refresh: Refresh,
    progress: Progress | bool | None,
    threads: int = 1,
) -> Steps[BulkResult]:
    return _all_steps(_Deleting(refresh, threads), models, chunk_size, progress)


def _all_steps(
    work: _Bulk, models: Any, size: int, wish: Progress | bool | None
) -> Steps[BulkResult]:
    if size < 1:
        raise ValueError("chunk_size must be at least 1")
    if work.threads < 1:
        raise ValueError("threads must be at least 1")
    if isinstance(models, str | bytes) or hasattr(type(models), "_mapping"):
        raise TypeError(
            f"save_all and delete_all take several models, not a {type(models).__name__}; a single one has save() and delete()"
        )
    progress = progress_of(wish, models)
    source = iter(models) if hasattr(models, "__iter__") else aiter(models)
    result = work.result
    try:
        while not result.stopped:
            work.chunk = []
            yield Items(source, size, work.chunk)
            if not work.chunk:
                break
            _refuse_others(work)
            # A model that is given twice is one document.
            chunk = list({id(model): model for model in work.chunk}.values())
            before = result.total
            yield from work.chunk_steps(chunk, size)
            if progress and result.total > before:
                yield Call(progress, result)
        while work.under_way:
            yield from work.settle_steps(len(work.under_way) - 1)
            if progress:
                yield Call(progress, result)
        if result.stopped:
            work.leave_rest()
    except BaseException as failure:
        yield from work.stop_steps(failure)
        raise
    finally:
        if isinstance(progress, Bar):
            progress.close()
    return result


def _refuse_others(work: _Bulk) -> None:
    """Raise TypeError if an item is not a model; leave the models of the chunk in `work.chunk`."""
    other = next((each for each in work.chunk if not hasattr(type(each), "_compute_id")), work)
    if other is not work:
        work.chunk = [each for each in work.chunk if hasattr(type(each), "_compute_id")]
        raise TypeError(f"save_all and delete_all take models, not {other!r}")


class _Bulk:
    """A bulk operation in progress.

    chunk      the models taken last, until they are converted to writes
    ready      writes that wait to be sent
    result     outcome of the writes whose requests were answered
    under_way  requests in flight and what they send, the oldest first
    """

    def __init__(self, refresh: Refresh, threads: int) -> None:
        self.refresh = refresh
        self.threads = threads
        self.result = BulkResult()
        self.chunk: list[Any] = []
        self.ready = Batch()
        self.under_way: list[tuple[Any, Batch]] = []

    def chunk_steps(self, chunk: list[BaseDocument], size: int) -> Steps[None]:
        raise NotImplementedError

    def note_written(self, write: Write) -> None:
        """Record the server's answer on the model of a write."""
        raise NotImplementedError

    def take_back(self, write: Write) -> None:
        """Restore the model of a write that was not executed."""
        raise NotImplementedError

    def note(self, writes: Iterable[Write]) -> None:
        """Add the outcome of the writes to the result."""
        for write in writes:
            if write.is_accepted:
                self.note_written(write)
            else:
                self.take_back(write)
            count(write, self.result)

    def put_back(self, write: Write) -> None:
        """Restore a write that was not sent, or whose request had no answer."""
        self.take_back(write)
        self.result.unwritten.append(write.model)

    def note_batch(self, batch: Batch, stopped: str | None) -> None:
        """Add the outcome of a request that was answered or abandoned. `stopped`: the reason why no further request
        is sent."""
        self.result.stopped = self.result.stopped or stopped
        if batch.is_written:
            self.result.succeeded += len(batch.models)
        else:
            self.note(batch.writes)

    def send_steps(self, batch: Batch, size: int) -> Steps[None]:
        """Start sending the batch and return at once; wait for it if it is smaller than `size`, because then it is
        the last one."""
        self.ready, self.chunk = batch, []
        yield from self.settle_steps(self.threads - 1)
        if not batch.models or self.result.stopped:
            return
        self.under_way.append((None, batch))
        self.ready = Batch()
        if len(batch.models) < size:
            stopped = yield from send_batch_steps(batch, self.refresh)
            self.under_way.pop()
            self.note_batch(batch, stopped)
        else:
            self.under_way[-1] = ((yield Start(send_batch_steps(batch, self.refresh))), batch)

    def settle_steps(self, left: int) -> Steps[None]:
        """Wait until at most `left` requests are in flight."""
        while len(self.under_way) > left:
            task, batch = self.under_way[0]
            stopped = yield Finish(task)
            del self.under_way[0]
            self.note_batch(batch, stopped)

    def stop_steps(self, failure: BaseException) -> Steps[None]:
        """Wait for requests in flight, restore the other models, and add the partial result to `failure`."""
        while self.under_way:
            task, batch = self.under_way.pop(0)
            if task is not None:
                with contextlib.suppress(Exception):
                    yield Finish(task)
            if batch.is_written:
                self.note_batch(batch, None)
                continue
            self.note([write for write in batch.writes if write.answer])
            for write in batch.writes:
                if not write.answer:
                    write.doubtful = write.doubtful or may_have_happened(failure)
                    self.put_back(write)
        self.leave_rest()
        result = self.result
        failure.bulk = result  # type: ignore[attr-defined]
        failure.add_note(
            f"stopped in the middle: {result.succeeded} documents done, {result.failed} failed, "
            f"{len(result.unwritten)} taken and not done; the exception has them in its attribute 'bulk'"
        )

    def leave_rest(self) -> None:
        """Restore the models that were taken and not sent."""
        for write in self.ready.writes:
            self.put_back(write)
        told = {id(each.model) for each in self.result.failures} | self.written_last()
        result = self.result
        result.unwritten += [
            model
            for model in self.chunk
            if id(model) not in told and all(model is not each for each in result.unwritten)
        ]

    def written_last(self) -> set[int]:
        """Return the ids of the Python objects of the last chunk that are done."""
        return set()


class _Deleting(_Bulk):
    def chunk_steps(self, chunk: list[BaseDocument], size: int) -> Steps[None]:
        writes = []
        for model in chunk:
            if model.id is None:
                self.result.failures.append(BulkFailure(model, "was never saved"))
            elif not is_read(model):
                error = unread(model)
                self.result.failures.append(BulkFailure(model, str(error), 409, error))
            else:
                writes.append(Write(model, update=True, delete=True))
                writes[-1].aim()
        yield from self.send_steps(Batch(writes), size)

    def note_written(self, write: Write) -> None:
        deleted(write.model)

    def take_back(self, write: Write) -> None:
        remember(write)


class _Saving(_Bulk):
    def __init__(self, refresh: Refresh, threads: int, overwrite: bool) -> None:
        super().__init__(refresh, threads)
        self._overwrite = overwrite
        self._encodings = Encodings()
        self._writes: list[Write] = []

    def chunk_steps(self, chunk: list[BaseDocument], size: int) -> Steps[None]:
        if not self._overwrite and self._stand_alone(chunk):
            yield from self.send_steps(self._new_lines(chunk), size)
            return
        yield from self.settle_steps(0)
        claim = yield from claim_steps(chunk)
        try:
            self._writes = plan_what_can_be(chunk, self.result, self._overwrite)
            for wave in waves(self._writes):
                if not self.result.stopped:
                    yield from wave_steps(wave, self.refresh, self.result)
            yield from complete_steps(self._writes, self.refresh, self.result)
            claim.written |= self.written_last()
        finally:
            claim.release()
        if not self.result.stopped:
            self._writes = []

    def _stand_alone(self, chunk: list[BaseDocument]) -> bool:
        """Return whether all models are new and depend on nothing unsaved."""
        busy = {id(model) for _, batch in self.under_way for model in batch.models}
        for model in chunk:
            if model.id is not None or id(model) in busy or is_claimed(model):
                return False
            if getattr(model, "_version", None):  # an earlier save failed with an unknown outcome
                return False
            for name, join in type(model)._joins.items():
                value = getattr(model, name, None)
                if not value or value.__class__ is str:
                    continue
                for each in join.models(value):
                    if each.id is None or id(each) in busy or is_claimed(each):
                        return False
        return True

    def _new_lines(self, chunk: list[BaseDocument]) -> Batch:
        batch = Batch()
        models, lines = batch.models, batch.lines
        for model in chunk:
            cls = type(model)
            encoding = self._encodings[cls]
            left = getattr(model, "_seen", None)
            try:
                if cls._stamped:
                    batch.stamped[id(model)] = stamp_new(model)
                if cls._required or is_in_part(model):
                    require(model)
                model.id = model._compute_id() or None
                line = encoding.new(model)
            except Exception as error:  # noqa: BLE001 - reported
                model.id = None
                _forget(model, left)
                unstamp(model, batch.stamped.pop(id(model), {}))
                self.result.failures.append(BulkFailure(model, str(error), exception=error))
                continue
            if model.id is None or cls._versioned:
                batch.asks.update(asked_of(model))
            models.append(model)
            lines.append(line)
            batch.left.append(left)
        return batch

    def note_written(self, write: Write) -> None:
        note_written(write, write.answer)

    def take_back(self, write: Write) -> None:
        _forget(write.model, write.left)
        remember(write)
        take_back([write])

    def stop_steps(self, failure: BaseException) -> Steps[None]:
        for write in self._writes:
            if write.done is None:
                # The request without an answer may have held any of them.
                write.doubtful = write.doubtful or may_have_happened(failure)
        yield from super().stop_steps(failure)

    def leave_rest(self) -> None:
        for write in self._writes:
            if write.done is None:
                remember(write)
                take_back([write])
        super().leave_rest()

    def written_last(self) -> set[int]:
        return {id(write.model) for write in self._writes if write.done}


def _forget(model: BaseDocument, left: Any) -> None:
    """Undo what building its lines recorded on a new model."""
    with contextlib.suppress(AttributeError):
        del model._seen
        if type(model)._routing not in (None, GIVEN):
            del model._place
    if left is not None:
        model._seen = left
