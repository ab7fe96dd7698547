"""The new index: created for fast loading and with no version of the old one valid in it, then set to its
final form."""

from __future__ import annotations

import copy
from typing import Any

from .asking import (
    Ask,
    Fenced,
    Json,
    MigrationError,
    NotBegun,
    ServerRefused,
    Steps,
    Tell,
    ask_or_none,
    name_in_path,
)
from .fence import is_fence, removal
from .job import Job
from .lease import Lease
from .target_body import by_name

_MOST_ROUNDS = 500
_MORE_FAILOVERS = 2
_COMES_BACK = "60s"
_WAITS = 360


def loading_body(job: Job) -> dict[str, Json]:
    """Return the body that the index is created with."""
    body = copy.deepcopy(job.body)
    settings = body["settings"] = by_name(body.get("settings") or {})
    for name in ("number_of_replicas", "auto_expand_replicas", "refresh_interval"):
        settings.pop(name, None)
    settings |= {
        "number_of_replicas": 0,
        "auto_expand_replicas": False,
        "refresh_interval": "-1",
        # Deleted documents keep their versions for this time, and older copies of them are refused.
        "gc_deletes": "1h",
    }
    body["settings"] = {"index": settings}
    mappings = body.setdefault("mappings", {})
    if str(mappings.get("dynamic")).lower() == "strict":
        # Documents may have unmapped fields; they are kept unchanged.
        mappings["dynamic"] = False
    meta = mappings.setdefault("_meta", {})
    meta["ecgen"] = {**job.note, "copy": {"of": job.old, "uuid": job.old_uuid}}
    return body


def create(job: Job) -> Steps[None]:
    """Create the index, unless an earlier run did.

    Raises:
        MigrationError: an index of that name exists and is not a copy of the old one; the server refuses it.
    """
    path = f"/{name_in_path(job.new)}"
    body = loading_body(job)
    try:
        yield Ask("PUT", f"{path}?wait_for_active_shards=1", body)
    except ServerRefused as refused:
        if refused.kind != "resource_already_exists_exception":
            raise
        found = yield from ask_or_none(Ask("GET", f"{path}/_mapping"))
        mapping = next(iter(found.values()))["mappings"] if found else {}
        copied = ((mapping.get("_meta") or {}).get("ecgen") or {}).get("copy") or {}
        if copied.get("uuid") != job.old_uuid:
            raise NotBegun(
                f"an index {job.new} exists already and is not a copy of {job.old}; plan again"
            ) from None
    yield from _remove_foreign_aliases(job)


def _remove_foreign_aliases(job: Job) -> Steps[None]:
    """Remove aliases that an index template gave the new index; readers would see a half-filled index."""
    found = yield Ask("GET", f"/{name_in_path(job.new)}/_alias")
    foreign = [alias for alias in found[job.new]["aliases"] if not is_fence(alias)]
    if foreign and job.name not in foreign:
        yield Ask("POST", "/_aliases", {"actions": [removal(job.new, each) for each in foreign]})


def raise_terms(job: Job, load: str, lease: Lease) -> Steps[int]:
    """Raise the new index's primary terms above all of the old one's; return the lowest of them.

    A new index numbers its operations from 0 again. A client that read a document of the old one has a number and a
    term that could be valid in the new one by chance, and would overwrite a different version of the document. The
    index is closed through the alias of the epoch, so that a run which was overtaken does not close it while another
    copies.

    The terms of the old index rise as well when a primary fails over, and copies keep the term in which they were
    written. Some such rises are allowed for; before the swap it is checked that the old index has not reached the
    returned term.

    Raises:
        Fenced: another run has taken over.
        MigrationError: the index does not start again, or its term does not rise.
    """
    rounds = 0
    while True:
        terms, is_open = yield from _terms(job.old, job.new)
        # Closing raises the term as well, so a run that died after it leaves an index that is high enough and closed.
        lowest, highest = min(terms[job.new]), max(terms[job.old])
        if is_open and lowest > highest + _MORE_FAILOVERS:
            return lowest
        if rounds == _MOST_ROUNDS:
            raise MigrationError(f"the primary term of {job.new} does not rise")
        if is_open:
            yield from _through(load, "_close")
        opened = yield from _through(load, "_open?wait_for_active_shards=1")
        if not opened["shards_acknowledged"]:
            raise MigrationError(
                f"a shard of {job.new} does not start (GET _cluster/allocation/explain says why); then apply again"
            )
        rounds += 1
        yield from lease.beat()
        if rounds % 20 == 0:
            yield Tell("terms", {"reached": lowest, "of": highest})


def highest_term(old: str, new: str) -> Steps[int]:
    """Return the highest primary term of the old index."""
    terms, _ = yield from _terms(old, new)
    return max(terms[old])


def _through(load: str, action: str) -> Steps[Json]:
    answer = yield from ask_or_none(Ask("POST", f"/{name_in_path(load)}/{action}"))
    if answer is None:
        raise Fenced("another run has taken over")
    return answer


def _terms(old: str, new: str) -> Steps[tuple[dict[str, list[int]], bool]]:
    """Return the primary terms of both, and whether the new one is open."""
    names = f"{name_in_path(old)},{name_in_path(new)}"
    shown = "metadata.indices.*.primary_terms,metadata.indices.*.state"
    answer = yield Ask(
        "GET", f"/_cluster/state/metadata/{names}?expand_wildcards=all&filter_path={shown}"
    )
    found = (answer.get("metadata") or {}).get("indices") or {}
    lacking = [name for name in (old, new) if name not in found]
    if lacking:
        raise MigrationError(f"the cluster does not show the index {lacking[0]}")
    terms = {
        name: [int(term) for term in found[name]["primary_terms"].values()] for name in (old, new)
    }
    return terms, found[new]["state"] == "open"


def lacks_a_shard(job: Job) -> Steps[bool]:
    """Return whether the index, or a shard of it, is missing, as when the only node that held it does not return."""
    path = f"/_cluster/health/{name_in_path(job.new)}?wait_for_status=yellow&timeout={_COMES_BACK}"
    health = yield from ask_or_none(Ask("GET", path), 408)  # 408: timed out, red
    return health is None or bool(health["status"] == "red")


def finish_loading(job: Job, lease: Lease) -> Steps[None]:
    """Set the final replicas and refresh interval, and wait for them."""
    wanted = by_name(job.body.get("settings") or {})
    settings: dict[str, Any] = {
        "refresh_interval": wanted.get("refresh_interval"),
        "auto_expand_replicas": wanted.get("auto_expand_replicas"),
        "number_of_replicas": wanted.get("number_of_replicas", 1),
    }
    if str(wanted.get("auto_expand_replicas", "false")).lower() != "false":
        del settings["number_of_replicas"]
    path = f"/{name_in_path(job.new)}"
    yield Ask("PUT", f"{path}/_settings", {"index": settings})
    for _ in range(_WAITS):
        # As many copies as the old index has. More might never be there: the definition may want more than nodes can hold.
        old = yield Ask("GET", f"/_cluster/health/{name_in_path(job.old)}")
        new = yield Ask("GET", f"/_cluster/health/{name_in_path(job.new)}")
        copies = old["active_shards"] // max(1, old["active_primary_shards"])
        every = new["active_shards"] + new["initializing_shards"] + new["unassigned_shards"]
        wanted_shards = min(copies * new["active_primary_shards"], every)
        path = f"/_cluster/health/{name_in_path(job.new)}?wait_for_status=yellow&wait_for_active_shards={wanted_shards}"
        reached = yield from ask_or_none(Ask("GET", f"{path}&timeout=5s"), 408)
        if reached is not None and not reached["timed_out"]:
            return
        yield from lease.beat()
        yield Tell("waiting", {"index": job.new, "shards": wanted_shards})
    raise MigrationError(
        f"{job.new} does not get {wanted_shards} active shards (GET _cluster/allocation/explain says why); then apply again"
    )


def settle(job: Job) -> Steps[None]:
    """Remove the settings that only the load needed: after the swap, repeatable."""
    wanted = by_name(job.body.get("settings") or {})
    path = f"/{name_in_path(job.new)}"
    yield Ask("PUT", f"{path}/_settings", {"index": {"gc_deletes": wanted.get("gc_deletes")}})
    mappings = job.body.get("mappings") or {}
    final: dict[str, Json] = {
        "_meta": {**(mappings.get("_meta") or {}), "ecgen": {**job.note, "of": job.old}}
    }
    if str(mappings.get("dynamic")).lower() == "strict":
        final["dynamic"] = "strict"
    yield Ask("PUT", f"{path}/_mapping", final)
