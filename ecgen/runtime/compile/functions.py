"""The functions that a model class spends its time in, compiled from its `_mapping` as straight-line source.

A careful person would write `from_es`, `__init__` and the stored document of one model as one assignment a field.
`compile_reader`, `compile_init` and `compile_writer` write just that, at the first use of a class, as `dataclasses`
does. The source is in `linecache`, so tracebacks and debuggers show it.

Each data type says how its hook looks as source; a hook that a subclass overrode is called instead. Only names from
`_mapping` get into the source: attributes must be identifiers, field names stand as string literals.

An attribute that the class replaced by a property (joins, and types with their own `on_update`) is read and written
at its slot, which the class offers under the name `_raw_<attribute>`; the constructor goes through the property, so
that the other side of a join learns of it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import did_you_mean
from ..requests.places import place_reader
from ..types.base import BaseDataType
from .source_text import Field, Source, fields_of, indented, is_model, located
from .spelling import known_keys, needs_spelling, respelled

__all__ = ["compile_init", "compile_page_reader", "compile_reader", "compile_writer"]


def compile_reader(cls: type[Any]) -> Callable[[Mapping[str, Any]], Any]:
    """A function that makes an instance of `cls`, a Model, of a hit, or of `cls`, an ObjectValue, of a stored object.

    `id` comes from the hit's `_id`; a class with `_meta["versioned"]` keeps `(_seq_no, _primary_term)` in `_version`.
    Values stand as `_source` has them, but for types that are stored in another form than they are held in.
    FieldValueError, naming model, document and field, for a stored value that the type cannot read, and nothing else.
    """
    source = Source(cls, "from_es")
    source.names.update(_new=cls.__new__, _cls=cls)
    parameter = "hit" if is_model(cls) else "source"
    begin = _begin(cls, "_new", "_cls", source, 'hit["_index"] != _seen[0]')
    begin_sparse = _begin(cls, "_new", "_cls", source, 'hit.get("_index") != _seen[0]')
    # Most documents have all fields, and then subscripts are twice as fast as get().
    sparse, full = (_read_fields(cls, how, source) for how in (".get({!r})", "[{!r}]"))
    sparse = [*_spelled(cls, source), *begin_sparse, *sparse, "return self"]
    if is_model(cls):
        source.names["_nothing"] = {}  # a hit of a search that asked for no `_source`
        sparse = [
            'source = hit.get("_source", _nothing)',
            "try:",
            *indented(sparse),
            "except _FieldValueError as error:",
            '    error.document = hit["_id"]',
            "    raise",
        ]
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
    """Whether `source` may be read by subscripts: nothing is missing, and nothing there may be spelled otherwise."""
    count = _stored_fields(cls)
    return f"len(source) == {count}" if needs_spelling(cls) else f"len(source) >= {count}"


def _spelled(cls: type[Any], source: Source) -> list[str]:
    """Find what is stored under keys with dots, or is named with dots and stored without."""
    if not needs_spelling(cls):
        return []
    known = source.names["_known"] = known_keys(cls)
    source.names["_is_known"], source.names["_respelled"] = known.issuperset, respelled
    return ["if not _is_known(source):", "    source = _respelled(source, _known)"]


def compile_page_reader(cls: type[Any]) -> Callable[[Iterable[Mapping[str, Any]]], list[Any]]:
    """A function that makes a list of instances of a list of hits: compile_reader's, with the loop in it, which saves the calls."""
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
    """Make the instance, with what a hit has outside of its source."""
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
    """Assign every field; `how` is what follows `source` to look up a name."""
    lines = []
    for field in fields_of(cls):
        if not field.is_id:
            lines += _read_field(field, "source" + how.format(field.data_type.name), source)
    return lines


def _stored_fields(cls: type[Any]) -> int:
    """How many keys the source has of a document that lacks nothing."""
    fields = sum(field.data_type.stored and not field.is_id for field in fields_of(cls))
    return fields + bool(is_model(cls) and cls._meta.get("store_id"))


def compile_init(cls: type[Any]) -> Callable[..., None]:
    """`cls.__init__(self, *, one keyword a field)`: converts what it is given and puts defaults where nothing is.

    TypeError, with a suggestion, for an unknown keyword; FieldValueError for a value that the type cannot hold.
    Required fields may be missing: create and save look for them.
    """
    source = Source(cls, "__init__")
    parameters: list[str] = []
    converted: list[str] = []
    assigned: list[str] = []
    joined: list[str] = []
    for field in fields_of(cls):
        parameters.append(_init_parameter(field, converted, source))
        converted += _convert_field(field, field.attribute, source)
        if field.is_plain:
            assigned.append(f"_self.{field.attribute} = {field.attribute}")
        else:
            assigned += _assign_join(field)
            joined += _update_join(field)
    if is_model(cls) and cls._meta.get("versioned"):
        assigned.append("_self._version = None")
    source.names["_refuse"] = _refuser(cls)
    signature = f"_self, /, *, {', '.join(parameters)}, **_unknown" if parameters else "_self, /"
    refuse = ["if _unknown:", "    raise _refuse(_unknown)"] if parameters else []
    source.function("__init__", signature, [*refuse, *converted, *assigned, *joined] or ["pass"])
    return source.compiled("__init__")


def compile_writer(cls: type[Any], native_dates: bool = False) -> Callable[[Any], dict[str, Any]]:
    """A function that gives the document (or object) to store for an instance of `cls`.

    Every stored field is there, None as an explicit null: Elasticsearch treats null as absent (so `find_by(x=None)`
    finds it), and an update with this document clears what became None. `id` is among the fields if
    `_meta["store_id"]` is true. Values assigned since the constructor ran are converted, and the converted value is
    put back on the instance, so that memory and document agree; FieldValueError where that fails. Types that refuse null
    get an empty list; vectors that are None are left out (see BaseDataType.absent), so that an update keeps them.
    `native_dates` leaves datetimes in the document for a serializer that writes them as ISO 8601 itself (orjson),
    where the field's format is ISO.
    """
    source = Source(cls, "store")
    body: list[str] = []
    items: list[str] = []
    optional: list[str] = []
    for field in fields_of(cls):
        data_type, v = field.data_type, field.attribute
        if not data_type.stored:
            continue
        if field.is_id:
            if cls._meta.get("store_id"):
                items.append(f"{data_type.name!r}: _self.id,")
            continue
        body.append(f"{v} = _self.{field.slot}")
        lines, term = _store_field(field, source, native_dates)
        body += lines
        if data_type.absent:
            items.append(f"{data_type.name!r}: {term},")
        else:
            optional += [f"if {v} is not None:", f"    _document[{data_type.name!r}] = {term}"]
    if optional:
        body += ["_document = {", *indented(items), "}", *optional, "return _document"]
    else:
        body += ["return {", *indented(items), "}"]
    source.function("store", "_self", body)
    return source.compiled("store")


def _refuser(cls: type[Any]) -> Callable[[Mapping[str, Any]], TypeError]:
    name, known = cls.__name__, list(cls._mapping)

    def refuse(unknown: Mapping[str, Any]) -> TypeError:
        first = next(iter(unknown))
        return TypeError(f"{name}() has no field {first!r}{did_you_mean(first, known)}")

    return refuse


_RUNTIME = f"{__package__.rpartition('.')[0]}."


def _own(data_type: BaseDataType, *hooks: str) -> bool:
    """Whether all of these hooks are this package's, none a user's."""
    return all(getattr(type(data_type), hook).__module__.startswith(_RUNTIME) for hook in hooks)


def _speaks_for(data_type: BaseDataType, inline: str, *hooks: str) -> bool:
    """Whether the source that method `inline` gives still says what the hooks do: no subclass overrode one alone."""
    age = {
        name: age
        for age, cls in reversed(list(enumerate(type(data_type).__mro__)))
        for name in vars(cls)
    }
    return all(age[inline] <= age[hook] for hook in hooks)


def _is_base(data_type: BaseDataType, *hooks: str) -> bool:
    """Whether the hooks are BaseDataType's own, which leave a value as it is."""
    return all(getattr(type(data_type), hook) is getattr(BaseDataType, hook) for hook in hooks)


def _read_field(field: Field, stored: str, source: Source) -> list[str]:
    data_type, target = field.data_type, f"self.{field.slot}"
    if not data_type.stored and _own(data_type, "from_es"):
        return [f"{target} = {'[]' if data_type.get_default_value() == [] else None}"]
    if not _is_base(data_type, "from_es"):
        call = source.hook("from_es", field, data_type.from_es)
        return [f"{target} = {call}(source)"]
    if not _speaks_for(data_type, "_read_lines", "deserialize", "_read"):
        call = source.hook("read", field, data_type.deserialize)
        return [f"{target} = {call}({stored})"]
    call = source.hook("read", field, data_type.deserialize)
    if data_type.many:
        if field.is_join:
            return [
                f"v = {stored}",
                "try:",
                f"    if v.__class__ is not _list or _join(v) is None: v = {call}(v)",
                "except _TypeError:",
                f"    v = {call}(v)",
                f"{target} = v",
            ]
        if _is_base(data_type, "_read"):
            return [f"v = {stored}", f"{target} = v if v.__class__ is _list else {call}(v)"]
        return [f"{target} = {call}({stored})"]
    lines = data_type._read_lines("v", call)
    return [f"v = {stored}", *lines, f"{target} = v"] if lines else [f"{target} = {stored}"]


def _convert_field(field: Field, into: str, source: Source) -> list[str]:
    """Statements that convert the local variable named like the attribute; `into` receives what changed."""
    data_type, v = field.data_type, field.attribute
    hooks = ("from_python", "_convert_one", "_convert")
    initial = into == v
    unchanging = _is_base(data_type, "from_python", "_convert") and data_type.enum is None
    if unchanging and not data_type.many:
        return []
    call = source.hook("convert", field, data_type.from_python)
    if not _speaks_for(data_type, "_convert_lines", *hooks) and not _speaks_for(
        data_type, "_accepts", *hooks
    ):
        # None is for a user's hook to decide
        return [f"{into} = {call}({v})"]
    if not data_type.many:
        if data_type.enum is None:
            return data_type._convert_lines(v, into, call)
        accepted = _accepted(field, v, source)
        if not accepted:
            return [f"if {v} is not None:", f"    {into} = {call}({v})"]
        return [f"if not ({accepted}) and {v} is not None:", f"    {into} = {call}({v})"]
    accepted = _accepted(field, "_m", source)
    if not accepted:
        return [f"{into} = {call}({v})"]
    if not initial and accepted == "_m.__class__ is _str":
        # A third of the loop's time. It lets strings of a subclass pass, which are stored as what they are.
        return [
            f"if {v}.__class__ is _list:",
            "    try:",
            f"        _join({v})",
            "    except _TypeError:",
            f"        {into} = {call}({v})",
            "else:",
            f"    {into} = {call}({v})",
        ]
    check = [f"if not ({accepted}):", f"    {into} = {call}({v})", "    break"]
    lines = [f"if {v}.__class__ is _list:", f"    for _m in {v}:", *indented(indented(check))]
    if initial:  # the caller's list stays the caller's
        lines += ["    else:", f"        {v} = {v}.copy()"]
    return [*lines, "else:", f"    {into} = {call}({v})"]


def _accepted(field: Field, v: str, source: Source) -> str:
    accepted = field.data_type._accepts(v)
    if accepted and field.data_type.enum is not None:
        name = f"_enum_{field.attribute}"
        source.names[name] = frozenset(field.data_type.enum)
        return f"{accepted} and {v} in {name}"
    return accepted


_UNCHANGING = (type(None), bool, int, float, str, bytes, datetime.date)


def _init_parameter(field: Field, before: list[str], source: Source) -> str:
    """The parameter of one field; what makes its default goes to `before`."""
    data_type, v = field.data_type, field.attribute
    if _own(data_type, "get_default_value"):
        default = located(source._cls.__name__, field, lambda _: data_type.get_default_value())(
            None
        )
        if isinstance(default, _UNCHANGING):
            if default is None:
                return f"{v}=None"
            source.names[f"_default_{v}"] = default
            return f"{v}=_default_{v}"
        if default == []:
            before += [f"if {v} is _UNSET:", f"    {v} = []"]
            return f"{v}=_UNSET"
    source.names[f"_default_{v}"] = data_type.get_default_value
    before += [f"if {v} is _UNSET:", f"    {v} = _default_{v}()"]
    return f"{v}=_UNSET"


def _assign_join(field: Field) -> list[str]:
    default = "[]" if field.data_type.get_default_value() == [] else "None"
    if _plain_join(field):
        v = field.attribute
        return [f"_self.{field.slot} = {v} if {v}.__class__ is _str else {default}"]
    return [f"_self.{field.slot} = {default}"]


def _update_join(field: Field) -> list[str]:
    """Assigning to the property does the bookkeeping, of which there is none for an id or nothing."""
    v = field.attribute
    if not _plain_join(field):
        return [f"_self.{v} = {v}"]
    return [f"if {v} and {v}.__class__ is not _str:", f"    _self.{v} = {v}"]


def _plain_join(field: Field) -> bool:
    return field.is_join and _own(field.data_type, "on_update")


def _store_field(field: Field, source: Source, native: bool) -> tuple[list[str], str]:
    """Statements that convert the local variable named like the attribute, and the term for its stored form."""
    data_type, v = field.data_type, field.attribute
    into = f"{v} = _self.{field.slot}"
    writing = ("to_es", "serialize", "_write")
    # a user's own from_python may not be repeatable
    again = _own(data_type, "from_python", "_convert_one", "_convert")
    if not again or data_type.many:
        lines = _convert_field(field, into, source) if again else []
        return lines, _write_term(field, source, native)
    if field.is_join and _speaks_for(data_type, "_write_term", *writing):
        both = source.hook(
            "write", field, lambda held: data_type.to_es(data_type.from_python(held))
        )
        return [], f"{v} if {v}.__class__ is _str or {v} is None else {both}({v})"
    if data_type.enum is None and _speaks_for(
        data_type, "_store_lines", "from_python", "_convert", *writing
    ):
        convert = source.hook("convert", field, data_type.from_python)
        if lines := data_type._store_lines(v, into, convert, native):
            return lines, v
    return _convert_field(field, into, source), _write_term(field, source, native)


def _write_term(field: Field, source: Source, native: bool) -> str:
    data_type, v = field.data_type, field.attribute
    call = source.hook("write", field, data_type.to_es)
    if not _speaks_for(data_type, "_write_term", "to_es", "serialize", "_write"):
        return f"{call}({v})"
    if data_type.many:
        return v if data_type._write_term(v, call, native) == v else f"{call}({v})"
    term = data_type._write_term(v, call, native)
    if not data_type.absent or (term == v and data_type.absent == "None"):
        return term
    return f"{term} if {v} is not None else {data_type.absent}"
