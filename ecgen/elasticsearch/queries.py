"""Which queries a field type supports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .limits import OBJECTS

RANGED: Final = frozenset(
    {"byte", "double", "float", "half_float", "integer", "long", "scaled_float", "short"}
    | {"unsigned_long", "date", "date_nanos", "ip", "keyword", "version", "wildcard"}
)
"""Types that a range query supports: numbers, dates, addresses and keywords."""

TEXTS: Final = frozenset(
    {"text", "match_only_text", "search_as_you_type", "annotated_text", "semantic_text"}
)
"""Types whose values are analyzed and matched by words."""


OPEN: Final = frozenset({*OBJECTS, "flattened"})
"""Types of which any key may be queried, unless the mapping names its properties."""


def is_indexed(type: str, parameters: Mapping[str, Any]) -> bool:
    """Return whether Elasticsearch knows any value of a field with these mapping parameters. Of one that is not, `exists`
    matches no document, without an error (seen on 9.5.3 and 7.17.29)."""
    if parameters.get("index") is False:
        return type not in TEXTS and parameters.get("doc_values") is not False
    return parameters.get("enabled") is not False
