"""Steps that change an index in place. Each is harmless when repeated, so a run can be resumed."""

from __future__ import annotations

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
from .bulks import index_lines, place, unchanged, write_all
from .converting import Conversion
from .lease import Lease
from .shards import Hit, in_order, refresh, search, shards_of

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
            query = in_order(after, last, _PAGE, whole)
            hits = (yield from search(query, index, shard)).hits.hits
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


def _write(index: str, hits: list[Hit], convert: Conversion) -> Steps[int]:
    documents = []
    for hit in hits:
        action = {**place(hit.id, hit.routing), **unchanged(hit.seq_no, hit.primary_term)}
        documents.append((hit.id, index_lines(action, convert(hit).source)))
    return (yield from write_all(index, documents))
