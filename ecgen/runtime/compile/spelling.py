"""Documents that spell a field differently from the mapping: `{"meta.lang": "en"}` for `{"meta": {"lang": "en"}}`,
and vice versa.

To Elasticsearch the two are equal. A compiled reader looks fields up by their names, and calls this module if a
document has a key that is not among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ecgen.elasticsearch.queries import OPEN

from ..types.base import BaseDataType


def needs_spelling(cls: type[Any]) -> bool:
    """Return whether documents of the class may spell a field in another way."""
    return any(is_spelled(data_type) for data_type in cls._mapping.values() if data_type.stored)


def is_spelled(data_type: BaseDataType) -> bool:
    """Return whether documents may spell the field in another way."""
    return "." in data_type.name or data_type.es_type in OPEN


def known_keys(cls: type[Any]) -> frozenset[str]:
    """Return the names of the stored fields, including the id's."""
    return frozenset(data_type.name for data_type in cls._mapping.values() if data_type.stored)


def respelled(source: Mapping[str, Any], known: frozenset[str]) -> Mapping[str, Any]:
    """Return the source with its known fields under their own names, unchanged if they are already. A field that
    occurs twice has the values of both."""
    found: dict[str, Any] = {}
    is_other = False
    for key, value in source.items():
        if key not in known:
            for name, part in _parts(key, value, known):
                _add(found, name, part)
                is_other = True
        if key not in found or key in known:
            _add(found, key, value)
    return found if is_other else source


def _parts(key: str, value: Any, known: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Yield the known fields within the value of an unknown key."""
    name = key
    while "." in name:
        name = name.rpartition(".")[0]
        if name in known:
            yield name, {key[len(name) + 1 :]: value}
            return
    for name in known:
        if name.startswith(f"{key}."):
            values = list(_within(value, name[len(key) + 1 :]))
            if values:
                yield name, values[0] if len(values) == 1 else values


def _within(value: Any, path: str) -> Iterable[Any]:
    """Yield the values under the path, which may be split at any of its dots."""
    if isinstance(value, list):
        for member in value:
            yield from _within(member, path)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            if key == path:
                yield part
            elif path.startswith(f"{key}."):
                yield from _within(part, path[len(key) + 1 :])


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    before = found.get(name)
    if name not in found or before is None:
        found[name] = value
    elif isinstance(before, Mapping) and isinstance(value, Mapping):
        both = dict(before)
        for key, part in value.items():
            _add(both, key, part)
        found[name] = both
    elif value is not None:
        found[name] = [
            member
            for held in (before, value)
            for member in (held if isinstance(held, list) else [held])
        ]
