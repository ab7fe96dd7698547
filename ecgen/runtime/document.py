"""Document: all of a model that needs no server, the same for blocking and asynchronous ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from .client.cluster import Cluster
from .compile.attributes import track_attributes
from .compile.first_use import compiled, is_compiled, start_compiling
from .compile.functions import compile_init, compile_writer
from .compile.reader import compile_page_reader, compile_reader
from .compile.shower import shower
from .compile.snapshot import compile_snapshot
from .compile.state import restored, state_of
from .errors import warn_of_unused
from .ids import routing_rule
from .joins import joined_of
from .requests.places import Place
from .requests.plan import open_fields
from .requests.private_values import holds_private
from .requests.query import Sort, last_key, sort_keys, sort_strings, sub_types
from .requests.vectors import holds_vectors
from .signatures import show_fields
from .typed import Attribute
from .types.base import BaseDataType
from .types.strings import Keyword

__all__ = ["Document"]

_UNUSED = {
    "post_save": "is never called: a save is planned before it starts; a data type's `on_save` is called",
    "serialize": "is called to show a model, not to store it: override `_document` for that",
    "_lazy_load": "is called by nobody but the program: joins are loaded for many models at a time",
}
"""Methods of the original whose overrides are not called, or not for all that they were."""

_OWN = ("ecgen.runtime.model", "ecgen.runtime.aio.model")


class Document:
    """A document of one index, without what sends requests.

    What a subclass lists in `_mapping` and `_meta` is written at Model.
    """

    if not TYPE_CHECKING:  # type checkers would not see what may be assigned
        __slots__ = ("_place", "_seen", "_version", "id")

    id: Attribute[str, str | None]
    """The document's id; None until it is saved, which types leave out."""

    _version: Any
    """Of a versioned model the sequence number and primary term it was read with; after a failed save, a Doubt."""

    _place: Place
    """Where the document is, if that is not where the class says; unset otherwise."""

    _seen: Any
    """What is known to be stored, so that an update need send no more than what changed: of a model that was read or saved a
    tuple, in the order of `_stored`. Of one that was made by hand with an id, None or a dict by name: what is set and not in it
    is sent. Of a new one, the list of attributes that it was not given."""

    _mapping: ClassVar[dict[str, BaseDataType]] = {"id": Keyword("id")}
    _meta: ClassVar[dict[str, Any]] = {"_doc_type": "model"}

    _es_namespace: ClassVar[Cluster]
    _registered_from: ClassVar[type[Document] | None] = None
    _compiled: ClassVar[dict[Any, Callable[..., Any]]] = {}
    _whole: ClassVar[type[Document]]
    """The class itself, also of a hidden one (see incomplete.py)."""

    # How a Result fetches: Model and its asynchronous twin have one each.
    _next_page: ClassVar[Any]
    _load_joins: ClassVar[Any]

    # Kept by __init_subclass__, so that a request need not look them up.
    _store_id: ClassVar[bool] = False
    _versioned: ClassVar[bool] = False
    _required: ClassVar[tuple[str, ...]] = ()
    _stored: ClassVar[tuple[str, ...]] = ()
    _stamped: ClassVar[tuple[str, ...]] = ()
    """Dates with `auto`."""
    _open_fields: ClassVar[tuple[str, ...]] = ()
    _has_vectors: ClassVar[bool] = False
    _routing: ClassVar[Any] = None
    """None, "given", or a function that computes the routing of an instance."""
    _plain_index: ClassVar[list[str | None]] = [None]
    _has_private: ClassVar[bool] = False

    def __init_subclass__(cls, hidden: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        if hidden:
            return
        cls._whole = cls
        if "id" not in cls._mapping:
            cls._mapping = {"id": Keyword("id"), **cls._mapping}
        for attribute, data_type in cls._mapping.items():
            data_type.attribute = attribute
        cls._store_id = bool(cls._meta.get("store_id"))
        cls._versioned = bool(cls._meta.get("versioned"))
        cls._required = tuple(
            name for name, data_type in cls._mapping.items() if data_type.required
        )
        cls._stored = tuple(
            name for name, data_type in cls._mapping.items() if data_type.stored and name != "id"
        )
        cls._stamped = tuple(name for name, data_type in cls._mapping.items() if data_type.auto)
        cls._open_fields = open_fields(cls._mapping)
        cls._has_vectors = holds_vectors(cls)
        cls._routing = routing_rule(cls._meta.get("routing"), cls)
        cls._plain_index = [None]
        cls._has_private = holds_private(cls._mapping)
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

    # Where it is kept.

    @classmethod
    def get_index(cls) -> str:
        """The name of the index, with the prefixes of its namespace and of the module."""
        return cls._es_namespace.index_prefix + cls.get_doctype()

    @classmethod
    def get_doctype(cls) -> str:
        """The name of the index without prefix."""
        meta = cls._meta
        name = meta.get("index") or meta.get("_doc_type")
        return name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def get_es_connection(cls) -> Any:
        """What sends the requests for this class."""
        raise NotImplementedError

    @classmethod
    def get_es_mapping(cls) -> dict[str, Any]:
        """The properties of the mapping: Elasticsearch's name of each stored field → its type and parameters."""
        return {
            data_type.name: es_type
            for attribute, data_type in cls._mapping.items()
            if (attribute != "id" or cls._store_id) and (es_type := data_type.get_es_type())
        }

    @classmethod
    def get_index_body(cls) -> dict[str, Any]:
        """The body that creates the index: settings, aliases if there are any, and mappings."""
        meta = cls._meta
        body: dict[str, Any] = {"settings": meta.get("settings") or {}}
        if meta.get("aliases"):
            body["aliases"] = meta["aliases"]
        options = {} if meta.get("dynamic") is None else {"dynamic": meta["dynamic"]}
        properties = cls.get_es_mapping()
        body["mappings"] = {
            **options,
            **(meta.get("mappings") or {}),
            **({"properties": properties} if properties else {}),
        }
        return body

    # Making instances.

    @classmethod
    def from_dict(cls, **values: Any) -> Self:
        """An unsaved instance; the same as calling the class."""
        return cls(**values)

    @compiled(compile_reader)
    @classmethod
    def from_es(cls, hit: Mapping[str, Any]) -> Self:
        """The instance that a hit of a search, or a document of a get, stands for."""
        raise NotImplementedError

    @classmethod
    def _from_page(cls, hits: Iterable[Mapping[str, Any]]) -> list[Self]:
        """The instances of many hits, faster than one by one."""
        if not is_compiled(cls, "from_es"):
            return list(map(cls.from_es, hits))
        return cls._page(hits)

    @compiled(compile_page_reader)
    @classmethod
    def _page(cls, hits: Iterable[Mapping[str, Any]]) -> list[Self]:
        raise NotImplementedError

    @compiled(compile_writer)
    def _document(self) -> dict[str, Any]:
        """What is stored. Values assigned since the constructor ran are fitted to their types, and kept so."""
        raise NotImplementedError

    @compiled(compile_snapshot)
    def _snapshot(self) -> tuple[Any, ...]:
        """What `_seen` holds once what `_document` just gave is stored."""
        raise NotImplementedError

    @classmethod
    def _compiles_document(cls) -> bool:
        """Whether `_document` is the compiled one, not one that a person wrote."""
        return is_compiled(cls, "_document")

    def _compute_id(self) -> str | None:
        """The id of a new document; None lets Elasticsearch make one. Models with ids of their own override it.

        Called by `create` and `save`, and again by `save` to see that the id did not change.
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
            """The model, or the list of models, that a join holds. NotLoaded where it holds ids, or where a join that is required
            holds nothing."""
            return joined_of(self, name)

    # Sorting.

    @classmethod
    def get_default_sort(cls) -> list[dict[str, Any]]:
        """The sort of find_by and all where none is given: `_meta["sort"]`, else `order` if there is such a field."""
        sort = cls._meta.get("sort") or ([{"order": "asc"}] if "order" in cls._mapping else [])
        return sort_keys(cls, sort) if sort else [{last_key(cls): "asc"}]

    @classmethod
    def prepare_sort(cls, sort: Sort | None = None, stringify: bool = False) -> list[Any]:
        """`sort` with a unique last key: the stored id, or `_shard_doc`, which a point in time knows.

        `_uid` in old code means that key. `stringify` gives `"field:direction"` strings.
        """
        keys = sort_keys(cls, sort)
        return sort_strings(keys) if stringify else keys

    # Showing.

    def serialize(
        self,
        exclude: Iterable[str] = ("password",),
        depth: int = 0,
        to_str: bool = False,
        flat: bool = False,
    ) -> dict[str, Any]:
        """The fields as JSON, by attribute; private ones are left out besides `exclude`, and those that were not fetched.

        depth    joined models are given as dicts so many levels deep, and as ids below
        to_str   a joined model without an id is given as its object repr
        flat     … as None; otherwise it is given as it is
        """
        if exclude.__class__ is not tuple:
            exclude = frozenset([exclude] if isinstance(exclude, str) else exclude)
        show = self._compiled.get(exclude) or shower(type(self)._whole, exclude)
        shown: dict[str, Any] = show(self, depth, to_str, flat)
        return shown

    def __str__(self) -> str:
        try:
            return str(self.serialize(to_str=True))
        except Exception as error:  # noqa: BLE001 - whatever was assigned, it can be looked at
            return f"<{type(self).__name__} that cannot be shown: {type(error).__name__}>"

    def __repr__(self) -> str:
        return object.__repr__(self) + str(self)


def checked_id(id: Any) -> str:
    """An id as a program gives it, as text. TypeError or ValueError for what no document can have."""
    if isinstance(id, bool) or not isinstance(id, str | int):
        raise TypeError(f"an id is a str, not {type(id).__name__}: {id!r}")
    if id == "":
        raise ValueError("an id is not empty")
    return str(id)


def _ignores_malformed(settings: Mapping[str, Any]) -> bool:
    """Whether the index's settings let values into every field that it cannot hold."""
    for key, value in settings.items():
        if key == _MALFORMED or _INDEX + key == _MALFORMED:
            return value in (True, "true")
        if isinstance(value, Mapping) and _ignores_malformed(
            {f"{key}.{name}": part for name, part in value.items()}
        ):
            return True
    return False


_INDEX, _MALFORMED = "index.", "index.mapping.ignore_malformed"


def _keep_malformed(mapping: Mapping[str, BaseDataType]) -> None:
    for data_type in mapping.values():
        if "ignore_malformed" not in data_type.parameters:
            data_type.keeps_malformed = True
        _keep_malformed(sub_types(data_type))


Document._whole = Document
