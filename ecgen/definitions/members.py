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
    """Return all fields by full key, and also by full Elasticsearch name where that differs."""
    found: dict[str, NamedField] = {}
    for (written, *others), known in _spelled(raw, mixins):
        found[written] = known
        for other in others:
            found.setdefault(other, known)
    return found


def listed(raw: RawModel, mixins: Sequence[RawModel]) -> list[NamedField]:
    """Return all fields, those too that have the name of another one."""
    return [known for _, known in _spelled(raw, mixins)]


def _spelled(
    raw: RawModel, mixins: Sequence[RawModel]
) -> Iterator[tuple[Sequence[str], NamedField]]:
    """Yield each field with its spellings: the keys of its path first, their Elasticsearch names last."""
    for key, (owner, section) in _own_and_inherited(raw, mixins).items():
        definition = owner.data[section][key]
        if section == "fields":
            yield from _walk(owner, {key: definition}, ("fields",), ("",))
        elif isinstance(definition, dict) and definition.get("type") in ("single", "multi"):
            name = str(definition.get("name", key))
            spellings = dict.fromkeys((key, name))
            yield list(spellings), NamedField(name, "keyword", {"type": "keyword"}, owner, ("joins", key))  # fmt: skip


def _own_and_inherited(
    raw: RawModel, mixins: Sequence[RawModel]
) -> dict[str, tuple[RawModel, str]]:
    """Return the file and section of each field and join by key; a model's own definition replaces an inherited one."""
    found: dict[str, tuple[RawModel, str]] = {}
    for owner in (*mixins, raw):
        for section in ("fields", "joins"):
            written = owner.data.get(section)
            for key in written if isinstance(written, dict) else ():
                found.pop(key, None)
                found[key] = owner, section
    return found


def _walk(
    owner: RawModel, fields: Any, path: Where, prefixes: Sequence[str]
) -> Iterator[tuple[Sequence[str], NamedField]]:
    for key, written in fields.items() if isinstance(fields, dict) else ():
        definition: Mapping[str, Any] = written if isinstance(written, dict) else {"type": written}
        name = str(definition.get("name", key))
        kind = definition.get("type")
        multi = path[-1] == "fields" and len(path) > 1
        spellings = [
            f"{prefix}{each}" for prefix in prefixes for each in dict.fromkeys((key, name))
        ]
        yield (
            spellings,
            NamedField(spellings[-1], str(kind), definition, owner, (*path, key), multi),
        )
        for section in ("properties", "fields"):
            if section in definition:
                inner = [f"{each}." for each in spellings]
                yield from _walk(owner, definition[section], (*path, key, section), inner)
