"""Whether the rules of compute_id and routing in force equal those of the definition, and the steps to change them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ecgen.definitions.ir import Model

from .asking import Json, Steps
from .computed_ids import REWRITABLE, routing_as_json, rule_as_json
from .converting import Conversion
from .dry_pass import dry_pass
from .live_index import LiveIndex


@dataclass(slots=True)
class IdChange:
    """The rule for ids or routings, and what a change to it requires."""

    rule: Json = None
    documents: int = 0
    """The number of documents whose value differs from the rule's."""
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def is_to_be_done(self) -> bool:
        return self.documents > 0


def id_change(model: Model, live: LiveIndex, whole: Json) -> Steps[IdChange]:
    """Compare the rule that ecgen recorded in the index with the definition's; if none is recorded, check every id."""
    found = IdChange(rule_as_json(model.compute_id, model))
    noted = live.note.get("compute_id")
    if noted == found.rule or not live.documents:
        return found
    kind = model.compute_id.kind
    if kind == "python":
        if noted is not None and noted.get("kind") != "python":
            found.refused.append(
                "ids by a Python function cannot be computed for stored documents; read them with the old code and save "
                "them with the new class"
            )
        return found
    if kind not in REWRITABLE:
        if noted is not None:
            found.notes.append(
                "documents keep the ids that they have; new ones get theirs by the new rule"
            )
        return found
    conversion = Conversion([{"id": found.rule, "stored": False}])
    findings = yield from dry_pass(live, conversion, {}, whole)
    found.documents = findings.other_ids
    if not found.documents:
        return found
    for example in findings.without_id:
        found.refused.append(f"no id can be computed: {example}")
    for new_id, one, other in findings.collisions:
        found.refused.append(
            f"documents {one!r} and {other!r} would both get the id {new_id!r}; delete one of them, or make compute_id "
            "tell them apart"
        )
    return found


def routing_change(model: Model, live: LiveIndex, whole: Json) -> Steps[IdChange]:
    """Compare the rule of routing likewise; if neither the index's record nor the definition has one, documents keep
    their routing."""
    found = IdChange(routing_as_json(model.routing, model))
    noted = live.note.get("routing")
    if noted == found.rule or not live.documents:
        return found
    kind = found.rule["kind"]
    if kind == "given":
        if noted is not None:
            found.notes.append(
                "documents keep the routing that they have; new ones get what the program gives"
            )
        return found
    if kind == "id" and noted is None:
        return found
    findings = yield from dry_pass(live, Conversion([{"routing": found.rule}]), {}, whole)
    found.documents = findings.other_routings
    if not found.documents:
        return found
    for example in findings.without_id:
        found.refused.append(f"no routing can be computed: {example}")
    for new_id, _, _ in findings.collisions:
        found.refused.append(
            f"several documents have the id {new_id!r}, under different routings; with the new rule one might replace another"
        )
    return found
