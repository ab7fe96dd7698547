"""Model: the base class of generated and hand-written models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar, overload

from .attributes import track_attributes
from .bulk import BulkResult, Progress, delete_all_steps, save_all_steps
from .compiled import compile_init, compile_reader, compile_writer
from .connection import DocTypeConnection, run
from .data_types import BaseDataType, Keyword
from .loading import load_steps, multi_get_steps
from .namespace import Namespace, _namespaces
from .paging import page_steps, scan
from .planning import open_fields
from .queries import Query, Sort, last_key, query_clause, search_arguments, sort_keys, sort_strings
from .result import Result
from .saving import Refresh, delete_steps, save_steps

__all__ = ["Model"]

M = TypeVar("M", bound="Model")

_COMPILERS: Mapping[str, Callable[[type[Any]], Callable[..., Any]]] = {
    "__init__": compile_init,
    "from_es": compile_reader,
    "_document": compile_writer,
}
"""Methods that are compiled for a class when it first needs them, and take their place on it."""


class Model:
    """A document of one index.

    A subclass lists its fields in `_mapping` (attribute → data type) and in `_meta` where they are kept: `index` (or
    `_doc_type`, its old name), and optionally `sort`, `settings`, `aliases`, `dynamic`, `mappings` (what else stands
    beside the properties), `store_id` (whether the id is a field, too; False where it is not said) and `versioned`. With
    `__slots__` naming the fields instances are small; without, they work as well.

    Values go through the data types' `from_python` in the constructor; unknown keywords are a TypeError.
    """

    __slots__ = ("_version", "id")

    id: str | None
    """The document's id; None until it is saved."""

    _version: Any
    """Of a versioned model the sequence number and primary term it was read with; after a failed save, a Doubt."""

    _mapping: ClassVar[dict[str, BaseDataType]] = {"id": Keyword("id")}
    _meta: ClassVar[dict[str, Any]] = {"_doc_type": "model"}

    _es_namespace: ClassVar[Namespace] = _namespaces["_default"]
    _es_connection: ClassVar[DocTypeConnection | None] = None
    _registered_from: ClassVar[type[Model] | None] = None

    # Kept by __init_subclass__, so that a request need not look them up.
    _store_id: ClassVar[bool] = False
    _versioned: ClassVar[bool] = False
    _required: ClassVar[tuple[str, ...]] = ()
    _open_fields: ClassVar[tuple[str, ...]] = ()
    _compiled: ClassVar[dict[str, Callable[..., Any]]] = {}
    _placed: ClassVar[frozenset[str]] = frozenset(_COMPILERS)
    """Which of them the class has from here, not from a person."""
    _pinned: ClassVar[frozenset[str]] = frozenset(_COMPILERS)
    """Which of them must not be replaced by compiled ones, since subclasses call them."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "id" not in cls._mapping:
            cls._mapping = {"id": Keyword("id"), **cls._mapping}
        for attribute, data_type in cls._mapping.items():
            data_type.attribute = attribute
        cls._store_id = bool(cls._meta.get("store_id"))
        cls._versioned = bool(cls._meta.get("versioned"))
        cls._required = tuple(
            name for name, data_type in cls._mapping.items() if data_type.required
        )
        cls._open_fields = open_fields(cls._mapping)
        if "_mapping" in cls.__dict__:
            track_attributes(cls)
        _place_methods(cls)

    def __init__(self, **values: Any) -> None:
        _method(type(self), "__init__")(self, **values)

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
    def get_es_connection(cls) -> DocTypeConnection:
        """The client bound to this class's index; a new one where the namespace or its prefix has changed."""
        connection = cls.__dict__.get("_es_connection")
        namespace, index = cls._es_namespace, cls.get_index()
        if (
            connection is None
            or connection.es is not namespace.get_es()
            or connection.index_name != index
        ):
            connection = DocTypeConnection(cls, namespace, index, cls.get_doctype())
            cls._es_connection = connection
        return connection

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

    @classmethod
    def refresh(cls) -> None:
        """Make every write to the index visible to searches."""
        cls.get_es_connection().indices.refresh()

    # Making instances.

    @classmethod
    def from_dict(cls, **values: Any) -> Self:
        """An unsaved instance; the same as calling the class."""
        return cls(**values)

    @classmethod
    def from_es(cls, hit: Mapping[str, Any]) -> Self:
        """The instance that a hit of a search, or a document of a get, stands for."""
        return _method(cls, "from_es")(hit)  # type: ignore[no-any-return]

    def _document(self) -> dict[str, Any]:
        """What is stored. Values assigned since the constructor ran are fitted to their types, and kept so."""
        return _method(type(self), "_document")(self)  # type: ignore[no-any-return]

    def _compute_id(self) -> str | None:
        """The id of a new document; None lets Elasticsearch make one. Models with ids of their own override it.

        Called by `create` and `save`, and again by `save` to see that the id did not change.
        """
        return self.id

    # Writing.

    @classmethod
    def create(cls, *args: Any, **values: Any) -> Self:
        """Make an instance and save it as a new document.

        refresh   True: searches see it when this returns; "wait_for": wait until they do

        Raises elasticsearch.ConflictError if a document of that id exists, IntegrityError where the id cannot be
        computed or a required value is missing, ValueError for values that a field cannot hold. An exception says in a
        note, and in its attribute `cascade`, what was written of the models that are joined.
        """
        refresh = values.pop("refresh", None)
        if "refresh" in cls._mapping and "refresh_" in values:
            values["refresh"] = values.pop("refresh_")
        return cls._create(cls(*args, **values), refresh=refresh)

    @classmethod
    def _create(cls, model: M, refresh: Refresh = None) -> M:
        """Save `model` as a new document, whether it has an id or not."""
        run(save_steps([model], create=True, refresh=refresh))
        return model

    def save(self, refresh: Refresh = None) -> Self:
        """Write the document: a new one without an id, an update with one.

        Joined models that have no id yet are saved with it, each once; those that have one are left alone.

        Raises elasticsearch.NotFoundError if the document is gone, IntegrityError, before anything is sent, if the
        computed id is no longer this one, and elasticsearch.ConflictError for a versioned model that was changed since it was read. An
        exception says in a note, and in its attribute `cascade`, what was and was not written.
        """
        run(save_steps([self], create=False, refresh=refresh))
        return self

    def delete(self, refresh: Refresh = None) -> None:
        """Delete the document. elasticsearch.NotFoundError if there is none, IntegrityError for a model never saved."""
        run(delete_steps(self, refresh))

    @staticmethod
    def save_all(
        models: Iterable[Model],
        chunk_size: int = 2000,
        refresh: Refresh = None,
        progress: Progress | None = None,
    ) -> BulkResult:
        """Save many models, of one class or several, with a bulk request for each `chunk_size` of them.

        As `save()`: new ones are created, those with an id updated, unsaved joined models come first. A document that fails
        keeps none of the others; the BulkResult has each failure with its reason, and
        `raise_failures()`. `models` may be an endless generator: only a chunk is held at a time.
        """
        return run(save_all_steps(models, chunk_size, refresh, progress))

    @staticmethod
    def delete_all(
        models: Iterable[Model],
        chunk_size: int = 2000,
        refresh: Refresh = None,
        progress: Progress | None = None,
    ) -> BulkResult:
        """Delete the documents of many models, as `save_all` saves them. One that is gone already is a failure."""
        return run(delete_all_steps(models, chunk_size, refresh, progress))

    # Reading.

    @overload
    @classmethod
    def get(cls: type[M], id: str) -> M: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
    @overload
    @classmethod
    def get(cls: type[M], id: Iterable[str]) -> Result[M]: ...
    @classmethod
    def get(cls: type[M], id: str | Iterable[str]) -> M | Result[M]:
        """The model of an id, or a Result of those of several ids in the order asked.

        elasticsearch.NotFoundError for one id that is not there; of several, they are in the Result's `missing`.
        """
        if isinstance(id, str | int):
            return cls.from_es(cls.get_es_connection().call("get", {"id": str(id)}))
        ids = [str(one) for one in id]
        docs = run(multi_get_steps(cls, ids))
        return Result({"docs": docs}, cls, "mget", {"ids": ids})

    @classmethod
    def find_by(
        cls: type[M],
        size: int = 100,
        sort: Sort | None = None,
        search_after: Sequence[Any] | None = None,
        query: Query | None = None,
        load: Sequence[str] = (),
        *args: Any,
        **fields: Any,
    ) -> Result[M]:
        """The documents whose fields match, a page of them.

        size          how many at most; Elasticsearch gives 10,000 in one page
        sort          `[{"created": "desc"}]`; a unique last key is appended. Default: get_default_sort()
        search_after  sort values to continue after; `Result.search_after()` does it for you
        query         a query string, or a query of Elasticsearch's own as a dict
        load          joins to load with the page, as `["maker", "reviews.author"]`
        refresh       True: make every write visible first
        fields        field=value. Keywords, numbers, dates, booleans and joins match exactly, text all its words; a list
                      matches any of its members, None an absent field, a model its id. A field named like one of the
                      parameters above is asked with a trailing underscore (`size_=3`)

        Nothing given finds everything. TypeError for an unknown field, ValueError for a value that it cannot hold.
        """
        _refuse_positional("find_by", args)
        refresh = fields.pop("refresh", False)
        arguments = search_arguments(cls, size, sort, search_after, query, fields)
        if refresh:
            cls.refresh()
        return run(page_steps(cls, arguments, load))

    @classmethod
    def all(cls: type[M], size: int = 100, sort: Sort | None = None) -> Result[M]:
        """The first `size` documents in the order of `sort`; `Result.search_after()` gives the next."""
        return run(page_steps(cls, search_arguments(cls, size, sort, None, None, {})))

    @classmethod
    def scan(
        cls: type[M],
        size: int = 1000,
        sort: Sort | None = None,
        query: Query | None = None,
        load: Sequence[str] = (),
        *args: Any,
        **fields: Any,
    ) -> Iterator[M]:
        """Every match, one after the other, as the index was when the scan began.

        size   how many are fetched at a time
        sort   an order; without one they come as they lie, which is fastest

        The others as in `find_by`. The point in time that it reads from is closed when the loop ends, breaks or fails.
        """
        _refuse_positional("scan", args)
        arguments = search_arguments(cls, size, sort, None, query, fields)
        if not sort:
            arguments["sort"] = [{"_shard_doc": "asc"}]
        return scan(cls, arguments, load)

    @classmethod
    def count(cls, query: Query | None = None, *args: Any, **fields: Any) -> int:
        """How many documents match, exactly. The arguments are those of `find_by`."""
        _refuse_positional("count", args)
        clause = query_clause(cls, query, fields)
        return int(cls.get_es_connection().call("count", {"query": clause})["count"])

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

    # Joins.

    def load(self, *names: str) -> Self:
        """Load joined models, with one request for each index that is joined; returns self.

        names   joins to load, as `"maker"` or `"reviews.author"`; without any, all but the loose ones without lazy_load

        A target that is gone becomes None, or is left out of a list. What is loaded already stays.
        """
        run(load_steps([self], names))
        return self

    def _lazy_load(self) -> Self:
        """`load()` of all joins, under its old name."""
        return self.load()

    # Showing.

    def serialize(
        self,
        exclude: Iterable[str] = ("password",),
        depth: int = 0,
        to_str: bool = False,
        flat: bool = False,
    ) -> dict[str, Any]:
        """The fields as JSON, by attribute; private ones are left out besides `exclude`.

        depth    joined models are given as dicts so many levels deep, and as ids below
        to_str   a joined model without an id is given as its object repr
        flat     … as None; otherwise it is given as it is
        """
        shown = {}
        for attribute, data_type in self._mapping.items():
            if attribute not in exclude and not data_type.private:
                value = getattr(self, attribute, None)
                shown[attribute] = data_type.serialize(value, depth=depth, to_str=to_str, flat=flat)
        return shown

    def __str__(self) -> str:
        try:
            return str(self.serialize(to_str=True))
        except Exception as error:  # noqa: BLE001 - whatever was assigned, it can be looked at
            return f"<{type(self).__name__} that cannot be shown: {type(error).__name__}>"

    def __repr__(self) -> str:
        return object.__repr__(self) + (str(self) if getattr(self, "id", None) else "")


def _refuse_positional(method: str, args: Sequence[Any]) -> None:
    # `*args` is in the signatures because type checkers then accept generated overrides with narrower keywords.
    if args:
        raise TypeError(f"{method}() takes fields by keyword only")


# Compiled methods. A class starts with Model's own, which compile and step aside.


def _method(cls: type[Model], method: str) -> Callable[..., Any]:
    """The function that is compiled for `cls`; from the first call on it stands on the class itself, where it may."""
    function = cls._compiled.get(method)
    if function is None:
        function = cls._compiled[method] = _COMPILERS[method](cls)
        if method in cls._placed and method not in cls._pinned:
            setattr(cls, method, staticmethod(function) if method == "from_es" else function)
    return function


def _place_methods(cls: type[Model]) -> None:
    """See that `cls` does not inherit what was compiled for another class, nor loses what a person wrote."""
    placed = set()
    for method in _COMPILERS:
        if method in cls.__dict__:
            # It may call super(), and must then not meet what is compiled for the parent's fields.
            for base in cls.__mro__[1:]:
                if method in base.__dict__.get("_placed", ()) and base is not Model:
                    setattr(base, method, Model.__dict__[method])
                    base._pinned |= {method}  # type: ignore[attr-defined]
            continue
        provider = next(base for base in cls.__mro__ if method in base.__dict__)
        if method in provider.__dict__.get("_placed", ()):
            setattr(cls, method, Model.__dict__[method])
            placed.add(method)
    cls._placed, cls._pinned, cls._compiled = frozenset(placed), frozenset(), {}
