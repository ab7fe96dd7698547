"""Build the ir.Field of one field definition: expand shorthand, separate mapping parameters from ecgen's own keys."""

from __future__ import annotations

import functools
import re
from collections.abc import Container, Mapping
from typing import Any

from ecgen.elasticsearch.field_types import FIELD_TYPES, FieldType
from ecgen.quote import python_literal

from . import naming
from .ir import Field
from .language import FIELD_KEYS
from .load import RawModel

_INT_BESIDE_FLOAT = re.compile(r"\bfloat \| int\b|\bint \| float\b")


class FieldBuilder:
    """Builds the fields of one model; its name prefixes those of the value classes of object and nested fields."""

    def __init__(self, model: str, *taken: Container[str]) -> None:
        """`taken` are the names that value classes cannot have."""
        self._model = model
        self._value_classes: set[str] = set()
        self._taken = (*taken, self._value_classes)

    def build(
        self,
        key: str,
        definition: Any,
        path: tuple[str, ...],
        raw: RawModel,
        owner: str | None = None,
    ) -> Field:
        """Return the field defined under `key`.

        Args:
            key: the field's key in YAML.
            definition: a type name or a mapping, validated.
            path: the keys from the top of the file to `key`.
            raw: the file.
            owner: the value class that the field is a property of; None for a field of the model itself.
        """
        written: Mapping[str, Any] = (
            {"type": definition} if isinstance(definition, str) else definition
        )
        row = FIELD_TYPES.get(written.get("type", "object"), _UNKNOWN)
        attribute = naming.attribute(
            key, naming.MODEL_NAMES if owner is None else naming.VALUE_NAMES
        )
        parameters = {
            name: _spelled_out(name, value)
            for name, value in written.items()
            if name not in FIELD_KEYS
            # An empty `properties` is still sent.
            and not (name == "properties" and value and row.name in ("object", "nested"))
        }
        parameters.update(written.get("unchecked") or {})
        value_class = None
        parts: tuple[Field, ...] = ()
        if row.name in ("object", "nested") and written.get("properties"):
            value_class = self._value_class(owner or self._model, attribute)
            parts = tuple(
                self.build(name, part, (*path, "properties", name), raw, value_class)
                for name, part in written["properties"].items()
            )
        enum = written.get("enum")
        location = raw.location(path)
        annotation, accepts, query = _annotations(row, written, value_class)
        return Field(
            attribute=attribute,
            name=written.get("name", key),
            type=written.get("type", "object"),
            parameters=parameters,
            location=location,
            parameter_locations=(
                raw.key_locations(path) if definition is written else {"type": location}
            ),
            description=written.get("description"),
            required=bool(written.get("required", False)),
            many=bool(written.get("many", False)),
            private=bool(written.get("private", False)),
            default=written.get("default"),
            enum=tuple(enum) if enum is not None else None,
            auto=written.get("auto"),
            python=written.get("python"),
            renamed_from=written.get("renamed_from"),
            properties=parts,
            implicit="type" not in written,
            value_class=value_class,
            data_type=row.data_type,
            annotation=annotation,
            accepts=accepts,
            query=query,
        )

    def _value_class(self, owner: str, attribute: str) -> str:
        name = owner + naming.pascal_case(attribute)
        while any(name in names for names in self._taken):
            name += "Value"
        self._value_classes.add(name)
        return name


_UNKNOWN = FieldType(
    "",
    "A type that ecgen does not know; `unchecked` lets it pass.",
    {},
    data_type="BaseDataType",
    python="Any",
    accepts="Any",
    query="Any",
    json="any",
)


def _spelled_out(name: str, value: Any) -> Any:
    """Replace sub-fields and multi-fields given by type name alone with mappings, as Elasticsearch requires."""
    if name in ("fields", "properties") and isinstance(value, Mapping):
        return {key: _part(each) for key, each in value.items()}
    return value


def _part(written: Any) -> Any:
    if isinstance(written, str):
        return {"type": written}
    if not isinstance(written, Mapping):
        return written
    part = {
        name: _spelled_out(name, value)
        for name, value in written.items()
        if name not in FIELD_KEYS or name == "type"
    }
    return {**part, **(written.get("unchecked") or {})}


def _annotations(
    row: FieldType, written: Mapping[str, Any], value_class: str | None
) -> tuple[str, str, str]:
    """Return the types of the attribute as read, of what it accepts, and of a value in find_by."""
    read = row.python
    accepts, query = _without_int(row.accepts), _without_int(row.query)
    if not row.stored:
        return "None", "None", query
    if written.get("python") == "decimal":
        read = "decimal.Decimal"
    if value_class:
        read, accepts = value_class, f"{value_class} | Mapping[str, Any]"
    enum = written.get("enum")
    if (
        enum
        and read in ("str", "int", "bool")
        and all(isinstance(value, str | int) for value in enum)
    ):
        read = accepts = query = f"Literal[{', '.join(map(python_literal, enum))}]"
    required = bool(written.get("required"))
    if written.get("many"):
        return f"list[{read}]", _optional(f"Sequence[{accepts}]", required), query
    return _optional(read, required), _optional(accepts, required), query


@functools.cache  # one entry a type
def _without_int(annotation: str) -> str:
    """Return the annotation without `int` beside `float`: type checkers accept an int for a float."""
    return _INT_BESIDE_FLOAT.sub("float", annotation)


def _optional(annotation: str, required: bool) -> str:
    return annotation if required or annotation == "Any" else f"{annotation} | None"
