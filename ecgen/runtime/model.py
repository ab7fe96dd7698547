"""Model: the base class of generated and hand-written models."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, overload

from .client.connection import DocTypeConnection, run
from .client.primitives import Stream
from .document import Document, checked_id
from .namespace import Namespace, _namespaces
from .requests.bulk import BulkResult, Progress, delete_all_steps, save_all_steps
from .requests.load_joins import load_steps, loaded_steps, multi_get_steps
from .requests.pages import KEEP_ALIVE, next_page_steps, page_steps
from .requests.places import exists_steps, get_steps, or_default_steps, routing_option
from .requests.query import Query, Sort, query_clause, search_arguments
from .requests.save import Refresh, delete_steps, save_steps
from .requests.scan import check_keep_alive, scan
from .requests.selection import options_of, read_hit, selection_of, source_option
from .result import OnError, Result, check_on_error

if TYPE_CHECKING:
    from elasticsearch.dsl import Search

__all__ = ["Model"]

D = TypeVar("D")
M = TypeVar("M", bound="Model")


class Model(Document):
    """A document of one index.

    A subclass lists its fields in `_mapping` (attribute → data type) and in `_meta` where they are kept: `index` (or
    `_doc_type`, its old name), and optionally `sort`, `settings`, `aliases`, `dynamic`, `mappings` (what else stands
    beside the properties), `store_id` (whether the id is a field, too; False where it is not said) and `versioned`. With
    `__slots__` naming the fields instances are small; without, they work as well.

    `_meta["routing"]` says how documents are routed: a field's name, a template (`"{tenant|lower}-{year}"`), or `given`: the
    constructor and `create` then take it as `routing`.

    Values go through the data types' `from_python` in the constructor; unknown keywords are a TypeError.
    """

    __slots__ = ()

    _es_namespace: ClassVar[Namespace] = _namespaces["_default"]
    _es_connection: ClassVar[DocTypeConnection | None] = None

    # Where it is kept.

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
    def refresh(cls) -> None:
        """Make every write to the index visible to searches."""
        cls.get_es_connection().indices.refresh()

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
        model = cls(*args, **values)
        if refresh is None or "refresh" not in inspect.signature(cls._create).parameters:
            # An override may have the original's signature, `_create(cls, model)`.
            made = cls._create(model)
            if refresh:
                cls.refresh()
            return made
        return cls._create(model, refresh=refresh)

    @classmethod
    def _create(cls, model: M, refresh: Refresh = None) -> M:
        """Save `model` as a new document, whether it has an id or not."""
        run(save_steps([model], create=True, refresh=refresh))
        return model

    def save(
        self,
        refresh: Refresh = None,
        *,
        update_fields: Iterable[str] | None = None,
        overwrite: bool = False,
    ) -> Self:
        """Write the document: a new one without an id, an update with one.

        Joined models that have no id yet are saved with it, each once; those that have one are left alone.

        update_fields  of a stored document: write these fields, whether or not they changed, and no other
        overwrite      write it whether or not it is there: the fields that were given or assigned where it is, all of it where
                       it is not. Not for models that are versioned, fetched in part, or without an id of their own

        Raises elasticsearch.NotFoundError if the document is gone, IntegrityError, before anything is sent, if the
        computed id is no longer this one, and elasticsearch.ConflictError for a versioned model that was changed since it was read. An
        exception says in a note, and in its attribute `cascade`, what was and was not written.
        """
        run(save_steps([self], False, refresh, update_fields, overwrite))
        return self

    def delete(self, refresh: Refresh = None) -> None:
        """Delete the document. elasticsearch.NotFoundError if there is none, IntegrityError for a model never saved."""
        run(delete_steps(self, refresh))

    @staticmethod
    def save_all(
        models: Stream[Document],
        chunk_size: int = 2000,
        refresh: Refresh = None,
        progress: Progress | bool | None = None,
        threads: int = 2,
        *,
        overwrite: bool = False,
    ) -> BulkResult:
        """Save many models, of one class or several, with a bulk request for each `chunk_size` of them.

        As `save()`: new ones are created, those with an id updated, unsaved joined models come first. A document that fails
        keeps none of the others; the BulkResult has each failure with its reason, and
        `raise_failures()`. `models` may be an endless generator: only `threads` + 1 chunks are held at a time.

        progress   called as requests are answered, with the BulkResult so far; True draws a bar where stderr is a terminal
        threads    how many requests may be under way at a time
        overwrite  as of `save`

        An exception, of the generator or an interrupt, has the BulkResult in its attribute `bulk`, with what was taken and
        not written in `unwritten`. Those models can be saved again, and none becomes a second document.
        """
        return run(save_all_steps(models, chunk_size, refresh, progress, threads, overwrite))

    @staticmethod
    def delete_all(
        models: Stream[Document],
        chunk_size: int = 2000,
        refresh: Refresh = None,
        progress: Progress | bool | None = None,
        threads: int = 2,
    ) -> BulkResult:
        """Delete the documents of many models, as `save_all` saves them. One that is gone already is a failure."""
        return run(delete_all_steps(models, chunk_size, refresh, progress, threads))

    # Reading.

    @overload
    @classmethod
    def get(  # type: ignore[overload-overlap]
        cls: type[M], id: str, *, routing: str | None = None, source: Sequence[str] | None = None
    ) -> M: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    @classmethod
    def get(
        cls: type[M],
        id: str,
        *,
        routing: str | None = None,
        source: Sequence[str] | None = None,
        default: D,
    ) -> M | D: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    @classmethod
    def get(
        cls: type[M],
        id: Iterable[str],
        *,
        routing: str | None = None,
        on_error: OnError = "raise",
        source: Sequence[str] | None = None,
    ) -> Result[M]: ...
    @classmethod
    def get(
        cls: type[M],
        id: str | Iterable[str],
        *,
        routing: str | None = None,
        on_error: OnError = "raise",
        default: Any = ...,
        source: Sequence[str] | None = None,
    ) -> Any:
        """The model of an id, or a Result of those of several ids in the order asked.

        routing   of models that are routed: without it the ids are searched for, which sees what was refreshed
        on_error  of documents that cannot be read, as in `find_by`
        default   what to return for one id that is not there, instead of raising
        source    the fields to fetch, as in `find_by`

        elasticsearch.NotFoundError for one id that is not there; of several, they are in the Result's `missing`.
        IntegrityError where an id is there twice.
        """
        shown = {} if source is None else source_option(cls, source)
        if isinstance(id, str | int | bytes):
            steps = get_steps(cls, checked_id(id), routing, shown)
            if default is not ...:
                steps = or_default_steps(steps)
            found = run(steps)
            return default if found is None else read_hit(cls, found, selection_of(cls, shown))
        ids = [checked_id(one) for one in id]
        docs = run(multi_get_steps(cls, ids, routing=routing, shown=shown))
        return Result({"docs": docs}, cls, "mget", {"ids": ids, **shown}, on_error=on_error)

    @classmethod
    def exists(cls, id: str, *, routing: str | None = None) -> bool:
        """Whether there is a document of that id; `routing` as in `get`."""
        return run(exists_steps(cls, checked_id(id), routing))

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
        on_error      of documents that cannot be read: "raise"; "skip" leaves them out and notes them in the Result's
                      `failures`; or a function, which is called with each besides
        refresh       True: make every write visible first
        routing       look only where documents of this routing value are
        source        fetch these fields only, as `["name", "size.width", "price*"]`. What was not fetched is NotFetched when it
                      is read, and is never written
        fields        field=value. Keywords, numbers, dates, booleans and joins match exactly, text all its words; a list
                      matches any of its members, None an absent field, a model its id. A field named like one of the
                      parameters above is asked with a trailing underscore (`size_=3`)

        Nothing given finds everything. TypeError for an unknown field, ValueError for a value that it cannot hold.
        """
        _refuse_positional("find_by", args)
        on_error = check_on_error(fields.pop("on_error", "raise"), cls)
        refresh = fields.pop("refresh", False)
        options = options_of(cls, fields, load)
        arguments = search_arguments(cls, size, sort, search_after, query, fields) | options
        if refresh:
            cls.refresh()
        return run(loaded_steps(page_steps(cls, arguments, load, on_error)))

    @classmethod
    def all(cls: type[M], size: int = 100, sort: Sort | None = None) -> Result[M]:
        """The first `size` documents in the order of `sort`; `Result.search_after()` gives the next."""
        return run(page_steps(cls, search_arguments(cls, size, sort, None, None, {})))

    @staticmethod
    def _next_page(result: Result[Any]) -> Result[Any]:
        """How `Result.search_after()` fetches."""
        return run(loaded_steps(next_page_steps(result)))

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

        size          how many are fetched at a time
        sort          an order; without one they come as they lie, which is fastest
        keep_alive    how long the point in time that it reads from is kept from one page to the next: "5m"
        search_after  sort values to go on after, in the order of a sort

        The others as in `find_by`. The point in time is closed when the loop ends, breaks or fails.
        """
        _refuse_positional("scan", args)
        on_error = check_on_error(fields.pop("on_error", "raise"), cls)
        keep_alive = check_keep_alive(fields.pop("keep_alive", KEEP_ALIVE), cls)
        search_after = fields.pop("search_after", None)
        if size < 1:
            raise ValueError(f"size is at least 1 for a scan, not {size}")
        if search_after is not None and not sort:
            raise ValueError(
                "search_after goes on in the order of a sort; give the scan the same sort"
            )
        options = options_of(cls, fields, load)
        arguments = search_arguments(cls, size, sort, search_after, query, fields) | options
        if not sort:
            arguments["sort"] = [{"_shard_doc": "asc"}]
        return scan(cls, arguments, load, on_error, keep_alive)

    @classmethod
    def count(cls, query: Query | None = None, *args: Any, **fields: Any) -> int:
        """How many documents match, exactly. The arguments are those of `find_by`."""
        _refuse_positional("count", args)
        routing = routing_option(cls, fields)
        clause = query_clause(cls, query, fields)
        return int(cls.get_es_connection().call("count", {"query": clause, **routing})["count"])

    @classmethod
    def search(cls) -> Search[Self]:
        """elasticsearch.dsl's Search over the index of this model, whose hits are models: its query language, aggregations,
        highlighting, collapse, suggesters and knn. `execute()` gives a response whose `as_result()` is a Result.
        """
        from .search import search_of

        search: Search[Self] = search_of(cls)
        return search

    # Joins.

    def load(self, *names: str) -> Self:
        """Load joined models, with one request for each index that is joined; returns self.

        names   joins to load, as `"maker"` or `"reviews.author"`; without any, all but the loose ones without lazy_load

        A target that is gone becomes None, or is left out of a list. What is loaded already stays.
        """
        self._load_joins([self], names)
        return self

    @staticmethod
    def _load_joins(models: Sequence[Document], names: Sequence[str]) -> None:
        """How models and Results load."""
        run(load_steps(models, names))

    def _lazy_load(self) -> Self:
        """`load()` of all joins, under its old name."""
        return self.load()

    def _load_one(self, name: str) -> Any:
        """Load one join and return what it then holds; for `BaseDataType.lazy_load`."""
        self.load(name)
        return getattr(self, name)


def _refuse_positional(method: str, args: Sequence[Any]) -> None:
    # `*args` is in the signatures because type checkers then accept generated overrides with narrower keywords.
    if args:
        raise TypeError(f"{method}() takes fields by keyword only")
