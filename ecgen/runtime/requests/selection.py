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
from .places import routing_option
from .query import asked_as, join_tree, sub_types


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
                if hasattr(type(each), "_copy"):
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
    model: type[BaseDocument], source: Sequence[str] | None, load: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the request argument for the fields that `source` names, and for the joins of `load`; empty for None.

    TypeError unless it is a list of known fields. If the model has a field `source`, that may be meant, even by None.
    """
    underscore = asked_as(model, "source")
    if source is None and not underscore:
        return {}
    if not isinstance(source, list | tuple) or not source:
        raise TypeError(f"source is a list of fields to fetch, not {source!r}{underscore}")
    try:
        paths = source_paths(model, [*source, *join_tree(model, load)])
    except TypeError as error:
        raise TypeError(f"{error}{underscore}") from None
    return {"source": paths or False}


def options_of(
    model: type[BaseDocument], fields: dict[str, Any], load: Sequence[str]
) -> dict[str, Any]:
    """Remove the routing and the source from the keywords of a search; return them as arguments of its request."""
    source = source_option(model, fields.pop("source"), load) if "source" in fields else {}
    return routing_option(model, fields) | source


def source_paths(model: type[BaseDocument], names: Iterable[str]) -> list[str]:
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
        fits = _pattern(name).fullmatch
        return [field.path for spelled, field in known.items() if fits(spelled)]
    above = next((above for above in _above(name) if above in known), "")
    field = known.get(above)
    return [field.path + name[len(above) :]] if field and field.is_open else []


@functools.lru_cache(256)
def _known_paths(model: type[BaseDocument]) -> Mapping[str, _Known]:
    """Return the fields and their properties, by each spelling that a program may use: attributes and Elasticsearch's
    names. Fields that are not stored, and the id, which is always fetched, have no path."""
    known = {"id": _Known("", is_open=False)}
    for by_name in (False, True):
        for spelled, field in _spelled(model._mapping, "", "", by_name):
            known.setdefault(spelled, field)
    return known


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


@functools.lru_cache(1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))))


# What was fetched.

_SAYING = frozenset(
    {"source", "source_includes", "source_excludes"}
    | {"_source", "_source_includes", "_source_excludes", "body"}
)
_NOTHING = ("",)


def selection_of(model: type[BaseDocument], arguments: Mapping[str, Any]) -> Selection | None:
    """Return what a client call with these arguments fetches of each document; None for the whole document."""
    if _SAYING.isdisjoint(arguments):
        return None
    includes: list[str] = []
    excludes: list[str] = []
    for said in (arguments, arguments.get("body") or {}):
        for name in ("source", "_source"):
            shown = said.get(name)
            if isinstance(shown, Mapping):
                includes += _listed(shown.get("includes", shown.get("include")))
                excludes += _listed(shown.get("excludes", shown.get("exclude")))
            else:
                includes += _listed(shown)
            includes += _listed(said.get(f"{name}_includes"))
            excludes += _listed(said.get(f"{name}_excludes"))
    if not includes and not excludes:
        return None
    return _selection(model, tuple(includes), tuple(excludes))  # type: ignore[arg-type]  # as above


def _listed(shown: Any) -> Sequence[str]:
    if shown is False or shown == "false":
        return _NOTHING
    if isinstance(shown, str):
        return () if shown == "true" else shown.split(",")
    return tuple(map(str, shown)) if isinstance(shown, list | tuple) else ()


@functools.lru_cache(256)
def _selection(
    model: type[BaseDocument], includes: tuple[str, ...], excludes: tuple[str, ...]
) -> Selection | None:
    stored = {name: part for name, part in model._mapping.items() if name != "id"}
    return _of_fields(stored, "", includes, excludes)


def _of_fields(
    mapping: Mapping[str, BaseDataType],
    within: str,
    includes: tuple[str, ...],
    excludes: tuple[str, ...],
) -> Selection | None:
    absent: list[str] = []
    parts: dict[str, Selection] = {}
    fragments: set[str] = set()
    stored = [name for name, part in mapping.items() if part.stored]
    for attribute in stored:
        data_type = mapping[attribute]
        path = within + data_type.name
        is_in = not includes or _covers(includes, path)
        if _covers(excludes, path) or not (is_in or _reaches(includes, path)):
            absent.append(attribute)
        elif is_in and not _reaches(excludes, path):
            continue
        elif value_class := data_type.value_class:
            part = _of_fields(value_class._mapping, f"{path}.", includes, excludes)
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


def _covers(patterns: tuple[str, ...], path: str) -> bool:
    """Return whether one of the patterns means the path, or an object that contains it."""
    steps = (path, *_above(path))
    return any(_pattern(text).fullmatch(step) for text in patterns for step in steps)


def _reaches(patterns: tuple[str, ...], path: str) -> bool:
    """Return whether one of the patterns may mean a field within the path."""
    inside = f"{path}."
    return any(
        text.startswith(inside) or ("*" in text and inside.startswith(text.partition("*")[0]))
        for text in patterns
    )
