"""What the steps of a migration yield, and the errors that are thrown into them. Nothing here sends anything."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, TypeVar
from urllib.parse import quote

Json = Any
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. Each may be sent again where its answer was lost: the steps are written so that it does no harm.

    `body` is sent as JSON; bytes are the lines of a bulk. `answer` is the type that the answer is decoded to.
    `patience` is how many seconds a server that is away or busy is waited for.
    """

    method: str
    path: str
    body: Any = None
    answer: Any = Any
    patience: float = 60.0


class Wait(NamedTuple):
    """Do nothing for some seconds."""

    seconds: float


class Start(NamedTuple):
    """Begin other steps and go on at once; the answer is a task."""

    steps: Any


class First(NamedTuple):
    """Wait for one of some tasks, so many seconds at most; the answer is that task, or None."""

    tasks: Sequence[Any]
    seconds: float


class Finish(NamedTuple):
    """What a task returned; an error of it is raised."""

    task: Any


class Limit(NamedTuple):
    """From now on no request goes past this time of the clock: OutOfTime is raised instead. None ends it."""

    until: float | None


class Guard(NamedTuple):
    """Have a process of its own undo the write block should this one die; None: no longer."""

    undo: Json | None


@dataclass(frozen=True, slots=True)
class Tell:
    """Something that people want to know."""

    event: str
    facts: dict[str, Any] = field(default_factory=dict)


Steps: TypeAlias = Generator[Ask | Wait | Start | First | Finish | Limit | Guard | Tell, Any, T]


class MigrationError(Exception):
    """A migration cannot go on; the text is for people, and says what to do."""


class Fenced(MigrationError):
    """Another run has taken the migration over, so that this one may not change anything any more."""


class Undone(MigrationError):
    """A cut-over that was undone, and may be tried again."""


class OutOfTime(Undone):
    """Writers would have waited longer than they may."""


class ServerRefused(MigrationError):
    """The server answered with an error."""

    def __init__(self, status: int, kind: str, reason: str, asked: str) -> None:
        super().__init__(f"{asked}: {status} {kind}: {reason}")
        self.status, self.kind, self.reason = status, kind, reason


class Unreachable(MigrationError):
    """No answer, for as long as one was waited for."""


def name_in_path(name: str) -> str:
    """An index name or an id as a part of a path."""
    return quote(name, safe="")


def ask_or_none(ask: Ask, *statuses: int) -> Steps[Any]:
    """The answer; None where the server answers with one of the statuses."""
    try:
        return (yield ask)
    except ServerRefused as refused:
        if refused.status in (statuses or (404,)):
            return None
        raise
