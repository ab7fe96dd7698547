"""Reading an index shard by shard: the progress of its operations, and its documents in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from .asking import (
    Ask,
    Json,
    MigrationError,
    ServerRefused,
    Steps,
    Wait,
    ask_or_none,
    name_in_path,
)

SHARD = 1 << 40
"""The range of versions for copies of one shard's documents."""

WHOLE = "allow_partial_search_results=false"
"""The parameter of a search with which a missing shard is a 503, which is retried."""

_PRIMARY_TRIES, _PRIMARY_PAUSE = 240, 0.25

KEPT = "5m"
"""How long the server keeps a point in time without a request."""


def version_of(shard: int, seq_no: int) -> int:
    """Return the version of the copy of what an operation wrote."""
    return shard * SHARD + seq_no + 1


class Progress(NamedTuple):
    """The progress of a shard: the newest operation, and the newest that is on every copy of the shard."""

    newest: int
    safe: int


class Hit(msgspec.Struct):
    """A document in a search; `source` is the bytes that the server sent."""

    id: str = msgspec.field(name="_id")
    seq_no: int = msgspec.field(name="_seq_no", default=-1)
    primary_term: int = msgspec.field(name="_primary_term", default=0)
    version: int = msgspec.field(name="_version", default=-1)
    source: msgspec.Raw = msgspec.field(name="_source", default=msgspec.Raw(b"null"))
    routing: str | None = msgspec.field(name="_routing", default=None)


class _Hits(msgspec.Struct):
    hits: list[Hit] = []


class _Shards(msgspec.Struct):
    failed: int = 0


class Found(msgspec.Struct):
    """An answer to a search."""

    hits: _Hits = msgspec.field(default_factory=_Hits)
    shards: _Shards = msgspec.field(name="_shards", default_factory=_Shards)
    timed_out: bool = False
    pit_id: str | None = None
    aggregations: Json = None


_AGGREGATIONS = "aggregations,_shards.failed,timed_out"


def progress(index: str) -> Steps[dict[int, Progress]]:
    """Return the progress by shard, as its primary reports it."""
    path = f"/{name_in_path(index)}/_stats/docs?level=shards&filter_path=_shards.failed,indices.*.shards"
    answer = yield Ask("GET", path)
    found = {}
    for body in (answer.get("indices") or {}).values():
        for number, copies in body["shards"].items():
            for copy in copies:
                if copy["routing"]["primary"] and "seq_no" in copy:
                    numbers = copy["seq_no"]
                    found[int(number)] = Progress(
                        numbers["max_seq_no"], numbers["global_checkpoint"]
                    )
    return found


def shards_of(index: str, expected: int) -> Steps[dict[int, Progress]]:
    """Return the progress of each of the given number of shards; if a primary has just died, another copy replaces
    it.

    Raises:
        MigrationError: a shard has no primary for a minute.
    """
    for _ in range(_PRIMARY_TRIES):
        found = yield from progress(index)
        if len(found) == expected:
            return found
        yield Wait(_PRIMARY_PAUSE)
    lacking = sorted(set(range(expected)) - set(found))
    raise MigrationError(
        f"{index}: no primary of shard {lacking[0] if lacking else '?'}; is the cluster green or yellow?"
    )


def search(body: Json, index: str | None = None, shard: int | str | None = None) -> Steps[Found]:
    """Return the answer of all shards of an index, or of one of them; without an index, of a point in time.

    Raises:
        MigrationError: some shards did not answer.
    """
    path = f"/_search?{WHOLE}"
    if index is not None:
        path = f"/{name_in_path(index)}{path}"
    if shard is not None:
        path += f"&preference=_shards:{shard}"
    # The server writes a filtered answer again, which loses digits of numbers in `_source`.
    if "aggs" in body:
        path += f"&filter_path={_AGGREGATIONS}"
    found: Found = yield Ask("POST", path, body, answer=Found)
    if found.shards.failed or found.timed_out:
        raise MigrationError("a search was answered by some of the shards only")
    return found


def look_up(index: str, places: Sequence[Json]) -> Steps[list[Json]]:
    """Return what the index says of the documents at these places, in order, without their `_source`; if a shard does not
    answer, another copy replaces it.

    Raises:
        MigrationError: a shard does not answer for a minute.
    """
    error: Json = None
    for _ in range(_PRIMARY_TRIES):
        answer = yield Ask(
            "POST", f"/{name_in_path(index)}/_mget?_source=false", {"docs": list(places)}
        )
        found: list[Json] = answer["docs"]
        errors = (each["error"] for each in found if "error" in each)
        # The write that follows is refused for a missing routing, too, and says so.
        error = next((each for each in errors if each["type"] != "routing_missing_exception"), None)
        if error is None:
            return found
        yield Wait(_PRIMARY_PAUSE)
    raise MigrationError(f"{index}: a shard does not answer: {error.get('reason')}")


def in_order(after: int, upto: int | None, size: int, whole: Json) -> dict[str, Json]:
    """Return the search for a shard's documents in the order of the operations that wrote them: the first after one, up to
    another. `whole`: the `_source` argument of a search for complete documents."""
    bounds = {"gt": after} if upto is None else {"gt": after, "lte": upto}
    return {
        "size": size,
        "sort": [{"_seq_no": "asc"}],
        "track_total_hits": False,
        "seq_no_primary_term": True,
        "_source": whole,
        "query": {"range": {"_seq_no": bounds}},
    }


def refresh(index: str) -> Steps[None]:
    """Make everything that was written visible to searches.

    Raises:
        MigrationError: a shard did not do so.
    """
    answer = yield Ask("POST", f"/{name_in_path(index)}/_refresh")
    if answer["_shards"]["failed"]:
        raise MigrationError(f"{index}: a shard could not be refreshed")


def open_shard(index: str, shard: int) -> Steps[str]:
    """Return a point in time of one shard."""
    path = f"/{name_in_path(index)}/_pit?keep_alive={KEPT}&preference=_shards:{shard}"
    answer = yield Ask("POST", path)
    found: str = answer["id"]
    return found


def close_shard(point: str) -> Steps[None]:
    """Close a point in time; failing to do so is not an error."""
    yield from ask_or_none(Ask("DELETE", "/_pit", {"id": point}, patience=2.0), 404)


def is_lost(error: Exception) -> bool:
    """Return whether a search failed because its point in time no longer exists, as when its node has died."""
    return isinstance(error, ServerRefused) and (
        error.status == 404 or "search_context_missing" in error.kind + error.reason
    )
