"""Undoing migrations: `abort` for one in progress, `rollback` for a finished one, `clean` for kept indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ecgen.rest import without_note

from .applying import all_entries
from .asking import Ask, Json, MigrationError, Steps, ask_or_none, name_in_path
from .copy_job import abort
from .job import Job
from .lease import Lease
from .live_index import carried_settings, digest, field_names, obstacles, read_index
from .plan_file import ModelPlan, Reason
from .target_body import renamed, target_mappings, target_settings


def abort_name(name: str, owner: str, seconds: float) -> Steps[str | None]:
    """Undo the migration in progress of a name; return the result, or None if there was none."""
    lease = Lease(name, owner, seconds)
    yield from lease.read()
    if not lease.job:
        return None
    yield from lease.acquire()
    if "steps" in lease.job:
        done = lease.content.get("at", 0)
        for step in lease.job["steps"][done : done + 1]:
            if step.get("close"):  # the run may have died while it was closed
                yield Ask("POST", f"/{name_in_path(step['index'])}/_open")
        yield from lease.release(phase="idle", job={}, cursors={}, at=0)
        return f"ended after {done} of its steps; each is whole by itself, and stays"
    if (yield from abort(lease)):
        return "undone: the index is as it was"
    return "the indices had been swapped already, so the migration was finished; 'ecgen rollback' reverts it"


def plan_rollback(name: str) -> Steps[ModelPlan]:
    """Return the plan of a copy back: with the mapping and the settings of the kept index, and all documents as they
    are now.

    Raises:
        MigrationError: there is nothing to go back to, or no way.
    """
    lease = Lease(name, "look")
    yield from lease.read()
    if lease.job:
        raise MigrationError(
            f"a migration of {name} is under way (phase {lease.phase}); 'ecgen abort' undoes it, 'ecgen apply' resumes it"
        )
    entry = yield from _last_copy(name)
    job = Job.from_json(entry["job"])
    live = yield from read_index(name)
    if isinstance(live, list):
        raise MigrationError(live[0] if live else f"{name} is gone")
    if live.index != job.new:
        raise MigrationError(
            f"{name} is now an alias of {live.index}, which the last migration did not create; plan instead"
        )
    kept = entry["kept"]
    body = yield from ask_or_none(Ask("GET", f"/{name_in_path(kept)}?flat_settings=true"))
    if not body or body[kept]["settings"].get("index.uuid") != entry.get("kept_uuid"):
        raise MigrationError(
            f"the kept index {kept} does not exist any more; plan with the old definitions instead"
        )
    plan = ModelPlan(job.model or name, "", name, live.index)
    plan.documents, plan.bytes, plan.estimate = live.documents, live.bytes, live.estimate()
    conversion: list[Json] = []
    # From the last to the first: the name of a field in a renamed object begins with the object's new name.
    for each in reversed(job.conversion):
        if "rename" in each:
            conversion.append({"rename": each["to"], "to": each["rename"]})
        elif "id" in each:
            plan.refused.append(
                "documents got other ids, which cannot be turned back; migrate with the old compute_id instead"
            )
        elif "routing" in each:
            plan.refused.append(
                "documents got other routings, which cannot be turned back; migrate with the old routing instead"
            )
        elif "drop" in each or "drop_values" in each:
            plan.notes.append(
                f"what was left out ({each.get('drop') or each.get('drop_values')}) does not come back"
            )
    moved = [(each["rename"], each["to"]) for each in conversion]
    before, note = without_note(body[kept]["mappings"])
    # Fields that are new since then stay: documents have them, and a strict mapping would refuse their updates.
    mappings = target_mappings(renamed(live.mappings, moved), before, drop_fields=False)
    settings = {key.removeprefix("index."): value for key, value in body[kept]["settings"].items()}
    analysis = {
        name: value
        for name, value in live.settings.items()
        if name.startswith(("analysis.", "similarity."))
    }
    plan.refused += yield from obstacles(live)
    number = int(job.new.rpartition("-")[2]) + 1
    back = Job(
        name=name,
        old=live.index,
        old_uuid=live.uuid,
        new=f"{name}-{number:06d}",
        shards=live.shards,
        body={
            "settings": target_settings(
                replace(live, settings=analysis), carried_settings(settings)
            ),
            "mappings": mappings,
        },
        conversion=conversion,
        note={rule: note[rule] for rule in ("compute_id", "routing") if rule in note},
        model=job.model,
        kind="rollback",
    )
    plan.named = sorted(field_names(mappings.get("properties") or {}))
    plan.fingerprints = live.fingerprints(set(plan.named))
    plan.reasons = [Reason("", "rollback", "reindex", f"back to the mapping of {kept}")]
    plan.steps = [{"step": "copy", "job": back.as_json()}]
    return plan


def rollback_id(plan: ModelPlan) -> str:
    """Return the id of a rollback in history."""
    return digest([plan.name, plan.fingerprints, plan.steps])


def _last_copy(name: str) -> Steps[dict[str, Any]]:
    done = [
        each
        for each in (yield from all_entries("history"))
        if each["name"] == name and each.get("outcome") == "done" and "job" in each
    ]
    if not done:
        raise MigrationError(f"no migration of {name} is recorded that could be rolled back")
    found: dict[str, Any] = done[-1]
    return found


def kept_indices() -> Steps[list[dict[str, Any]]]:
    """Return the indices that migrations kept and no alias reads: name, index, documents, bytes, when."""
    found = []
    for each in (yield from all_entries("history")):
        kept = each.get("kept")
        if not kept:
            continue
        # In one request, since others may delete the index between two.
        live = yield from read_index(kept)
        if isinstance(live, list) or live.uuid != each.get("kept_uuid") or live.aliases:
            continue
        found.append(
            {
                "name": each["name"],
                "model": each.get("model"),
                "index": kept,
                "documents": live.documents,
                "bytes": live.bytes,
                "since": each.get("ended"),
            }
        )
    return found


def belonging(
    entries: Sequence[dict[str, Json]], models: Sequence[str], prefix: str
) -> list[dict[str, Json]]:
    """Return the leases or lines of history of some models, each named as its class or its index, or of all if none is
    named; never those of another prefix.

    Raises:
        MigrationError: indices under several prefixes are of a model.
    """
    here = [each for each in entries if each["name"].startswith(prefix)]
    chosen = [] if models else here
    for model in models:
        exact = [each for each in here if each["name"] in (model, prefix + model)]
        found = exact or [each for each in here if _model_of(each) == model]
        names = sorted({each["name"] for each in found})
        if len(names) > 1:
            raise MigrationError(
                f"{model}: several indices are of it: {', '.join(names)}; name one"
            )
        chosen += [each for each in found if each not in chosen]
    return chosen


def _model_of(entry: dict[str, Json]) -> Json:
    return entry.get("model") or (entry.get("job") or {}).get("model")


def delete_kept(index: str) -> Steps[None]:
    """Delete an index that was kept."""
    yield from ask_or_none(Ask("DELETE", f"/{name_in_path(index)}"))
