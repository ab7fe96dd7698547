"""Changes in a model's joins."""

from __future__ import annotations

from collections.abc import Iterator

from ecgen.definitions.ir import Field, Join, Model

from .model_pair import ModelDifference, match

_KINDS = {
    "single": "the id of one",
    "multi": "a list of ids",
    "single_loose": "nothing (it searches for one)",
    "multi_loose": "nothing (it searches for many)",
}


def compare_joins(old: Model, new: Model) -> Iterator[ModelDifference]:
    """Yield differences of joins, of fields that became joins, and of joins that became fields."""
    fields_old = {part.name: part for part in old.fields}
    fields_new = {part.name: part for part in new.fields}
    matched = set()
    for join in new.joins:
        was = match(join, old.joins, new.joins)
        if was is not None:
            matched.add(was.name)
            yield from _join(was, join)
        elif join.name in fields_old:
            yield _converted(join, fields_old[join.name], join)
        else:
            message = f"the join {join.name} to {join.target} is new"
            yield ModelDifference(
                "join-added",
                join.name,
                join.location,
                message,
                server="in-place" if join.stored else "none",
                todo=None if join.stored else "nothing: a loose join stores nothing",
            )
            if join.required:
                message = f"{join.name} is required from now on: documents written before have none"
                yield ModelDifference("required-added", join.name, join.location, message)
    for join in old.joins:
        if join.name in matched:
            continue
        if join.name in fields_new:
            yield _converted(join, join, fields_new[join.name])
        else:
            kept = f"; the index keeps the ids in {join.name}" if join.stored else ""
            yield ModelDifference(
                "join-removed",
                join.name,
                join.location,
                f"the join {join.name} to {join.target} is gone{kept}",
                server="ignored" if join.stored else "none",
                todo=None if join.stored else "stop using the attribute",
            )


def _converted(join: Join, old: Field | Join, new: Field | Join) -> ModelDifference:
    message = (
        f"the {old.type} field {new.name} has become a join to {join.target}"
        if isinstance(old, Field)
        else f"the join {new.name} to {join.target} has become a field"
    )
    return ModelDifference("join-kind-changed", new.name, new.location, message)


def _join(old: Join, new: Join) -> Iterator[ModelDifference]:
    def difference(rule: str, key: str, message: str) -> ModelDifference:
        at = new.parameter_locations.get(key, new.location)
        return ModelDifference(rule, new.name, at, message)

    if old.name != new.name:
        stored = old.stored and new.stored
        yield ModelDifference(
            "field-renamed",
            new.name,
            new.parameter_locations.get("renamed_from", new.location),
            f"the join {old.name} is now {new.name}"
            + ("; documents hold its ids under the old name" if stored else ""),
            server="ignored" if stored else "none",
            was=old.name,
            todo=None if stored else f"use the attribute {new.attribute}",
        )
    elif old.attribute != new.attribute:
        message = f"the attribute {old.attribute} is now {new.attribute}"
        yield difference("attribute-renamed", "name", message)
    if old.kind != new.kind:
        message = f"{new.name} stored {_KINDS[old.kind]} and stores {_KINDS[new.kind]}"
        yield difference("join-kind-changed", "type", message)
    if old.target != new.target:
        message = f"{new.name} led to {old.target} and leads to {new.target}"
        yield difference("join-target-changed", "target", message)
    if old.inverse != new.inverse:
        message = (
            f"the inverse of {new.name} was {old.inverse or 'none'} and is {new.inverse or 'none'}"
        )
        yield difference("join-inverse-changed", "inverse", message)
    if old.join_by != new.join_by:
        message = (
            f"{new.name} matched {old.join_by or 'the id'} and matches {new.join_by or 'the id'}"
        )
        yield difference("join-by-changed", "join_by", message)
    if old.lazy_load != new.lazy_load:
        what = "is loaded by itself" if new.lazy_load else "is no longer loaded by itself"
        yield difference("join-loading-changed", "lazy_load", f"{new.name} {what}")
    if old.required != new.required:
        if new.required:
            message = f"{new.name} is required from now on"
            yield difference("required-added", "required", message)
        else:
            message = f"{new.name} may be None from now on"
            yield difference("required-removed", "required", message)
    if old.private != new.private:
        what = "leaves out" if new.private else "shows"
        yield difference("private-changed", "private", f"serialize() {what} {new.name} from now on")
