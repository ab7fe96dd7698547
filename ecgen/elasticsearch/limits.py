"""Limits of an index, and the size of a mapping. Checked against 9.5.3, 8.19.21 and 7.17.29."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

MAX_ID_BYTES: Final = 512
"""The most bytes of an id in UTF-8 ("id is too long, must be no longer than 512 bytes")."""
MAX_RESULT_WINDOW: Final = 10_000
"""The most documents of one search response: the default of `index.max_result_window`."""
MAX_TERM_BYTES: Final = 32_766
"""The most bytes of an indexed keyword in UTF-8; a document with a longer one is refused."""
SAFE_IGNORE_ABOVE: Final = MAX_TERM_BYTES // 4
"""The largest `ignore_above` that guarantees MAX_TERM_BYTES: a character takes up to four bytes."""

BUSY: Final = (429, 502, 503, 504)
"""The statuses of a server, or of a proxy before it, that cannot do now what it may do later."""

TOTAL_FIELDS: Final = "mapping.total_fields.limit"
NESTED_FIELDS: Final = "mapping.nested_fields.limit"
DEPTH: Final = "mapping.depth.limit"

Keys = tuple[str, ...]


def mapping_limits(major: int) -> dict[str, int]:
    """Return the defaults of the settings that limit a mapping, by name without `index.`."""
    return {TOTAL_FIELDS: 1000, NESTED_FIELDS: 100 if major >= 9 else 50, DEPTH: 20}


class MappingSize(NamedTuple):
    """The numbers of fields (objects and multi-fields included), of nested fields, and of levels of objects in a mapping."""

    total: int
    nested: int
    depth: int

    def of(self, setting: str) -> int:
        """Return the number that a setting limits."""
        return {TOTAL_FIELDS: self.total, NESTED_FIELDS: self.nested, DEPTH: self.depth}[setting]


OBJECTS: Final = ("object", "nested", "passthrough")
"""The types that have properties, and so add a level."""


def size_of(fields: Iterable[tuple[Keys, str]], runtime: int = 0, major: int = 9) -> MappingSize:
    """Return the size of a mapping, given each field's path of names and its type; equal paths count once.

    `runtime` is the number of runtime fields, which Elasticsearch counts from 8 on.
    """
    types = {keys: kind for keys, kind in fields if keys}
    return MappingSize(
        total=len(types) + (runtime if major >= 8 else 0),
        nested=sum(kind == "nested" for kind in types.values()),
        depth=1 + max((len(keys) for keys, kind in types.items() if kind in OBJECTS), default=0),
    )


def fields_of(mapping: Mapping[str, Any]) -> Iterator[tuple[Keys, str]]:
    """Yield the path of names and the type of every field, object and multi-field of a mapping (`{"properties": …}`)."""
    yield from _fields((), mapping, mapping.get("subobjects") is False)


def _fields(above: Keys, parent: Mapping[str, Any], flat: bool) -> Iterator[tuple[Keys, str]]:
    for section in ("properties", "fields"):
        parts = parent.get(section)
        for name, body in parts.items() if isinstance(parts, dict) else ():
            if not isinstance(body, dict):
                continue
            keys = (*above, name) if flat or section == "fields" else (*above, *name.split("."))
            # "size.width" adds an object "size", just like nested properties.
            for end in range(len(above) + 1, len(keys)):
                yield keys[:end], "object"
            yield keys, str(body.get("type", "object"))
            if "properties" in body or "fields" in body:
                yield from _fields(keys, body, flat or body.get("subobjects") is False)


class Excess(NamedTuple):
    """A limit that a mapping exceeds."""

    setting: str
    found: int
    limit: int


def excesses(size: MappingSize, settings: Mapping[str, Any], major: int) -> list[Excess]:
    """Return the limits that a mapping of this size exceeds; `settings` by name without `index.`, as from `flat`."""
    found = []
    for name, default in mapping_limits(major).items():
        written = str(settings.get(name))
        limit = int(written) if written.isdecimal() else default
        if size.of(name) > limit:
            found.append(Excess(name, size.of(name), limit))
    return found
