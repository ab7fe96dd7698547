"""The resolved project: everything a template or the review may see, nothing left to look up.

`resolve` builds these from validated YAML. All are frozen; JSON values inside them are plain dicts and lists that
nobody changes after resolving. Two projects that mean the same compare equal but for their `Location`s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict of them."""


class Location(NamedTuple):
    """Where something is written: `file` relative to the folder ecgen was started in, 1-based `line` and `column`."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model, or one property of an object or nested field."""

    attribute: str
    """Its Python name, safe to use as an attribute (`class_`)."""
    name: str
    """Its Elasticsearch name, as written (`class`)."""
    type: str
    """Elasticsearch's own name of the type (`scaled_float`)."""
    parameters: dict[str, Json]
    """The mapping parameters as the author wrote them, in Elasticsearch's spelling, without `type` and `properties`.
    Multi-fields (`fields`) are spelled out (`{"raw": {"type": "keyword"}}`)."""
    location: Location = field(compare=False)
    parameter_locations: dict[str, Location] = field(compare=False, default_factory=dict)
    """Where each key of the definition stands (`scaling_factor`, `description`, …); the review annotates these lines."""
    description: str | None = None
    required: bool = False
    many: bool = False
    private: bool = False
    default: Json = None
    enum: tuple[Json, ...] | None = None
    python: str | None = None
    """`decimal` where the author asked for decimal.Decimal."""
    renamed_from: str | None = None
    properties: tuple[Field, ...] = ()
    """Of object and nested: the sub-fields."""
    implicit: bool = False
    """An object that its author wrote without `type`, as servers show objects; the mapping leaves it out as well."""
    value_class: str | None = None
    """Of object and nested with properties: the name of the generated value class (`ProductSize`)."""
    data_type: str = "BaseDataType"
    """The class in ecgen.runtime (`ScaledFloat`)."""
    annotation: str = "Any"
    """What reading the attribute gives (`float`, `str | None`, `list[str]`)."""
    accepts: str = "Any"
    """What the constructor takes (`float | int | str | None`)."""
    query: str = "Any"
    """What one value given to find_by may be (`float | int`)."""

    def mapping(self) -> dict[str, Json]:
        """The field as it stands in the mapping JSON; `type` first, `properties` last."""
        body: dict[str, Json] = {} if self.implicit else {"type": self.type}
        body.update(self.parameters)
        if self.properties:
            body["properties"] = {part.name: part.mapping() for part in self.properties}
        return body


JoinKind = Literal["single", "multi", "single_loose", "multi_loose"]


@dataclass(frozen=True, slots=True)
class Join:
    """One join of a model."""

    attribute: str
    name: str
    kind: JoinKind
    target: str
    """The target model's class name."""
    target_module: str
    """The module of the generated package that holds it (`maker`)."""
    location: Location = field(compare=False)
    parameter_locations: dict[str, Location] = field(compare=False, default_factory=dict)
    inverse: str | None = None
    """Attribute of the join on the target that points back."""
    join_by: str | None = None
    """Attribute of the target's field that is matched instead of its id (or of `inverse`, for loose ones)."""
    lazy_load: bool = False
    description: str | None = None
    required: bool = False
    private: bool = False
    renamed_from: str | None = None

    @property
    def stored(self) -> bool:
        """Whether the document holds the target's id or ids."""
        return self.kind in ("single", "multi")

    @property
    def many(self) -> bool:
        return self.kind in ("multi", "multi_loose")


class IdPart(NamedTuple):
    """A piece of a computed id: literal text, or an attribute with the filters applied to it in order."""

    text: str | None = None
    attribute: str | None = None
    filters: tuple[str, ...] = ()
    """`lower`, `upper`, `strip`, `slug` or `date:%Y-%m`."""


@dataclass(frozen=True, slots=True)
class ComputeId:
    """How a document gets its id.

    `template` has literal and attribute parts; `fields` has attribute parts only, joined injectively with `separator`
    and hashed where `hash` says so; `python` names a function `package.module:name`.
    """

    kind: Literal["uuid7", "server", "template", "fields", "python"] = "uuid7"
    parts: tuple[IdPart, ...] = ()
    separator: str = "-"
    hash: Literal["sha256", "uuid5"] | None = None
    function: str | None = None
    source: str | None = field(compare=False, default=None)
    """The rule as its author wrote it, for docstrings and messages."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model: a class, a module and an index."""

    name: str
    module: str
    index: str
    """Without prefix."""
    source: str = field(compare=False)
    """The file that defines it, as generated code names it: the same from whatever folder ecgen is started."""
    location: Location = field(compare=False)
    key_locations: dict[str, Location] = field(compare=False, default_factory=dict)
    """Where each top-level key stands."""
    description: str | None = None
    fields: tuple[Field, ...] = ()
    joins: tuple[Join, ...] = ()
    compute_id: ComputeId = ComputeId()
    store_id: bool = True
    versioned: bool = False
    sort: tuple[dict[str, Json], ...] = ()
    """Default sort, in Elasticsearch's names."""
    settings: dict[str, Json] = field(default_factory=dict)
    aliases: dict[str, Json] = field(default_factory=dict)
    mapping_options: dict[str, Json] = field(default_factory=dict)
    """What stands beside `properties` in the mapping: `dynamic` first, then `dynamic_templates`, `runtime`, `_routing`,
    `_source`, `date_detection`, … as written."""
    renamed_from: str | None = None

    def properties(self) -> dict[str, Json]:
        """`mappings.properties`: the stored id first, then fields, then stored joins (keywords)."""
        body: dict[str, Json] = {"id": {"type": "keyword"}} if self.store_id else {}
        body.update((part.name, part.mapping()) for part in self.fields)
        body.update((join.name, {"type": "keyword"}) for join in self.joins if join.stored)
        return body

    def index_body(self) -> dict[str, Json]:
        """The body that creates the index; the same as the class's `get_index_body()`."""
        body: dict[str, Json] = {"settings": self.settings}
        if self.aliases:
            body["aliases"] = self.aliases
        properties = self.properties()
        body["mappings"] = {
            **self.mapping_options,
            **({"properties": properties} if properties else {}),
        }
        return body


@dataclass(frozen=True, slots=True)
class Project:
    """All models of a run, a target before those that join it where there is no cycle."""

    models: tuple[Model, ...]
    package: str = "generated"
