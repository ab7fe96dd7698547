"""The most frequently called functions of a model class, compiled from its `_mapping` as straight-line source.

Hand-written, `from_es`, `__init__` and the stored document of one model would be one assignment for each field.
`compile_reader`, `compile_init`, `compile_writer` and their like generate just that, at the first use of a class, as
`dataclasses` does. The source is in `linecache`, so tracebacks and debuggers show it.

A hook of a data type may declare as source what it does with usual values (see `inline` in types/base.py). Only names from
`_mapping` get into the source: attributes must be identifiers, field names are string literals.

An attribute that the class replaced by a property (joins, and types with their own `on_update`) is read and written
at its slot, which the class offers under the name `_raw_<attribute>`; the constructor uses the property, so that the
other side of a join is updated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import did_you_mean
from ..place import GIVEN, given_place
from .hooks import branches, own, rendered, written
from .incomplete import leave_unset
from .kept import FIXED
from .snapshot import snapshot_term
from .source_text import Field, Source, fields_of, indented, is_model, located


def compile_init(cls: type[Any]) -> Callable[..., None]:
    """Compile `cls.__init__(self, *, one keyword a field)`, which converts its arguments and sets defaults for the
    others.

    A model that is given an id may stand for a stored document: attributes that it is not given are unset again, read
    as their defaults (see incomplete.py), and are not sent with an update. TypeError, with a suggestion, for an
    unknown keyword; FieldValueError for a value that the type cannot hold. Required fields may be missing: create and
    save check them.
    """
    source = Source(cls, "__init__")
    source.names["_refuse"] = _refuser(cls)
    fields = fields_of(cls)
    converted: list[str] = []
    assigned: list[str] = []
    joined: list[str] = []
    for field in fields:
        v = field.attribute
        default = [f"{v} = {_default(field, source)}", f"_left.append({field.slot!r})"]
        convert = branches(field, "convert", v, source)
        # Usual values are tested first, but an absent keyword before a test that accepts anything.
        place = 1 if len(convert) == 2 else 0
        if field.is_plain:
            assigned.append(f"_self.{v} = {v}")
        else:
            # The property is assigned to last, for its bookkeeping, which an id or None does not need.
            converted.append(f"_self.{field.slot} = {field.empty}")
            if not (field.is_join and own(field.data_type, "on_update")):
                joined.append(f"_self.{v} = {v}")
            else:
                joined += [f"if {v}:", f"    _self.{v} = {v}"]
                if not field.data_type.many:  # the first branch is that of an id
                    convert[0] = (convert[0][0], [f"_self.{field.slot} = {v}", f"{v} = None"])
        converted += rendered([*convert[:place], (f"{v} is ...", default), *convert[place:]])
    keywords = "".join(f"{field.attribute}=..., " for field in fields)
    by_hand = []
    if is_model(cls):
        by_hand = [
            "if id is not None:",
            "    _self._seen = None",
            "    if _left:",
            "        _leave_unset(_self, _left)",
            "else:",
            "    _self._seen = _left",
        ]
        source.names["_leave_unset"] = leave_unset
        # An unset slot takes as long to look at as four that are set, and a bulk looks at each model's.
        assigned.append("_self._version = None")
        if cls._routing == GIVEN:
            keywords += "routing=None, "
            source.names["_given_place"] = given_place
            assigned += [
                "if routing is not None:",
                "    _self._place = _given_place(routing)",
            ]
    checked = ["if _unknown:", "    raise _refuse(_unknown)", "_left = []"]
    signature = f"_self, /, {'*, ' if keywords else ''}{keywords}**_unknown"
    return source.compiled(signature, [*checked, *converted, *assigned, *joined, *by_hand])


def compile_writer(
    cls: type[Any], native_dates: bool = False, keeps: bool = False
) -> Callable[[Any], dict[str, Any]]:
    """Compile a function that returns the document (or object) to store for an instance of `cls`.

    Every stored field is present, None as an explicit null: Elasticsearch treats null as absent (so `find_by(x=None)`
    finds it), and an update with this document clears what became None. `id` is among the fields if
    `_meta["store_id"]` is true. Values assigned after the constructor are converted, and the converted value is
    stored on the instance, so that memory and document agree; FieldValueError if that fails. Types that refuse null
    get an empty list; vectors that are None are omitted (see BaseDataType.absent), so that an update keeps them.
    `native_dates` leaves datetimes in the document for a serializer that writes them as ISO 8601 itself (orjson), if
    the field's format is ISO. `keeps` records in `_seen` what is stored, as `_snapshot` returns it.
    """
    source = Source(cls, "store")
    # All values are looked up first: those that are not in the processor's cache arrive together, not one after another.
    looked_up: list[str] = []
    body: list[str] = []
    items: list[str] = []
    optional: list[str] = []
    for field in fields_of(cls):
        data_type, v = field.data_type, field.attribute
        if not data_type.stored:
            continue
        if field.is_id:
            if cls._meta.get("store_id"):
                looked_up.append(f"{v} = _self.id")
                items.append(f"{data_type.name!r}: {v},")
            continue
        looked_up.append(f"{v} = _self.{field.slot}")
        body += written(field, v, source, native_dates)
        if data_type.absent == "None":
            items.append(f"{data_type.name!r}: {v},")
        elif data_type.absent:
            items.append(f"{data_type.name!r}: {data_type.absent} if {v} is None else {v},")
        else:
            optional += [f"if {v} is not None:", f"    _document[{data_type.name!r}] = {v}"]
    if keeps:
        lines, kept = snapshot_term(cls, source)
        body += [*lines, f"_self._seen = {kept}"]
    if optional:
        body += ["_document = {", *indented(items), "}", *optional, "return _document"]
    else:  # 2% of a document
        body += ["return {", *indented(items), "}"]
    return source.compiled("_self", [*looked_up, *body])


def _refuser(cls: type[Any]) -> Callable[[Mapping[str, Any]], TypeError]:
    name, known = cls.__name__, list(cls._mapping)

    def refuse(unknown: Mapping[str, Any]) -> TypeError:
        first = next(iter(unknown))
        return TypeError(f"{name}() has no field {first!r}{did_you_mean(first, known)}")

    return refuse


def _default(field: Field, source: Source) -> str:
    """Return an expression for the value of a field that the constructor is not given."""
    data_type, name = field.data_type, f"_default_{field.attribute}"
    if own(data_type, "get_default_value", "from_python", "_convert"):
        make = located(source.owner, data_type, lambda _: data_type.get_default_value())
        default = make(None)
        if default is None or default == []:
            return repr(default)
        if default.__class__ in FIXED:
            source.names[name] = default
            return name
    source.names[name] = data_type.get_default_value
    return f"{name}()"
