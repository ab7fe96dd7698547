"""The plan for a model whose index is a pattern: in step, or refused with what to do instead of a copy."""

from __future__ import annotations

from ecgen.definitions.ir import Model

from ..standing import index_deviations
from ..template_deviations import held_template, template_deviations
from .asking import Ask, Steps, ask_or_none, name_in_path
from .plan_file import ModelPlan, Reason


def plan_pattern(model: Model, prefix: str, major: int) -> Steps[ModelPlan]:
    """Compare the template and the write index; older indices cannot get what a rollover brings."""
    name = f"{prefix}{model.write_to}"
    plan = ModelPlan(model.name, model.source, name)
    answer = yield from ask_or_none(Ask("GET", f"/_index_template/{name_in_path(name)}"))
    held = held_template(answer)
    if held is None:
        there = f"there is no index template {name}"
        plan.reasons.append(Reason("", "model-added", "in-place", there))
    else:
        found = template_deviations(model, prefix, held, major)
        plan.reasons += [Reason(each.path, each.rule, each.server, each.message) for each in found]
    behind = yield from ask_or_none(Ask("GET", f"/{name_in_path(name)}?expand_wildcards=all"))
    for index, body in sorted((behind or {}).items()):
        is_write = index == _write_index(name, behind)
        plan.index = index if is_write else plan.index
        plan.reasons += [
            Reason(each.path, each.rule, each.server, f"{index}: {each.message}")
            for each in index_deviations(model, prefix, index, body, major)
            if is_write or each.server == "in-place"
        ]
    if not (behind or model.is_data_stream):
        plan.reasons.append(Reason("", "model-added", "in-place", f"there is no alias {name}"))
    if any(each.rule == "model-added" for each in plan.reasons):
        plan.refused.append(
            f"its index is a pattern, which create_mappings([{model.name}]) begins: it puts the index template {name}, and "
            "creates the first index of a write alias"
        )
    elif any(each.server != "ignored" for each in plan.reasons):
        plan.refused.append(
            "its index is a pattern, whose indices are not copied; put the index template "
            f"(PUT /_index_template/{name} with {model.module}.json), then roll over (POST /{name}/_rollover): new indices have "
            "the new mapping; 'ecgen diff' prints what existing indices can take"
        )
    return plan


def _write_index(name: str, behind: dict[str, dict[str, object]]) -> str:
    for index, body in behind.items():
        aliases = body.get("aliases")
        alias = aliases.get(name) if isinstance(aliases, dict) else None
        if isinstance(alias, dict) and alias.get("is_write_index") is True:
            return index
    return max(behind)
