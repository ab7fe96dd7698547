"""List the fields, sub-fields, multi-fields and stored joins of a model by full name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecgen.elasticsearch.field_types import FIELD_TYPES, FieldType

from .load import RawModel
from .reporter import Where


class NamedField(NamedTuple):
    """A field, sub-field, multi-field or stored join of a model, with its full name."""

    name: str
    kind: str
    definition: Mapping[str, Any]
    owner: RawModel
    path: Where
    multi_field: bool = False

    @property
    def scope(self) -> Where:
        """The path of the innermost nested object that contains it; empty if there is none."""
        scope: Where = ()
        definition: Any = self.owner.data
        for position, step in enumerate(self.path[:-1]):
            definition = definition.get(step)
            if isinstance(definition, dict) and definition.get("type") == "nested" and position % 2:
                scope = self.path[: position + 1]
        return scope

    @property
    def row(self) -> FieldType | None:
        """The row of its type; None if the type is unknown."""
        return FIELD_TYPES.get(self.kind)


def members(raw: RawModel, mixins: Sequence[RawModel]) -> dict[str, NamedField]:
    """Return all fields by full Elasticsearch name, and also by full key where that differs."""
    found: dict[str, NamedField] = {}
    for owner in (*mixins, raw):
        for spelling, known in _walk(owner, owner.data.get("fields"), ("fields",), ""):
            found[spelling] = known
            found.setdefault(known.name, known)
        joins = owner.data.get("joins")
        for key, join in joins.items() if isinstance(joins, dict) else ():
            if isinstance(join, dict) and join.get("type") in ("single", "multi"):
                name = join.get("name", key)
                known = NamedField(str(name), "keyword", {"type": "keyword"}, owner, ("joins", key))
                found[key] = known
                found.setdefault(known.name, known)
    return found


def _walk(
    owner: RawModel, fields: Any, path: Where, prefix: str
) -> Iterator[tuple[str, NamedField]]:
    for key, written in fields.items() if isinstance(fields, dict) else ():
        definition: Mapping[str, Any] = written if isinstance(written, dict) else {"type": written}
        name = definition.get("name", key)
        kind = definition.get("type")
        multi = path[-1] == "fields" and len(path) > 1
        known = NamedField(f"{prefix}{name}", str(kind), definition, owner, (*path, key), multi)
        yield f"{prefix}{key}", known
        for section in ("properties", "fields"):
            if section in definition:
                yield from _walk(
                    owner, definition[section], (*path, key, section), f"{prefix}{key}."
                )
