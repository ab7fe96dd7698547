"""Parts of documents: `source=[…]`, and models that hold only some of their fields.

The names and patterns that a program gives are resolved here, and sent as the paths of known fields. So it is known
for each field whether it was fetched. What a program passes to the client itself or to elasticsearch.dsl is
interpreted by Elasticsearch's rules.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecgen.elasticsearch.queries import OPEN

from ..base_document import BaseDocument
from ..compile.incomplete import leave_unread
from ..compile.kept import UNKNOWN, Fragment, copied
from ..errors import did_you_mean
from ..types.base import BaseDataType
from ..types.values import ObjectValue
from .query import asked_as, sub_types


class Selection(NamedTuple):
    """What is fetched of a model's documents, or of an object in them.

    absent     attributes that are not fetched
    parts      attributes of which objects are fetched in part
    fragments  attributes that cannot be written, since unknown keys are missing
    """

    absent: tuple[str, ...]
    parts: Mapping[str, Selection]
    fragments: frozenset[str]

    def leave(self, holder: Any) -> None:
        """Unset on a model or an object the attributes that were not fetched."""
        leave_unread(holder, [name for name in self.absent if hasattr(holder, name)])
        for name, part in self.parts.items():
            value = getattr(holder, name)
            for each in value if isinstance(value, list) else (value,):
                if isinstance(each, ObjectValue):
                    part.leave(each)


def read_hit(model: type[BaseDocument], hit: Mapping[str, Any], selection: Selection | None) -> Any:
    """Return the instance of a hit of which `selection` was fetched; None: the whole document."""
    made = model.from_es(hit)
    if selection is not None:
        selection.leave(made)
        kept = made._seen
        with contextlib.suppress(TypeError):  # a program's own from_es may not record what it read
            made._seen = type(kept)(
                _kept(made, name, each, selection)
                for name, each in zip(model._stored, kept, strict=True)
            )
    return made


def _kept(model: BaseDocument, name: str, kept: Any, selection: Selection) -> Any:
    if name in selection.absent:
        return UNKNOWN
    if name in selection.parts:
        kept = copied(getattr(model, name))
    return Fragment(kept) if name in selection.fragments else kept


# What a program asks for.


def source_option(
    model: type[BaseDocument], source: Sequence[str] | None, joins: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the request argument for the fields that `source` names, and for joins to load; empty for None.

    TypeError unless it is a list of known fields. If the model has a field `source`, that may be meant, even by None.
    """
    underscore = asked_as(model, "source")
    if source is None and not underscore:
        return {}
    if not isinstance(source, list | tuple) or not source:
        raise TypeError(f"source is a list of fields to fetch, not {source!r}{underscore}")
    try:
        paths = _paths(model, [*source, *joins])
    except TypeError as error:
        raise TypeError(f"{error}{underscore}") from None
    return {"source": paths or False}


def _paths(model: type[BaseDocument], names: Iterable[str]) -> list[str]:
    """Return the paths, by Elasticsearch's names, that names and patterns match; TypeError for one without a match."""
    known = _known_paths(model)  # type: ignore[arg-type]  # mypy takes the class for an instance
    paths: dict[str, None] = {}
    for name in names:
        found = _meant(name, known)
        if not found:
            near = did_you_mean(name, known)
            raise TypeError(f"{model.__name__} has no field {name!r} to fetch{near}")
        paths |= dict.fromkeys(path for path in found if path)
    return [path for path in paths if not any(above in paths for above in _above(path))]


class _Known(NamedTuple):
    path: str
    is_open: bool


def _meant(name: Any, known: Mapping[str, _Known]) -> list[str]:
    if not isinstance(name, str):
        return []
    if name in known:
        return [known[name].path]
    if "*" in name:
        pattern = re.compile(_expression(name))
        return [field.path for spelled, field in known.items() if pattern.fullmatch(spelled)]
    above = next((above for above in _above(name) if above in known), "")
    field = known.get(above)
    return [field.path + name[len(above) :]] if field and field.is_open else []


@functools.lru_cache(256)
def _known_paths(model: type[BaseDocument]) -> Mapping[str, _Known]:
    """Return the fields and their properties, by each spelling that a program may use: attributes and Elasticsearch's
    names. Fields that are not stored, and the id, which is always fetched, have no path."""
    by_name, by_attribute = (dict(_spelled(model._mapping, "", "", way)) for way in (True, False))
    return {**by_name, **by_attribute, "id": _Known("", is_open=False)}


def _spelled(
    mapping: Mapping[str, BaseDataType], within: str, path: str, by_name: bool
) -> Iterator[tuple[str, _Known]]:
    for attribute, data_type in mapping.items():
        spelled = within + (data_type.name if by_name else attribute)
        inner = sub_types(data_type)
        here = path + data_type.name if data_type.stored else ""
        yield spelled, _Known(here, is_open=data_type.es_type in OPEN and not inner)
        yield from _spelled(inner, f"{spelled}.", f"{here}.", by_name)


def _above(path: str) -> Iterator[str]:
    """Yield `a.b` and `a` for `a.b.c`."""
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def _expression(pattern: str) -> str:
    return ".*".join(map(re.escape, pattern.split("*")))


# What was fetched.


def selection_of(model: type[BaseDocument], arguments: Mapping[str, Any]) -> Selection | None:
    """Return what a client call with these arguments fetches of each document; None for the whole document."""
    given = {**(arguments.get("body") or {}), **arguments}
    said = {name.removeprefix("_"): shown for name, shown in given.items()}
    shown = said.get("source")
    if not isinstance(shown, Mapping):
        shown = {"includes": shown}
    includes = _listed(shown.get("includes", shown.get("include")), said.get("source_includes"))
    excludes = _listed(shown.get("excludes", shown.get("exclude")), said.get("source_excludes"))
    return _selection(model, "", includes, excludes) if includes or excludes else None  # type: ignore[arg-type]  # as above


def _listed(*said: Any) -> tuple[str, ...]:
    """Return the patterns in arguments of a client call; for `False` one that no path matches."""
    patterns: list[Any] = []
    for shown in said:
        if shown is False or shown == "false":
            patterns.append("")
        elif isinstance(shown, str):
            patterns += [] if shown == "true" else shown.split(",")
        elif isinstance(shown, list | tuple):
            patterns += shown
    return tuple(map(str, patterns))


@functools.lru_cache(256)
def _selection(
    cls: type[Any], within: str, includes: tuple[str, ...], excludes: tuple[str, ...]
) -> Selection | None:
    """Return what is fetched of a model, or of an object whose properties' paths begin with `within`; None for all."""
    absent: list[str] = []
    parts: dict[str, Selection] = {}
    fragments: set[str] = set()
    for attribute, data_type in cls._mapping.items():
        path = within + data_type.name
        if not data_type.stored or (attribute == "id" and not within):
            continue
        is_in = not includes or _covering(includes).fullmatch(path)
        if _covering(excludes).fullmatch(path) or not (is_in or _reaches(includes, path)):
            absent.append(attribute)
        elif is_in and not _reaches(excludes, path):
            continue
        elif value_class := data_type.value_class:
            part = _selection(value_class, f"{path}.", includes, excludes)
            if part is None:
                continue
            if len(part.absent) == len(value_class._mapping):
                absent.append(attribute)
                continue
            parts[attribute] = part
            if part.fragments:
                fragments.add(attribute)
        elif data_type.es_type in OPEN:
            fragments.add(attribute)
        elif not is_in:
            absent.append(attribute)
    if absent or parts or fragments:
        return Selection(tuple(absent), parts, frozenset(fragments))
    return None


@functools.lru_cache(256)
def _covering(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return an expression for the paths that the patterns mean, and for those within them."""
    return re.compile(rf"({'|'.join(map(_expression, patterns))})(\..*)?")


def _reaches(patterns: tuple[str, ...], path: str) -> bool:
    """Return whether one of the patterns may mean a field within the path."""
    inside = f"{path}."
    return any(
        text.startswith(inside) or ("*" in text and inside.startswith(text.partition("*")[0]))
        for text in patterns
    )
