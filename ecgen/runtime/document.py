"""Document: the part of a model that sends no requests, shared by blocking and asynchronous models."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from .base_document import BaseDocument
from .client.serializers import DecodedPage
from .compile.attributes import track_attributes
from .compile.first_use import compiled, fact, is_compiled, start_compiling
from .compile.functions import compile_init, compile_writer
from .compile.reader import compile_decoder, compile_page_reader, compile_reader
from .compile.shower import shower
from .compile.snapshot import compile_snapshot
from .compile.state import restored, state_of
from .errors import warn_of_unused
from .ids import routing_rule
from .joins import joined_of, joins_of
from .requests.private_values import holds_private
from .requests.query import sub_types
from .requests.sorting import Sort, last_key, sort_keys, sort_strings
from .requests.updates import open_fields
from .requests.vectors import holds_vectors
from .signatures import show_fields
from .types.base import BaseDataType
from .types.strings import Keyword

_UNUSED = {
    "save": "is not called by save_all, nor for joined models that are saved with their owner: a data type's `on_save` is",
    "delete": "is not called by delete_all",
    "post_save": "is never called: a save is planned before it starts; a data type's `on_save` is called",
    "serialize": "is called to show a model, not to store it: override `_document` for that",
    "_lazy_load": "is called by nobody but the program: joins are loaded for many models at a time",
}
"""Methods of elastic_connect whose overrides are no longer called, or not in every case."""

_OWN = ("ecgen.runtime.model", "ecgen.runtime.aio.model")


class Document(BaseDocument):
    """A document of one index, without sending requests.

    Model documents `_mapping` and `_meta` of subclasses.
    """

    __slots__ = ()

    _mapping: ClassVar[dict[str, BaseDataType]] = {"id": Keyword("id")}
    _meta: ClassVar[dict[str, Any]] = {"_doc_type": "model"}

    _signed: ClassVar[dict[Any, Any]] = {}

    _joins = fact(lambda cls: joins_of(cls._mapping))
    _hooked = fact(
        lambda cls: tuple(
            each for each in cls._mapping.values() if type(each).on_save is not BaseDataType.on_save
        )
    )
    _open_fields = fact(lambda cls: open_fields(cls._mapping))
    _has_vectors = fact(holds_vectors)
    _has_private = fact(lambda cls: holds_private(cls._mapping))

    def __init_subclass__(
        cls, hidden: bool = False, replaces: bool = False, **options: Any
    ) -> None:
        """`replaces`: joins to the classes above load this one."""
        super().__init_subclass__(**options)
        if hidden:
            return
        for base in cls.__mro__[1:] if replaces else ():
            if issubclass(base, Document) and base.__module__ not in (__name__, *_OWN):
                base._replaced_by = cls
        cls._replaced_by = None
        cls._signed = {}
        cls._whole = cls
        if "id" not in cls._mapping:
            cls._mapping = {"id": Keyword("id"), **cls._mapping}
        for attribute, data_type in cls._mapping.items():
            data_type.attribute = attribute
        cls._routing = routing_rule(cls._meta.get("routing"), cls)
        cls._plain_index = [None]
        if cls.__module__ in _OWN:
            show_fields(cls)
        else:
            warn_of_unused(cls, _UNUSED)
        if _ignores_malformed(cls._meta.get("settings") or {}):
            _keep_malformed(cls._mapping)
        if "_mapping" in cls.__dict__:
            track_attributes(cls)
        start_compiling(cls, Document)

    @compiled(compile_init)
    def __init__(self, **values: Any) -> None: ...

    # Instances

    @classmethod
    def from_dict(cls, **values: Any) -> Self:
        """Return an unsaved instance; the same as calling the class."""
        return cls(**values)

    @compiled(compile_reader)
    @classmethod
    def from_es(cls, hit: Mapping[str, Any]) -> Self:
        """Return the instance of a search hit or of a get's document."""
        raise NotImplementedError

    @classmethod
    def _from_page(cls, hits: list[Any]) -> list[Self]:
        """Return the instances of many hits, faster than one by one."""
        if not is_compiled(cls, "from_es"):
            return list(map(cls.from_es, hits))
        return cls._page(hits)

    @compiled(compile_page_reader)
    @classmethod
    def _page(cls, hits: list[Any]) -> list[Self]:
        raise NotImplementedError

    @compiled(compile_decoder)
    @classmethod
    def _decode(cls, answer: bytes) -> DecodedPage:
        """Return the instances of a search's answer."""
        raise NotImplementedError

    @compiled(compile_writer)
    def _document(self) -> dict[str, Any]:
        """Return the stored form. Values assigned after the constructor are converted, and replaced by the result."""
        raise NotImplementedError

    @compiled(functools.partial(compile_writer, native_dates=True, keeps=True))
    def _native_document(self) -> dict[str, Any]:
        """Return the stored form for a serializer that writes datetimes, and record it in `_seen`."""
        raise NotImplementedError

    @compiled(compile_snapshot)
    def _snapshot(self) -> tuple[Any, ...]:
        """Return the value of `_seen` for the document that `_document` returned last."""
        raise NotImplementedError

    def _compute_id(self) -> str | None:
        """Return the id of a new document; None lets Elasticsearch make one. Models with computed ids override it.

        Called by `create` and `save`, and again by `save` to check that the id has not changed.
        """
        return self.id

    def __reduce_ex__(self, protocol: Any) -> Any:
        whole: Any = type(self)._whole
        return whole.__new__, (whole,), state_of(self)

    def __setstate__(self, state: Any) -> None:
        restored(self, state)

    if TYPE_CHECKING:
        # Generated models say what each join gives.
        def get_joined(self, *args: Any, **named: Any) -> Any: ...
    else:

        def get_joined(self, name):
            """Return the model, or the models, that a join holds. NotLoaded for ids, and for nothing in a required join."""
            return joined_of(self, name)

    # Sorting

    @classmethod
    def get_default_sort(cls) -> list[dict[str, Any]]:
        """Return the default sort of find_by and all: `_meta["sort"]`, else `order` if there is such a field."""
        sort = cls._meta.get("sort") or ([{"order": "asc"}] if "order" in cls._mapping else [])
        return sort_keys(cls, sort) if sort else [{last_key(cls): "asc"}]

    @classmethod
    def prepare_sort(cls, sort: Sort | None = None, stringify: bool = False) -> list[Any]:
        """Return `sort` with a unique last key: the stored id, or `_shard_doc` within a point in time.

        `_uid` in old code means that key. With `stringify`, return `"field:direction"` strings.
        """
        keys = sort_keys(cls, sort)
        return sort_strings(keys) if stringify else keys

    # Output

    def serialize(
        self,
        exclude: Iterable[str] = ("password",),
        depth: int = 0,
        to_str: bool = False,
        flat: bool = False,
    ) -> dict[str, Any]:
        """Return the fields as JSON by attribute, without private fields, `exclude`, and fields that were not fetched.

        depth    the number of levels of joined models that are returned as dicts; deeper ones are ids
        to_str   return a joined model without an id as its object repr
        flat     … as None; otherwise as the model itself
        """
        if exclude.__class__ is not tuple:
            exclude = frozenset([exclude] if isinstance(exclude, str) else exclude)
        show = self._compiled.get(exclude) or shower(type(self)._whole, exclude)
        shown: dict[str, Any] = show(self, depth, to_str, flat)
        return shown

    def __str__(self) -> str:
        try:
            return str(self.serialize(to_str=True))
        except Exception as error:  # noqa: BLE001 - str() must work whatever was assigned
            return f"<{type(self).__name__} that cannot be shown: {type(error).__name__}>"

    def __repr__(self) -> str:
        return object.__repr__(self) + str(self)


def in_use(models: Iterable[type[BaseDocument]]) -> tuple[type[BaseDocument], ...]:
    """The classes, and in the place of those that a class with `replaces=True` replaces that one: `MODELS = in_use(generated.MODELS)`."""
    return tuple(model._replaced_by or model for model in models)


def checked_id(id: Any) -> str:
    """An id as a program gives it, as text. TypeError or ValueError for what no document can have."""
    if isinstance(id, bool) or not isinstance(id, str | int | uuid.UUID):
        raise TypeError(f"an id is a str, not {type(id).__name__}: {id!r}")
    if id == "":
        raise ValueError("an id is not empty")
    return str(id)


def _ignores_malformed(settings: Mapping[str, Any], path: str = "") -> bool:
    """Return whether the index's settings accept malformed values in every field."""
    for key, value in settings.items():
        if f"{path}{key}".removeprefix("index.") == "mapping.ignore_malformed":
            return value in (True, "true")
        if isinstance(value, Mapping) and _ignores_malformed(value, f"{path}{key}."):
            return True
    return False


def _keep_malformed(mapping: Mapping[str, BaseDataType]) -> None:
    for data_type in mapping.values():
        if "ignore_malformed" not in data_type.parameters:
            data_type.keeps_malformed = True
        _keep_malformed(sub_types(data_type))


Document._whole = Document
