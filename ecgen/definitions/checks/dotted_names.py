"""Check names with dots: each part but the last is an object, which must not be another kind of field at the same time.

Inherited fields and joins count, and the field `id` too: 7.17.29 to 9.5.3 refuse the mapping that they make together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecgen.diagnostics.problems import Problem, quoted

from ..load import RawModel
from ..members import NamedField, listed
from ..reporter import Report, Where


def check_dotted_names(raw: RawModel, mixins: Sequence[RawModel]) -> list[Problem]:
    """Return the problems of dotted names among the members of `raw`, which extends `mixins`."""
    reports = {owner.file: Report(owner) for owner in (*mixins, raw)}
    single = [known for known in listed(raw, mixins) if not known.multi_field]
    names = {(known.owner.file, known.path): known.name for known in single}
    named: dict[str, NamedField] = {}
    for known in single:
        first = named.setdefault(known.name, known)
        if _parent(first)[1] != _parent(known)[1]:  # names below one parent are compared elsewhere
            dotted, whole = sorted((known, first), key=lambda each: len(each.path))
            message = f"{quoted(dotted.name)} is defined in {quoted(names[_parent(whole)])} already"
            reports[dotted.owner.file].at_key(dotted.path, "duplicate-name", message)
    if raw.stores_id:
        named.setdefault("id", NamedField("id", "keyword", {}, raw, ()))
    keeps_dots = raw.data.get("subobjects") is False
    for known in single if not keeps_dots else ():
        above = names.get(_parent(known), "")
        own = known.name.removeprefix(f"{above}.").split(".")
        if len(own) == 1 or _keeps_dots(known.owner.data, known.path[:-1]):
            continue
        for end in range(1, len(own)):
            other = named.get(".".join([*([above] if above else []), *own[:end]]))
            if other is None or other.row is None or other.kind in ("object", "passthrough"):
                continue
            hint = "every model has it, unless 'store_id' is false" if not other.path else None
            if other.kind == "nested":
                hint = f"write it below 'properties' of {quoted(other.name)}"
            message = (
                f"{quoted(known.name)} makes {quoted(other.name)} an object, but it is {other.kind}"
            )
            reports[known.owner.file].at_key(known.path, "field-name", message, hint)
            break
    return [problem for report in reports.values() for problem in report.problems]


def _parent(known: NamedField) -> tuple[str, Where]:
    return known.owner.file, known.path[:-2]


def _keeps_dots(data: Any, path: Where) -> bool:
    """Return whether `subobjects: false` applies at `path`, where a dot is part of a name and makes no object."""
    for step in (*path, None):
        if not isinstance(data, Mapping):
            return False
        if data.get("subobjects") is False:
            return True
        data = data.get(step)
    return False
