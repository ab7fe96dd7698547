"""Documents of elasticsearch.dsl → sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecgen.definitions import naming
from ecgen.elasticsearch.field_types import FIELD_TYPES

from .python_code import description, leave_open_what_save_sets, stated_default
from .source import Json, Known, Source

_CONVERSIONS = frozenset({"serialize", "_serialize", "deserialize", "_deserialize", "clean"})


def dsl_source(cls: Any, module: str) -> Source | None:
    """The source of a class; None where it is no Document of elasticsearch.dsl."""
    mapping = getattr(getattr(cls, "_doc_type", None), "mapping", None)
    index = getattr(cls, "_index", None)
    if mapping is None or index is None or not hasattr(mapping, "to_dict"):
        return None
    body = index.to_dict()
    origin = f"{module}.{cls.__name__}"
    # The library puts a * for an Index without a name.
    name = getattr(index, "_name", None) or "*"
    made = Source(
        name=name.split("*")[0].rstrip("-_.") or naming.snake_case(cls.__name__),
        origin=origin,
        # An Index of its own may have analyzers and options that the class does not repeat.
        mappings=_in_order({**body.get("mappings", {}), **mapping.to_dict()}),
        settings=_in_order(body.get("settings", {})),
        aliases=body.get("aliases", {}),
        model=cls.__name__,
        pattern=True,
        described=description(cls),
    )
    if name == "*":
        made.notes.append(
            f"{origin} names no index, so that of the model is called after the class. "
            "Remove this file where the class is only the base of others."
        )
    elif "*" in name:
        made.notes.append(
            f"{origin} has the indices {name}: write this pattern as 'index', and 'write_to', or the name of one index."
        )
    _fields(mapping.properties, getattr(cls, "_defaults", {}), (), made)
    leave_open_what_save_sets(made, _own_classes(cls, "ObjectBase"))
    return made


def _in_order(value: Json, above: str = "") -> Json:
    """With fields and analyzers by name: the library keeps them in sets, whose order differs from run to run."""
    if not isinstance(value, dict):
        return value
    names = sorted(value) if above in _UNORDERED else list(value)
    return {name: _in_order(value[name], name) for name in names}


_UNORDERED = frozenset(
    {"properties", "analyzer", "normalizer", "tokenizer", "filter", "char_filter"}
)


def _fields(owner: Any, defaults: Any, above: tuple[str, ...], made: Source) -> None:
    for attribute, field in owner.properties.to_dict().items():
        name = getattr(field, "_es_name", None) or attribute
        names = (*above, name)
        row = FIELD_TYPES.get(field.name)
        default, computed = stated_default(defaults.get(attribute))
        known = Known(
            # elasticsearch.dsl calls every dense_vector a list, since its one value is a list of numbers.
            many=bool(getattr(field, "_multi", False)) and (row is None or row.many),
            required=bool(getattr(field, "_required", False)),
            default=default,
            attribute=None if attribute == name else attribute,
            converted=_converting(field),
            computed="A default_factory of the class" if computed else None,
        )
        if field.name == "nested":
            known.many = True
        made.known[names] = known
        inner = getattr(field, "_mapping", None)
        if inner is not None:
            inner_defaults = getattr(getattr(field, "_doc_class", None), "_defaults", {})
            _fields(inner.properties, inner_defaults, names, made)


def _own_classes(cls: type, base: str) -> Iterator[type]:
    """The class and its bases up to the first of elasticsearch.dsl, whose class of that name they all have."""
    package = next(
        (each.__module__.rpartition(".")[0] for each in cls.__mro__ if each.__name__ == base), ""
    )
    for each in cls.__mro__:
        if package and f"{each.__module__}.".startswith(f"{package}."):
            return
        yield each


def _converting(field: Any) -> str | None:
    """The name of a class of the program's own that changes what the field does to values."""
    for cls in _own_classes(type(field), "Field"):
        if _CONVERSIONS & cls.__dict__.keys():
            return f"{cls.__module__}.{cls.__qualname__}"
    return None
