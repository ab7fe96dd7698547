"""Data types whose values are ranges."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Mapping
from typing import Any, ClassVar

from ..errors import FieldValueError
from .base import BaseDataType, at
from .dates import Date
from .numbers import Double, Float, Integer, Long
from .strings import Ip
from .values import Range

_EPOCH = datetime.datetime(1970, 1, 1)
_MILLISECOND = datetime.timedelta(milliseconds=1)


class _RangeType(BaseDataType):
    """A Range. Takes a Range, or a mapping of gte or gt, and lte or lt. Bounds are converted as values of the bounds'
    type; a range that ends before it begins, or holds nothing, is refused, as by the server.
    """

    bound_type: ClassVar[type[BaseDataType]]
    step: ClassVar[int] = 0
    """How far apart neighbours are, by `_key`; 0 where values are dense."""
    kept = "{0}"

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        dates = {
            key: self.parameters[key] for key in ("format", "locale") if key in self.parameters
        }
        self.bound = self.bound_type(name, **dates)

    def _convert(self, value: Any) -> Any:
        given = value.as_dict() if isinstance(value, Range) else value
        if not isinstance(given, Mapping) or not set(given) <= {"gte", "gt", "lte", "lt"}:
            raise FieldValueError("is no Range of gte or gt, and lte or lt", value)
        bounds = {
            side: None if bound is None else at(side, self.bound._convert, bound)
            for side, bound in given.items()
        }
        try:
            made: Range[Any] = Range(**bounds)
        except ValueError as reason:
            raise FieldValueError(f"is refused: {reason}", value) from None
        self._check_order(made, value)
        return made

    def _check_order(self, made: Range[Any], value: Any) -> None:
        low = made.gte if made.gte is not None else made.gt
        high = made.lte if made.lte is not None else made.lt
        if low is None or high is None:
            return
        first, last = self._key(low), self._key(high)
        if first > last:
            raise FieldValueError("ends before it begins", value)
        excluded = (made.gt is not None) + (made.lt is not None)
        if excluded and (first == last or last - first < excluded * self.step):
            raise FieldValueError("holds nothing: no value lies between its bounds", value)

    def _key(self, bound: Any) -> Any:
        return bound

    def _read(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return self._convert(value)
        return Range(
            **{
                side: self._read_bound(bound)
                for side, bound in value.items()
                if bound is not None and side in ("gte", "gt", "lte", "lt")
            }
        )

    def _read_bound(self, bound: Any) -> Any:
        return self.bound._read(bound)

    def _write(self, value: Any) -> Any:
        return {side: self._write_bound(side, bound) for side, bound in value.as_dict().items()}

    def _write_bound(self, side: str, bound: Any) -> Any:
        return self.bound._write(bound)

    def to_query(self, value: Any) -> Any:
        """Return a value that the stored range contains. FieldValueError for a range: it could be meant to contain,
        to lie within or to intersect the stored one."""
        if isinstance(value, (Range, Mapping)):
            raise FieldValueError(
                "is a range, where find_by takes a value that the stored range contains; use query=",
                value,
            )
        return self.bound.to_query(value)


class IntegerRange(_RangeType):
    """A Range of whole numbers of 32 bits."""

    es_type = "integer_range"
    bound_type = Integer
    step = 1


class LongRange(_RangeType):
    """A Range of whole numbers of 64 bits."""

    es_type = "long_range"
    bound_type = Long
    step = 1


class FloatRange(_RangeType):
    """A Range of numbers of 32 bits."""

    es_type = "float_range"
    bound_type = Float


class DoubleRange(_RangeType):
    """A Range of numbers of 64 bits."""

    es_type = "double_range"
    bound_type = Double


class DateRange(_RangeType):
    """A Range of datetimes, written in the field's `format`; `gt` and `lte` as in a query, with a fraction of the second,
    since servers take those without one for the end of their second.

    A stored bound of date maths (`2019-06-13||+1M/d`) is returned as the stored string; the server evaluates it.
    """

    es_type = "date_range"
    bound_type = Date
    step = 1

    def _check_order(self, made: Range[Any], value: Any) -> None:
        if len({bound.tzinfo is None for bound in made.as_dict().values()}) > 1:
            raise FieldValueError("has one bound with a time zone and one without", value)
        super()._check_order(made, value)

    def _key(self, bound: Any) -> Any:
        # Milliseconds, as in the index: Python compares times of one zone by the clock, also where that is put back.
        return (bound - _EPOCH.replace(tzinfo=bound.tzinfo and datetime.UTC)) // _MILLISECOND

    def _write_bound(self, side: str, bound: Any) -> Any:
        return (self.bound.to_query if side in ("gt", "lte") else self.bound._write)(bound)

    def _read_bound(self, bound: Any) -> Any:
        if isinstance(bound, str) and "||" in bound:
            return bound
        return super()._read_bound(bound)


class IpRange(_RangeType):
    """A Range of IP addresses (str). Takes networks too: `10.0.0.0/8` becomes the range of its addresses."""

    es_type = "ip_range"
    bound_type = Ip
    step = 1

    def _convert(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = ipaddress.ip_network(value, strict=False)
            except ValueError:
                raise FieldValueError("is neither a Range nor a network", value) from None
        if isinstance(value, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
            return Range(gte=str(value[0]), lte=str(value[-1]))
        return super()._convert(value)

    def _key(self, bound: Any) -> Any:
        # As the server compares: IPv4 addresses as the IPv6 addresses that stand for them.
        address = ipaddress.ip_address(bound)
        mapped = 0xFFFF_0000_0000 if address.version == 4 else 0
        return int(address) + mapped
