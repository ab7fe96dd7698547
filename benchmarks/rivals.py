"""The same document as the libraries hold it that one would use otherwise."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar

import pydantic
from dateutil import parser  # type: ignore[import-untyped]
from elasticsearch import dsl

from benchmarks.product import FIELDS


class PydanticProduct(pydantic.BaseModel):
    id: str
    sku: str | None = None
    name: str | None = None
    description: str | None = None
    price: float | None = None
    stock: int | None = None
    rating: float | None = None
    active: bool | None = None
    created: datetime.datetime | None = None
    updated: datetime.datetime | None = None
    maker: str | None = None
    tags: list[str] = []

    @classmethod
    def from_es(cls, hit: Mapping[str, Any]) -> PydanticProduct:
        return cls.model_validate({**hit["_source"], "id": hit["_id"]})


class DslProduct(dsl.Document):
    sku = dsl.Keyword()
    name = dsl.Text()
    description = dsl.Text()
    price = dsl.Double()
    stock = dsl.Integer()
    rating = dsl.Float()
    active = dsl.Boolean()
    created = dsl.Date()
    updated = dsl.Date()
    maker = dsl.Keyword()
    tags = dsl.Keyword(multi=True)


class _Loop:
    """What elastic_connect does with a hit, written again from its behaviour: a type object a field, asked in a loop; all
    values collected as keywords; defaults assigned, then the values again through two hooks; dates read by dateutil."""

    def __init__(self, name: str) -> None:
        self.name = name

    def from_python(self, value: Any) -> Any:
        return value

    def deserialize(self, value: Any) -> Any:
        return value

    def from_es(self, source: Mapping[str, Any]) -> Any:
        return self.deserialize(source.get(self.name))

    def get_default_value(self) -> Any:
        return None

    def on_update(self, value: Any, model: Any) -> Any:
        return value


class _LoopDate(_Loop):
    def from_python(self, value: Any) -> Any:
        if value is not None and not isinstance(value, datetime.datetime):
            value = self.deserialize(value)
        return super().from_python(value)

    def deserialize(self, value: Any) -> Any:
        return parser.parse(value)


class LoopProduct:
    """elastic_connect's way."""

    __slots__ = FIELDS
    _mapping: ClassVar[dict[str, _Loop]] = {
        name: _LoopDate(name) if name in ("created", "updated") else _Loop(name) for name in FIELDS
    }

    def __init__(self, **values: Any) -> None:
        for attribute, kind in self._mapping.items():
            setattr(self, attribute, kind.get_default_value())
        for attribute, kind in self._mapping.items():
            value = values.get(attribute, kind.get_default_value())
            setattr(self, attribute, kind.on_update(kind.from_python(value), self))

    @classmethod
    def from_es(cls, hit: Mapping[str, Any]) -> LoopProduct:
        values = {}
        for attribute, kind in cls._mapping.items():
            values.update({attribute: kind.from_es(hit["_source"])})
            values["id"] = hit["_id"]
        return cls(**values)
