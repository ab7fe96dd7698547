"""Running a copy from its beginning, or from where an earlier run was interrupted, to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from .asking import (
    Ask,
    Fenced,
    Json,
    MigrationError,
    Steps,
    Tell,
    Undone,
    ask_or_none,
    name_in_path,
)
from .comparing import make_equal
from .converting import Conversion
from .copying import Copier, copy_pass
from .cut_over import Pause, Swap, TermReached, cut_over, has_swapped, remove_clone
from .fence import Fence, is_blocked, settings_of, unblock
from .job import Job
from .lease import STATE, Lease
from .new_index import create, finish_loading, lacks_a_shard, raise_terms, settle
from .slipped import Slipped, repair_slipped

_PASSES = 30
_FEW = 200
_QUICK = 0.15
_DELETE_ROUNDS = 6
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Manner:
    """How a copy is run."""

    max_pause: float = 10.0
    rate: float | None = None
    workers: int = 2
    until_copied: bool = False
    whole: Json = True
    """The `_source` argument of a search for complete documents, vectors included."""
    clock: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Outcome:
    """The result of a copy."""

    done: bool
    copied: int = 0
    pause: float = 0.0
    kept: str | None = None


def carry_out(lease: Lease, manner: Manner) -> Steps[Outcome]:
    """Do the job recorded in the lease, which is held; from its beginning or from where it was interrupted.

    Raises:
        Fenced: another run has taken over.
        MigrationError: it cannot continue; its state remains for a later run, or for `abort`.
    """
    job = Job.from_json(lease.job)
    if (yield from has_swapped(job.name, job.new)):
        return (yield from _finish(lease, job, None, 0))
    for attempt in range(1, _ATTEMPTS + 1):
        if lease.phase not in ("idle", "begin") and (yield from lacks_a_shard(job)):
            yield Tell("lost", {"index": job.new})
            yield from _start_over(lease, job)
        if lease.phase in ("idle", "begin"):
            yield from create(job)
            fence = yield from _fence(lease, job)
            term = yield from raise_terms(job, fence.load, lease)
            yield from lease.put(phase="copy", cursors={}, term=term)
        fence = yield from _fence(lease, job)
        window = yield from _unblock_what_was_left(job, fence)
        copier = _copier(lease, job, fence, manner)
        copier.most = min(copier.most, window)
        yield from _copy(copier)
        yield from finish_loading(job, lease)
        yield from copy_pass(copier)
        if manner.until_copied:
            yield from lease.release(phase="copied")
            return Outcome(False, copier.copied)
        yield from lease.put(phase="cut")
        swap = Swap(job.name, job.old, job.new, job.kept, job.aliases)
        swap.shards = int((yield from settings_of(job.new))["number_of_shards"])
        swap.term = lease.content.get("term", 0)
        try:
            pause = yield from cut_over(copier, swap, fence, manner.max_pause)
        except Undone as undone:
            yield Tell("undone", {"attempt": attempt, "reason": str(undone)})
            if attempt == _ATTEMPTS:
                raise type(undone)(f"{undone} (tried {attempt} times)") from None
            yield from lease.put(epoch=lease.epoch + 1, phase="copy")
            if isinstance(undone, TermReached):
                yield from _start_over(lease, job)
            continue
        yield from lease.put(phase="swapped")
        return (yield from _finish(lease, job, pause, copier.copied))
    raise AssertionError("unreachable")


def _fence(lease: Lease, job: Job) -> Steps[Fence]:
    fence = Fence(job.name, lease.epoch)
    yield from fence.take(job.old, job.new)
    # If another run has taken over before the fence was set, it does not know this fence; this run must not continue.
    try:
        yield from lease.put()
    except Fenced:
        yield from fence.give_up(job.old, job.new)
        raise
    return fence


def _start_over(lease: Lease, job: Job) -> Steps[None]:
    """Delete the new index, to create it again."""
    if (yield from settings_of(job.new)):
        yield from _fence(lease, job)
    # From here on no run can swap any more, and no run has swapped if this finds nothing.
    if (yield from has_swapped(job.name, job.new)):
        raise Fenced(f"{job.name}: another run has taken over")
    yield from _delete_copy(job)
    yield from lease.put(phase="begin", cursors={})


def _copier(lease: Lease, job: Job, fence: Fence, manner: Manner) -> Copier:
    cursors = {int(shard): at for shard, at in (lease.content.get("cursors") or {}).items()}
    return Copier(
        job.name,
        job.old,
        job.new,
        fence.load,
        job.shards,
        lease,
        Conversion(job.conversion),
        manner.clock,
        whole=manner.whole,
        workers=manner.workers,
        rate=manner.rate,
        drop_values=job.drop_values,
        mappings=job.body.get("mappings") or {},
        cursors=cursors,
    )


def _unblock_what_was_left(job: Job, fence: Fence) -> Steps[int]:
    """Lift the block of an earlier run that may have died in its cut-over; it can no longer swap, so writers may
    continue. Return the number of documents that a search of the old index may ask for."""
    settings = yield from settings_of(job.old)
    if not settings:
        raise MigrationError(f"{job.old} is gone; 'ecgen abort' ends this migration")
    if settings.get("uuid") != job.old_uuid:
        raise MigrationError(
            f"{job.old} is another index than the one that was copied; 'ecgen abort' ends this migration"
        )
    if is_blocked(settings):
        yield Tell("unblocked", {"index": job.old})
        yield from unblock(fence.hold)
    if job.kept is not None:
        yield from remove_clone(job.old, job.kept)
    return int(settings.get("max_result_window", 10_000))


def _copy(copier: Copier) -> Steps[None]:
    """Make passes until they no longer shrink, then repair what was deleted meanwhile."""
    last = None
    for number in range(_PASSES):
        began = copier.clock()
        copied = yield from copy_pass(copier)
        yield Tell("pass", {"number": number, "documents": copied})
        quick = copier.clock() - began < _QUICK or copied < _FEW
        if quick or (number > 2 and last is not None and copied > 0.7 * last):
            break
        last = copied
    last = None
    for _ in range(_DELETE_ROUNDS):
        removed = (yield from make_equal(copier)).removed
        yield Tell("deletes", {"documents": removed})
        yield from copy_pass(copier)
        # Under steady writes some documents have always been overwritten or deleted since the previous pass.
        if removed < _FEW or (last is not None and removed > 0.7 * last):
            break
        last = removed


def _finish(lease: Lease, job: Job, pause: Pause | None, copied: int) -> Steps[Outcome]:
    """Do what is left after the swap, of this run or of an earlier one."""
    kept = job.kept or job.old
    slipped = Slipped()
    if job.kept is None and (noted := lease.content.get("swap")):
        manner = Manner(whole=noted["whole"])
        copier = _copier(lease, job, Fence(job.name, lease.epoch), manner)
        slipped = yield from repair_slipped(copier, job.old_uuid, noted["marks"])
    yield from settle(job)  # it also lets the new index forget deletes, which the repair needs
    # The swap removed its own fence; that of a run killed before it could do so may still exist.
    yield from Fence(job.name, lease.epoch).clear(kept, job.new)
    entry: dict[str, Json] = {
        "outcome": "done",
        "copied": copied,
        "pause": pause.seconds if pause is not None else None,
        "slipped": slipped.operations,
        "left": slipped.left,
        "kept": kept,
        "kept_uuid": (yield from settings_of(kept)).get("uuid"),
    }
    yield from record(lease, job, entry)
    yield from lease.release(phase="idle", job={}, cursors={}, swap=None)
    return Outcome(True, copied, entry["pause"] or 0.0, kept)


def record(lease: Lease, job: Job, entry: dict[str, Json]) -> Steps[None]:
    """Write a line of history about a copy."""
    content = {
        "name": job.name,
        "model": job.model,
        "plan": job.plan,
        "what": job.kind,
        "old": job.old,
        "new": job.new,
        "job": job.as_json(),
        **entry,
    }
    yield from record_as(lease, content)


def record_as(lease: Lease, entry: dict[str, Json]) -> Steps[None]:
    """Write a line of history; repeating the same one is harmless."""
    ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(lease.clock()))
    number = lease.content.get("number", lease.epoch)
    yield Ask(
        "PUT",
        f"/{STATE}/_doc/history:{name_in_path(lease.name)}:{number}?refresh=true",
        {"kind": "history", "ended": ended, **entry},
    )


def abort(lease: Lease) -> Steps[bool]:
    """Undo a migration in progress: the old index is writable, and only a line of history is left. Return False if
    the swap has happened already: then the migration is finished instead, and `rollback` undoes it."""
    job = Job.from_json(lease.job)
    if (yield from has_swapped(job.name, job.new)):
        yield from _finish(lease, job, None, 0)
        return False
    new = yield from _is_our_copy(job)
    old = yield from settings_of(job.old)
    fence = Fence(job.name, lease.epoch)
    if old and new and old.get("uuid") == job.old_uuid:
        yield from fence.take(job.old, job.new)
        yield from lease.put(phase="abort")
    if (yield from has_swapped(job.name, job.new)):
        yield from _finish(lease, job, None, 0)
        return False
    if old and old.get("uuid") == job.old_uuid:
        if is_blocked((yield from settings_of(job.old))):
            yield from unblock(fence.hold if new else job.old)
        if job.kept is not None:
            yield from remove_clone(job.old, job.kept)
    if new:
        yield from _delete_copy(job)
    if old:
        yield from fence.clear(job.old)
    yield from record(lease, job, {"outcome": "aborted"})
    yield from lease.release(phase="idle", job={}, cursors={})
    return True


def _delete_copy(job: Job) -> Steps[None]:
    """Delete the new index, if it is a copy of the old one."""
    if (yield from _is_our_copy(job)):
        yield from ask_or_none(Ask("DELETE", f"/{name_in_path(job.new)}"))


def _is_our_copy(job: Job) -> Steps[bool]:
    """Return whether the new index exists, and was made by this migration; not so if a run was refused because of it."""
    found = yield from ask_or_none(Ask("GET", f"/{name_in_path(job.new)}"))
    if not found:
        return False
    copied = ((found[job.new]["mappings"].get("_meta") or {}).get("ecgen") or {}).get("copy") or {}
    return bool(copied.get("uuid") == job.old_uuid)
