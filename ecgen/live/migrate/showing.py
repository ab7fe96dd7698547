"""A plan as text, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecgen.diagnostics.problems import visible

from .asking import Json
from .plan_file import ModelPlan, Plan

_MOST_REASONS = 20


def as_text(plan: Plan) -> str:
    """Return the plan as text, model by model."""
    lines: list[str] = []
    for model in plan.models:
        lines += _model(model)
    lines.append(summary(plan))
    return "\n".join(map(visible, lines)) + "\n"


def model_as_text(model: ModelPlan) -> str:
    """Return the plan of one model as text."""
    return "\n".join(map(visible, _model(model))) + "\n"


def summary(plan: Plan) -> str:
    """Return one line that summarizes the plan."""
    refused, todo = len(plan.refused), sum(bool(model.steps) for model in plan.models)
    if plan.is_in_step:
        return f"all {len(plan.models)} in step: nothing to do"
    text = f"{todo} of {len(plan.models)} to be changed; plan {plan.id} for the cluster {plan.cluster['name']}"
    return f"{text}; {refused} cannot be" if refused else text


def _model(model: ModelPlan) -> Iterator[str]:
    if model.is_in_step and not model.notes:
        return
    behind = f" ({model.index})" if model.index and model.index != model.name else ""
    yield f"{model.model}  {model.name}{behind}"
    if model.documents:
        yield f"  {model.documents:,} documents, {size(model.bytes)}"
    for reason in model.reasons[:_MOST_REASONS]:
        yield f"  {reason.server}: {reason.message}"
    if len(model.reasons) > _MOST_REASONS:
        yield f"  … and {len(model.reasons) - _MOST_REASONS} more"
    for step in model.steps:
        yield f"  - {step_as_text(step)}"
    if model.estimate and model.copies:
        yield (
            f"  about {duration(model.estimate['copy'])} to copy, and a pause of about "
            f"{model.estimate['pause']:g} s for writers"
        )
    elif model.estimate:
        yield f"  about {duration(model.estimate['copy'])}, without a pause for writers"
    for number, each in enumerate(model.order, 1):
        yield f"  order {number}: {each}"
    for note in model.notes:
        yield f"  note: {note}"
    for reason_ in model.refused:
        yield f"  cannot be done: {reason_}"
    yield ""


def step_as_text(step: dict[str, Json]) -> str:
    """Return a step in words."""
    match step["step"]:
        case "create":
            alias = ", ".join(sorted(step["body"].get("aliases") or {}))
            return f"create {step['index']} behind the alias {alias}"
        case "put-mapping":
            return f"update the mapping of {step['index']}"
        case "put-settings":
            closed = (
                " while it is closed: it cannot be read or written meanwhile"
                if step["close"]
                else ""
            )
            return f"change settings of {step['index']}{closed}: {', '.join(sorted(step['body']))}"
        case "aliases":
            return "add aliases: " + ", ".join(each["add"]["alias"] for each in step["actions"])
        case "backfill":
            return f"write the documents of {step['index']} again in place, so that they are indexed by the new mapping"
        case "adopt":
            return f"keep the index {step['index']} as {step['kept']}, and make its name an alias"
        case "copy":
            return _copy(step["job"])
        case other:
            return str(other)


def _copy(job: dict[str, Any]) -> str:
    text = f"copy {job['old']} to {job['new']}, and swap"
    for each in job["conversion"]:
        if "rename" in each:
            text += f"; {each['rename']} becomes {each['to']}"
        elif "drop" in each:
            text += f"; {each['drop']} is left out"
        elif "drop_values" in each:
            text += f"; values that {each['drop_values']} cannot hold are left out"
        elif "id" in each:
            text += "; ids are recomputed"
        elif "routing" in each:
            text += "; routings are recomputed"
        elif "store_id" in each:
            text += "; the id is stored in the field id"
    return text


def under_way_as_text(lease: dict[str, Json]) -> str:
    """Return text about a migration in progress."""
    copied = sum(max(0, at + 1) for at in (lease.get("cursors") or {}).values())
    return (
        f"under way: {lease['name']}, phase {lease.get('phase')}, {copied:,} operations copied, "
        f"by {lease.get('owner')}"
    )


def history_as_text(entry: dict[str, Json]) -> str:
    """Return text about a finished migration."""
    what = (
        f"{entry.get('old')} → {entry.get('new')}"
        if entry.get("new")
        else ", ".join(entry.get("steps") or [])
    )
    pause = f", pause {entry['pause']:.2f} s" if entry.get("pause") is not None else ""
    late = f", {entry['slipped']} writes brought over afterwards" if entry.get("slipped") else ""
    left = f", left as written since: {', '.join(entry['left'])}" if entry.get("left") else ""
    return f"{entry.get('ended')}  {entry['name']}: {entry.get('what')} {entry.get('outcome')}: {what}{pause}{late}{left}"


def kept_as_text(kept: dict[str, Json]) -> str:
    """Return text about an index that a migration kept."""
    what = f"{kept['documents']:,} documents, {size(kept['bytes'])}"
    return f"{kept['index']} ({what}) since {kept['since']}"


def as_markdown(plan: Plan) -> str:
    """Return Markdown for a pull request: a table of the steps, and the details folded."""
    lines = [f"### ecgen plan: {summary(plan)}", ""]
    changed = [model for model in plan.models if not model.is_in_step]
    if changed:
        lines += [
            "| model | index | documents | what | pause for writers |",
            "|---|---|---:|---|---|",
        ]
        lines += [_row(model) for model in changed]
        lines += ["", "<details><summary>Details</summary>", "", "```"]
        for model in changed:
            lines += map(visible, _model(model))
        lines += ["```", "", "</details>"]
    return "\n".join(lines) + "\n"


def _row(model: ModelPlan) -> str:
    what = "cannot be done" if model.refused else ", ".join(step["step"] for step in model.steps)
    pause = f"about {model.estimate['pause']:g} s" if model.copies and model.estimate else "none"
    index = visible(model.index or model.name).replace("|", "\\|")
    return f"| {model.model} | `{index}` | {model.documents:,} | {what} | {pause} |"


def size(number: int) -> str:
    """Return bytes in a readable form."""
    amount = float(number)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError("unreachable")


def duration(seconds: float) -> str:
    """Return seconds in a readable form."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
