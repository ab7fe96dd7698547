"""Ranges of the numeric types. Checked against 9.5.3, 8.19.21 and 7.17.29, which agree."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# A float or half_float accepts every number that rounds to a finite one.
_DOUBLE: Final = 1.7976931348623157e308
_FLOAT: Final = 3.4028235677973362e38
_HALF_FLOAT: Final = 65519.99609375

WHOLE: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "byte": (-(2**7), 2**7 - 1),
        "short": (-(2**15), 2**15 - 1),
        "integer": (-(2**31), 2**31 - 1),
        "long": (-(2**63), 2**63 - 1),
        "unsigned_long": (0, 2**64 - 1),
    }
)
"""Lowest and highest value of the integer types."""

REAL: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "half_float": (-_HALF_FLOAT, _HALF_FLOAT),
        "float": (-_FLOAT, _FLOAT),
        "double": (-_DOUBLE, _DOUBLE),
        "scaled_float": (-_DOUBLE, _DOUBLE),
        # The smallest normal float: 7.17 refuses smaller numbers.
        "rank_feature": (1.17549435e-38, _FLOAT),
    }
)
"""Lowest and highest value of the other types. A scaled_float within it may still overflow by its scaling_factor."""
