"""The cut-over: block writers for a moment, make the new index equal, and let it replace the old one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .asking import (
    Ask,
    Fenced,
    Guard,
    Json,
    Limit,
    MigrationError,
    OutOfTime,
    ServerRefused,
    Steps,
    Tell,
    Undone,
    Wait,
    ask_or_none,
    name_in_path,
)
from .comparing import make_equal
from .copying import Copier, as_json, copy_pass
from .fence import Fence, change_aliases, is_blocked, is_fence, removal, settings_of, unblock
from .new_index import highest_term
from .shards import Progress, shards_of


@dataclass(slots=True)
class Swap:
    """The indices and the alias of a swap."""

    alias: str
    old: str
    new: str
    kept: str | None = None
    """If the old index has the alias's own name: the name under which a clone of it is kept."""
    aliases: dict[str, Json] = field(default_factory=dict)
    """Further aliases of the new index, with their options."""
    shards: int = 1
    """The number of shards of the new index."""
    term: int = 0
    """No document of the new index was written in an earlier primary term."""


class TermReached(Undone):
    """The old index has reached a term in which documents of the new one were written: see `raise_terms`."""


@dataclass(slots=True)
class Pause:
    """How long writers waited, and what was done meanwhile."""

    seconds: float = 0.0
    copied: int = 0
    removed: int = 0
    parts: dict[str, float] = field(default_factory=dict)


def cut_over(copier: Copier, swap: Swap, fence: Fence, max_pause: float) -> Steps[Pause]:
    """Swap the indices.

    Raises:
        OutOfTime: writers would have had to wait too long; they write again to the old index, and the epoch has
        ended.
        Fenced: another run has taken over.
        Undone: as OutOfTime, for another reason.
        MigrationError: the swap cannot be done; writers write to the old index again.
    """
    began = copier.clock()
    pause = Pause()

    def lap(name: str) -> None:
        pause.parts[name] = copier.clock() - began - sum(pause.parts.values())

    undo = {"alias": swap.alias, "new": swap.new, "load": fence.load, "hold": fence.hold}
    yield Guard({**undo, "seconds": max_pause})
    try:
        yield Limit(began + max_pause)
        yield from _block(fence)
        lap("block")
        states = yield from _settle(swap.old, copier.shards)
        pause.copied = yield from copy_pass(copier, final=True)
        lap("last pass")
        pause.removed = (yield from make_equal(copier, final=True)).removed
        lap("comparison")
        yield from _note(copier, swap)
        if swap.kept is not None:
            yield from _clone(copier, swap, swap.kept)
            lap("clone")
        yield from _check_unchanged(copier, swap, states)
        if (yield from highest_term(swap.old, swap.new)) >= swap.term:
            raise TermReached(
                f"primaries of {swap.old} failed over so often that the copy has to begin again"
            )
        yield from _swap(swap, fence)
        lap("swap")
        yield Limit(None)
    except (Exception, KeyboardInterrupt) as error:
        yield Limit(None)
        # If this fails as well, the guard stays active, and undoes it when this process has ended.
        try:
            happened = yield from undo_cut_over(swap, fence)
        except Fenced:
            yield Guard(None)  # the run that took over lifted the block
            raise
        if not happened:
            yield Guard(None)
            if isinstance(error, OutOfTime):
                raise OutOfTime(
                    f"{swap.alias}: the cut-over would have made writers wait for more than {max_pause:g} s "
                    "(--max-pause); it was undone, and they write to the old index again"
                ) from None
            raise
    yield Guard(None)
    pause.seconds = copier.clock() - began
    yield Tell("swapped", {"pause": pause.seconds, **pause.parts})
    return pause


def _block(fence: Fence) -> Steps[None]:
    """Block writes. This API waits for writes in progress; the setting of the same name does not."""
    answer = yield from ask_or_none(Ask("PUT", f"/{name_in_path(fence.hold)}/_block/write"))
    if answer is None:
        raise Fenced("another run has taken over")
    if not answer["shards_acknowledged"]:
        # Also if the request was repeated because its answer was lost: nobody knows whether the first one waited.
        raise Undone(f"a shard of {fence.name} did not acknowledge the write block")


def _settle(index: str, shards: int) -> Steps[dict[int, Progress]]:
    """Wait until every operation is on the disk of every copy of its shard.

    With `translog.durability: async` it is acknowledged before, and the flush writes it.
    """
    while True:
        states = yield from shards_of(index, shards)
        if all(state.newest == state.safe for state in states.values()):
            return states
        yield Ask("POST", f"/{name_in_path(index)}/_flush?force=true")
        yield Wait(0.02)


def _note(copier: Copier, swap: Swap) -> Steps[None]:
    """Record in the lease which operations both indices have at the swap, for `repair_slipped`, in this run or a later one."""
    states = yield from _settle(swap.new, swap.shards)
    marks = as_json({shard: state.newest for shard, state in states.items()})
    yield from copier.lease.put(
        cursors=as_json(copier.cursors), swap={"marks": marks, "whole": copier.whole}
    )


def _check_unchanged(copier: Copier, swap: Swap, states: dict[int, Progress]) -> Steps[None]:
    """Check that the block was not lifted since the comparison."""
    kept = swap.kept or swap.old
    for index in {swap.old, kept}:
        now = yield from shards_of(index, copier.shards)
        if any(now[shard].newest != state.newest for shard, state in states.items()):
            raise Undone(f"{index} was written to under the write block; nothing was swapped")
    if not is_blocked((yield from settings_of(swap.old))):
        raise Undone(f"the write block of {swap.old} was lifted; nothing was swapped")


def _clone(copier: Copier, swap: Swap, kept: str) -> Steps[None]:
    """Keep a copy of an index whose name is needed for the alias."""
    yield from remove_clone(swap.old, kept)
    settings: dict[str, Json] = {"index.blocks.write": True}
    # The server gives a clone a replica, whatever the index has.
    held = yield from settings_of(swap.old)
    for name in ("number_of_replicas", "auto_expand_replicas"):
        if name in held:
            settings[f"index.{name}"] = held[name]
    path = f"/{name_in_path(swap.old)}/_clone/{name_in_path(kept)}?wait_for_active_shards=1"
    mark = {_mark(held): {"is_hidden": True}}
    try:
        answer = yield Ask("PUT", path, {"settings": settings, "aliases": mark})
    except ServerRefused as refused:
        # The request was repeated because its answer was lost.
        if refused.kind != "resource_already_exists_exception":
            raise
        raise Undone(f"the answer about the clone {kept} of {swap.old} was lost") from None
    if not answer["shards_acknowledged"]:
        raise Undone(f"the clone {kept} of {swap.old} was not started in time")


def remove_clone(old: str, kept: str) -> Steps[None]:
    """Delete the clone that an earlier attempt made of the index; never another index of that name.

    Raises:
        MigrationError: an index of another origin has the name.
    """
    found = yield from settings_of(kept)
    if not found:
        return
    mark = _mark((yield from settings_of(old)))
    path = f"/{name_in_path(kept)}/_alias/{name_in_path(mark)}"
    if (yield from ask_or_none(Ask("GET", path))) is None:
        raise MigrationError(f"an index {kept} exists already; rename or remove it")
    yield from ask_or_none(Ask("DELETE", f"/{name_in_path(kept)}"))


def _mark(settings: dict[str, str]) -> str:
    """Return the alias that a clone of the index with these settings has until the swap. 9.5.3 forgets the source of a clone as
    soon as it is started."""
    return f"ecgen-clone-{settings.get('uuid')}"


def _swap(swap: Swap, fence: Fence) -> Steps[None]:
    actions: list[Json] = [removal(swap.new, fence.load)]
    if swap.kept is None:
        actions += [removal(swap.old, fence.hold), removal(swap.old, swap.alias)]
    found = yield Ask("GET", f"/{name_in_path(swap.old)}/_alias")
    (body,) = found.values()
    for alias, options in sorted({**swap.aliases, **body["aliases"]}.items()):
        if is_fence(alias):
            continue
        if alias != swap.alias:
            actions.append({"add": {"index": swap.new, "alias": alias, **as_action(options)}})
            if swap.kept is None and alias in body["aliases"]:
                actions.append({"remove": {"index": swap.old, "alias": alias}})
    options = as_action(body["aliases"].get(swap.alias) or {})
    actions.append({"add": {"index": swap.new, "alias": swap.alias, **options}})
    if swap.kept is not None:
        mark = _mark((yield from settings_of(swap.old)))
        actions += [removal(swap.kept, mark), {"remove_index": {"index": swap.old}}]
    yield from change_aliases(actions)


def as_action(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of an alias as given when it is created; `is_write_index: true` must be repeated each
    time."""
    return {name: value for name, value in options.items() if name != "is_write_index" or value}


def undo_cut_over(swap: Swap, fence: Fence) -> Steps[bool]:
    """Let writers write to the old index again, unless the swap has happened; return whether it has.

    The fence is removed first: a swap that is still on its way to the master is refused from then on.
    """
    yield from fence.lower(swap.new)
    if (yield from has_swapped(swap.alias, swap.new)):
        return True
    yield from unblock(fence.hold)
    return False


def has_swapped(alias: str, new: str) -> Steps[bool]:
    """Return whether the new index is behind the alias."""
    # Not of all indices: one whose metadata is blocked, anybody's, would make the answer a 403.
    path = f"/{name_in_path(new)}/_alias/{name_in_path(alias)}"
    return (yield from ask_or_none(Ask("GET", path))) is not None
