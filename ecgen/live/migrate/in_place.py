"""Steps that change an index in place. Each is harmless when repeated, so a run can be resumed."""

from __future__ import annotations

import msgspec

from .asking import (
    Ask,
    Finish,
    Json,
    MigrationError,
    ServerRefused,
    Start,
    Steps,
    Tell,
    Wait,
    name_in_path,
)
from .busy import BUSY, Backoff
from .converting import Conversion
from .copying import one_line
from .lease import Lease
from .shards import Found, Hit, refresh, search, shards_of

_PAGE = 500


def take_step(lease: Lease, step: dict[str, Json], whole: Json, rate: float | None) -> Steps[None]:
    """Do one step of a plan that is not a copy.

    Raises:
        MigrationError: the server refuses it.
    """
    path = f"/{name_in_path(step.get('index', ''))}"
    match step["step"]:
        case "create":
            yield from _create(path, step)
        case "put-mapping":
            yield Ask("PUT", f"{path}/_mapping", step["body"])
        case "put-settings":
            yield from _put_settings(path, step)
        case "aliases":
            yield Ask("POST", "/_aliases", {"actions": step["actions"]})
        case "backfill":
            yield from backfill(lease, step, whole, rate)
        case other:
            raise MigrationError(
                f"this ecgen does not know the step {other!r}; use the version that planned it"
            )
    yield Tell("step", {"step": step["step"], "index": step.get("index")})


def _create(path: str, step: dict[str, Json]) -> Steps[None]:
    try:
        yield Ask("PUT", path, step["body"])
    except ServerRefused as refused:
        # An earlier run whose answer was lost, or create_mappings in between: the plan's name is new to both.
        if refused.kind != "resource_already_exists_exception":
            raise


def _put_settings(path: str, step: dict[str, Json]) -> Steps[None]:
    if not step["close"]:
        yield Ask("PUT", f"{path}/_settings", {"index": step["body"]})
        return
    yield Ask("POST", f"{path}/_close")
    try:
        yield Ask("PUT", f"{path}/_settings", {"index": step["body"]})
    finally:
        yield Ask("POST", f"{path}/_open")


def backfill(lease: Lease, step: dict[str, Json], whole: Json, rate: float | None) -> Steps[int]:
    """Write every older document again, so that it is indexed by the current mapping.

    Each is written on the condition of the version that was read: a document changed meanwhile was written under the
    new mapping already, and is not overwritten.
    """
    index: str = step["index"]
    shards: int = step["shards"]
    convert = Conversion(step.get("conversion") or [])
    content = lease.content
    if "upto" not in content:
        states = yield from shards_of(index, shards)
        upto = {str(shard): state.newest for shard, state in states.items()}
        yield from lease.put(upto=upto, cursors={})
    upto, cursors = lease.content["upto"], dict(lease.content.get("cursors") or {})
    written = 0
    yield from refresh(index)
    for shard, last in sorted(upto.items()):
        task = None
        while True:
            after = cursors.get(shard, -1)
            hits = yield from _page(index, shard, after, last, whole)
            if task is not None:
                written += yield Finish(task)
                yield from lease.beat()
                yield Tell("backfilled", {"documents": written})
            if not hits:
                break
            # Recorded before it is written: if repeated it would find its own new version, and be skipped.
            cursors[shard] = hits[-1].seq_no
            lease.content["cursors"] = {**cursors, shard: after}
            task = yield Start(_write(index, hits, convert))
            if rate:
                yield Wait(len(hits) / rate)
    yield from lease.put(cursors={}, upto={})
    return written


def _page(index: str, shard: str, after: int, last: int, whole: Json) -> Steps[list[Hit]]:
    query = {
        "size": _PAGE,
        "sort": [{"_seq_no": "asc"}],
        "track_total_hits": False,
        "seq_no_primary_term": True,
        "_source": whole,
        "query": {"range": {"_seq_no": {"gt": after, "lte": last}}},
    }
    path = f"/{name_in_path(index)}/_search?preference=_shards:{shard}"
    found: Found = yield from search(path, query)
    return found.hits.hits


def _write(index: str, hits: list[Hit], convert: Conversion) -> Steps[int]:
    left, written, backoff = hits, 0, Backoff(index)
    while left:
        lines: list[bytes] = []
        for hit in left:
            action: dict[str, Json] = {
                "_id": hit.id,
                "if_seq_no": hit.seq_no,
                "if_primary_term": hit.primary_term,
            }
            if hit.routing is not None:
                action["routing"] = hit.routing
            source = one_line(convert(hit).source)
            lines += [msgspec.json.encode({"index": action}), b"\n", source, b"\n"]
        answer = yield Ask(
            "POST",
            f"/{name_in_path(index)}/_bulk?pipeline=_none&filter_path=items.*.status,items.*.error",
            b"".join(lines),
        )
        again, refused = [], None
        for hit, item in zip(left, answer["items"], strict=True):
            status = item["index"]["status"]
            if status in BUSY:
                again.append(hit)
                refused = item["index"]
            elif status < 300:
                written += 1
            elif status not in (404, 409):
                raise MigrationError(f"{index}: document {hit.id!r}: {item['index'].get('error')}")
        progressed, left = len(again) < len(left), again
        if left:
            yield from backoff.wait(refused, progressed)
    return written
