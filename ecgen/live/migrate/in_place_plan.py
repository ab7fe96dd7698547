"""The steps of a plan that change an index in place."""

from __future__ import annotations

from ecgen.definitions.ir import Model
from ecgen.elasticsearch.field_types import UNSET
from ecgen.review.compare.mapping_changes import Difference
from ecgen.review.rules.table import RULES
from ecgen.review.rules.verdicts import Server

from .asking import Json, Steps
from .deployment import order_of
from .live_index import LiveIndex, obstacles
from .plan_file import ModelPlan, Reason
from .target_body import target_settings


def plan_in_place(
    plan: ModelPlan,
    model: Model,
    live: LiveIndex,
    mappings: dict[str, Json],
    differences: list[Difference],
) -> Steps[None]:
    """Add the steps that change the index in place."""
    servers: set[Server] = {each.server for each in differences}
    of_mapping = [each for each in differences if each.parameter != "settings"]
    if any(each.server == "in-place" for each in of_mapping):
        body = {**mappings}
        if live.note:
            body["_meta"] = {**(body.get("_meta") or {}), "ecgen": live.note}
        plan.steps.append({"step": "put-mapping", "index": live.index, "body": body})
    closing = "close-index" in servers
    changed = {
        each.keys[1]
        for each in differences
        if each.parameter == "settings" and each.server in ("in-place", "close-index")
    }
    if changed:
        # null removes what a component had and has no more
        wanted = {**dict.fromkeys(live.settings), **target_settings(live, model.settings)}
        settings = {
            name: value
            for name, value in wanted.items()
            if any(name == each or name.startswith(f"{each}.") for each in changed)
        }
        step = {"step": "put-settings", "index": live.index, "body": settings, "close": closing}
        # An analyzer comes before the field that uses it.
        plan.steps.insert(0, step)
    lacking = sorted(set(model.aliases) - {*live.aliases, live.name, live.index})
    if lacking:
        actions = [
            {"add": {"index": live.index, "alias": alias, **model.aliases[alias]}}
            for alias in lacking
        ]
        plan.steps.append({"step": "aliases", "actions": actions})
        plan.reasons += [
            Reason(
                f"aliases.{alias}", "aliases-changed", "in-place", f"the alias {alias} is missing"
            )
            for alias in lacking
        ]
    refilled = [each for each in of_mapping if _wants_backfill(each, live)]
    stores_id = model.store_id and any(each.path == "id" for each in of_mapping)
    if (refilled or stores_id) and live.documents:
        reasons = yield from obstacles(live)
        plan.refused += reasons
        conversion = [{"store_id": True}] if stores_id else []
        plan.steps.append(
            {
                "step": "backfill",
                "index": live.index,
                "conversion": conversion,
                "shards": live.shards,
            }
        )
        plan.estimate = {"copy": live.estimate()["copy"], "pause": 0.0}
        if model.versioned:
            plan.notes.append(
                "every versioned model that was read before the backfill conflicts once"
            )
    ignored = [each for each in of_mapping if each.server == "ignored"]
    if ignored:
        names = ", ".join(each.path for each in ignored)
        plan.notes.append(
            f"the index keeps what it has for {names}; --drop-fields copies without removed fields"
        )
    plan.order = order_of(plan, differences)


def _wants_backfill(each: Difference, live: LiveIndex) -> bool:
    if each.server != "in-place":
        return False
    if each.rule == "field-added":
        # Documents may already have values that are not indexed.
        return str(live.mappings.get("dynamic", "true")).lower() in ("false", "runtime")
    return RULES[each.rule].way == "put-fill" and each.new is not UNSET
