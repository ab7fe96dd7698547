"""What definitions are made from: an index as it is somewhere, whatever form it was found in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = Any


@dataclass(slots=True)
class Known:
    """What is known of a field beyond its mapping, from Python classes or from documents."""

    many: bool | None = None
    required: bool = False
    description: str | None = None
    default: Json = None
    private: bool = False
    attribute: str | None = None
    """What the class calls it, where that is not the field's name."""
    converted: str | None = None
    """The class that converts its values, where that is one of the program's own."""
    computed: str | None = None
    """The code that computes a value which the document did not have."""
    enum: list[Json] | None = None
    auto: str | None = None
    decimal: bool = False
    """It is read as `decimal.Decimal`."""
    join: dict[str, Json] | None = None
    """The join that replaces the field: `type`, `target` and so on."""
    because: str | None = None
    """Set where it is a guess: what the guess rests on."""


@dataclass(slots=True)
class Source:
    """One index, index template or class, to become one model."""

    name: str
    """Of the index, the template or the file."""
    origin: str
    """What messages call it: a file, or an index of a cluster."""
    mappings: dict[str, Json]
    """Without mapping types."""
    settings: dict[str, Json] = field(default_factory=dict)
    aliases: dict[str, Json] = field(default_factory=dict)
    stream: str | None = None
    """The data stream that the index belongs to."""
    concrete: str = ""
    """An index that documents can be sampled from, where `name` is none."""
    model: str | None = None
    """The class's name, where it has one."""
    pattern: bool = False
    """The name comes from a template or a file, not from an index."""
    template: dict[str, Json] | None = None
    """Of a composable index template: its keys beside `template`, and its `name` where that is known."""
    described: str | None = None
    """A description that the source has itself."""
    known: dict[tuple[str, ...], Known] = field(default_factory=dict)
    """By the Elasticsearch names from the root to the field."""
    joins: dict[str, dict[str, Json]] = field(default_factory=dict)
    """Joins without a field, by attribute."""
    stores_id: bool = False
    """The keyword `id` of the mapping is known to hold the document's id."""
    meta: dict[str, Json] = field(default_factory=dict)
    """Keys of a definition that a class states: `sort`, `versioned`, `description` and the like."""
    compute_id: tuple[Json, str | None] | None = None
    """The rule, and what it rests on where it is a guess."""
    routing: tuple[str, str] | None = None
    """The rule, and what it rests on, where documents tell it."""
    notes: list[str] = field(default_factory=list)
    """What a person should know; each becomes a comment at the top and a line of the report."""
