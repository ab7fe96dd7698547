"""Data types whose values are objects, maps and vectors."""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import FieldValueError
from .base import BaseDataType, at, inline, listed
from .numbers import Byte, RankFeature, finite
from .values import ObjectValue


class Object(BaseDataType):
    """An object inside the document.

    With a `value_class` values are its instances (mappings are converted) and the properties come from its
    `_mapping`. Without one they are dicts, passed on unchanged; `properties` then is the mapping, of data types or
    JSON. `implicit`: the mapping omits `"type": "object"`, as servers do when they show objects.
    """

    es_type = "object"

    def __init__(
        self,
        name: str,
        value_class: type[ObjectValue] | None = None,
        *,
        properties: Mapping[str, BaseDataType | Mapping[str, Any]] | None = None,
        implicit: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(name, **options)
        self.implicit = implicit
        self.value_class = value_class
        self.properties = properties

    def get_es_type(self) -> dict[str, Any]:
        """Return the field's entry in the mapping, its properties last."""
        body = super().get_es_type()
        if self.implicit:
            del body["type"]
        if self.value_class is not None:
            parts = self.value_class._mapping.values()
            body["properties"] = {part.name: part.get_es_type() for part in parts}
        elif self.properties is not None:
            body["properties"] = {
                name: part.get_es_type() if isinstance(part, BaseDataType) else dict(part)
                for name, part in self.properties.items()
            }
        return body

    @inline(lambda self, v: "" if self.value_class else "True")
    def to_es(self, value: Any) -> Any:
        """Return the stored form, private properties included."""
        if value is None or self.value_class is None:
            return value
        return self._members(value, _stored) if self.many else _stored(value)

    def _convert(self, value: Any) -> Any:
        value_class = self.value_class
        if value_class is None:
            return _mapping(value)
        if isinstance(value, value_class):
            return value
        if isinstance(value, ObjectValue):
            raise FieldValueError(f"is no {value_class.__name__}", value)
        return value_class.from_dict(_mapping(value))

    @inline(lambda self, v: "" if self.value_class else "True")
    def _read(self, value: Any) -> Any:
        return value if self.value_class is None else self.value_class._read(value)

    def _write(self, value: Any) -> Any:
        return value._shown() if isinstance(value, ObjectValue) else value


def _stored(value: ObjectValue) -> dict[str, Any]:
    return value._store()


class Nested(Object):
    """Objects that are each searched separately."""

    es_type = "nested"


class Passthrough(Object):
    """An object whose sub-fields may be queried without its name."""

    es_type = "passthrough"


class _Map(BaseDataType):
    """A dict with string keys, passed on unchanged."""

    def _convert(self, value: Any) -> Any:
        return _mapping(value)


class Flattened(_Map):
    """A whole object as one field; its leaves are matched as keywords."""

    es_type = "flattened"


class Percolator(_Map):
    """A query that documents are matched against."""

    es_type = "percolator"


class ExponentialHistogram(_Map):
    """A histogram with exponential buckets, in the form of OpenTelemetry."""

    es_type = "exponential_histogram"


class _WithoutNull(BaseDataType):
    """A type that refuses null, as seen on 7.17.29; an empty list stands for it."""

    absent = "[]"

    @inline(lambda _, v: f"{v} != []")
    def _read(self, value: Any) -> Any:
        return None if value == [] else value


class JoinField(_WithoutNull):
    """Parent and child documents in one index: a relation's name, or `{"name": …, "parent": id}`.

    Elasticsearch's own join field, not a join between models.
    """

    es_type = "join"

    def _convert(self, value: Any) -> Any:
        if isinstance(value, str):
            return str(value)
        if isinstance(value, Mapping) and "name" in value:
            return dict(value)
        raise FieldValueError(
            "is neither the name of a relation nor {'name': …, 'parent': …}", value
        )


class _Weights(BaseDataType):
    """A dict from names to finite numbers."""

    def _convert(self, value: Any) -> Any:
        return {key: at(key, self._weight, weight) for key, weight in _mapping(value).items()}

    def _weight(self, weight: Any) -> Any:
        return finite(weight)


class SparseVector(_Weights):
    """Weights by token; they are positive."""

    es_type = "sparse_vector"
    absent = ""

    def _weight(self, weight: Any) -> Any:
        number = finite(weight)
        if number <= 0:
            raise FieldValueError("is not positive", weight)
        return number


class RankFeatures(_WithoutNull, _Weights):
    """Positive numbers by name that rank documents."""

    es_type = "rank_features"

    def _weight(self, weight: Any) -> Any:
        return RankFeature(self.name)._convert(weight)


class AggregateMetricDouble(_Weights):
    """Pre-aggregated metrics: min, max, sum and value_count, as the mapping declares them."""

    es_type = "aggregate_metric_double"


class Histogram(BaseDataType):
    """`{"values": [...], "counts": [...]}`: as many counts as values, the values ascending."""

    es_type = "histogram"

    def _convert(self, value: Any) -> Any:
        histogram = _mapping(value)
        values, counts = histogram.get("values"), histogram.get("counts")
        if set(histogram) != {"values", "counts"} or len(_vector(values)) != len(_vector(counts)):
            raise FieldValueError("needs values and counts of one length, and nothing else", value)
        numbers = [at("values", finite, number) for number in _vector(values)]
        if numbers != sorted(numbers):
            raise FieldValueError("has values that do not ascend", value)
        if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in _vector(counts)):
            raise FieldValueError("has counts that are not whole numbers from 0 on", value)
        return {"values": numbers, "counts": list(_vector(counts))}


class DenseVector(BaseDataType):
    """A list of floats, `dims` long; of whole numbers -128..127 for `element_type: byte` and `bit` (8 dims a number)."""

    es_type = "dense_vector"
    kept = "((*{0},) if {0}.__class__ is _list else {0})"
    absent = ""

    def _is_one(self, value: Any) -> bool:
        return True

    def _convert(self, value: Any) -> Any:
        numbers = _vector(value)
        dims = self.parameters.get("dims")
        element_type = self.parameters.get("element_type", "float")
        if dims is not None:
            length = dims // 8 if element_type == "bit" else dims
            if len(numbers) != length:
                raise FieldValueError(f"has {len(numbers)} numbers, not {length}", value)
        convert = Byte(self.name)._convert if element_type in ("byte", "bit") else finite
        return [at(f"[{index}]", convert, number) for index, number in enumerate(numbers)]


class RankVectors(DenseVector):
    """Several dense vectors of one length, for late interaction ranking."""

    es_type = "rank_vectors"
    kept = BaseDataType.kept

    def _convert(self, value: Any) -> Any:
        one = super()._convert
        return [at(f"[{index}]", one, vector) for index, vector in enumerate(_vector(value))]


class Binary(BaseDataType):
    """bytes, stored as base64. Takes bytes, bytearray, memoryview and strings of base64."""

    es_type = "binary"
    kept = "{0}"

    @inline(lambda _, v: f"{v}.__class__ is _bytes")
    def _convert(self, value: Any) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value)
        if isinstance(value, str):
            try:
                return base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                pass
        raise FieldValueError("is neither bytes nor a string of base64", value)

    def _read(self, value: Any) -> Any:
        if isinstance(value, str):
            # The server stores base64 unchanged: also without padding, or in lines, as some encoders write it.
            value = "".join(value.split())
            value += "=" * (-len(value) % 4)
        return self._convert(value)

    def _write(self, value: Any) -> Any:
        return base64.b64encode(value).decode("ascii")


class Alias(BaseDataType):
    """Another name for a field in queries. Documents do not hold it, so the attribute is always None."""

    es_type = "alias"
    stored = False

    def from_es(self, source: Mapping[str, Any]) -> Any:
        """Return None: the document has no value for it."""
        return None

    def _convert(self, value: Any) -> Any:
        raise FieldValueError("cannot be set: an alias has no value of its own", value)

    def to_query(self, value: Any) -> Any:
        """Return the value unchanged; the field that the alias names decides what it means."""
        return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise FieldValueError("is not a mapping", value)
    for key in value:
        if not isinstance(key, str):
            raise FieldValueError(f"has a key that is not a string: {key!r}", value)
    return value if value.__class__ is dict else dict(value)


def _vector(value: Any) -> Sequence[Any]:
    if isinstance(value, (list, tuple)):
        return value
    with contextlib.suppress(TypeError):
        if not isinstance(value, (str, bytes, Mapping)):
            return list(listed(value))
    raise FieldValueError("is not a list of numbers", value)
