"""Operations of several requests, described without sending any.

Every operation that takes several requests (saving with joined models, loading joins, paging) is a generator of
Requests that receives the answers: pure logic, the same for every client. `run` in connection.py drives such a
generator with the blocking client, its twin in `aio` with the asynchronous one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from ..base_document import BaseDocument
from ..client.serializers import Decoder

T = TypeVar("T")

Repeat: TypeAlias = Literal["freely", "noticed", "unsent"]


class Request:
    """One call of a client method, with the index of `model` filled in if the method takes one.

    repeat     what happens if there was no answer, or one that allows a retry:
               "freely"   the client repeats the request by its own rules
               "noticed"  the same rules, but `doubtful` is set afterwards: a create that succeeded at the first
                          attempt finds its own document at the second
               "unsent"   only if the server cannot have executed it: a second time would do it twice
    doubtful   an attempt had no answer, the last or an earlier one, so the server may have executed it
    waited     a write block delayed it, so a migration may have changed the document's version meanwhile
    whole      documents are read to be written again, so nothing in them may be omitted
    into       the models whose new documents it may write, so that their indices must exist: the server would guess a
               mapping
    decoder    reads the bytes of the answer, if it can
    is_hinted  its index is a remembered one: if that is blocked, the write goes through the name and waits there
    """

    def __init__(
        self,
        model: type[BaseDocument],
        method: str,
        *,
        repeat: Repeat = "freely",
        whole: bool = False,
        into: Iterable[type[BaseDocument]] = (),
        decoder: Decoder | None = None,
        **arguments: Any,
    ) -> None:
        self.model = model
        self.method = method
        self.repeat = repeat
        self.whole = whole
        self.into = frozenset(into)
        self.decoder = decoder
        self.arguments = arguments
        self.doubtful = False
        self.waited = False
        self.is_hinted = False


class Pause(NamedTuple):
    """Wait before the next request."""

    seconds: float


class Items(NamedTuple):
    """Take up to the given number of the program's own items, which may take time, and append them to a list: it also
    contains those taken before the program's code fails."""

    source: Any
    most: int
    into: list[Any]


class Call(NamedTuple):
    """Call a hook of the program, which may do I/O of its own; the answer is what it returns."""

    hook: Callable[[Any], Any]
    argument: Any


class Start(NamedTuple):
    """Start other steps in the background; the answer is a handle for Finish.

    A Pause of a millisecond or two lets them send their request before this thread computes on: they would wait for the
    interpreter up to 5 ms, repeatedly.
    """

    steps: Any


class Finish(NamedTuple):
    """Wait for started steps; the answer is what they return."""

    task: Any


Steps: TypeAlias = Generator[Request | Pause | Items | Call | Start | Finish, Any, T]
"""A generator that yields operations, receives the answers (or has the errors thrown in) and returns a T."""
