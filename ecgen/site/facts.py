"""Collect the content of a model's page; HTML and Markdown share it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ecgen.definitions.ir import ComputeId, Field, Join, Model, Project
from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.quote import json_text

from .prose import Span

KINDS = {
    "single": "one, by the id stored here",
    "multi": "many, by the ids stored here",
    "single_loose": "one, found by search",
    "multi_loose": "many, found by search",
}
"""A short description of each kind of join."""

_FAMILIES = {
    "string": "text",
    "ip": "text",
    "binary": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "date": "time",
    "range": "range",
    "geo_point": "place",
    "vector": "vector",
    "matrix": "vector",
    "weights": "vector",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A field on a page, with its sub-fields."""

    field: Field
    path: str
    """The attributes from the model down, joined with dots."""
    family: str
    """The type's group, which decides its colour: text, number, boolean, time, range, place, vector or structure."""
    flags: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    """Name and JSON value, without multi-fields."""
    multi_fields: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    """Full name in Elasticsearch (`name.raw`, `size.unit.raw`), type, parameters."""
    default: str | None
    enum: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A join whose target is this model."""

    model: Model
    join: Join


@dataclass(frozen=True, slots=True)
class Page:
    """The content of a model's page."""

    model: Model
    rows: tuple[Row, ...]
    outgoing: tuple[tuple[Join, Model], ...]
    incoming: tuple[Incoming, ...]
    id_rule: tuple[Span, ...]
    sort: tuple[tuple[str, str], ...]
    """Field and direction."""
    count: int
    """The number of fields, including sub-fields."""


def pages(project: Project) -> list[Page]:
    """Return a page for every model, sorted by name."""
    by_name = {model.name: model for model in project.models}
    incoming: dict[str, list[Incoming]] = defaultdict(list)
    for model in sorted(project.models, key=lambda each: each.name):
        for join in model.joins:
            incoming[join.target].append(Incoming(model, join))
    return [_page(by_name[name], by_name, incoming[name]) for name in sorted(by_name)]


def _page(model: Model, by_name: dict[str, Model], incoming: list[Incoming]) -> Page:
    rows = tuple(_row(field, "") for field in model.fields)
    return Page(
        model=model,
        rows=rows,
        outgoing=tuple((join, by_name[join.target]) for join in model.joins),
        incoming=tuple(incoming),
        id_rule=tuple(id_rule(model.compute_id)),
        sort=tuple(_sort(model)),
        count=sum(1 for _ in walk(rows)),
    )


def walk(rows: tuple[Row, ...]) -> Iterator[Row]:
    """Yield every row, each followed by its sub-rows."""
    for row in rows:
        yield row
        yield from walk(row.rows)


def _row(field: Field, above: str, names: str = "") -> Row:
    """Return the row of a field; `above` and `names` are the attributes and the Elasticsearch names of the objects that it is in,
    each with a dot."""
    path, name = above + field.attribute, names + field.name
    kind = FIELD_TYPES[field.type].json if field.type in FIELD_TYPES else "any"
    flags = [name for name in ("required", "many", "private") if getattr(field, name)]
    return Row(
        field=field,
        path=path,
        family=_FAMILIES.get(kind, "structure"),
        flags=tuple(flags),
        parameters=tuple(_parameters(field.parameters)),
        multi_fields=tuple(
            (f"{name}.{part}", str(body.get("type")), tuple(_parameters(body)))
            for part, body in (field.parameters.get("fields") or {}).items()
        ),
        default=None if field.default is None else shown(field.default),
        enum=tuple(shown(value) for value in field.enum or ()),
        rows=tuple(_row(part, path + ".", name + ".") for part in field.properties),
    )


def _parameters(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        if name not in ("fields", "type"):
            yield name, shown(value)


def shown(value: Any) -> str:
    """Return a JSON value on one line; a string without quotes if that is unambiguous."""
    if (
        isinstance(value, str)
        and value.strip() == value
        and value not in ("", "true", "false", "null")
    ):
        try:
            float(value)
        except ValueError:
            return value
    return json_text(value, None)


def _sort(model: Model) -> Iterator[tuple[str, str]]:
    for part in model.sort:
        for name, order in part.items():
            yield name, order if isinstance(order, str) else json_text(order, None)


def id_rule(rule: ComputeId) -> list[Span]:
    """Return a description of how a document gets its id."""
    if rule.kind == "server":
        return [Span("Made by Elasticsearch when the document is stored.")]
    if rule.kind == "python":
        return [Span("Computed by "), Span(rule.function or "", code=True), Span(".")]
    if rule.kind == "template":
        parts = [
            part.text if part.attribute is None else _placeholder(part.attribute, part.filters)
            for part in rule.parts
        ]
        return [Span("Computed: "), Span("".join(text or "" for text in parts), code=True)]
    if rule.kind == "fields":
        found = [Span("Computed from ")]
        for place, part in enumerate(rule.parts):
            if place:
                found.append(Span(" and " if place == len(rule.parts) - 1 else ", "))
            found.append(Span("|".join([part.attribute or "", *part.filters]), code=True))
        if len(rule.parts) > 1:
            found += [Span(", joined with "), Span(rule.separator, code=True)]
        if rule.hash:
            found += [Span(", hashed with "), Span(rule.hash, code=True)]
        return [*found, Span(".")]
    return [Span("A time-ordered UUIDv7, made by the client.")]


def _placeholder(attribute: str, filters: tuple[str, ...]) -> str:
    return "{" + "|".join([attribute, *filters]) + "}"
