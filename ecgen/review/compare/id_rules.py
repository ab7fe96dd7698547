"""The effect of a changed `compute_id`: which documents the new rule no longer finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from ecgen.definitions.ir import ComputeId, IdPart, Routing

Rule = TypeVar("Rule", ComputeId, Routing)

_CHANGES = {
    "lower": "holds capital letters",
    "upper": "holds small letters",
    "strip": "begins or ends with blanks",
    "slug": "holds anything but small letters, digits and hyphens",
}


def renamed(rule: Rule, names: Mapping[str, str]) -> Rule:
    """Return a rule with attributes under their new names; it gives the same values."""
    parts = tuple(
        part._replace(attribute=names.get(part.attribute or "", part.attribute))
        for part in rule.parts
    )
    return replace(rule, parts=parts)


def lost(old: ComputeId, new: ComputeId, names: Mapping[str, str]) -> str:
    """Return one sentence: the old rule, the new one, and which documents the new rule can no longer find.

    Args:
        names: new attributes by old ones.
    """
    which = _which(renamed(old, names), new)
    return f"the id was {told(old)} and is {told(new)}: {which}"


def told(rule: ComputeId) -> str:
    """Return a rule in words."""
    if rule.kind == "uuid7":
        return "a new UUIDv7"
    if rule.kind == "server":
        return "made by Elasticsearch"
    if rule.kind == "python":
        return f"what {rule.function} gives"
    if rule.kind == "template":
        return '"' + "".join(map(_piece, rule.parts)) + '"'
    joined = f"the values of {', '.join(part.attribute or '' for part in rule.parts)}"
    joined += f" joined with {rule.separator!r}"
    return f"{joined}, hashed with {rule.hash}" if rule.hash else joined


def routed(rule: Routing | None) -> str:
    """Return a routing rule in words."""
    if rule is None:
        return "by their ids"
    if rule.is_given:
        return "by a value that the program gives"
    if len(rule.parts) == 1 and not rule.parts[0].filters:
        return f"by {rule.parts[0].attribute}"
    return 'by "' + "".join(map(_piece, rule.parts)) + '"'


def _piece(part: IdPart) -> str:
    if part.text is not None:
        return part.text.replace("{", "{{").replace("}", "}}")
    return "{" + "|".join((part.attribute or "", *part.filters)) + "}"


def _which(old: ComputeId, new: ComputeId) -> str:
    computed = ("template", "fields", "python")
    if new.kind not in computed:
        if old.kind not in computed:
            return "documents keep the ids they have and are found by them; only new ones are made the new way"
        return (
            "documents keep their ids and are found by them, but nothing finds a document by its values any more, "
            "and creating one twice makes two"
        )
    if old.kind not in computed:
        return "no document written so far is found by it, all have ids made at random"
    if old.kind == new.kind == "template":
        filters = _filters_alone(old, new)
        if filters is not None:
            return f"documents {' or '.join(filters)} are no longer found by it"
    return "no document written so far is found by it, unless both rules happen to give the same"


def _filters_alone(old: ComputeId, new: ComputeId) -> list[str] | None:
    """Return which documents are affected if the two templates differ in filters only; None if they differ in more."""
    if [(p.text, p.attribute) for p in old.parts] != [(p.text, p.attribute) for p in new.parts]:
        return None
    found = []
    for before, after in zip(old.parts, new.parts, strict=True):
        if before.filters == after.filters:
            continue
        several = {*before.filters} ^ {*after.filters}
        if len(several) != 1 or not several <= _CHANGES.keys():
            return None
        found.append(f"whose {before.attribute} {_CHANGES[several.pop()]}")
    return found
