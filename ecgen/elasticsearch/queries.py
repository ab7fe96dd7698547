"""Which queries a field type supports."""

from __future__ import annotations

from typing import Final

__all__ = ["RANGED"]

RANGED: Final = frozenset(
    {"byte", "double", "float", "half_float", "integer", "long", "scaled_float", "short"}
    | {"unsigned_long", "date", "date_nanos", "ip", "keyword", "version", "wildcard"}
)
"""Types that a range query supports: numbers, dates, addresses and keywords."""
