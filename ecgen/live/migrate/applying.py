"""Apply a plan: skip what is done, resume what was begun, and begin nothing before everything was compared."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .asking import (
    Ask,
    Json,
    MigrationError,
    NotBegun,
    ServerRefused,
    Steps,
    Tell,
    Undone,
    Unreachable,
    ask_or_none,
    name_in_path,
)
from .copy_job import Manner, Outcome, carry_out, record_as
from .in_place import take_step
from .lease import STATE, Lease
from .live_index import obstacles, read_index
from .plan_file import ModelPlan, Plan
from .shards import WHOLE


@dataclass(slots=True)
class Result:
    """The result of one model's plan."""

    model: str
    name: str
    done: bool
    outcome: Outcome | None = None


@dataclass(slots=True)
class Todo:
    """The part of a plan that remains to be done."""

    begun: list[ModelPlan] = field(default_factory=list)
    fresh: list[ModelPlan] = field(default_factory=list)
    done: list[ModelPlan] = field(default_factory=list)


def sort_out(plan: Plan, only: Sequence[str] = ()) -> Steps[Todo]:
    """Determine what of a plan is done, what was begun, and whether the rest is unchanged since the plan was made.

    Raises:
        MigrationError: an index has changed; another migration is in progress; the plan was applied already; it is
        marked as impossible.
    """
    chosen = [
        each for each in plan.models if not each.is_in_step and (not only or each.model in only)
    ]
    unknown = sorted(set(only) - {each.model for each in plan.models})
    if unknown:
        raise MigrationError(f"the plan has no model {unknown[0]}")
    for each in chosen:
        if each.refused:
            raise MigrationError(f"{each.model}: {each.refused[0]}")
    todo = Todo()
    for each in chosen:
        lease = Lease(each.name, "look")
        yield from lease.read()
        if lease.job:
            _check_own(each, plan.id, lease)
            todo.begun.append(each)
        elif (yield from was_done(each.name, plan.id)):
            todo.done.append(each)
        else:
            yield from _compare(each)
            todo.fresh.append(each)
    if chosen and len(todo.done) == len(chosen):
        raise MigrationError("this plan was applied already; plan again")
    return todo


def was_done(name: str, plan: str) -> Steps[bool]:
    """Return whether history records the plan's part for a name as done."""
    entries = yield from all_entries("history")
    return any(
        (each["name"], each.get("plan"), each.get("outcome")) == (name, plan, "done")
        for each in entries
    )


def _check_own(plan: ModelPlan, plan_id: str, lease: Lease) -> None:
    if lease.job.get("plan") != plan_id:
        raise MigrationError(
            f"{plan.model}: another migration of {plan.name} is under way (phase {lease.phase}); "
            "'ecgen apply' without a plan resumes it, 'ecgen abort' undoes it"
        )


def _compare(plan: ModelPlan) -> Steps[None]:
    live = yield from read_index(plan.name)
    if isinstance(live, list):
        if plan.fingerprints or live:
            why = live[0] if live else f"{plan.name} is gone"
            raise MigrationError(f"{plan.model}: {why}; plan again")
        return
    if not plan.fingerprints:
        raise MigrationError(f"{plan.model}: {plan.name} exists now; plan again")
    now = live.fingerprints(set(plan.named))
    changed = sorted(key for key, value in now.items() if plan.fingerprints.get(key) != value)
    if changed:
        what = (
            "it is another index" if "uuid" in changed else f"its {' and '.join(changed)} changed"
        )
        raise MigrationError(
            f"{plan.model}: {plan.name} is not as it was when the plan was made: {what}; plan again"
        )
    if any(step["step"] in ("copy", "backfill") for step in plan.steps):
        # Conditions that no fingerprint covers: a block set by an administrator, a full disk, a missing shard.
        reasons = yield from obstacles(live)
        if reasons:
            raise MigrationError(f"{plan.model}: {reasons[0]}")


def apply_model(
    plan: ModelPlan, plan_id: str, owner: str, manner: Manner, seconds: float
) -> Steps[Result]:
    """Begin or resume the plan of one model.

    Raises:
        MigrationError: another migration of it is under way, or its index has changed since the plan was made.
    """
    lease = Lease(plan.name, owner, seconds)
    yield from lease.acquire()
    # Once more, under the lease: another run may have begun or done something since `sort_out`.
    try:
        if lease.job:
            _check_own(plan, plan_id, lease)
        else:
            yield from _compare(plan)
    except MigrationError:
        yield from _give_back(lease)
        raise
    if not lease.job:
        copies = [step["job"] for step in plan.steps if step["step"] == "copy"]
        job: dict[str, Any] = (
            {**copies[0], "plan": plan_id}
            if copies
            else {"name": plan.name, "model": plan.model, "plan": plan_id, "steps": plan.steps}
        )
        yield from lease.begin(job)
    return (yield from go_on(lease, manner))


def resume(lease: Lease, manner: Manner) -> Steps[Result | None]:
    """Take the lease and do the job recorded in it; return None if it was done meanwhile."""
    yield from lease.acquire()
    return (yield from go_on(lease, manner)) if lease.job else None


def go_on(lease: Lease, manner: Manner) -> Steps[Result]:
    """Do the job recorded in a lease that this run holds.

    Raises:
        MigrationError: it cannot continue. The lease is released, so the next run need not wait.
    """
    job = lease.job
    yield Tell("begin", {"name": lease.name, "model": job.get("model"), "phase": lease.phase})
    try:
        if "steps" not in job:
            outcome = yield from carry_out(lease, manner)
            return Result(job.get("model") or "", lease.name, outcome.done, outcome)
        for number, step in enumerate(job["steps"]):
            if number >= lease.content.get("at", 0):
                yield from take_step(lease, step, manner.whole, manner.rate)
                yield from lease.put(at=number + 1)
    except (MigrationError, KeyboardInterrupt) as error:
        # If the server refused it from the start, nothing needs to be resumed.
        refused = isinstance(error, NotBegun) or (
            isinstance(error, ServerRefused) and error.status == 400
        )
        nothing = lease.phase == "begin" and lease.content.get("at", 0) == 0
        yield from _give_back(
            lease, **({"job": {}, "phase": "idle"} if refused and nothing else {})
        )
        if isinstance(error, ServerRefused | Unreachable | Undone) and not (refused and nothing):
            raise MigrationError(
                f"{error}; what was begun is kept: 'ecgen apply' resumes it, 'ecgen abort' undoes it"
            ) from error
        raise
    yield from record_as(
        lease,
        {
            "name": lease.name,
            "model": job.get("model"),
            "plan": job.get("plan"),
            "what": "apply",
            "steps": [step["step"] for step in job["steps"]],
            "outcome": "done",
        },
    )
    yield from lease.release(phase="idle", job={}, cursors={}, at=0)
    return Result(job.get("model") or "", lease.name, True)


def _give_back(lease: Lease, **changes: Json) -> Steps[None]:
    # If another run has it, or the server is unreachable, it expires.
    with contextlib.suppress(MigrationError):
        yield from lease.release(**changes)


def under_way(names: Sequence[str] = ()) -> Steps[list[dict[str, Any]]]:
    """Return the leases with a job, of all names or of some."""
    entries = yield from all_entries("lease")
    return [each for each in entries if each.get("job") and (not names or each["name"] in names)]


def all_entries(kind: str) -> Steps[list[dict[str, Any]]]:
    """Return the records of ecgen in the cluster, the oldest first."""
    yield from ask_or_none(Ask("POST", f"/{STATE}/_refresh"))
    found: list[dict[str, Any]] = []
    after: list[Json] | None = None
    while True:
        query: dict[str, Json] = {
            "size": 500,
            # By a field of every index: one deleted during a migration is created again without its mapping.
            "sort": [{"_seq_no": "asc"}],
            "query": {"term": {"kind": kind}},
        }
        if after is not None:
            query["search_after"] = after
        path = f"/{name_in_path(STATE)}/_search?{WHOLE}"
        answer = yield from ask_or_none(Ask("POST", path, query))
        hits = answer["hits"]["hits"] if answer else []
        found += [hit["_source"] for hit in hits]
        if len(hits) < 500:
            return sorted(found, key=lambda each: str(each.get("ended", "")))
        after = hits[-1]["sort"]
