"""ONE table: a row per Elasticsearch field type.

A type's parameters, its Python type and its runtime class are said here and nowhere else: the JSON Schema, the
checks, the generated annotations and the review all read it. The rows stand in `types/`, by family.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .types.base import UNSET, FieldType, Parameter, ValueKind
from .types.derived import DERIVED
from .types.numbers import NUMBERS
from .types.spaces import SPACES
from .types.strings import STRINGS
from .types.structures import STRUCTURES
from .types.times import TIMES

FIELD_TYPES: Mapping[str, FieldType] = MappingProxyType(
    {**STRINGS, **NUMBERS, **TIMES, **STRUCTURES, **SPACES, **DERIVED}
)
"""Every field type by Elasticsearch's name for it."""

__all__ = ["FIELD_TYPES", "UNSET", "FieldType", "Parameter", "ValueKind"]
