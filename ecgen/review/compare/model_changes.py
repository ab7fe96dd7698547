"""Changes in a model beyond its mapping: identity, joins, and what code that imports it sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ecgen.definitions.ir import Field, Model
from ecgen.elasticsearch.field_types import FIELD_TYPES

from ..renaming import Move
from ..report.wording import shown
from ..rules.verdicts import Code
from .id_rules import lost, renamed, routed
from .join_changes import compare_joins
from .model_pair import ModelDifference, Part, match


def compare_models(old: Model, new: Model) -> Iterator[ModelDifference]:
    """Yield all such differences, the model's own first, then in the order of its fields."""
    yield from _identity(old, new)
    yield from _own(old, new)
    yield from _fields(old.fields, new.fields, "", "")
    yield from compare_joins(old, new)


def renames(old: Model, new: Model) -> set[tuple[str, str]]:
    """Return the old and new full names of fields and stored joins that were renamed."""
    found = set(_renames(old.fields, new.fields, ""))
    joins = [join for join in old.joins if join.stored]
    for join in new.joins:
        was = match(join, joins, new.joins)
        if was is not None and join.stored and was.name != join.name:
            found.add((was.name, join.name))
    return found


def _renames(
    old: tuple[Field, ...], new: tuple[Field, ...], prefix: str
) -> Iterator[tuple[str, str]]:
    for part in new:
        was = match(part, old, new)
        if was is None:
            continue
        if was.name != part.name:
            yield (prefix + was.name, prefix + part.name)
        elif part.properties:
            yield from _renames(was.properties, part.properties, f"{prefix}{part.name}.")


def _inside(old: Field, new: Field, path: str) -> Iterator[Move]:
    for part in new.properties:
        was = match(part, old.properties, new.properties)
        if was is not None:
            if was.name != part.name:
                yield Move(path, was.name, part.name)
            yield from _inside(was, part, f"{path}.{part.name}")


def _identity(old: Model, new: Model) -> Iterator[ModelDifference]:
    if old.name != new.name:
        yield ModelDifference(
            "model-renamed",
            "",
            new.key_locations.get("model", new.location),
            f"the class {old.name} is now {new.name}, in the module {new.module}",
            was=old.name,
            todo=f"change imports: from {old.module} import {old.name} → "
            f"from {new.module} import {new.name}",
        )
    # Two patterns are compared as index templates.
    if old.index != new.index and None in (old.write_to, new.write_to):
        what = "a new, empty index" if new.write_to is None else f"written through {new.write_to}"
        yield ModelDifference(
            "index-renamed",
            "",
            new.key_locations.get("index", new.location),
            f"the index {old.index} is now {new.index}: {what}; documents stay where they are",
            server="reindex",
            was=old.index,
        )
    names = dict(_same(old.fields, new.fields)) | dict(_same(old.joins, new.joins))
    if renamed(old.compute_id, names) != new.compute_id:
        random = new.compute_id.kind in ("uuid7", "server")
        yield ModelDifference(
            "compute-id-changed",
            "",
            new.key_locations.get("compute_id", new.location),
            lost(old.compute_id, new.compute_id, names),
            todo=f"update the code that finds documents of {new.name} by ids that it computes"
            if random
            else None,
        )

    if (old.routing and renamed(old.routing, names)) != new.routing:
        yield ModelDifference(
            "routing-rule-changed",
            "",
            new.key_locations.get("routing", new.location),
            f"documents were routed {routed(old.routing)} and are routed {routed(new.routing)}: those written so far stay "
            "where they are, and are found where both give the same value",
        )


def _same(old: Sequence[Part], new: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Yield the old and new attributes of parts that hold the same values."""
    for part in new:
        was = match(part, old, new)
        if was is not None and getattr(was, "type", None) == getattr(part, "type", None):
            yield was.attribute, part.attribute


def _own(old: Model, new: Model) -> Iterator[ModelDifference]:
    at = new.key_locations
    if old.store_id != new.store_id:
        at_id = at.get("store_id", at.get("compute_id", new.location))
        if new.store_id:
            yield ModelDifference(
                "store-id-changed",
                "id",
                at_id,
                "the id is stored as the field id from now on; documents written before lack it",
                server="in-place",
            )
        else:
            yield ModelDifference(
                "store-id-changed",
                "id",
                at_id,
                "the id is no longer stored as the field id; the mapping keeps the field",
                server="ignored",
                todo="nothing: the field stays in the index and is not used",
            )
    if old.versioned != new.versioned:
        what = (
            "now fails if the document changed"
            if new.versioned
            else "no longer notices that the document changed"
        )
        yield ModelDifference(
            "versioned-changed",
            "",
            at.get("versioned", new.location),
            f"save() {what} since it was read",
        )
    if old.sort != new.sort:
        yield ModelDifference(
            "default-sort-changed",
            "",
            at.get("sort", new.location),
            f"the default order was {shown(list(old.sort))} and is {shown(list(new.sort))}",
        )


def _fields(
    old: tuple[Field, ...], new: tuple[Field, ...], prefix: str, old_prefix: str
) -> Iterator[ModelDifference]:
    """Yield the differences of fields, or of the properties of an object, whose prefixes differ if it was renamed."""
    kept = set()
    for part in new:
        was = match(part, old, new)
        if was is None:
            if part.required:
                yield _required(part, prefix)
            continue
        kept.add(was.name)
        yield from _field(was, part, prefix, old_prefix)
        inside = f"{prefix}{part.name}.", f"{old_prefix}{was.name}."
        yield from _fields(was.properties, part.properties, *inside)
    if prefix != old_prefix:  # the mappings show one object that is gone, and one that is new
        for part in old:
            if part.name not in kept:
                path = old_prefix + part.name
                message = (
                    f"the field {path} ({part.type}) is gone; the server keeps it and its values"
                )
                yield ModelDifference("field-removed", path, part.location, message, "ignored")


def _field(old: Field, new: Field, prefix: str, old_prefix: str) -> Iterator[ModelDifference]:
    path, at = prefix + new.name, new.parameter_locations
    was = old_prefix + old.name

    def difference(rule: str, key: str, message: str, code: Code | None = None) -> ModelDifference:
        return ModelDifference(rule, path, at.get(key, new.location), message, code=code)

    if old.name != new.name:
        types = ("", "") if old.type == new.type else (f" ({old.type})", f" ({new.type})")
        yield ModelDifference(
            "field-renamed",
            path,
            at.get("renamed_from", new.location),
            f"{was}{types[0]} is now {path}{types[1]}: the server adds {path} and keeps {was} with its values; "
            "nothing moves them",
            server="ignored",
            was=was,
            inside=tuple(_inside(old, new, path)),
            todo=f"the requests for {prefix[:-1]} do it, too" if prefix != old_prefix else None,
        )
    elif old.attribute != new.attribute:
        message = (
            f"the attribute {old.attribute} is now {new.attribute}; documents hold {path} as before"
        )
        yield difference("attribute-renamed", "name", message)
    if old.many != new.many:
        message = f"{path} {'holds a list from now on' if new.many else 'no longer holds a list'}"
        yield difference("many-changed", "many", message)
    # Of a field that was not renamed, type-changed reports that one type's values are of another class than the other's.
    rows = {_row_python(old), _row_python(new)}
    if _python(old) != _python(new) and (len(rows) == 1 or was != path):
        message = f"values of {path} were {_python(old)} and are {_python(new)}"
        yield difference("python-type-changed", "python", message)
    if new.required and not old.required:
        yield _required(new, prefix)
    elif old.required and not new.required:
        yield difference("required-removed", "required", f"{path} may be None from now on")
    yield from _enum(old, new, path)
    if old.default != new.default:
        message = f"the default of {path} was {shown(old.default)} and is {shown(new.default)}"
        yield difference("default-changed", "default", message)
    if old.auto != new.auto:
        message = f"{path} was {_stamped(old.auto)} and is {_stamped(new.auto)}"
        yield difference("auto-changed", "auto", message, "breaking" if old.auto else "compatible")
    if old.private != new.private:
        what = "leaves out" if new.private else "shows"
        yield difference("private-changed", "private", f"serialize() {what} {path} from now on")


def _required(new: Field, prefix: str) -> ModelDifference:
    path = prefix + new.name
    effect = (
        f"type checkers refuse values of {prefix[:-1]} without it"
        if prefix
        else "creating or saving without it is a RequiredFieldError, also for documents that were written without"
    )
    return ModelDifference(
        "required-added",
        path,
        new.parameter_locations.get("required", new.location),
        f"{path} is required from now on: {effect}",
    )


def _enum(old: Field, new: Field, path: str) -> Iterator[ModelDifference]:
    if old.enum == new.enum:
        return
    at = new.parameter_locations.get("enum", new.location)
    if old.enum is None or new.enum is None:
        if new.enum is None:
            yield ModelDifference(
                "enum-widened", path, at, f"{path} may hold any value from now on"
            )
        else:
            message = f"{path} may hold only {_listed(new.enum)} from now on"
            yield ModelDifference("enum-narrowed", path, at, message)
        return
    gone = [value for value in old.enum if value not in new.enum]
    come = [value for value in new.enum if value not in old.enum]
    if gone:
        message = f"{path} may no longer hold {_listed(gone)}; documents still may"
        yield ModelDifference("enum-narrowed", path, at, message)
    if come:
        yield ModelDifference("enum-widened", path, at, f"{path} may also hold {_listed(come)}")


def _python(part: Field) -> str:
    if part.value_class is not None:
        return part.value_class
    if part.python is not None:
        return part.python
    return _row_python(part)


def _row_python(part: Field) -> str:
    row = FIELD_TYPES.get(part.type)
    return row.python if row is not None else "Any"


def _listed(values: tuple[object, ...] | list[object]) -> str:
    return ", ".join(map(shown, values))


def _stamped(auto: str | None) -> str:
    return f"stamped when a document is {auto}" if auto else "left to the program"
