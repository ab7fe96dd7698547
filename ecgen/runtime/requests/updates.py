"""The content of an update: the fields whose stored form differs from the one that was read or saved.

docs/decisions/what-an-update-sends.md explains why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..base_document import BaseDocument
from ..compile.first_use import is_compiled
from ..compile.incomplete import is_in_part, not_fetched, raw_name
from ..compile.kept import UNKNOWN, Fragment, Respelled, copied, is_same
from ..compile.source_text import located
from ..compile.spelling import is_spelled, needs_spelling
from ..errors import IntegrityError, RequiredFieldError
from ..joins import Join
from ..types.base import BaseDataType
from ..types.values import ObjectValue


def require(model: BaseDocument) -> None:
    """Raise RequiredFieldError if a required field is empty, IntegrityError if fields were not fetched."""
    if is_in_part(model):
        absent = ", ".join(sorted(not_fetched(model))) or "parts of objects"
        raise IntegrityError(
            f"this {type(model).__name__} was fetched without {absent}, so it cannot be saved as a new document"
        )
    missing = []
    for name in type(model)._required:  # a comprehension would cost a call
        if not (value := getattr(model, name, None)) and value in (None, []):
            missing.append(name)
    if missing:
        names = ", ".join(missing)
        raise RequiredFieldError(f"{type(model).__name__} needs a value for {names}")


class Update(NamedTuple):
    """The content of an update.

    document  the fields that changed, by Elasticsearch's names
    seen      the value of the model's `_seen` after the write
    replace   whether the server's own merge would be wrong: the document must be read and replaced
    """

    document: dict[str, Any]
    seen: Any
    replace: bool


def update_of(model: BaseDocument, only: frozenset[str] | None = None) -> Update:
    """Return the update of the model's document; `only`: write these fields, changed or not, and no other.

    Values that changed are converted to their types and stored back, as in `_document`; unchanged values are not
    checked: what other programs stored, and reads well, need not be what this model would write.
    """
    cls = type(model)
    if not is_compiled(cls, "_document"):
        document = model._document()
        return Update(document, model._snapshot(), _has_open_dict(cls, document))
    document = {}
    merges_badly = False
    known = known_of(model)
    seen = {}
    for name in cls._stored:
        data_type = cls._mapping[name]
        kept = known.get(name, UNKNOWN)
        if only is not None:
            if name not in only:
                if name in known:
                    seen[name] = kept
                continue
            kept = kept if kept.__class__ is Fragment else UNKNOWN
        try:
            now = object.__getattribute__(model, name)
        except AttributeError:  # not given, or not fetched
            if only is not None and is_in_part(model):
                getattr(model, name)  # raises NotFetched
            continue
        if kept.__class__ is Fragment:
            if only is None and is_same(now, kept.of):
                seen[name] = kept
                continue
            raise IntegrityError(
                f"{cls.__name__}.{name} was fetched in part, so it cannot be written; get() the document to change it"
            )
        if kept is not UNKNOWN and is_same(now, kept):
            seen[name] = kept
            continue
        value = located(cls.__name__, data_type, data_type.from_python)(now)
        if value is not now:
            setattr(model, raw_name(cls, name), value)
        if data_type.required and value in (None, []):
            raise RequiredFieldError(f"{cls.__name__} needs a value for {name}")
        stored = _stored(cls.__name__, data_type, value, kept)
        # Copied afterwards, since storing converts what is in objects.
        seen[name] = data_type.to_es(value) if isinstance(data_type, Join) else copied(value)
        if kept is not UNKNOWN and is_same(seen[name], kept):
            continue
        if kept is UNKNOWN:  # nobody knows under which keys the document has what was not fetched
            merges_badly |= is_in_part(model) and is_spelled(data_type)
        merges_badly |= _is_spelled_inside(kept)
        if stored is None and data_type.absent == "":
            # An unknown vector may exist without having been shown. One that was shown is removed: null is refused.
            if kept is UNKNOWN:
                continue
            merges_badly = True
        if kept is UNKNOWN or repr(stored) != repr(_as_read(data_type, kept)):
            document[data_type.name] = stored
    held = getattr(model, "_seen", ())
    replace = (
        merges_badly
        or _has_open_dict(cls, document)
        or (isinstance(held, Respelled) and bool(document))
    )
    if isinstance(held, tuple):
        return Update(
            document, type(held)(seen.get(name, UNKNOWN) for name in cls._stored), replace
        )
    return Update(document, {**known, **seen}, replace)


def known_of(model: BaseDocument) -> dict[str, Any]:
    """Return what is known to be stored, by name."""
    cls = type(model)
    seen = getattr(model, "_seen", cls._stored)
    if seen is cls._stored or isinstance(seen, list):  # new: the rest are defaults
        names = [name.removeprefix("_raw_") for name in seen]
        return {name: cls._mapping[name].get_default_value() for name in names}
    return dict(zip(cls._stored, seen, strict=True)) if isinstance(seen, tuple) else seen or {}


def _stored(owner: str, data_type: BaseDataType, value: Any, kept: Any) -> Any:
    """Return the stored form of a value that changed."""
    if isinstance(value, ObjectValue) and not data_type.many and kept is not UNKNOWN:
        return located(owner, data_type, lambda _: _changed_object(value, kept))(None)
    stored = located(owner, data_type, data_type.to_es)(value)
    return [] if stored is None and data_type.absent == "[]" else stored


def _changed_object(value: ObjectValue, kept: Any) -> dict[str, Any]:
    """Send an object whole, with null for removed properties. A property that was and is None may exist without
    having been fetched, and is left as stored."""
    document: dict[str, Any] = {}
    for name, data_type in value._mapping.items():
        now = getattr(value, name, UNKNOWN)
        if now is UNKNOWN:  # not fetched
            continue
        before = ([] if data_type.many else None) if kept is None else getattr(kept, name, UNKNOWN)
        if not is_same(now, before):
            fitted = located(type(value).__name__, data_type, data_type.from_python)(now)
            setattr(value, name, fitted)
            document[data_type.name] = _stored(type(value).__name__, data_type, fitted, before)
        elif now not in (None, []) and not _holds_part(now):
            document[data_type.name] = _as_read(data_type, now)
    return document


def _is_spelled_inside(kept: Any) -> bool:
    """Return whether an object was stored with dotted keys, or may have been as far as it was not fetched."""
    return isinstance(kept, ObjectValue) and (
        hasattr(kept, "_respelled")
        or (is_in_part(kept) and needs_spelling(type(kept)))
        or any(_is_spelled_inside(getattr(kept, name, None)) for name in kept._mapping)
    )


def _holds_part(value: Any) -> bool:
    """Return whether the value is or contains an object fetched in part, whose rest stays since an update merges."""
    return any(map(is_in_part, value)) if isinstance(value, list) else is_in_part(value)


def _as_read(data_type: BaseDataType, value: Any) -> Any:
    """Return the stored form of a value as it was read, whether or not this type would accept it."""
    try:
        return data_type.to_es(value)
    except (ValueError, TypeError, AttributeError):
        return _parts_as_read(value)


def _parts_as_read(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(_parts_as_read, value))
    if not isinstance(value, ObjectValue):
        return value
    return {
        part.name: _as_read(part, held)
        for name, part in value._mapping.items()
        if (held := getattr(value, name, UNKNOWN)) is not UNKNOWN
    }


def _has_open_dict(cls: type[BaseDocument], document: Mapping[str, Any]) -> bool:
    """Return whether the document has a dict with variable keys: an update would keep the stored one's keys too."""
    return any(isinstance(document.get(name), dict) for name in cls._open_fields)


def open_fields(mapping: Mapping[str, BaseDataType]) -> tuple[str, ...]:
    """Return Elasticsearch's names of the fields that may hold a dict whose keys vary from document to document."""
    return tuple(
        data_type.name
        for data_type in mapping.values()
        if data_type.stored
        and not data_type.many
        and not isinstance(data_type, Join)
        and data_type.es_type not in _NO_DICT
        # An instance of a value class stores each of its fields, so nothing of the old value remains.
        and (data_type.value_class is None or open_fields(data_type.value_class._mapping))
    )


_NO_DICT = frozenset({
    "keyword", "text", "date", "date_nanos", "boolean", "long", "integer", "short", "byte", "unsigned_long", "double",
    "float", "half_float", "scaled_float", "ip", "binary",
})  # fmt: skip
"""Types whose stored form is never a dict; for any other the document is checked."""


def replaced(
    source: Mapping[str, Any], document: Mapping[str, Any], cls: type[Any]
) -> dict[str, Any]:
    """Return a document as it was read, with its fields replaced by those of `document`.

    Objects of known properties are merged, as the server would; fields stored under dotted names become one object.
    """
    whole = dict(source)
    types = {data_type.name: data_type for data_type in cls._mapping.values()}
    for name, value in document.items():
        stored = _take_dotted(whole, name)
        if value is None and name in types and types[name].absent == "":
            whole.pop(name, None)
            continue
        value_class = getattr(types.get(name), "value_class", None)
        if value_class and isinstance(value, dict) and isinstance(stored, dict):
            value = replaced(stored, value, value_class)
        whole[name] = value
    # What a server inferred for semantic_text is shown with the vectors, and belongs to the old text.
    whole.pop("_inference_fields", None)
    return whole


def _take_dotted(source: dict[str, Any], name: str) -> Any:
    """Remove and return what is stored under `name`, including dotted names."""
    stored = source.get(name)
    for key in [key for key in source if key.startswith(f"{name}.")]:
        stored = dict(stored) if isinstance(stored, dict) else {}
        stored[key[len(name) + 1 :]] = source.pop(key)
    head, dot, rest = name.partition(".")
    if dot and isinstance(source.get(head), dict):
        source[head] = dict(source[head])
        inner = _take_dotted(source[head], rest)
        source[head].pop(rest, None)
        stored = inner if stored is None else stored
    return stored
