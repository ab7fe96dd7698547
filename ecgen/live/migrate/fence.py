"""The fence: two hidden aliases of one epoch. A run changes indices only through them.

The server resolves an alias when it executes a request. One request moves the fence to a new epoch; from then on each request of an
earlier run is rejected with 404, however late it is sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import re

from .asking import Ask, Fenced, Json, ServerRefused, Steps, ask_or_none, name_in_path

_MOST = 200


class Fence:
    """The aliases of an epoch: `load` on the new index, `hold` on the old one."""

    def __init__(self, name: str, epoch: int) -> None:
        self.name, self._stem, self._epoch = name, _stem(name), epoch
        self.load = f"ecgen-load-{self._stem}-{epoch}"
        self.hold = f"ecgen-hold-{self._stem}-{epoch}"

    def take(self, old: str, new: str) -> Steps[None]:
        """Replace the fence of every earlier epoch, in one request.

        Raises:
            Fenced: another run did the same at the same time, or has done so in a later epoch.
        """
        found = yield from self._aliases(old, new)
        if any(epoch > self._epoch for _, _, epoch in found):
            # This run was suspended. Without its successor's fence the successor's block would never be lifted.
            raise Fenced("another run has taken over")
        actions = [removal(index, alias) for index, alias, _ in found]
        actions += [
            {"add": {"index": new, "alias": self.load, "is_hidden": True}},
            {"add": {"index": old, "alias": self.hold, "is_hidden": True}},
        ]
        try:
            yield from change_aliases(actions)
        except Fenced:
            # If it was repeated because its answer was lost, it finds nothing to remove, and its own fence in place.
            there = {alias for _, alias, _ in (yield from self._aliases(old, new))}
            if there != {self.load, self.hold}:
                raise

    def give_up(self, old: str, new: str) -> Steps[None]:
        """Remove this epoch's fence, if another run took over before it was set."""
        found = yield from self._aliases(old, new)
        own = [each for each in found if each[2] == self._epoch]
        if own:
            with contextlib.suppress(Fenced):
                yield from change_aliases([removal(index, alias) for index, alias, _ in own])

    def clear(self, *indices: str) -> Steps[None]:
        """Remove the fences of all epochs from the indices."""
        found = yield from self._aliases(*indices)
        if found:
            yield from change_aliases([removal(index, alias) for index, alias, _ in found])

    def lower(self, new: str) -> Steps[bool]:
        """End this epoch, so that a pending swap is rejected; return False if it was ended, or swapped, before."""
        try:
            yield from change_aliases([removal(new, self.load)])
        except Fenced:
            return False
        return True

    def _aliases(self, *indices: str) -> Steps[list[tuple[str, str, int]]]:
        """Index, alias and epoch of every fence of the name."""
        found = yield Ask(
            "GET", f"/{','.join(map(name_in_path, indices))}/_alias?ignore_unavailable=true"
        )
        ours = re.compile(rf"ecgen-(?:load|hold)-{re.escape(self._stem)}-(\d+)")
        return [
            (index, alias, int(match[1]))
            for index, body in sorted(found.items())
            for alias in sorted(body["aliases"])
            if (match := ours.fullmatch(alias))
        ]


def _stem(name: str) -> str:
    if len(name.encode()) <= _MOST:
        return name
    return hashlib.sha256(name.encode()).hexdigest()


def is_fence(alias: str) -> bool:
    """Return whether an alias belongs to a fence."""
    return bool(re.fullmatch(r"ecgen-(load|hold)-.+-\d+", alias))


def removal(index: str, alias: str) -> Json:
    """Return the action that removes an alias; the whole request fails if it does not exist."""
    return {"remove": {"index": index, "alias": alias, "must_exist": True}}


def change_aliases(actions: list[Json]) -> Steps[None]:
    """Apply all actions, or none.

    Raises:
        Fenced: an alias that must exist does not.
    """
    try:
        yield Ask("POST", "/_aliases", {"actions": actions})
    except ServerRefused as refused:
        if refused.status == 404:
            raise Fenced(f"another run has taken over ({refused.reason})") from None
        raise


def settings_of(index: str) -> Steps[dict[str, str]]:
    """Return the explicit settings of an index, flat, without `index.`; empty if the index does not exist."""
    found = yield from ask_or_none(
        Ask("GET", f"/{name_in_path(index)}/_settings?flat_settings=true")
    )
    if not found:
        return {}
    settings = next(iter(found.values()))["settings"]
    return {name.removeprefix("index."): value for name, value in settings.items()}


def is_blocked(settings: dict[str, str]) -> bool:
    """Return whether the index has a write block."""
    return settings.get("blocks.write") == "true"


def unblock(target: str) -> Steps[None]:
    """Remove the write block.

    Raises:
        Fenced: the target, an alias of an epoch, is gone.
    """
    try:
        yield Ask("PUT", f"/{name_in_path(target)}/_settings", {"index.blocks.write": None})
    except ServerRefused as refused:
        if refused.status == 404:
            raise Fenced("another run has taken over") from None
        raise
