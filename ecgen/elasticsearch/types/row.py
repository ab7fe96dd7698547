"""What a row of the field type table consists of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple


class _Unset:
    """The absence of a default; a singleton that shows itself as UNSET."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = _Unset()

ValueKind = Literal[
    "string",
    "integer",
    "number",
    "boolean",
    "date",
    "ip",
    "binary",
    "geo_point",
    "range",
    "vector",
    "matrix",
    "weights",
    "object",
    "any",
    "none",
]
"""What a `default` or an `enum` member written in YAML may be; `none` where the type takes neither."""


class Parameter(NamedTuple):
    """One mapping parameter of one type.

    `schema` is a draft-07 fragment for its value. `default` is what the server uses where the parameter is absent
    (asked of 9.5.3, 8.19.21 and 7.17.29 nodes with `include_defaults=true`, from the reference for types that those
    nodes lack); UNSET where there is none, or where it depends on other parameters.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    default: Any = UNSET
    since: str | None = None
    deprecated: str | None = None


class FieldType(NamedTuple):
    """One Elasticsearch field type: what it takes, and what it is in Python."""

    name: str
    description: str
    parameters: Mapping[str, Parameter]
    data_type: str
    """The class in ecgen.runtime."""
    python: str
    """Annotation of one value as read."""
    accepts: str
    """Annotation of one value as given to the constructor."""
    query: str
    """Annotation of one value given to find_by."""
    json: ValueKind
    required: frozenset[str] = frozenset()
    since: str = "7.0"
    module: str | None = None
    """The server module or plugin that brings the type, where it is not the server's core."""
    multi_field: bool = True
    """Whether it may be under another field's `fields`."""
    many: bool = True
    """Whether a document may hold a list of its values."""
    stored: bool = True
    """Whether a document holds values of it at all (an alias has none)."""
    sortable: bool = True
    """Whether a search may sort by it, under its default parameters."""
    minimum: float | None = None
    maximum: float | None = None
    member: ValueKind | None = None
    """Of ranges: what its bounds are."""


def table(*parameters: Parameter) -> Mapping[str, Parameter]:
    """Parameters by name, in the order given."""
    return MappingProxyType({parameter.name: parameter for parameter in parameters})


def with_default(parameter: Parameter, default: Any) -> Parameter:
    """The same parameter, where a type's default is another."""
    return parameter._replace(default=default)


def since(version: str, parameter: Parameter) -> Parameter:
    """The same parameter, where a type got it only with a later server."""
    return parameter._replace(since=version)


def rows(types: Iterable[FieldType]) -> dict[str, FieldType]:
    """Field types by name."""
    return {row.name: row for row in types}
