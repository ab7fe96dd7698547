"""`serialize()` of one class as straight-line source."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..errors import NotFetched
from .hooks import branches, rendered
from .source_text import Field, Source, fields_of, indented, is_model

_MOST = 16
"""The number of functions kept for a class: one for each set of names that `serialize` is asked to omit."""


def shower(cls: type[Any], exclude: Iterable[str]) -> Callable[..., dict[str, Any]]:
    """Return the function that serializes models of `cls` without these fields."""
    if len(cls._compiled) >= _MOST:  # the names may be given by a program
        return _loosely(_shown(cls, exclude))
    show = cls._compiled[exclude] = compile_shower(cls, exclude)
    return show


def compile_shower(cls: type[Any], exclude: Iterable[str] = ()) -> Callable[..., dict[str, Any]]:
    """Compile a function of an instance, `depth`, `to_str` and `flat` that returns its fields as JSON, for a model by
    attribute, for an object in a document by Elasticsearch's names. Held values are shown whether or not they fit
    their types."""
    source = Source(cls, "serialize")
    fields = _shown(cls, exclude)
    source.names["_loosely"] = _loosely(fields)
    lines, items = [], []
    for key, field in fields:
        held = field.slot if field.is_join else field.attribute
        lines.append(f"{field.local} = _self.{held}")
        lines += rendered(branches(field, "show", field.local, source))
        items.append(f"{key!r}: {field.local},")
    body = ["try:", *indented([*lines, "return {", *indented(items), "}"])]
    # An attribute is unset, or a program's own hook failed and will fail again.
    body += ["except _AttributeError:", "    return _loosely(_self, depth, to_str, flat)"]
    return source.compiled("_self, depth=0, to_str=False, flat=False", body)


def _shown(cls: type[Any], exclude: Iterable[str]) -> list[tuple[str, Field]]:
    return [
        (field.attribute if is_model(cls) else field.data_type.name, field)
        for field in fields_of(cls)
        if not field.data_type.private
        and field.attribute not in exclude
        and (is_model(cls) or field.data_type.stored)
    ]


def _loosely(fields: list[tuple[str, Field]]) -> Callable[..., dict[str, Any]]:
    def serialize(holder: Any, depth: int, to_str: bool, flat: bool) -> dict[str, Any]:
        shown = {}
        for key, field in fields:
            try:
                value = getattr(holder, field.attribute)
            except NotFetched:
                continue
            except AttributeError:
                value = None
            shown[key] = field.data_type.serialize(value, depth=depth, to_str=to_str, flat=flat)
        return shown

    return serialize
