"""The field that every document of a data stream has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .field_types import FIELD_TYPES

TIMESTAMP: Final = "@timestamp"
_ACCEPTED: Final = frozenset({"type", "format", "locale", "meta"})


def refused_parameters(field: Mapping[str, Any]) -> list[str]:
    """Return the parameters of a date that 9.5.3 and 8.19.21 refuse in the timestamp: all but a few that are not at their default."""
    row = FIELD_TYPES["date"]
    return [
        name
        for name, value in field.items()
        if name in row.parameters.keys() - _ACCEPTED
        and value not in (None, [], {})
        and str(value).lower() != str(row.parameters[name].default).lower()
    ]
