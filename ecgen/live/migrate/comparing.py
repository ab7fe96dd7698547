"""Comparing the operations of the old and the new index: those that the new one lacks, and those that the old one no
longer has.

Deletes leave no trace in searches. So the documents of a range of operations are counted in both indices, in the old
one by `_seq_no`, in the new one by `_version`, some thousand ranges in a request, and these numbers are added up: a
document that is missing beside one that is too many leaves the count as it is, and changes the sum. Ranges that
differ are narrowed down to single operations. If nothing differs, the new index holds the documents of the old one:
each was written by one operation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from .asking import Finish, Json, MigrationError, Start, Steps
from .bulks import Document, delete_line, place, write_all
from .copying import Copier, send
from .shards import refresh, search, shards_of, version_of

_RANGES = 8000
_FIRST_RANGES = 1000
_SIDE_BY_SIDE = 4
_AT_ONCE = 1000
_ROUNDS = 4
_EXACT = 1 << 53
"""Sums are doubles on the server: whole numbers up to here are exact."""


@dataclass(slots=True)
class Differences:
    """Differing operations of one shard."""

    lacking: list[int] = field(default_factory=list)
    """The old index has their documents, the new one does not."""
    gone: list[int] = field(default_factory=list)
    """The new index has their documents, the old one does not."""


def compare_shard(
    copier: Copier, shard: int, upto: int, marks: Mapping[int, int] | None = None
) -> Steps[Differences]:
    """Return the differences of all operations up to `upto`; both indices must be refreshed.

    `marks` are by shard of the new index the newest operation to look at: what was written since does not count.
    """
    found = Differences()
    todo = [(0, upto + 1)]
    most = _FIRST_RANGES  # usually little differs
    widest = max(1, _EXACT // version_of(shard, upto))
    while todo:
        parts, most = max(2, most // len(todo)), _RANGES
        ranges = [each for low, high in todo for each in _split(low, high, parts, widest)]
        todo = []
        for start in range(0, len(ranges), 2 * _RANGES):
            some = ranges[start : start + 2 * _RANGES]
            one = yield Start(_count_old(copier, shard, some))
            other = yield Start(_count_new(copier, shard, some, marks))
            before, after = (yield Finish(one)), (yield Finish(other))
            for (low, high), had, has in zip(some, before, after, strict=True):
                if had != has and high - low > 1:
                    todo.append((low, high))
                elif had > has:
                    found.lacking.append(low)
                elif had < has:
                    found.gone.append(low)
    return found


def _split(low: int, high: int, parts: int, widest: int) -> Iterator[tuple[int, int]]:
    step = min(widest, max(1, -(-(high - low) // parts)))
    return ((start, min(start + step, high)) for start in range(low, high, step))


_Counts: TypeAlias = "list[tuple[int, int]]"
"""By range: the number of documents, and the sum of the operations that wrote them."""


def _count_old(copier: Copier, shard: int, ranges: Sequence[tuple[int, int]]) -> Steps[_Counts]:
    bounds = [{"from": low, "to": high} for low, high in ranges]
    return (yield from _count("_seq_no", bounds, copier.old, shard))


def _count_new(
    copier: Copier,
    shard: int,
    ranges: Sequence[tuple[int, int]],
    marks: Mapping[int, int] | None,
) -> Steps[_Counts]:
    bounds = [
        {"from": version_of(shard, low), "to": version_of(shard, high)} for low, high in ranges
    ]
    if marks is None:
        counted = [(yield from _count("_version", bounds, copier.new))]
    else:
        counted = []
        for number, mark in marks.items():
            some = {"query": {"range": {"_seq_no": {"lte": mark}}}}
            counted.append((yield from _count("_version", bounds, copier.new, number, **some)))
    zero = version_of(shard, 0)
    return [
        (sum(count for count, _ in each), sum(total - count * zero for count, total in each))
        for each in zip(*counted, strict=True)
    ]


def _count(
    name: str, bounds: list[Json], index: str, shard: int | None = None, **only: Json
) -> Steps[_Counts]:
    # Keyed buckets are ordered by their bounds either way; a list also keeps equal ones apart.
    query = {
        "size": 0,
        "track_total_hits": False,
        **only,
        "aggs": {
            "counts": {
                "range": {"field": name, "ranges": bounds},
                "aggs": {"sum": {"sum": {"field": name}}},
            }
        },
    }
    found = yield from search(query, index, shard)
    buckets = found.aggregations["counts"]["buckets"]
    if len(buckets) != len(bounds):
        raise MigrationError("the server counted other ranges than it was asked for")
    return [(bucket["doc_count"], int(bucket["sum"]["value"])) for bucket in buckets]


@dataclass(slots=True)
class Repaired:
    """The result of `make_equal`."""

    removed: int = 0
    sent: list[str] = field(default_factory=list)
    """Ids, in the last round only."""


def make_equal(copier: Copier, final: bool = False) -> Steps[Repaired]:
    """Repair what differs up to the cursors; under the block (`final`) until a comparison finds no difference.

    Raises:
        MigrationError: `final`, and they do not become equal.
    """
    done = Repaired()
    for _ in range(_ROUNDS):
        states = yield from shards_of(copier.old, copier.shards)
        yield from refresh(copier.old)
        yield from refresh(copier.new)
        equal, done.sent = True, []
        wanted = {
            shard: state.newest if final else min(copier.cursors.get(shard, -1), state.safe)
            for shard, state in sorted(states.items())
        }
        for shard, differences in (yield from _compare(copier, wanted)).items():
            if differences.gone:
                equal = False
                done.removed += yield from _remove(copier, shard, differences.gone)
            if differences.lacking:
                equal = False
                done.sent += yield from _send_again(copier, shard, differences.lacking)
            if not final:
                yield from copier.lease.beat()
        if equal or not final:
            return done
    why = ""
    if done.sent:
        why = (
            f": it does not have document {done.sent[0]!r}; is there another one of this id, under another routing, whose "
            "copy would be in the same shard?"
        )
    raise MigrationError(
        f"{copier.name}: {copier.new} does not become equal to {copier.old}{why}; nothing was swapped, and "
        "'ecgen abort' undoes the copy"
    )


def _compare(copier: Copier, wanted: dict[int, int]) -> Steps[dict[int, Differences]]:
    """Return the differences of some shards, each up to an operation, several at the same time."""
    found, left = {}, [(shard, upto) for shard, upto in wanted.items() if upto >= 0]
    while left:
        some, left = left[:_SIDE_BY_SIDE], left[_SIDE_BY_SIDE:]
        tasks = {}
        for shard, upto in some:
            tasks[shard] = yield Start(compare_shard(copier, shard, upto))
        for shard, task in tasks.items():
            found[shard] = yield Finish(task)
    return found


def _remove(copier: Copier, shard: int, operations: Sequence[int]) -> Steps[int]:
    removed = 0
    for start in range(0, len(operations), _AT_ONCE):
        copies = yield from _copies_of(copier, shard, operations[start : start + _AT_ONCE])
        removed += yield from write_all(copier.new, copies, copier.load)
    return removed


def _copies_of(copier: Copier, shard: int, operations: Sequence[int]) -> Steps[list[Document]]:
    """Return what deletes the copies of what these operations wrote."""
    bounds = [
        {"from": version_of(shard, each), "to": version_of(shard, each) + 1} for each in operations
    ]
    top = {"top_hits": {"size": 1, "_source": False, "version": True}}
    query = {
        "size": 0,
        "track_total_hits": False,
        "aggs": {
            "copies": {"range": {"field": "_version", "ranges": bounds}, "aggs": {"top": top}}
        },
    }
    found = yield from search(query, copier.new)
    documents = []
    for bucket in found.aggregations["copies"]["buckets"]:
        for hit in bucket["top"]["hits"]["hits"]:
            # The version of the copy itself, so that its tombstone only prevents this copy from being written again.
            action = place(hit["_id"], hit.get("_routing"))
            action |= {"version": hit["_version"], "version_type": "external_gte"}
            documents.append((hit["_id"], delete_line(action)))
    return documents


def _send_again(copier: Copier, shard: int, operations: Sequence[int]) -> Steps[list[str]]:
    sent = []
    for start in range(0, len(operations), _AT_ONCE // 4):
        some = list(operations[start : start + _AT_ONCE // 4])
        query = {
            "size": len(some),
            "seq_no_primary_term": True,
            "_source": copier.whole,
            "query": {"terms": {"_seq_no": some}},
        }
        hits = (yield from search(query, copier.old, shard)).hits.hits
        if hits:
            yield from send(copier, shard, hits)
            sent += [hit.id for hit in hits]
    return sent
