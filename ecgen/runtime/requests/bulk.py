"""Writing many models with few requests, and the outcome of each: several requests may be in flight at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..base_document import BaseDocument
from ..errors import whole_number
from .bulk_lines import Batch, forget
from .bulk_results import Bar, BulkFailure, BulkResult, Progress, progress_of
from .bulk_send import failure_of, send_batch_steps
from .doubts import deleted, remember
from .patience import may_have_happened
from .plan import take_back, unread_error
from .planned import Write
from .save import Refresh, note_written, refresh_option
from .steps import Call, Finish, Items, Pause, Start, Steps

_HEAD_START = 0.002
"""Seconds until the request of a chunk is sent, see Start."""


class Bulk:
    """A bulk operation in progress.

    chunk      the models taken last, until they are converted to writes
    ready      writes that wait to be sent
    planned    writes of the last chunk that are sent one after the other, since they depend on each other
    result     outcome of the writes whose requests were answered
    under_way  requests in flight and what they send, the oldest first
    """

    def __init__(self, refresh: Refresh, threads: int) -> None:
        refresh_option(refresh)  # before the models are touched
        self.refresh = refresh
        self.threads = whole_number("threads", threads, 1)
        self.result = BulkResult()
        self.chunk: list[Any] = []
        self.ready = Batch()
        self.planned: list[Write] = []
        self.under_way: list[tuple[Any, Batch]] = []

    def all_steps(self, models: Any, size: int, wish: Progress | bool | None) -> Steps[BulkResult]:
        """Write the models in chunks of `size`; `wish` is what the program gives for `progress`."""
        size = whole_number("chunk_size", size, 1)
        if isinstance(models, str | bytes) or hasattr(type(models), "_mapping"):
            raise TypeError(
                f"save_all and delete_all take several models, not a {type(models).__name__}; a single one has save() and delete()"
            )
        progress = progress_of(wish, models)
        source = iter(models) if hasattr(models, "__iter__") else aiter(models)
        result = self.result
        try:
            while not result.stopped:
                self.chunk = []
                yield Items(source, size, self.chunk)
                if not self.chunk:
                    break
                self._refuse_others()
                # A model that is given twice is one document.
                chunk = list(dict(zip(map(id, self.chunk), self.chunk, strict=True)).values())
                before = result.total
                yield from self.chunk_steps(chunk, size)
                if progress and result.total > before:
                    yield Call(progress, result)
            while self.under_way:
                yield from self.settle_steps(len(self.under_way) - 1)
                if progress:
                    yield Call(progress, result)
            if result.stopped:
                self.leave_rest()
        except BaseException as failure:
            yield from self.stop_steps(failure)
            raise
        finally:
            if isinstance(progress, Bar):
                progress.close()
        return result

    def _refuse_others(self) -> None:
        """Raise TypeError if an item is not a model; leave the models of the chunk in `chunk`."""
        others = tuple(
            kind for kind in set(map(type, self.chunk)) if not hasattr(kind, "_compute_id")
        )
        if others:
            other = next(each for each in self.chunk if type(each) in others)
            self.chunk = [each for each in self.chunk if type(each) not in others]
            raise TypeError(f"save_all and delete_all take models, not {other!r}")

    def chunk_steps(self, chunk: list[BaseDocument], size: int) -> Steps[None]:
        raise NotImplementedError

    def take_back(self, write: Write) -> None:
        """Restore the model of a write that was not executed."""
        if write.left is not ...:
            forget(write.model, write.left)
        remember(write)
        take_back([write])

    def note(self, writes: Iterable[Write]) -> None:
        """Add the outcome of the writes to the result, of each once, wherever an interrupt falls."""
        result = self.result
        for write in writes:
            if write.done is not None:
                continue
            failure = None if write.is_accepted else failure_of(write)
            if failure is None:
                if write.delete:
                    deleted(write.model)
                else:
                    note_written(write, write.answer)
                result.succeeded += 1  # no call from here on, so no interrupt
            else:
                self.take_back(write)
                result.failures += (failure,)
            write.done = failure is None

    def fail(self, model: BaseDocument, error: Exception) -> None:
        """Add a model that is not sent to the failures."""
        status = getattr(error, "status_code", None)
        self.result.failures.append(BulkFailure(model, str(error), status, error))

    def put_back(self, write: Write) -> None:
        """Restore a write that was not sent, or whose request had no answer."""
        if write.done is None:
            self.take_back(write)
            self.result.unwritten += (write.model,)
            write.done = False

    def note_batch(self, batch: Batch, stopped: str | None) -> None:
        """Add the outcome of a request that was answered or abandoned. `stopped`: why no further one is sent."""
        self.result.stopped = self.result.stopped or stopped
        if batch.is_written:
            self.result.succeeded += len(batch.models)
        else:
            self.note(batch.writes)

    def send_steps(self, batch: Batch, size: int) -> Steps[None]:
        """Start sending the batch and return at once; wait for the last one, which is smaller than `size`."""
        self.ready, self.chunk = batch, []
        yield from self.settle_steps(self.threads - 1)
        if not batch.models or self.result.stopped:
            return
        nothing = Batch()
        # No interrupt falls between these, since they call nothing.
        self.under_way += ((None, batch),)
        self.ready = nothing
        if len(batch.models) < size:
            stopped = yield from send_batch_steps(batch, self.refresh)
            self.note_batch(batch, stopped)
            self.under_way.pop()
        else:
            self.under_way[-1] = ((yield Start(send_batch_steps(batch, self.refresh))), batch)
            yield Pause(_HEAD_START)

    def settle_steps(self, left: int) -> Steps[None]:
        """Wait until at most `left` requests are in flight."""
        while len(self.under_way) > left:
            task, batch = self.under_way[0]
            stopped = yield Finish(task)
            self.note_batch(batch, stopped)
            del self.under_way[0]

    def stop_steps(self, failure: BaseException) -> Steps[None]:
        """Wait for requests in flight, unless interrupted again, restore the other models, and add the partial result to
        `failure`."""
        # The request without an answer may have held any of them.
        self.stop(self.planned, failure, has_ended=True)
        # A coroutine that is closed can await nothing.
        waits = not isinstance(failure, GeneratorExit)
        while self.under_way:
            task, batch = self.under_way[0]
            if task is not None and waits:
                try:
                    yield Finish(task)
                except Exception:  # noqa: BLE001, S110 - each write has its outcome
                    pass
                except BaseException:  # noqa: BLE001 - `failure` is raised
                    waits = False
            # One that was started a moment ago is not known here, and goes on.
            has_ended = task is not None and task.done()
            if task is not None:
                task.cancel()  # nothing if it has ended
            if batch.is_written:
                self.note_batch(batch, None)
            else:
                self.stop(batch.writes, failure, has_ended)
            del self.under_way[0]
        self.leave_rest()
        result = self.result
        failure.bulk = result  # type: ignore[attr-defined]
        failure.add_note(
            f"stopped in the middle: {result.succeeded} documents done, {result.failed} failed, "
            f"{len(result.unwritten)} taken and not done; the exception has them in its attribute 'bulk'"
        )

    def stop(self, writes: list[Write], failure: BaseException, has_ended: bool) -> None:
        """Add the outcome of writes that were sent, as far as it is known. `has_ended`: no answer will change any more."""
        for write in writes:
            write.doubtful = write.doubtful or not has_ended
        self.note([write for write in writes if write.answer])
        for write in writes:
            write.doubtful = write.doubtful or may_have_happened(failure)
            self.put_back(write)

    def leave_rest(self) -> None:
        """Restore the models that were taken and not sent."""
        self.reopen(self.lacking())
        for write in [*self.planned, *self.ready.writes]:
            self.put_back(write)
        result = self.result
        told = set(map(id, result.unwritten)) | self.written_last()
        told.update(id(each.model) for each in result.failures)
        rest = {id(model): model for model in self.chunk if id(model) not in told}
        result.unwritten += rest.values()

    def lacking(self) -> list[Write]:
        """Return what was written without ids that the server has made since."""
        return [write for write in self.planned if write.done and write.lacks_ids]

    def reopen(self, writes: Iterable[Write]) -> None:
        """Count writes whose documents are to be written once more as not done."""
        for write in writes:
            self.result.succeeded -= 1
            write.done, write.answer = None, {}

    def written_last(self) -> set[int]:
        """Return the ids of the Python objects of the planned models that are written."""
        return {id(write.model) for write in self.planned if write.done}


class BulkDelete(Bulk):
    def chunk_steps(self, chunk: list[BaseDocument], size: int) -> Steps[None]:
        writes = []
        for model in chunk:
            if model.id is None:
                self.result.failures.append(BulkFailure(model, "was never saved"))
            elif error := unread_error(model):
                self.fail(model, error)
            else:
                writes.append(Write(model, update=True, delete=True))
                writes[-1].aim()
        yield from self.send_steps(Batch(writes), size)
