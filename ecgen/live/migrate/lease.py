"""The lease of a migration: its owner and progress, one document for each name, changed by compare-and-set only.

A lease is not a proof of exclusive access (clocks differ, a stopped process can continue). It keeps two runs from doing the same
work; the fence prevents them from damaging each other's work.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .asking import Ask, Fenced, Json, ServerRefused, Steps, Tell, Wait, ask_or_none, name_in_path

STATE = "ecgen-migrations"
"""The hidden index of leases and history."""

SECONDS = 20.0

_BODY = {
    "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "hidden": True},
    "mappings": {
        "dynamic": False,
        "properties": {
            "kind": {"type": "keyword"},
            "name": {"type": "keyword"},
            "plan": {"type": "keyword"},
            "ended": {"type": "date"},
        },
    },
}


class Held(Fenced):
    """Another run holds the lease."""


class Lease:
    """The lease on one name.

    Args:
        name: the alias or index, with its prefix.
        owner: the run, in a form for people; unique for each run.
        seconds: after this time without a renewal another run may take over.
    """

    def __init__(
        self,
        name: str,
        owner: str,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.owner, self.seconds, self.clock = name, owner, seconds, clock
        self.content: dict[str, Any] = {}
        self._path = f"/{STATE}/_doc/lease:{name_in_path(name)}"
        self._version: tuple[int, int] | None = None
        self._kept = 0.0

    @property
    def epoch(self) -> int:
        return int(self.content["epoch"])

    @property
    def job(self) -> dict[str, Any]:
        """The migration in progress; empty if there is none."""
        found: dict[str, Any] = self.content.get("job") or {}
        return found

    def read(self) -> Steps[bool]:
        """Load the document; return whether it exists."""
        found = yield from ask_or_none(Ask("GET", self._path))
        if found is None:
            self.content, self._version = {}, None
            return False
        self.content = found["_source"]
        self._version = found["_seq_no"], found["_primary_term"]
        return True

    def acquire(self, patient: bool = True) -> Steps[None]:
        """Take the lease, with a new epoch.

        Raises:
            Held: another run holds it and renews it.
        """
        yield from ask_or_none(Ask("PUT", f"/{STATE}", _BODY), 400)
        held_at: tuple[int, int] | None = None
        while True:
            if not (yield from self.read()):
                self.content = {"kind": "lease", "name": self.name, "epoch": 0}
            left = self.content.get("until", 0.0) - self.clock()
            if left > 0:
                if not patient or (held_at is not None and held_at != self._version):
                    raise Held(
                        f"{self.name}: {self.content.get('owner')} is at work on it (phase {self.phase}); "
                        "wait until it is done, or end that process"
                    )
                if held_at is None:
                    yield Tell("held", {"owner": self.content.get("owner"), "seconds": left})
                held_at = self._version
                yield Wait(min(left + 0.05, self.seconds / 3))
                continue
            try:
                yield from self.put(epoch=self.content["epoch"] + 1)
            except Fenced:
                held_at = None
                continue
            return

    @property
    def phase(self) -> str:
        return str(self.content.get("phase", "idle"))

    def begin(self, job: dict[str, Any]) -> Steps[None]:
        """Record a new migration, with nothing of an earlier one: its cursors and bounds say nothing about this one.

        Raises:
            Fenced: as `put`.
        """
        lasting = {"kind", "name", "epoch", "owner", "until"}
        self.content = {key: value for key, value in self.content.items() if key in lasting}
        yield from self.put(phase="begin", job=job, cursors={}, number=self.epoch, at=0)

    def put(self, **changes: Json) -> Steps[None]:
        """Change the document, and renew the lease.

        Raises:
            Fenced: the document changed since this run last read it: another run has taken over.
        """
        content = {
            **self.content,
            **changes,
            "owner": self.owner,
            "until": self.clock() + self.seconds,
        }
        condition = "op_type=create"
        if self._version is not None:
            condition = f"if_seq_no={self._version[0]}&if_primary_term={self._version[1]}"
        try:
            answer = yield Ask("PUT", f"{self._path}?{condition}&refresh=true", content)
        except ServerRefused as refused:
            if refused.status != 409:
                raise
            # The write of an earlier attempt, whose answer was lost?
            yield from self.read()
            if self.content == content:
                return
            raise Fenced(f"{self.name}: another run has taken over") from None
        self._version = answer["_seq_no"], answer["_primary_term"]
        self.content, self._kept = content, self.clock()

    def beat(self) -> Steps[None]:
        """Renew the lease, if a third of its time has passed."""
        if self.clock() - self._kept > self.seconds / 3:
            yield from self.put()

    def release(self, **changes: Json) -> Steps[None]:
        """Release the lease, so that the next run can begin at once."""
        held, self.seconds = self.seconds, -1.0
        try:
            yield from self.put(**changes)
        finally:
            self.seconds = held
