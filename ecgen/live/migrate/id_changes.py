"""Comparing the rules of compute_id and routing in force with those of the definition, and planning their change."""

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


def id_change(model: Model, live: LiveIndex, renaming: list[Json], whole: Json) -> Steps[IdChange]:
    """Compare the rule that ecgen recorded in the index with the definition's; if none is recorded, check every id.

    `renaming` are the conversions that give fields the names that the rule has.
    """
    found = IdChange(rule_as_json(model.compute_id, model))
    noted = live.note.get("compute_id")
    if noted == found.rule or not live.documents:
        return found
    kind = model.compute_id.kind
    if kind == "python":
        if noted is not None and noted.get("kind") != "python":
            found.refused.append(
                "a Python function cannot compute the ids of stored documents; read them with the old code and save them "
                "with the new class"
            )
        return found
    if kind not in REWRITABLE:
        if noted is not None:
            found.notes.append(
                "stored documents keep their ids; new documents get ids by the new rule"
            )
        return found
    conversion = Conversion([*renaming, {"id": found.rule, "stored": False}])
    findings = yield from dry_pass(live, conversion, {}, whole)
    found.documents = findings.other_ids
    if not found.documents:
        return found
    for example in findings.without_id:
        found.refused.append(f"cannot compute an id: {example}")
    for new_id, one, other in findings.collisions:
        found.refused.append(
            f"documents {one!r} and {other!r} would both get the id {new_id!r}; delete one of them, or change "
            "compute_id so that their ids differ"
        )
    return found


def routing_change(
    model: Model, live: LiveIndex, renaming: list[Json], whole: Json
) -> Steps[IdChange]:
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
                "stored documents keep their routing; new documents get the routing that the program passes"
            )
        return found
    if kind == "id" and noted is None:
        return found
    conversion = Conversion([*renaming, {"routing": found.rule}])
    findings = yield from dry_pass(live, conversion, {}, whole)
    found.documents = findings.other_routings
    if not found.documents:
        return found
    for example in findings.without_id:
        found.refused.append(f"cannot compute a routing: {example}")
    for new_id, _, _ in findings.collisions:
        found.refused.append(
            f"several documents have the id {new_id!r} under different routings; under the new rule one could overwrite "
            "another; delete all but one of them, or change the rule"
        )
    return found
