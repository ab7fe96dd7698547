"""The order in which to deploy new code and to apply a plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ecgen.review.compare.mapping_changes import Difference

if TYPE_CHECKING:
    from .plan_file import ModelPlan

_WIDER = frozenset(
    {
        ("byte", "short"),
        ("byte", "integer"),
        ("byte", "long"),
        ("short", "integer"),
        ("short", "long"),
        ("integer", "long"),
        ("half_float", "float"),
        ("half_float", "double"),
        ("float", "double"),
        ("keyword", "text"),
        ("text", "keyword"),
        ("date", "date_nanos"),
    }
)


def order_of(plan: ModelPlan, differences: Iterable[Difference]) -> list[str]:
    """Return the order, a sentence for each step; empty if nothing is to be done."""
    rules = {reason.rule for reason in plan.reasons}
    if "compute-id-changed" in rules or "routing-rule-changed" in rules:
        return [
            "stop all writers: no order works while old code writes, since it writes under old ids or routings",
            "apply",
            "deploy the new code, and start the writers",
        ]
    if "field-renamed" in rules:
        return [
            "add the new field beside the old one, apply, and deploy code that writes both names",
            "apply this plan: documents get the new name, and where both are present the new one stays",
            "deploy code without the old name",
        ]
    narrower = [
        each.path
        for each in differences
        if each.rule == "type-changed" and (str(each.old), str(each.new)) not in _WIDER
    ]
    if narrower:
        return [
            f"deploy the new code: it writes only what {', '.join(narrower)} can hold from now on",
            "stop the old writers",
            "apply",
        ]
    if not plan.steps:
        return []
    if plan.copies:
        return ["apply before or after deploying the new code; both work with either index"]
    return ["apply", "deploy the new code"]
