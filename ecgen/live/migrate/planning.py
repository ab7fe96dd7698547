"""Comparing the live cluster with the definitions, and planning the steps to make them equal. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ecgen.definitions.ir import Model, Project
from ecgen.elasticsearch.field_types import UNSET
from ecgen.review.compare.mapping_changes import Difference, compare_mappings
from ecgen.review.compare.setting_changes import compare_settings, server_form
from ecgen.review.report.wording import message_of

from .asking import Ask, Json, Steps, ask_or_none, name_in_path
from .converting import Conversion
from .deployment import order_of
from .dry_pass import Findings, dry_pass
from .id_changes import IdChange, id_change, routing_change
from .in_place_plan import plan_in_place
from .job import Job
from .lease import Lease
from .live_index import LiveIndex, digest, field_names, obstacles, read_index
from .pattern_plan import plan_pattern
from .plan_file import ModelPlan, Plan, Reason
from .target_body import renamed, renames, target_mappings, target_settings


@dataclass(frozen=True, slots=True)
class Options:
    """What the user allows."""

    drop_values: bool = False
    drop_fields: bool = False
    allow_close: bool = False
    writers_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """Information about the cluster as a whole."""

    name: str
    uuid: str
    version: tuple[int, int]

    @property
    def major(self) -> int:
        return min(max(self.version[0], 7), 9)

    @property
    def whole(self) -> Json:
        """Return the `_source` argument of a search for complete documents: from 9.2 on vectors are omitted by
        default."""
        return {"exclude_vectors": False} if self.version >= (9, 2) else True


def read_cluster() -> Steps[Cluster]:
    """Return the name, the UUID and the lowest version of the cluster."""
    answer = yield Ask(
        "GET", "/_cluster/state/version?filter_path=cluster_name,cluster_uuid", patience=5.0
    )
    nodes = yield Ask("GET", "/_nodes/_all/settings?filter_path=nodes.*.version")
    versions = [
        tuple(map(int, node["version"].split("-")[0].split(".")[:2]))
        for node in nodes["nodes"].values()
    ]
    major, minor = min(versions)
    return Cluster(answer["cluster_name"], answer["cluster_uuid"], (major, minor))


def make_plan(
    project: Project, prefix: str, options: Options, only: Sequence[str] = ()
) -> Steps[Plan]:
    """Return the plan for the models of a project, or for some of them."""
    cluster = yield from read_cluster()
    chosen = [model for model in project.models if not only or model.name in only]
    models = []
    for model in chosen:
        joining = [
            other.name
            for other in project.models
            if other.name != model.name
            and any(join.stored and join.target == model.name for join in other.joins)
        ]
        models.append((yield from plan_model(model, prefix, options, cluster, joining)))
    fingerprint = digest(
        [
            [m.name, m.index_body(), asdict(m.compute_id), m.routing and asdict(m.routing)]
            for m in chosen
        ]
    )
    return Plan({"name": cluster.name, "uuid": cluster.uuid}, prefix, fingerprint, models)


def plan_model(
    model: Model, prefix: str, options: Options, cluster: Cluster, joining: Iterable[str] = ()
) -> Steps[ModelPlan]:
    """Return the plan for one model."""
    if model.write_to is not None:
        return (yield from plan_pattern(model, prefix, cluster.major))
    name = prefix + model.index
    plan = ModelPlan(model.name, model.source, name)
    lease = Lease(name, "plan")
    yield from lease.read()
    if lease.job:
        plan.notes.append(
            f"a migration of it is under way (phase {lease.phase}); 'ecgen apply' resumes it, 'ecgen abort' undoes it"
        )
    live = yield from read_index(name)
    if isinstance(live, list):
        plan.refused += live
        if not live:
            yield from _plan_creation(plan, model)
        return plan
    plan.index, plan.documents, plan.bytes = live.index, live.documents, live.bytes
    plan.named = sorted(field_names(model.properties()))
    plan.fingerprints = live.fingerprints(set(plan.named))
    moved = renames(model, live.mappings)
    renaming: list[Json] = [{"rename": old, "to": new} for old, new in moved]
    wanted = model.index_body()
    before = renamed(live.mappings, moved)
    mappings = target_mappings(before, wanted["mappings"], options.drop_fields)
    differences = list(_differences(live, before, mappings, wanted["settings"], cluster.major))
    plan.reasons = [_reason(each) for each in differences]
    plan.reasons += [
        Reason(new, "field-renamed", "reindex", f"{old} is now {new}: documents get the new name")
        for old, new in moved
    ]
    ids = yield from id_change(model, live, renaming, cluster.whole)
    routing = yield from routing_change(model, live, renaming, cluster.whole)
    _judge_ids(plan, ids, routing, options, sorted(joining))
    refusing = [each for each in differences if each.rule == "mapping-refused"]
    if refusing:
        plan.refused.append("every server rejects this definition; change it first")
        return plan
    if _needs_copy(differences, options) or moved or ids.is_to_be_done or routing.is_to_be_done:
        yield from _plan_copy(
            plan, model, live, mappings, renaming, ids, routing, differences, options, cluster
        )
    else:
        yield from plan_in_place(plan, model, live, mappings, differences)
    return plan


def _differences(
    live: LiveIndex,
    before: dict[str, Json],
    mappings: dict[str, Json],
    wanted: dict[str, Json],
    major: int,
) -> Iterable[Difference]:
    settings = {**server_form(live.settings), **server_form(wanted)}
    for each in compare_mappings(before, mappings, major, settings=settings):
        if each.server != "none":
            yield each
    for rule, setting, server, was, now in compare_settings(live.settings, wanted):
        # Templates and administrators may set what the definition does not mention.
        if now is not UNSET and server != "none":
            yield Difference(rule, ("settings", setting), server, was, now, "settings")


def _reason(each: Difference) -> Reason:
    message = message_of(
        each.rule, each.server, each.path, each.old, each.new, each.parameter, each.detail
    )
    return Reason(each.path, each.rule, each.server, message)


def _needs_copy(differences: Iterable[Difference], options: Options) -> bool:
    for each in differences:
        if each.server == "reindex" or (each.server == "close-index" and not options.allow_close):
            return True
        if options.drop_fields and each.rule in ("field-removed", "multi-field-removed"):
            return True
    return False


def _judge_ids(
    plan: ModelPlan, ids: IdChange, routing: IdChange, options: Options, joining: list[str]
) -> None:
    plan.notes += ids.notes + routing.notes
    plan.refused += ids.refused + routing.refused
    for rule, change, what in (
        ("compute-id-changed", ids, "ids"),
        ("routing-rule-changed", routing, "routings"),
    ):
        if change.is_to_be_done:
            message = f"{change.documents} documents get other {what}"
            plan.reasons.append(Reason("", rule, "reindex", message))
    if not (ids.is_to_be_done or routing.is_to_be_done):
        return
    if joining and ids.is_to_be_done:
        plan.refused.append(
            f"{', '.join(joining)} {'store' if len(joining) > 1 else 'stores'} ids of {plan.model} in joins, and these "
            "references would break; rewriting them is not supported yet"
        )
    if not options.writers_stopped:
        plan.refused.append(
            "while old code writes, it writes documents under old ids or routings; stop the writers and plan with "
            "--writers-stopped"
        )


def _plan_creation(plan: ModelPlan, model: Model) -> Steps[None]:
    body = model.index_body()
    aliases = {**body.pop("aliases", {}), plan.name: {}}
    mappings = {
        **body["mappings"],
        "_meta": {**(body["mappings"].get("_meta") or {}), "ecgen": _note(model)},
    }
    number = (yield from _newest(plan.name)) + 1
    plan.index = f"{plan.name}-{number:06d}"
    plan.reasons.append(Reason("", "model-added", "in-place", f"{plan.name} does not exist"))
    plan.steps.append(
        {
            "step": "create",
            "index": plan.index,
            "body": {**body, "mappings": mappings, "aliases": aliases},
        }
    )
    plan.order = order_of(plan, [])


def _note(model: Model) -> Json:
    """Return the content of `_meta.ecgen`: the rules in force."""
    from .computed_ids import routing_as_json, rule_as_json

    return {
        "compute_id": rule_as_json(model.compute_id, model),
        "routing": routing_as_json(model.routing, model),
    }


def _newest(name: str) -> Steps[int]:
    """Return the highest number of an index `<name>-00000N`; 0 if none exists."""
    found = yield from ask_or_none(
        Ask("GET", f"/{name_in_path(name)}-*/_alias?expand_wildcards=all&ignore_unavailable=true")
    )
    numbers = [
        int(index[len(name) + 1 :])
        for index in found or {}
        if len(index) == len(name) + 7 and index[len(name) + 1 :].isdigit()
    ]
    return max(numbers, default=0)


def _plan_copy(
    plan: ModelPlan,
    model: Model,
    live: LiveIndex,
    mappings: dict[str, Json],
    renaming: list[Json],
    ids: IdChange,
    routing: IdChange,
    differences: list[Difference],
    options: Options,
    cluster: Cluster,
) -> Steps[None]:
    plan.refused += yield from obstacles(live)
    conversion = [*renaming]
    if options.drop_fields:
        conversion += [{"drop": each.path} for each in differences if each.rule == "field-removed"]
    watched = _narrowed(differences, mappings)
    if not plan.refused and watched:
        findings = yield from dry_pass(live, Conversion(renaming), watched, cluster.whole)
        _judge_values(plan, findings, options, watched, conversion)
    if ids.is_to_be_done:
        conversion.append({"id": ids.rule, "stored": model.store_id})
    elif model.store_id and "id" not in (live.mappings.get("properties") or {}):
        conversion.append({"store_id": True})
    if routing.is_to_be_done:
        conversion.append({"routing": routing.rule})
    number = yield from _newest(plan.name)
    kept = None
    if live.is_concrete:
        number += 1
        kept = f"{plan.name}-{number:06d}"
        plan.notes.append(
            f"{plan.name} becomes an alias; a scan that is open at that moment ends with an error; start it again"
        )
        plan.steps.append({"step": "adopt", "index": live.index, "kept": kept})
    job = Job(
        name=plan.name,
        old=live.index,
        old_uuid=live.uuid,
        new=f"{plan.name}-{number + 1:06d}",
        shards=live.shards,
        body={"settings": target_settings(live, model.settings), "mappings": mappings},
        kept=kept,
        aliases=model.aliases,
        conversion=conversion,
        note=_note(model),
        model=model.name,
    )
    plan.steps.append({"step": "copy", "job": job.as_json()})
    plan.estimate = live.estimate()
    if model.versioned:
        plan.notes.append(
            "every versioned model that was read before the swap conflicts once where its document differs"
        )
    plan.order = order_of(plan, differences)


def _narrowed(differences: Iterable[Difference], mappings: dict[str, Json]) -> dict[str, Json]:
    """Return the fields whose new type might not hold a value of the old one: full name → mapping."""
    found: dict[str, Json] = {}
    for each in differences:
        if each.server != "reindex" or each.rule not in (
            "type-changed",
            "format-changed",
            "scaling-factor-changed",
            "coerce-changed",
            "ignore-malformed-changed",
        ):
            continue
        body = _mapping_at(each.keys, mappings)
        if body is not None:
            found[".".join(body[0])] = body[1]
    return found


def _mapping_at(
    keys: Sequence[str], mappings: dict[str, Json]
) -> tuple[tuple[str, ...], Json] | None:
    """Return the mapping of a field by its keys; for a multi-field, of the field that has its values."""
    body: Any = mappings
    for at, key in enumerate(keys):
        parts = body.get("properties") or {}
        if key not in parts:
            multi = (body.get("fields") or {}).get(key)
            return (tuple(keys[:at]), multi) if multi is not None else None
        body = parts[key]
    return tuple(keys), body


def _judge_values(
    plan: ModelPlan,
    findings: Findings,
    options: Options,
    watched: dict[str, Json],
    conversion: list[Json],
) -> None:
    for path, count in sorted(findings.misfits.items()):
        examples = ", ".join(map(repr, findings.examples[path]))
        what = (
            f"{count} of {findings.documents} documents have a value of {path} that {watched[path].get('type')} "
            f"cannot hold (as {examples})"
        )
        if options.drop_values:
            plan.notes.append(f"{what}; it is omitted")
            conversion.append({"drop_values": path, "mapping": watched[path]})
        else:
            plan.refused.append(
                f"{what}; change them, or plan with --drop-values to leave them out"
            )
    for (path, reason), count in sorted(findings.altered.items()):
        plan.notes.append(
            f"{count} of {findings.documents} documents have a value of {path} that {reason}; _source keeps it"
        )
    if not findings.misfits:
        plan.notes.append(
            f"all {findings.documents} documents have values that {', '.join(sorted(watched))} can hold"
        )
