"""Numbers and booleans. Values are refused if a server would refuse them or change them when indexing."""

from __future__ import annotations

import decimal
import math
import operator
import re
from typing import Any, ClassVar

from ecgen.elasticsearch.number_ranges import REAL, WHOLE

from ..errors import FieldValueError
from .base import BaseDataType, inline

_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,40}\s*")
_DECIMAL = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?\s*")


_DIGIT = 2**30 - 1
"""CPython compares numbers up to this one, of one digit, faster than longer ones: 2 to 3% of a constructor."""


class Boolean(BaseDataType):
    """True or False. Takes bool, and the strings `true` and `false` as Elasticsearch does; 0 and 1 are refused.

    Documents of other programs may hold the strings (and "" for False); they are read as booleans.
    """

    es_type = "boolean"
    kept = "{0}"

    @inline(lambda _, v: f"{v}.__class__ is _bool")
    def _convert(self, value: Any) -> Any:
        if _is_boolean(value):
            return bool(value)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise FieldValueError("is neither True nor False", value)

    @inline(lambda _, v: f"{v}.__class__ is not _str")
    def _read(self, value: Any) -> Any:
        if isinstance(value, str):
            return value == "true"
        return value


class _Whole(BaseDataType):
    """A whole number within the type's range. Takes int, floats and decimals without a fraction, and strings of digits."""

    kept = "{0}"

    low: ClassVar[int]
    high: ClassVar[int]

    # CPython 3.11 compares faster so than in `low <= v <= high`.
    @inline(
        lambda self, v: (
            f"{v}.__class__ is _int and ({max(self.low, -_DIGIT)} <= {v} and {v} <= {min(self.high, _DIGIT)}"
            f" or {self.low} <= {v} <= {self.high})"
        )
    )
    def _convert(self, value: Any) -> Any:
        number = _whole(value)
        if not self.low <= number <= self.high:
            raise FieldValueError(
                f"is not between {self.low} and {self.high}, the range of {self.es_type}", value
            )
        return number


class Long(_Whole):
    """A whole number of 64 bits."""

    es_type = "long"
    low, high = WHOLE["long"]


class Integer(_Whole):
    """A whole number of 32 bits."""

    es_type = "integer"
    low, high = WHOLE["integer"]


class Short(_Whole):
    """A whole number of 16 bits."""

    es_type = "short"
    low, high = WHOLE["short"]


class Byte(_Whole):
    """A whole number of 8 bits, -128 to 127."""

    es_type = "byte"
    low, high = WHOLE["byte"]


class UnsignedLong(_Whole):
    """A whole number from 0 to 2**64 - 1."""

    es_type = "unsigned_long"
    low, high = WHOLE["unsigned_long"]


class _Real(BaseDataType):
    """A finite float within the type's range. Takes int, float, Decimal and strings of digits."""

    kept = "{0}"

    low: ClassVar[float]
    high: ClassVar[float]

    # NaN and infinities fail both comparisons.
    @inline(lambda self, v: f"{v}.__class__ is _float and {self.low} <= {v} and {v} <= {self.high}")
    def _convert(self, value: Any) -> Any:
        number = finite(value)
        if not self.low <= number <= self.high:
            raise FieldValueError(
                f"is not between {self.low:g} and {self.high:g}, the range of {self.es_type}", value
            )
        return number


class Double(_Real):
    """A number of 64 bits."""

    es_type = "double"
    low, high = REAL["double"]


class Float(_Real):
    """A number of which the index keeps 32 bits; the model and `_source` keep the value as given."""

    es_type = "float"
    low, high = REAL["float"]


class HalfFloat(_Real):
    """A number of which the index keeps 16 bits; the model and `_source` keep the value as given."""

    es_type = "half_float"
    low, high = REAL["half_float"]


class RankFeature(_Real):
    """A positive number that ranks documents."""

    es_type = "rank_feature"
    low, high = REAL["rank_feature"]


_LONG_MIN, _LONG_MAX = WHOLE["long"]
_ROUNDING = 1.5 * 2**52
_EXACT = decimal.Context(prec=60)


class ScaledFloat(BaseDataType):
    """A number that the index keeps as a whole number of steps of 1 / `scaling_factor`.

    The value is rounded in the constructor and before it is stored, exactly as the server rounds it (ties towards
    +∞), so that model, `_source` and index agree; from_es returns the value of `_source` unchanged. With
    `decimal=True` the values are decimal.Decimal, computed from the same number of steps.
    """

    es_type = "scaled_float"
    kept = "{0}"

    def __init__(
        self, name: str, scaling_factor: float, *, decimal: bool = False, **options: Any
    ) -> None:
        factor = float(scaling_factor)
        if not (0 < factor < math.inf):
            raise ValueError(
                f"{name}: scaling_factor is a positive finite number, not {scaling_factor!r}"
            )
        self.scaling_factor = scaling_factor
        self.decimal = decimal
        self._factor = factor
        # Far enough below 2**53 that no tie is taken for a rounded value (see _convert).
        self._limit = 0.0 if decimal else 2.0**49 / factor
        digits = round(math.log10(factor))
        self._digits = digits if digits >= 0 and 10.0**digits == factor else None
        super().__init__(name, scaling_factor=scaling_factor, **options)

    def steps(self, value: float) -> int:
        """Return the number of steps of 1 / scaling_factor that the server indexes for `value`: Java's Math.round of
        their product.

        `math.floor(y + 0.5)` and `round(y)` differ from it: 0.49999999999999994 and ties.
        """
        product = value * self._factor
        if product >= _LONG_MAX:  # also an infinite product
            return _LONG_MAX
        if product <= _LONG_MIN:
            return _LONG_MIN
        whole = math.floor(product)
        return whole + (product - whole >= 0.5)

    @inline(
        # NaN is not below the limit
        lambda self, v: f"{v}.__class__ is _float and {-self._limit} < {v} and {v} < {self._limit}",
        # In this range floats are whole numbers, so adding rounds to even, which is only wrong at a tie.
        lambda self, v: (
            f"(_n + 1.0 if (_y := {v} * {self._factor!r}) - (_n := _y + {_ROUNDING!r} - {_ROUNDING!r})"
            f" == 0.5 else _n) * {1.0 / self._factor!r}"
        ),
        # Most values are rounded already, and then no float is made; a tie never is. Zero may be -0.0, which becomes 0.0.
        changes=lambda self, v: (
            f"({v} * {self._factor!r} + {_ROUNDING!r} - {_ROUNDING!r}) * {1.0 / self._factor!r} != {v} or not {v}"
        ),
    )
    def _convert(self, value: Any) -> Any:
        return self._held(self.steps(finite(value)))

    @inline(lambda self, v: "" if self.decimal else "True")
    def _read(self, value: Any) -> Any:
        return self._held(self.steps(float(value))) if self.decimal else value

    @inline(lambda self, v: "" if self.decimal else "True")
    def _write(self, value: Any) -> Any:
        return self.steps(float(value)) * (1.0 / self._factor) if self.decimal else value

    def to_query(self, value: Any) -> Any:
        """Return the number as divided, not multiplied: 0.7, not 0.7000000000000001. The server rounds the bounds of a range
        up or down by their decimal digits, and would miss a document at the bound, or find one beyond it."""
        rounded = super().to_query(value)
        return None if rounded is None else self.steps(rounded) / self._factor

    def _held(self, steps: int) -> float | decimal.Decimal:
        if not self.decimal:
            return steps * (1.0 / self._factor)
        if self._digits is not None:
            return decimal.Decimal(steps).scaleb(-self._digits, _EXACT)
        return _EXACT.divide(decimal.Decimal(steps), decimal.Decimal(self._factor))


def _is_boolean(value: Any) -> bool:
    """Return whether `value` is a boolean, also one of another library, by its name: numpy's is no int."""
    return type(value).__name__ in ("bool", "bool_")


def _whole(value: Any) -> int:
    """Return `value` as int, if no information is lost."""
    number: Any = _plain_number(value)
    if isinstance(number, int):
        return int(number)
    # abs first: int() of 1e9999 would fill the memory
    if number is None or not math.isfinite(number) or abs(number) >= 2**70 or int(number) != number:
        raise FieldValueError("is not a whole number", value)
    return int(number)


def _plain_number(value: Any) -> int | float | decimal.Decimal | None:
    """Return a number, as text or of another library such as numpy, as one of Python's; None if it is not one."""
    if _is_boolean(value):
        return None
    if isinstance(value, int | float | decimal.Decimal):
        return value
    if isinstance(value, str):
        if _WHOLE.fullmatch(value):
            return int(value)
        return decimal.Decimal(value.strip()) if _DECIMAL.fullmatch(value) else None
    try:
        return operator.index(value)
    except TypeError:
        return finite(value) if hasattr(value, "__float__") else None


def finite(value: Any) -> float:
    """Return `value` as a finite float. FieldValueError for NaN, infinities, booleans and what is not a number."""
    is_number = (
        _DECIMAL.fullmatch(value)
        if isinstance(value, str)
        else hasattr(value, "__float__") or hasattr(value, "__index__")
    )
    if not is_number or _is_boolean(value):
        raise FieldValueError("is not a number", value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise FieldValueError("is not a number that a float can hold", value) from None
    if not math.isfinite(number):
        raise FieldValueError("is not a finite number", value)
    return number
