"""The resolved project: what templates and the review read, with no references left to resolve.

`resolve` builds these from validated YAML. All classes are frozen; the JSON values in them are plain dicts and lists
that must not be changed. Equality ignores locations and `source`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar, dataclass_transform

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict of them."""


class Location(NamedTuple):
    """A place in a definition: `file` relative to the working directory, `line` and `column` from 1."""

    file: str
    line: int
    column: int


_Part = TypeVar("_Part")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def _frozen(cls: type[_Part]) -> type[_Part]:
    """Make a dataclass that type checkers take as frozen; one that really is takes half as long again to fill."""
    return dataclass(slots=True)(cls)


@_frozen
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
    """The place of each key of the definition (`scaling_factor`, `description`, …); the review annotates these lines."""
    description: str | None = None
    required: bool = False
    many: bool = False
    private: bool = False
    default: Json = None
    enum: tuple[Json, ...] | None = None
    auto: str | None = None
    """For a date: `created` or `updated` if the runtime sets it."""
    python: str | None = None
    """`decimal` if values are read as decimal.Decimal."""
    renamed_from: str | None = None
    properties: tuple[Field, ...] = ()
    """Of object and nested: the sub-fields."""
    implicit: bool = False
    """An object defined without `type`; the mapping omits it too, as Elasticsearch does."""
    value_class: str | None = None
    """Of object and nested with properties: the name of the generated value class (`ProductSize`)."""
    data_type: str = "BaseDataType"
    """The class in ecgen.runtime (`ScaledFloat`)."""
    annotation: str = "Any"
    """The type of the attribute when read (`float`, `str | None`, `list[str]`)."""
    accepts: str = "Any"
    """The type of the constructor's argument (`float | int | str | None`)."""
    query: str = "Any"
    """The type of one value given to find_by (`float | int`)."""

    def mapping(self) -> dict[str, Json]:
        """Return the field's mapping JSON; `type` first, `properties` last."""
        body: dict[str, Json] = {} if self.implicit else {"type": self.type}
        body.update(self.parameters)
        if self.properties:
            body["properties"] = {part.name: part.mapping() for part in self.properties}
        return body


JoinKind = Literal["single", "multi", "single_loose", "multi_loose"]


@_frozen
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
        """Whether the document stores the target's id or ids."""
        return self.kind in ("single", "multi")

    @property
    def many(self) -> bool:
        return self.kind in ("multi", "multi_loose")


class IdPart(NamedTuple):
    """A part of a computed id: literal text, or an attribute with filters applied in order."""

    text: str | None = None
    attribute: str | None = None
    filters: tuple[str, ...] = ()
    """`lower`, `upper`, `strip`, `slug` or `date:%Y-%m`."""


@dataclass(frozen=True, slots=True)
class ComputeId:
    """The rule for a document's id.

    `template` has literal and attribute parts. `fields` has attribute parts only, joined with `separator` so that different
    values give different ids, and hashed if `hash` is set. `python` names a function `package.module:name`.
    """

    kind: Literal["uuid7", "server", "template", "fields", "python"] = "uuid7"
    parts: tuple[IdPart, ...] = ()
    separator: str = "-"
    hash: Literal["sha256", "uuid5"] | None = None
    function: str | None = None
    source: str | None = field(compare=False, default=None)
    """The rule as written in YAML, for docstrings and messages."""


@dataclass(frozen=True, slots=True)
class Routing:
    """The rule for a document's routing value: `parts` of its own fields, or empty if the program gives the value."""

    parts: tuple[IdPart, ...] = ()

    @property
    def is_given(self) -> bool:
        return not self.parts


@dataclass(frozen=True, slots=True)
class Model:
    """One model: a class, a module and an index."""

    name: str
    module: str
    index: str
    """Without prefix. A pattern where `write_to` is set."""
    source: str = field(compare=False)
    """The defining file's name in generated code, which does not depend on the working directory."""
    location: Location = field(compare=False)
    key_locations: dict[str, Location] = field(compare=False, default_factory=dict)
    """The place of each top-level key."""
    description: str | None = None
    fields: tuple[Field, ...] = ()
    joins: tuple[Join, ...] = ()
    compute_id: ComputeId = ComputeId()
    routing: Routing | None = None
    """None if Elasticsearch routes documents by their ids."""
    store_id: bool = True
    versioned: bool = False
    sort: tuple[dict[str, Json], ...] = ()
    """Default sort, in Elasticsearch's names."""
    settings: dict[str, Json] = field(default_factory=dict)
    aliases: dict[str, Json] = field(default_factory=dict)
    mapping_options: dict[str, Json] = field(default_factory=dict)
    """The mapping's keys beside `properties`: `dynamic` first, then `dynamic_templates`, `runtime`, `_routing`,
    `_source`, `date_detection`, … as written."""
    renamed_from: str | None = None
    write_to: str | None = None
    """For a pattern: the write alias or data stream, and the name of the index template. Without prefix."""
    index_template: dict[str, Json] = field(default_factory=dict)
    """For a pattern: the template's keys beside `index_patterns` and `template`, `priority` first."""

    @property
    def is_data_stream(self) -> bool:
        return "data_stream" in self.index_template

    def properties(self) -> dict[str, Json]:
        """Return `mappings.properties`: the stored id first, then fields, then stored joins (keywords)."""
        body: dict[str, Json] = {"id": {"type": "keyword"}} if self.store_id else {}
        body.update((part.name, part.mapping()) for part in self.fields)
        body.update((join.name, {"type": "keyword"}) for join in self.joins if join.stored)
        return body

    def index_body(self) -> dict[str, Json]:
        """Return the body of the create-index request; the class's `get_index_body()` returns the same."""
        body: dict[str, Json] = {"settings": self.settings}
        if self.aliases:
            body["aliases"] = self.aliases
        properties = self.properties()
        body["mappings"] = {
            **self.mapping_options,
            **({"properties": properties} if properties else {}),
        }
        return body

    def request_body(self) -> dict[str, Json]:
        """Return what `mappings/*.json` has: the body of the index or, for a pattern, of its index template."""
        if self.write_to is None:
            return self.index_body()
        return {
            "index_patterns": [self.index],
            **self.index_template,
            "template": self.index_body(),
        }


@dataclass(frozen=True, slots=True)
class Project:
    """All models of a run, a target before those that join it where there is no cycle."""

    models: tuple[Model, ...]
    package: str = "generated"
