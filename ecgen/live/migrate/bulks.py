"""Bulk requests: their lines, the outcome of each document, and documents that a busy server refuses, sent again. Documents
that are more than a request should hold are sent in several.

Not forever: a full disk also looks like a busy server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import msgspec

from ecgen.elasticsearch.limits import BUSY

from .asking import Ask, Fenced, Json, MigrationError, Steps, Tell, Wait, name_in_path

_GIVE_UP_AFTER = 120.0
_LONGEST_WAIT = 2.0
_MOST_BYTES = 8 << 20
"""Servers refuse a request of more than 100 MiB (http.max_content_length), and proxies often less."""

Document: TypeAlias = tuple[str, bytes]
"""The id of a document, and its lines."""


def place(id: str, routing: str | None) -> dict[str, Json]:
    """Return what says where a document is, in the line of an action or in a multi-get."""
    return {"_id": id} if routing is None else {"_id": id, "routing": routing}


def unchanged(seq_no: int, primary_term: int) -> dict[str, Json]:
    """Return the condition of an action that the document is the one that was read."""
    return {"if_seq_no": seq_no, "if_primary_term": primary_term}


def index_lines(action: dict[str, Json], source: Any) -> bytes:
    """Return the two lines that write a `_source`, without line breaks in it; JSON strings contain none."""
    data = bytes(source)
    if b"\n" in data or b"\r" in data:
        data = data.replace(b"\n", b" ").replace(b"\r", b" ")
    return msgspec.json.encode({"index": action}) + b"\n" + data + b"\n"


def delete_line(action: dict[str, Json]) -> bytes:
    """Return the line that deletes a document."""
    return msgspec.json.encode({"delete": action}) + b"\n"


def is_taken_whole(alias: str, documents: Sequence[Document]) -> Steps[bool]:
    """Send documents to an alias, and return whether the server took each. The outcomes are not asked for: to list them
    takes it a fifth of the time of a copy (seen on 7.17.29)."""
    for some in _requests(documents):
        answer = yield from _send(alias, some, "errors", "&require_alias=true")
        if answer["errors"]:
            return False
    return True


def bulk(
    index: str, documents: Sequence[Document], alias: str | None = None, options: str = ""
) -> Steps[list[Json]]:
    """Send documents to an index, or to an alias of it, and return the outcome of each.

    Raises:
        Fenced: the alias no longer exists.
    """
    if alias is not None:
        options += "&require_alias=true"
    outcomes: list[Json] = []
    for some in _requests(documents):
        answer = yield from _send(alias or index, some, "items.*.status,items.*.error", options)
        outcomes += [outcome for item in answer["items"] for outcome in item.values()]
    if alias is not None and any(each["status"] == 404 and "error" in each for each in outcomes):
        raise Fenced("another run has taken over: the alias that copies are sent to is gone")
    return outcomes


def _requests(documents: Sequence[Document]) -> Iterator[Sequence[Document]]:
    start, held = 0, 0
    for at, (_, lines) in enumerate(documents):
        if at > start and held + len(lines) > _MOST_BYTES:
            yield documents[start:at]
            start, held = at, 0
        held += len(lines)
    yield documents[start:]


def _send(target: str, documents: Sequence[Document], shown: str, options: str) -> Steps[Json]:
    """Send documents without an ingest pipeline; `shown` is what the answer contains."""
    path = f"/{name_in_path(target)}/_bulk?pipeline=_none&filter_path={shown}{options}"
    return (yield Ask("POST", path, b"".join([lines for _, lines in documents])))


def write_all(
    index: str,
    documents: Sequence[Document],
    alias: str | None = None,
    refusal: Callable[[str, Json], MigrationError] | None = None,
) -> Steps[int]:
    """Send documents as `bulk` does, and again those for which the server is too busy; return how many it accepted. Of the
    others it has a newer version, or none.

    Args:
        refusal: returns the error for a document that is refused, by its id and outcome.

    Raises:
        Fenced: the alias no longer exists.
        MigrationError: a document is refused, or the server has accepted nothing for two minutes.
    """
    backoff, accepted, left = Backoff(index), 0, documents
    while left:
        outcomes = yield from bulk(index, left, alias)
        again, refused = list[Document](), None
        for document, outcome in zip(left, outcomes, strict=True):
            status = outcome["status"]
            if status in BUSY:
                again.append(document)
                refused = outcome
            elif status < 300:
                accepted += 1
            elif status != 409 and (status != 404 or "error" in outcome):  # a delete's 404 has none
                if refusal is not None:
                    raise refusal(document[0], outcome)
                raise MigrationError(f"{index}: document {document[0]!r}: {outcome.get('error')}")
        progressed, left = len(again) < len(left), again
        if left:
            yield from backoff.wait(refused, progressed)
    return accepted


class Backoff:
    """Waits between attempts, longer each time, until nothing has been accepted for two minutes.

    Args:
        index: for messages.
    """

    def __init__(self, index: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._index, self._clock = index, clock
        self._pause = 0.05
        self._since: float | None = None

    def wait(self, refused: Json, progressed: bool) -> Steps[None]:
        """Wait before the next attempt.

        Args:
            refused: the outcome of one of the refused documents.
            progressed: whether others of the same request were accepted.

        Raises:
            MigrationError: the server has accepted nothing for two minutes.
        """
        now = self._clock()
        if self._since is None or progressed:
            self._since, self._pause = now, 0.05
        if now - self._since > _GIVE_UP_AFTER:
            error = refused.get("error") or {}
            raise MigrationError(
                f"{self._index}: the cluster has accepted no document for {now - self._since:.0f} s "
                f"(status {refused.get('status')}, {error.get('reason')}); apply again when it accepts writes"
            )
        yield Tell("busy", {"index": self._index, "status": refused.get("status")})
        yield Wait(self._pause)
        self._pause = min(2 * self._pause, _LONGEST_WAIT)
