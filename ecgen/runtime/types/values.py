"""Values without a type in Python: points, ranges, the objects inside documents, and dates with nanoseconds."""

from __future__ import annotations

import datetime
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, SupportsIndex, TypeVar

from ..compile.first_use import compiled, start_compiling
from ..compile.functions import compile_init, compile_writer
from ..compile.kept import FIXED
from ..compile.reader import compile_reader
from ..compile.shower import compile_shower
from ..compile.snapshot import compile_copier
from ..compile.state import restored
from .base import BaseDataType

Bound = TypeVar("Bound")


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """A geographical point: `lat` and `lon` in degrees. Elasticsearch takes -90..90 and -180..180."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Range(Generic[Bound]):
    """The values between two bounds; a bound that is None is open. `value in range` works for values of the bounds'
    type.

    gte, gt     the lower bound, included or excluded; at most one of the two
    lte, lt     the upper bound, included or excluded; at most one of the two
    """

    gte: Bound | None = None
    gt: Bound | None = None
    lte: Bound | None = None
    lt: Bound | None = None

    if not TYPE_CHECKING:
        # typing's own alias fails to call a frozen class with slots (CPython 3.11: it expects an AttributeError)
        __class_getitem__ = classmethod(types.GenericAlias)

    def __post_init__(self) -> None:
        if self.gte is not None and self.gt is not None:
            raise ValueError("a Range begins with gte or with gt, not with both")
        if self.lte is not None and self.lt is not None:
            raise ValueError("a Range ends with lte or with lt, not with both")

    def __contains__(self, value: Any) -> bool:
        return not (
            (self.gte is not None and value < self.gte)
            or (self.gt is not None and value <= self.gt)
            or (self.lte is not None and value > self.lte)
            or (self.lt is not None and value >= self.lt)
        )

    def as_dict(self) -> dict[str, Bound]:
        """Return the bounds that are set, by Elasticsearch's names."""
        bounds = {"gte": self.gte, "gt": self.gt, "lte": self.lte, "lt": self.lt}
        return {name: bound for name, bound in bounds.items() if bound is not None}

    def __repr__(self) -> str:
        bounds = ", ".join(f"{name}={bound!r}" for name, bound in self.as_dict().items())
        return f"Range({bounds})"


class NanoDatetime(datetime.datetime):
    """A datetime with an additional `nanosecond` (0 to 999) beyond the microsecond; the value of a date_nanos field
    whose document has more than six digits of a second.

    Comparing, hashing, isoformat, replace and astimezone keep the nanoseconds. Arithmetic is datetime's, and returns
    a value without them.
    """

    nanosecond: int = 0

    @classmethod
    def of(cls, moment: datetime.datetime, nanosecond: int) -> Self:
        """Return `moment` with `nanosecond` added. ValueError unless that is 0 to 999."""
        if not 0 <= nanosecond <= 999:
            raise ValueError(f"nanosecond is 0 to 999, not {nanosecond}")
        to_second = moment.timetuple()[:6]
        made = cls(*to_second, moment.microsecond, moment.tzinfo, fold=moment.fold)
        made.nanosecond = nanosecond
        return made

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """Like datetime's; `auto` and `nanoseconds` write nine digits of the second."""
        if timespec not in ("auto", "nanoseconds") or (timespec == "auto" and not self.nanosecond):
            return super().isoformat(sep, timespec)
        text = super().isoformat(sep, "microseconds")
        return f"{text[:26]}{self.nanosecond:03d}{text[26:]}"

    def replace(self, *args: Any, **named: Any) -> Self:
        """Like datetime's; the nanosecond stays unless the microsecond is replaced."""
        replaced = super().replace(*args, **named)
        if "microsecond" in named or len(args) > 6:
            return replaced
        return type(self).of(replaced, self.nanosecond)

    def astimezone(self, tz: datetime.tzinfo | None = None) -> Self:
        """Return the same instant in another zone."""
        return type(self).of(super().astimezone(tz), self.nanosecond)

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and self.nanosecond == getattr(other, "nanosecond", 0)

    def __ne__(self, other: object) -> bool:  # datetime defines its own
        return not self == other

    def __lt__(self, other: datetime.datetime) -> bool:  # type: ignore[override]  # as datetime's own
        if super().__eq__(other):
            return self.nanosecond < getattr(other, "nanosecond", 0)
        return super().__lt__(other)

    def __le__(self, other: datetime.datetime) -> bool:  # type: ignore[override]  # as datetime's own
        return self == other or self < other

    def __gt__(self, other: datetime.datetime) -> bool:  # type: ignore[override]  # as datetime's own
        return not self <= other

    def __ge__(self, other: datetime.datetime) -> bool:  # type: ignore[override]  # as datetime's own
        return not self < other

    def __hash__(self) -> int:
        return (
            hash((super().__hash__(), self.nanosecond)) if self.nanosecond else super().__hash__()
        )

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        plain = datetime.datetime.__reduce_ex__(self, protocol)
        return (_with_nanosecond, (plain[0], plain[1], self.nanosecond))


def _with_nanosecond(make: Callable[..., Any], args: tuple[Any, ...], nanosecond: int) -> Any:
    made = make(*args)
    made.nanosecond = nanosecond
    return made


class ObjectValue:
    """The value of an object or nested field: a class with `__slots__` and a `_mapping` of its properties.

    Created with keywords (converted and checked as a model's are) or `from_dict`; equal to another of its class with
    equal values, and to a mapping that `from_dict` would make equal. Mutable, so not hashable.
    """

    __slots__ = ("_respelled",)  # set if it is stored with dotted keys
    _mapping: ClassVar[dict[str, BaseDataType]] = {}
    _compiled: ClassVar[dict[str, Callable[..., Any]]] = {}

    def __init_subclass__(cls, hidden: bool = False) -> None:
        super().__init_subclass__()
        if hidden:
            return
        for attribute, data_type in cls._mapping.items():
            data_type.attribute = attribute
        start_compiling(cls, ObjectValue)

    @compiled(compile_init)
    def __init__(self, **values: Any) -> None:
        """Take one keyword for each property. TypeError for an unknown one, FieldValueError for a value."""

    @compiled(compile_reader)
    @classmethod
    def _read(cls, source: Mapping[str, Any]) -> Self:
        """Return an instance of a stored object."""
        raise NotImplementedError

    @compiled(compile_writer)
    def _store(self) -> dict[str, Any]:
        raise NotImplementedError

    @compiled(compile_shower)
    def _shown(self) -> dict[str, Any]:
        """Return the form that `serialize` shows, without private properties."""
        raise NotImplementedError

    @compiled(compile_copier)
    def _copy(self) -> Self:
        raise NotImplementedError

    def __setstate__(self, state: Any) -> None:
        restored(self, state)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return an instance of a mapping whose keys are attributes or Elasticsearch's names."""
        if values.keys() <= cls._mapping.keys():
            return cls(**values)
        names = {data_type.name: attribute for attribute, data_type in cls._mapping.items()}
        return cls(
            **{
                key if key in cls._mapping else names.get(key, key): value
                for key, value in values.items()
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the stored form: Elasticsearch's names, JSON values, None for properties without a value."""
        return self._store()

    def __eq__(self, other: object) -> bool:
        if type(other) is type(self):
            return all(getattr(self, name) == getattr(other, name) for name in self._mapping)
        if isinstance(other, Mapping):
            try:
                return self == self.from_dict(other)
            except (TypeError, ValueError):
                return False
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        held = ((name, getattr(self, name, None)) for name in self._mapping)
        values = ", ".join(f"{name}={value!r}" for name, value in held if value is not None)
        return f"{type(self).__name__}({values})"


FIXED.update((GeoPoint, Range, NanoDatetime))
