"""BaseDocument: what a document has that requests, joins and readers use. Document says how each part comes about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ecgen.elasticsearch.index_patterns import PRIORITY

from .client.cluster import Cluster
from .client.serializers import DecodedPage
from .compile.first_use import fact
from .place import Place
from .typed import Attribute
from .types.base import BaseDataType


def _having(cls: Any, quality: str) -> tuple[str, ...]:
    """Return the attributes whose data types have this quality."""
    return tuple(name for name, part in cls._mapping.items() if getattr(part, quality))


class BaseDocument:
    """The state of a document and the facts of its class."""

    if not TYPE_CHECKING:  # type checkers would not see what may be assigned
        __slots__ = ("_place", "_seen", "_version", "id")

    id: Attribute[str, str | None]
    """The document's id; None until it is saved, although its type when read is `str`."""

    _version: Any
    """For a versioned model the sequence number and primary term when it was read; after a failed save or delete, a Doubt."""

    _place: Place
    """The index and routing of the document if they differ from the class's; otherwise unset."""

    _seen: Any
    """The known stored values, so that an update sends only changes. For a model that was read or saved, a tuple in the
    order of `_stored`; for one made by hand with an id, None or a dict by name: fields that are set and not in it are
    sent; for a new one, the list of attributes that were not given."""

    _mapping: ClassVar[dict[str, BaseDataType]]
    _meta: ClassVar[dict[str, Any]]
    _es_namespace: ClassVar[Cluster]
    _registered_from: ClassVar[type[BaseDocument] | None] = None
    _replaced_by: ClassVar[type[BaseDocument] | None] = None
    _whole: ClassVar[type[BaseDocument]]
    """The model class, also for a hidden subclass (see incomplete.py)."""

    _compiled: ClassVar[dict[Any, Callable[..., Any]]] = {}
    _plain_index: ClassVar[list[str | None]] = [None]
    _routing: ClassVar[Any] = None
    """None, "given", or a function that computes an instance's routing value."""

    # Facts of the class; those without a value here are computed in Document.
    _store_id = fact(lambda cls: bool(cls._meta.get("store_id")))
    _versioned = fact(lambda cls: bool(cls._meta.get("versioned")))
    _required = fact(lambda cls: _having(cls, "required"))
    _stored = fact(lambda cls: tuple(name for name in _having(cls, "stored") if name != "id"))
    _stamped = fact(lambda cls: _having(cls, "auto"))
    """Dates with `auto`."""
    _write_to: ClassVar[str | None] = fact(lambda cls: cls._meta.get("write_to"))
    """For a model whose index is a pattern: the write alias or data stream of new documents, without prefix."""
    _is_stream = fact(lambda cls: "data_stream" in (cls._meta.get("index_template") or {}))
    _joins: ClassVar[Mapping[str, Any]]
    """The joins of `_mapping`."""
    _hooked: ClassVar[tuple[Any, ...]]
    """Data types with an `on_save` of their own."""
    _open_fields: ClassVar[tuple[str, ...]]
    _has_vectors: ClassVar[bool]
    _has_private: ClassVar[bool]

    # Model and its asynchronous twin define them.
    _result_class: ClassVar[Any]
    _next_page: ClassVar[Any]
    _load_joins: ClassVar[Any]

    # Index

    @classmethod
    def get_index(cls) -> str:
        """Return the index name, with the prefixes of the namespace and of the module."""
        return cls._es_namespace.index_prefix + cls.get_doctype()

    @classmethod
    def get_write_index(cls) -> str:
        """Return the name that new documents go to: for a model over a pattern its write alias or data stream, which is also
        the name of its index template; for others the same as `get_index()`."""
        name = cls._write_to
        return cls._es_namespace.index_prefix + name if name else cls.get_index()

    @classmethod
    def get_doctype(cls) -> str:
        """Return the index name without prefix."""
        meta = cls._meta
        name = meta.get("index") or meta.get("_doc_type")
        return name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def get_es_connection(cls) -> Any:
        """Return the object that sends requests for this class."""
        raise NotImplementedError

    @classmethod
    def get_es_mapping(cls) -> dict[str, Any]:
        """Return the properties of the mapping: Elasticsearch's name of each stored field → its type and parameters."""
        return {
            data_type.name: es_type
            for attribute, data_type in cls._mapping.items()
            if (attribute != "id" or cls._store_id) and (es_type := data_type.get_es_type())
        }

    @classmethod
    def get_index_body(cls) -> dict[str, Any]:
        """Return the body of the create-index request: settings, aliases if there are any, and mappings."""
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

    @classmethod
    def get_index_template(cls) -> dict[str, Any]:
        """Return the body of the index template of a model over a pattern, for `put_index_template(name=get_write_index(),
        body=…)`. TypeError for other models."""
        if cls._write_to is None:
            raise TypeError(f"{cls.__name__} has one index, not a pattern: it needs no template")
        options = cls._meta.get("index_template") or {}
        body = {"index_patterns": [cls.get_index()], "priority": PRIORITY, **options}
        return {**body, "template": cls.get_index_body()}

    if TYPE_CHECKING:  # compiled in Document

        def __init__(self, **values: Any) -> None: ...
        @classmethod
        def from_es(cls, hit: Mapping[str, Any]) -> Self: ...
        @classmethod
        def _from_page(cls, hits: list[Any]) -> list[Self]: ...
        @classmethod
        def _decode(cls, answer: bytes) -> DecodedPage: ...
        def _document(self) -> dict[str, Any]: ...
        def _native_document(self) -> dict[str, Any]: ...
        def _snapshot(self) -> tuple[Any, ...]: ...
        def _compute_id(self) -> str | None: ...
        @classmethod
        def get_default_sort(cls) -> list[dict[str, Any]]: ...
        @classmethod
        def prepare_sort(cls, sort: Any = None, stringify: bool = False) -> list[Any]: ...
