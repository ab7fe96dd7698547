"""The classes of the field type table's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple


class _Unset:
    """The type of UNSET, which marks an absent default."""

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
"""The form of a `default` or an `enum` member in YAML; `none` if the type has no values."""


class Parameter(NamedTuple):
    """One mapping parameter of one type.

    `schema` is a draft-07 schema of its value. `default` is the server's default, taken from 9.5.3, 8.19.21 and 7.17.29 with
    `include_defaults=true`, or from the reference for types that those nodes lack; UNSET if there is none or if it depends
    on other parameters.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    default: Any = UNSET
    since: str | None = None
    deprecated: str | None = None


class FieldType(NamedTuple):
    """One Elasticsearch field type: its parameters, and its types in Python."""

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
    """The server module or plugin that provides the type; None for the server's core."""
    multi_field: bool = True
    """Whether it may be under another field's `fields`."""
    many: bool = True
    """Whether a document may hold a list of its values."""
    stored: bool = True
    """Whether documents hold values of it (an alias has none)."""
    sortable: bool = True
    """Whether a search can sort by it with its default parameters."""
    minimum: float | None = None
    maximum: float | None = None
    member: ValueKind | None = None
    """The form of a range's bounds; None for other types."""


def table(*parameters: Parameter) -> Mapping[str, Parameter]:
    """Return parameters by name, in the given order."""
    return MappingProxyType({parameter.name: parameter for parameter in parameters})


def with_default(parameter: Parameter, default: Any) -> Parameter:
    """Return the parameter with the default that it has for one type."""
    return parameter._replace(default=default)


def since(version: str, parameter: Parameter) -> Parameter:
    """Return the parameter with the version in which one type got it."""
    return parameter._replace(since=version)


def rows(types: Iterable[FieldType]) -> dict[str, FieldType]:
    """Return field types by name."""
    return {row.name: row for row in types}
