"""`from_es` of one class, and the same for a page of hits, as straight-line source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..requests.places import place_reader
from .hooks import branches, is_base, own, rendered
from .kept import Respelled
from .snapshot import kept_term
from .source_text import Field, Source, fields_of, indented, is_model
from .spelling import known_keys, needs_spelling, respelled

__all__ = ["compile_page_reader", "compile_reader"]


def compile_reader(cls: type[Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Compile a function that makes an instance of `cls`: a Model from a hit, or an ObjectValue from a stored object.

    `id` comes from the hit's `_id`, and `_seen` keeps what was read (see updates.py); a class with
    `_meta["versioned"]` keeps `(_seq_no, _primary_term)` in `_version`. Values are those of `_source`, except for
    types that are stored in another form than they are held in. The only error is FieldValueError, naming model,
    document and field, for a stored value that the type cannot read.
    """
    source = Source(cls, "from_es")
    source.names.update(_new=cls.__new__, _cls=cls)
    parameter = "hit" if is_model(cls) else "source"
    begin = _begin(cls, "_new", "_cls", source, 'hit["_index"] != _seen[0]')
    begin_sparse = _begin(cls, "_new", "_cls", source, 'hit.get("_index") != _seen[0]')
    # Most documents have all fields, and then subscripts are twice as fast as get().
    sparse, full = (_read_fields(cls, how, source) for how in (".get({!r})", "[{!r}]"))
    sparse = [*_spelled(cls, source), *begin_sparse, *sparse]
    if is_model(cls):
        source.names["_nothing"] = {}  # a hit of a search without `_source`
        sparse = [
            'source = hit.get("_source", _nothing)',
            "try:",
            *indented(sparse),
            *indented(_mark_spelled(cls, source)),
            "    return self",
            "except _FieldValueError as error:",
            '    error.document = hit["_id"]',
            "    raise",
        ]
    else:
        sparse.append("return self")
    source.function("_sparse", parameter, sparse)
    lines = [
        "try:",
        *(['    source = hit["_source"]'] if is_model(cls) else []),
        f"    if {_is_whole(cls)}:",
        *indented(indented([*begin, *full, "return self"])),
        "except (_KeyError, _FieldValueError):",
        "    pass",
        f"return _sparse({parameter})",
    ]
    source.function("from_es", parameter, lines)
    return source.compiled("from_es")


def _is_whole(cls: type[Any]) -> str:
    """Return whether `source` can be read by subscripts: no field is missing, and none may be spelled differently."""
    count = _stored_fields(cls)
    return f"len(source) == {count}" if needs_spelling(cls) else f"len(source) >= {count}"


def _spelled(cls: type[Any], source: Source) -> list[str]:
    """Look up fields whose names have dots, or whose keys in the document have dots."""
    if not needs_spelling(cls):
        return []
    known = source.names["_known"] = known_keys(cls)
    source.names["_is_known"], source.names["_respelled"] = known.issuperset, respelled
    return ["if not _is_known(source):", "    source = _respelled(source, _known)"]


def _mark_spelled(cls: type[Any], source: Source) -> list[str]:
    """Record fields stored under other names: an update must not store them a second time."""
    if not needs_spelling(cls):
        return []
    source.names["_Respelled"] = Respelled
    return [
        'if source is not hit.get("_source", _nothing):',
        "    self._seen = _Respelled(self._seen)",
    ]


def compile_page_reader(cls: type[Any]) -> Callable[[Iterable[Mapping[str, Any]]], list[Any]]:
    """Compile a function that makes a list of instances from a list of hits: that of compile_reader, with the loop
    inlined."""
    source = Source(cls, "from_page")
    source.names.update(_new=cls.__new__, _cls=cls, _from_es=compile_reader(cls))
    begin = _begin(cls, "new", "cls", source, 'hit["_index"] != name')
    loop = [
        "try:",
        '    source = hit["_source"]',
        f"    if {_is_whole(cls)}:",
        *indented(indented([*begin, *_read_fields(cls, "[{!r}]", source)])),
        "        append(self)",
        "        continue",
        "except (_KeyError, _FieldValueError):",
        "    pass",
        "append(_from_es(hit))",
    ]
    lines = [
        "new, cls, page = _new, _cls, []",
        "name = _seen[0] = cls.get_index()",
        "append = page.append",
        "for hit in hits:",
        *indented(loop),
        "return page",
    ]
    source.function("from_page", "hits", lines)
    return source.compiled("from_page")


def _begin(cls: type[Any], new: str, own: str, source: Source, elsewhere: str) -> list[str]:
    """Return statements that create the instance and set what a hit has outside of its source."""
    lines = [f"self = {new}({own})"]
    if is_model(cls):
        lines.append('self.id = hit["_id"]')
        seen = source.names["_seen"] = getattr(cls, "_plain_index", None)
        if seen is not None:
            source.names["_note_place"] = place_reader(cls)
            lines += [f"if {elsewhere} or '_routing' in hit:", "    _note_place(self, hit)"]
        if cls._meta.get("versioned"):
            lines.append('self._version = (hit.get("_seq_no"), hit.get("_primary_term"))')
    return lines


def _read_fields(cls: type[Any], how: str, source: Source) -> list[str]:
    """Return statements that assign every field and keep what was read; `how` follows `source` in the look-up of a
    name."""
    lines, kept = [], []
    for field in fields_of(cls):
        if field.is_id:
            continue
        lines += _read_field(field, "source" + how.format(field.data_type.name), source)
        if field.data_type.stored:
            kept.append(kept_term(field, field.local))
    if is_model(cls):
        lines.append(f"self._seen = ({''.join(f'{term}, ' for term in kept)})")
    return lines


def _stored_fields(cls: type[Any]) -> int:
    """Return the number of keys in the source of a document without missing fields."""
    fields = sum(field.data_type.stored and not field.is_id for field in fields_of(cls))
    return fields + bool(is_model(cls) and cls._meta.get("store_id"))


def _read_field(field: Field, stored: str, source: Source) -> list[str]:
    """Return statements that assign the attribute, and the field's local variable for the kept value."""
    data_type, v = field.data_type, field.local
    target = f"self.{field.slot} = {v}"
    if not data_type.stored and own(data_type, "from_es"):
        return [f"{target} = {'[]' if data_type.get_default_value() == [] else None}"]
    if not is_base(data_type, "from_es"):
        call = source.hook("from_es", field, data_type.from_es)
        return [f"{target} = {call}(source)"]
    lines = rendered(branches(field, "read", v, source))
    return [f"{v} = {stored}", *lines, target]
