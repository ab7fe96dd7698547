"""What a mapping cannot say, guessed from names and a sample of documents: lists, joins and the rule of ids.

Nothing is guessed from names alone, and each guess is marked by a comment that gives its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ecgen.definitions import naming
from ecgen.definitions.routing import GIVEN
from ecgen.elasticsearch.field_types import FIELD_TYPES

from .index_names import base_name, model_name, singular
from .source import Json, Known, Source

Names = tuple[str, ...]

_SEPARATORS: Final = "-_:/|.#"
_OBJECTS: Final = ("object", "nested")
_ID_PARTS: Final = frozenset({"keyword", "long", "integer", "short", "byte", "unsigned_long"})
_SERVER_MADE: Final = re.compile(r"[A-Za-z0-9_-]{20}")
_MOST_IDS: Final = 200


@dataclass(slots=True)
class Sampled:
    """A source with some of its documents, as hits."""

    source: Source
    hits: list[dict[str, Json]]


Existing = Callable[[Source, list[str]], int]
"""How many of some ids are documents of a source."""


def guess(sampled: Sequence[Sampled], existing: Existing) -> None:
    """Add to each source what its documents suggest.

    `existing` is asked once for each field that might be a join.
    """
    targets = _targets(sampled)
    for each in sampled:
        if not each.hits:
            option = each.source.mappings.get("_source")
            is_off = isinstance(option, dict) and option.get("enabled") in (False, "false")
            why = (
                "The index does not store the source of documents"
                if is_off
                else "There were no documents to sample"
            )
            each.source.notes.append(f"{why}, so nothing was guessed.")
            continue
        _stored_id(each)
        _lists(each)
        _joins(each, targets, existing)
        _compute_id(each)
        _routing(each)


def _properties(source: Source) -> dict[str, Json]:
    return source.mappings.get("properties") or {}


def _stored_id(sampled: Sampled) -> None:
    if _properties(sampled.source).get("id") != {"type": "keyword"}:
        return
    others = sum(1 for hit in sampled.hits if hit["_source"].get("id") != hit["_id"])
    sampled.source.stores_id = not others
    if others:
        because = f"it is not the document's id: it differs in {_of(others, sampled)}"
        sampled.source.known["id",] = Known(because=because)


def _of(count: int, sampled: Sampled) -> str:
    return f"{count} of {len(sampled.hits)} sampled documents"


def _lists(sampled: Sampled) -> None:
    for names in _single_nested(sampled):
        sampled.source.known.setdefault(names, Known(many=False))
    counts: dict[Names, int] = {}
    for hit in sampled.hits:
        for names in set(_list_fields(_properties(sampled.source), hit["_source"], ())):
            counts[names] = counts.get(names, 0) + 1
    for names, count in counts.items():
        known = sampled.source.known.setdefault(names, Known())
        known.many = True
        known.because = _and(f"a list in {_of(count, sampled)}", known.because)


def _single_nested(sampled: Sampled) -> set[Names]:
    """The nested fields that hold an object, and no list, in some document."""
    return {
        names
        for hit in sampled.hits
        for names in _objects_in(_properties(sampled.source), hit["_source"], ())
    }


def _objects_in(properties: dict[str, Json], source: Json, above: Names) -> Iterator[Names]:
    for name, body in properties.items():
        value = source.get(name) if isinstance(source, dict) else None
        if not isinstance(body, dict) or body.get("type", "object") not in _OBJECTS:
            continue
        names = (*above, name)
        if body.get("type") == "nested" and isinstance(value, dict):
            yield names
        for part in value if isinstance(value, list) else [value]:
            yield from _objects_in(body.get("properties") or {}, part, names)


def _and(because: str, more: str | None) -> str:
    return f"{because}; {more}" if more else because


def _list_fields(properties: dict[str, Json], source: Json, above: Names) -> Iterator[Names]:
    if not isinstance(source, dict):
        return
    for name, body in properties.items():
        value = source.get(name)
        if value is None or not isinstance(body, dict):
            continue
        kind = body.get("type", "object")
        names = (*above, name)
        if isinstance(value, list) and _may_be_many(kind, value):
            yield names
        if kind in _OBJECTS:
            for part in value if isinstance(value, list) else [value]:
                yield from _list_fields(body.get("properties") or {}, part, names)


def _may_be_many(kind: Json, value: list[Json]) -> bool:
    row = FIELD_TYPES.get(kind) if isinstance(kind, str) else None
    if row is None or not row.many:
        return False
    # [lon, lat] is one point.
    return not (row.json == "geo_point" and all(isinstance(part, (int, float)) for part in value))


def _targets(sampled: Iterable[Sampled]) -> dict[str, tuple[Source, str]]:
    """The sources by what a field that points to them may be called."""
    targets: dict[str, tuple[Source, str]] = {}
    for each in sampled:
        base = base_name(each.source.stream or each.source.name)
        model = each.source.model or model_name(base)
        whole = naming.snake_case(model)
        targets.setdefault(whole, (each.source, model))
        # `order_id` may point to the index shop-orders.
        targets.setdefault(whole.rpartition("_")[2], (each.source, model))
    return targets


def _joins(sampled: Sampled, targets: dict[str, tuple[Source, str]], existing: Existing) -> None:
    for name, body in _properties(sampled.source).items():
        if not isinstance(body, dict) or body.get("type") not in ("keyword", "text"):
            continue
        stem = re.sub(r"_?(ids?|refs?)$", "", naming.snake_case(name)).strip("_@")
        target = targets.get(stem) or targets.get(singular(stem))
        values = [hit["_source"].get(name) for hit in sampled.hits]
        ids = list(dict.fromkeys(_flat(values)))[:_MOST_IDS]
        if target is None or not ids or (name == "id" or stem == ""):
            continue
        source, model = target
        found = existing(source, ids)
        if found < max(1, len(ids) * 0.9):
            continue
        many = any(isinstance(value, list) for value in values)
        known = sampled.source.known.setdefault((name,), Known())
        known.join = {"key": stem, "type": "multi" if many else "single", "target": model}
        because = f"{found} of {len(ids)} sampled values are ids of {model}"
        known.because = _and(because, known.because)


def _flat(values: Iterable[Json]) -> Iterator[str]:
    for value in values:
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str) and part:
                yield part


def _compute_id(sampled: Sampled) -> None:
    source = sampled.source
    if source.compute_id is not None or len(sampled.hits) < 2:
        return
    every = f"it gives the id of all {len(sampled.hits)} sampled documents"
    parts = {
        name: values for name in _properties(source) if (values := _part_values(sampled, name))
    }
    ids = [hit["_id"] for hit in sampled.hits]
    for name, values in parts.items():
        if values == ids:
            source.compute_id = (f"{{{_key(source, name)}}}", every)
            return
    for first, separator, second in _pairs(ids[0], parts):
        if all(
            f"{one}{separator}{two}" == whole
            for one, two, whole in zip(parts[first], parts[second], ids, strict=True)
        ):
            rule = f"{{{_key(source, first)}}}{separator}{{{_key(source, second)}}}"
            source.compute_id = (rule, every)
            return
    if "id" not in _properties(source) and all(map(_SERVER_MADE.fullmatch, ids)):
        source.compute_id = (
            "server",
            "the ids of all sampled documents look like those that the server makes",
        )


def _routing(sampled: Sampled) -> None:
    source = sampled.source
    values = [hit.get("_routing") for hit in sampled.hits]
    routed = sum(1 for value in values if value is not None)
    if not routed:
        return
    every = f"it is the routing value of all {len(values)} sampled documents"
    for name in _properties(source) if len(values) > 1 else ():
        if _part_values(sampled, name) == values:
            key = _key(source, name)
            source.routing = (f"{{{key}}}" if key == GIVEN else key, every)
            return
    source.routing = (GIVEN, f"{_of(routed, sampled)} have a routing value, and no field holds it")


def _pairs(whole: str, parts: dict[str, list[str]]) -> Iterator[tuple[str, str, str]]:
    for first, values in parts.items():
        if whole.startswith(values[0]) and whole[len(values[0]) :][:1] in set(_SEPARATORS):
            separator = whole[len(values[0])]
            for second, others in parts.items():
                if second != first and whole == f"{values[0]}{separator}{others[0]}":
                    yield first, separator, second


def _part_values(sampled: Sampled, name: str) -> list[str]:
    """The field's values as an id would show them; none where it cannot be part of an id."""
    body = _properties(sampled.source)[name]
    if not isinstance(body, dict) or body.get("type") not in _ID_PARTS:
        return []
    if name == "id" or not name.isidentifier() or name.startswith("_"):
        return []
    values = [hit["_source"].get(name) for hit in sampled.hits]
    if not all(
        isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""
        for value in values
    ):
        return []
    return [str(value) for value in values]


def _key(source: Source, name: str) -> str:
    """The key of a field in the definition, which is another where it becomes a join."""
    known = source.known.get((name,))
    if (
        known is not None
        and known.join is not None
        and _properties(source)[name] == {"type": "keyword"}
    ):
        return str(known.join["key"])
    return name
