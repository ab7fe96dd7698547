"""Requests and other commands that the steps of a migration yield, and the errors thrown into them. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, TypeVar
from urllib.parse import quote

Json = Any
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. It is repeated if its answer is lost, so each request must be safe to repeat.

    `body` is sent as JSON; bytes are the lines of a bulk. `answer` is the type that the answer is decoded to.
    `patience` is the number of seconds during which a request is repeated if the server is unreachable or busy.
    """

    method: str
    path: str
    body: Any = None
    answer: Any = Any
    patience: float = 60.0


class Wait(NamedTuple):
    """Sleep for some seconds."""

    seconds: float


class Start(NamedTuple):
    """Start other steps in a thread; the answer is a task."""

    steps: Any


class First(NamedTuple):
    """Wait until one of the tasks ends, at most `seconds`; the answer is that task, or None."""

    tasks: Sequence[Any]
    seconds: float


class Finish(NamedTuple):
    """Wait for a task; the answer is its result, and its error is raised."""

    task: Any


class Limit(NamedTuple):
    """Set a deadline for all further requests: past it OutOfTime is raised. None removes it."""

    until: float | None


class Guard(NamedTuple):
    """Set what the watchdog process undoes if this process dies; None: nothing."""

    undo: Json | None


@dataclass(frozen=True, slots=True)
class Tell:
    """A progress event."""

    event: str
    facts: dict[str, Any] = field(default_factory=dict)


Steps: TypeAlias = Generator[Ask | Wait | Start | First | Finish | Limit | Guard | Tell, Any, T]


class MigrationError(Exception):
    """A migration cannot continue; the message says what to do."""


class NotBegun(MigrationError):
    """A migration cannot begin; nothing was changed."""


class Fenced(MigrationError):
    """Another run has taken over the migration; this run must not change anything any more."""


class Undone(MigrationError):
    """A cut-over that was undone, and may be tried again."""


class OutOfTime(Undone):
    """The pause for writers would exceed its limit."""


class ServerRefused(MigrationError):
    """The server answered with an error."""

    def __init__(self, status: int, kind: str, reason: str, asked: str) -> None:
        super().__init__(f"{asked}: {status} {kind}: {reason}")
        self.status, self.kind, self.reason = status, kind, reason


class Unreachable(MigrationError):
    """No answer within the time allowed."""


def name_in_path(name: str) -> str:
    """Return an index name or an id quoted for a path."""
    return quote(name, safe="")


def ask_or_none(ask: Ask, *statuses: int) -> Steps[Any]:
    """Return the answer; None if the server answers with one of the statuses (default: 404)."""
    try:
        return (yield ask)
    except ServerRefused as refused:
        if refused.status in (statuses or (404,)):
            return None
        raise
