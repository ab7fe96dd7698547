"""The table of Elasticsearch's field types: one row a type.

It is the only definition of a type's parameters, Python type and runtime class; the JSON Schema, the checks, the
generated annotations and the review use it. The rows are in `types/`, by family.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .types.derived import DERIVED
from .types.numeric import NUMBERS
from .types.row import UNSET, FieldType, Parameter, ValueKind
from .types.spatial import SPACES
from .types.structural import STRUCTURES
from .types.temporal import TIMES
from .types.textual import STRINGS

FIELD_TYPES: Mapping[str, FieldType] = MappingProxyType(
    {**STRINGS, **NUMBERS, **TIMES, **STRUCTURES, **SPACES, **DERIVED}
)
"""Every field type by its Elasticsearch name."""

__all__ = ["FIELD_TYPES", "UNSET", "FieldType", "Parameter", "ValueKind"]
