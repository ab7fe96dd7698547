"""Writes that reached the old index between the comparison and the swap, because the block was lifted by hand.

From the swap on clients write to the new index. Such writes are copied only if no client touched the document there:
its operations are newer than the mark, the new index's newest operation at the swap.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .asking import Ask, Json, Steps, Tell, name_in_path
from .comparing import compare_shard
from .copying import Copier, one_line
from .cut_over import Swap
from .shards import Found, Hit, refresh, search, shards_of, version_of

_MOST = 500


def repair_slipped(copier: Copier, swap: Swap, marks: dict[int, int]) -> Steps[int]:
    """Copy the writes that reached the old index; return the number of operations. Usually there are none."""
    if swap.kept is not None:
        return 0  # the old index was removed by the swap, and its clone was checked before
    states = yield from shards_of(swap.old, copier.shards)
    slipped = [
        (shard, copier.cursors.get(shard, -1), state.newest)
        for shard, state in states.items()
        if state.newest > copier.cursors.get(shard, -1)
    ]
    if not slipped:
        return 0
    done = 0
    yield from refresh(swap.old)
    yield from refresh(swap.new)
    for shard, cursor, newest in slipped:
        gone = (yield from compare_shard(copier, shard, cursor)).gone
        for start in range(0, len(gone), _MOST):
            done += yield from _remove(copier, swap, shard, gone[start : start + _MOST], marks)
        while cursor < newest:
            query = {
                "size": _MOST,
                "sort": [{"_seq_no": "asc"}],
                "seq_no_primary_term": True,
                "_source": copier.whole,
                "query": {"range": {"_seq_no": {"gt": cursor, "lte": newest}}},
            }
            found: Found = yield from search(
                f"/{name_in_path(swap.old)}/_search?preference=_shards:{shard}", query
            )
            hits = found.hits.hits
            if not hits:
                break
            done += yield from _write(copier, swap, hits, marks)
            cursor = hits[-1].seq_no
    yield Tell("slipped", {"operations": done})
    return done


def _is_untouched(swap: Swap, place: Json, seq_no: int, marks: dict[int, int]) -> Steps[bool]:
    """Return whether no client has written the document of the new index since the swap."""
    if seq_no > max(marks.values(), default=-1):
        return False
    if seq_no <= min(marks.values(), default=-1):
        return True
    routing = place.get("routing", place["_id"])
    path = f"/{name_in_path(swap.new)}/_search_shards?routing={name_in_path(routing)}"
    found = yield Ask("GET", f"{path}&filter_path=shards.shard")
    return seq_no <= marks.get(found["shards"][0][0]["shard"], -1)


def _write(copier: Copier, swap: Swap, hits: Sequence[Hit], marks: dict[int, int]) -> Steps[int]:
    converted = [copier.convert(hit) for hit in hits]
    wanted = [_place(each.id, each.routing) for each in converted]
    found = yield Ask("POST", f"/{name_in_path(swap.new)}/_mget?_source=false", {"docs": wanted})
    lines = b""
    for each, place, entry in zip(converted, wanted, found["docs"], strict=True):
        if not entry.get("found"):
            action: Json = {"create": place}
        elif (yield from _is_untouched(swap, place, entry["_seq_no"], marks)):
            action = {"index": {**place, **_condition(entry)}}
        else:
            continue
        lines += msgspec.json.encode(action) + b"\n" + bytes(one_line(each.source)) + b"\n"
    return (yield from _send(swap, lines))


def _remove(
    copier: Copier, swap: Swap, shard: int, operations: Sequence[int], marks: dict[int, int]
) -> Steps[int]:
    """Delete copies of what was deleted in the old index, if they are unchanged since they were copied."""
    lines = b""
    query: dict[str, Json] = {
        "size": _MOST,
        "version": True,
        "seq_no_primary_term": True,
        "_source": False,
        "query": {"range": {"_seq_no": {"lte": max(marks.values(), default=-1)}}},
        "sort": [{"_version": "asc"}],
    }
    wanted = {version_of(shard, each) for each in operations}
    query["search_after"] = [min(wanted) - 1]
    while True:
        found: Found = yield from search(f"/{name_in_path(swap.new)}/_search", query)
        hits = found.hits.hits
        for hit in hits:
            place = _place(hit.id, hit.routing)
            if hit.version in wanted and (yield from _is_untouched(swap, place, hit.seq_no, marks)):
                entry = {"_seq_no": hit.seq_no, "_primary_term": hit.primary_term}
                action = {**place, **_condition(entry)}
                lines += msgspec.json.encode({"delete": action}) + b"\n"
        if len(hits) < _MOST or hits[-1].version >= max(wanted):
            break
        query["search_after"] = [hits[-1].version]
    return (yield from _send(swap, lines))


def _place(id: str, routing: str | None) -> dict[str, Json]:
    return {"_id": id, **({"routing": routing} if routing is not None else {})}


def _condition(entry: Json) -> dict[str, Json]:
    return {"if_seq_no": entry["_seq_no"], "if_primary_term": entry["_primary_term"]}


def _send(swap: Swap, lines: bytes) -> Steps[int]:
    if not lines:
        return 0
    answer = yield Ask(
        "POST",
        f"/{name_in_path(swap.new)}/_bulk?pipeline=_none&refresh=true&filter_path=items.*.status",
        lines,
    )
    return sum(next(iter(item.values()))["status"] < 300 for item in answer["items"])
