"""`from_es` of one class, and the same for a page of hits, as straight-line source.

The hits of a page are dicts, or structs of msgspec, which are decoded from the bytes of an answer in half the time.
The structs' fields are of any type, so that the same statements read both, and can only give equal values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat, starmap
from typing import Any

from ..client.serializers import DecodedPage, Decoder
from ..place import Place, place_reader
from .collector import without_collector
from .hooks import branches, is_base, own, rendered
from .kept import Respelled
from .snapshot import kept_term
from .source_text import Field, Source, fields_of, indented, is_model
from .spelling import known_keys, needs_spelling, respelled

_Look = Callable[[Field], str]
"""The expression for a field of the variable `source`."""


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
    begin = _begin(cls, source, 'hit.get("_index")')
    # Most documents have all fields, and then subscripts are twice as fast as get().
    full = _read_fields(cls, _subscript, source)
    sparse = _read_fields(cls, lambda field: f"source.get({field.data_type.name!r})", source)
    sparse = _respelling(cls, source, sparse)
    if is_model(cls):
        source.names["_nothing"] = {}  # a hit of a search without `_source`
        sparse = [
            'source = hit.get("_source", _nothing)',
            "try:",
            *indented(sparse),
            "except _FieldValueError as error:",
            '    error.document = hit["_id"]',
            "    raise",
        ]
    source.function("_fill", f"self, {parameter}", sparse or ["pass"])
    reading = _read_whole(full, cls, parameter, "return self")
    return source.compiled(parameter, ["self = _new(_cls)", *begin, *reading, "return self"])


def _read_whole(read: list[str], cls: type[Any], parameter: str, done: str) -> list[str]:
    """Return statements that fill `self` by subscripts if no field is missing, and none may be spelled differently;
    otherwise by `_fill`."""
    count = _stored_fields(cls)
    is_sparse = f"len(source) {'!=' if needs_spelling(cls) else '<'} {count}"
    return [
        "try:",
        *(['    source = hit["_source"]'] if is_model(cls) else []),
        # A short jump: CPython 3.11 compares slowly before a long one.
        f"    if {is_sparse}:",
        f"        _fill(self, {parameter})",
        f"        {done}",
        *indented([*read, done]),
        "except (_KeyError, _FieldValueError):",
        "    pass",
        f"_fill(self, {parameter})",
    ]


def _respelling(cls: type[Any], source: Source, fields: list[str]) -> list[str]:
    """Return the statements for the fields with others around them, which find those that the document spells
    differently, and record that there are any: an update must not store them a second time."""
    if not needs_spelling(cls):
        return fields
    known = source.names["_known"] = known_keys(cls)
    source.names.update(_is_known=known.issuperset, _respell=respelled, _Respelled=Respelled)
    is_other = "self._seen = _Respelled(self._seen)" if is_model(cls) else "self._respelled = True"
    return [
        "given = source",
        "if not _is_known(source):",
        "    source = _respell(source, _known)",
        *fields,
        "if source is not given:",
        f"    {is_other}",
    ]


def compile_page_reader(cls: type[Any]) -> Callable[[list[Any]], list[Any]]:
    """Compile a function that makes a list of instances from a list of hits: that of compile_reader, with the loop
    inlined."""
    source = Source(cls, "from_page")
    source.names["_fill"] = compile_reader(cls).__globals__["_fill"]
    begin = _begin(cls, source, 'hit.get("_index", name)', page=True)
    reading = _read_whole(_read_fields(cls, _subscript, source), cls, "hit", "continue")
    return _compiled_loop(cls, [*begin, *reading], source)


def _compiled_loop(cls: type[Any], loop: list[str], source: Source) -> Callable[[Any], list[Any]]:
    source.names.update(_new=cls.__new__, _cls=cls, _starmap=starmap, _repeat=repeat)
    lines = [
        # All instances in one go: a call of `_new` for each would take 1.5 times as long.
        "page = _list(_starmap(_new, _repeat((_cls,), len(hits))))",
        "name = _seen[0] = _cls.get_index()",
        "elsewhere = place = None",
        "for hit, self in zip(hits, page):",
        *indented(loop),
        "return page",
    ]
    return source.compiled("hits", lines)


def compile_decoder(cls: type[Any]) -> Decoder:
    """Compile a function that makes a page of structs from the bytes of a search's answer, and of these, as
    compile_page_reader does of dicts, a page of instances.

    Both raise ValueError or msgspec.DecodeError, without naming a document, for errors and for what only dicts can hold:
    a hit without `_source`, a field that may have another name in it, a class one of whose types reads it as a whole.
    """
    import msgspec

    stored = [field for field in fields_of(cls) if field.data_type.stored]
    # A stored id is skipped, since the hit has it. Where other names are errors, it needs a place.
    strict = needs_spelling(cls)
    try:
        document = msgspec.defstruct(
            "Document",
            [
                (field.local, Any, msgspec.field(name=field.data_type.name, default=None))
                for field in stored
                if strict or not field.is_id
            ],
            forbid_unknown_fields=strict,
            gc=False,
        )
    except ValueError:  # two fields of one name, or a name with quotes
        return _refuse
    if not all(is_base(field.data_type, "from_es") for field in stored):
        return _refuse
    required = [("_index", str), ("_id", str), ("_source", document)]
    optional = [(name, Any, None) for name in ("_routing", "_seq_no", "_primary_term")]
    # Only the last hit's sort values are wanted, so the lists are not made.
    sort = ("sort", msgspec.Raw, msgspec.Raw(b"null"))
    hit = msgspec.defstruct("Hit", [*required, *optional, sort], gc=False)
    hits = msgspec.defstruct("Hits", [("hits", list[hit])])  # type: ignore[valid-type]
    decoder = msgspec.json.Decoder(
        msgspec.defstruct("Answer", [("hits", hits), ("pit_id", Any, None)])
    )

    source = Source(cls, "from_structs")
    begin = _begin(cls, source, "hit._index", page=True, struct=True)
    fields = _read_fields(cls, lambda field: f"source.{field.local}", source)
    read = _compiled_loop(cls, ["source = hit._source", *begin, *fields], source)

    def decode(data: bytes) -> DecodedPage:
        answer: Any = without_collector(decoder.decode, data)
        found = answer.hits.hits
        cursor = msgspec.json.decode(found[-1].sort) if found else None
        return DecodedPage(found, cursor, answer.pit_id, read, data)

    return decode


def _refuse(data: bytes) -> DecodedPage:
    raise ValueError("the class reads dicts only")


def _begin(
    cls: type[Any], source: Source, index: str, page: bool = False, struct: bool = False
) -> list[str]:
    """Return statements that set what a hit has outside of its source. `page`: in the loop of _compiled_loop; `struct`: the
    hit is one."""
    lines = []
    if is_model(cls):
        look = "hit.{}" if struct else 'hit.get("{}")'
        routing, number, term = map(look.format, ("_routing", "_seq_no", "_primary_term"))
        lines.append("self.id = hit._id" if struct else 'self.id = hit["_id"]')
        seen = source.names["_seen"] = getattr(cls, "_plain_index", None)
        if seen is not None:
            source.names["_note_place"] = place_reader(cls)
            is_routed = f"{routing} is not None" if struct else "'_routing' in hit"
            note = f"    _note_place(self, {index}, {routing})"
            if page:  # behind an alias all are in one index
                source.names["_Place"] = Place
                lines += [
                    f"if {is_routed}:",
                    note,
                    f"elif {index} != name:",
                    f"    if {index} != elsewhere:",
                    f"        elsewhere = {index}",
                    "        place = _Place(elsewhere, None)",
                    "    self._place = place",
                ]
            else:
                lines += [f"if {index} != _seen[0] or {is_routed}:", note]
        if cls._meta.get("versioned"):
            lines.append(f"self._version = ({number}, {term})")
    return lines


def _subscript(field: Field) -> str:
    return f"source[{field.data_type.name!r}]"


def _read_fields(cls: type[Any], look: _Look, source: Source) -> list[str]:
    """Return statements that assign every field and keep what was read."""
    lines, kept, targets = [], [], []
    for field in fields_of(cls):
        if field.is_id:
            continue
        v, target = field.local, f"self.{field.slot}"
        before, value = _read_field(field, look(field), source)
        lines += before
        if not is_model(cls) or not field.data_type.stored:
            lines.append(f"{target} = {value}")
        elif kept_term(field, v) == v:
            targets.append(target)
            kept.append(value)
        else:
            lines.append(f"{target} = {v}" if value == v else f"{target} = {v} = {value}")
            targets.append("_")
            kept.append(kept_term(field, v))
    if is_model(cls):
        # One tuple is kept and unpacked, so that most values need no variable.
        attributes = f"{', '.join(targets)}, = " if kept else ""
        lines.append(f"{attributes}self._seen = ({''.join(f'{term}, ' for term in kept)})")
    return lines


def _stored_fields(cls: type[Any]) -> int:
    """Return the number of keys in the source of a document without missing fields."""
    fields = sum(field.data_type.stored and not field.is_id for field in fields_of(cls))
    return fields + bool(is_model(cls) and cls._meta.get("store_id"))


def _read_field(field: Field, stored: str, source: Source) -> tuple[list[str], str]:
    """Return statements, and the expression for the field's value after them."""
    data_type, v = field.data_type, field.local
    if not data_type.stored and own(data_type, "from_es"):
        return [], field.empty
    if not is_base(data_type, "from_es"):
        return [], f"{source.hook('from_es', field, data_type.from_es)}(source)"
    lines = rendered(branches(field, "read", v, source))
    return ([f"{v} = {stored}", *lines], v) if lines else ([], stored)
