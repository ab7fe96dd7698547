"""The dotted keywords of find_by: multi-fields, and properties of objects and nested objects."""

from __future__ import annotations

from collections.abc import Iterator

from ecgen.definitions.ir import Field
from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.elasticsearch.queries import RANGED, is_indexed


def dotted_keywords(fields: tuple[Field, ...], within: str = "") -> Iterator[tuple[str, str]]:
    """Each keyword, by attributes, and the annotation of its value."""
    for field in fields:
        path = within + field.attribute
        if within and not field.properties and is_indexed(field.type, field.parameters):
            yield path, _asked(field.type, "" if field.enum else field.query)
        for name, part in (field.parameters.get("fields") or {}).items():
            yield f"{path}.{name}", _asked(part.get("type", ""))
        if field.properties and is_indexed(field.type, field.parameters):
            yield from dotted_keywords(field.properties, f"{path}.")


def _asked(type: str, query: str = "") -> str:
    row = FIELD_TYPES.get(type)
    text = query or (row.query if row else "Any")
    return f"{'Ranged' if type in RANGED else 'OneOf'}[{text}]"
