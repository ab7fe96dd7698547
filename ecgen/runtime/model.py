"""Model: the base class of generated and hand-written models."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, overload

from .client.connection import DocTypeConnection, run
from .client.primitives import Stream
from .document import Document, checked_id
from .errors import whole_number
from .namespace import Namespace, _namespaces
from .requests.bulk import BulkDelete
from .requests.bulk_results import BulkResult, Progress
from .requests.bulk_save import BulkSave
from .requests.by_id import exists_steps, get_steps, multi_get_steps, or_default_steps
from .requests.in_hand import OnFailure
from .requests.load_joins import load_steps, loaded_steps
from .requests.pages import KEEP_ALIVE, next_page_steps, page_steps, search_arguments
from .requests.places import routed, routing_option
from .requests.query import Query, query_clause
from .requests.save import Refresh, delete_steps, save_steps
from .requests.scan import check_keep_alive, scan
from .requests.selection import read_hit, selection_of, source_option
from .requests.sorting import Sort
from .result import OnError, Result, check_on_error

if TYPE_CHECKING:
    from elasticsearch.dsl import Search

D = TypeVar("D")
M = TypeVar("M", bound="Model")


class Model(Document):
    """A document of one index.

    A subclass lists its fields in `_mapping` (attribute → data type), and its index in `_meta`: `index` (or `_doc_type`, its
    old name), and optionally `sort`, `settings`, `aliases`, `dynamic`, `mappings` (the mapping's keys beside `properties`),
    `store_id` (whether the id is also a field; False by default) and `versioned`. `__slots__` with the field names makes
    instances smaller, but is optional.

    `_meta["routing"]` is the rule for routing values: a field's name, a template (`"{tenant|lower}-{year}"`), or `given`: the
    constructor and `create` then have a keyword `routing`.

    The constructor converts values with the data types' `from_python`; an unknown keyword is a TypeError.
    """

    __slots__ = ()

    _es_namespace: ClassVar[Namespace] = _namespaces["_default"]
    _es_connection: ClassVar[DocTypeConnection | None] = None
    _result_class = Result

    # Index and connection

    @classmethod
    def get_es_connection(cls) -> DocTypeConnection:
        """Return the client bound to this class's index; a new one if the namespace or its prefix has changed."""
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
        """Make all writes to the index visible to searches."""
        cls.get_es_connection().indices.refresh(index=cls.get_index())

    # Writing

    @classmethod
    def create(cls, *args: Any, **values: Any) -> Self:
        """Make an instance and save it as a new document.

        refresh   True: it is visible to searches when this returns; "wait_for": wait for the next refresh

        Raises elasticsearch.ConflictError if a document with that id exists, IntegrityError if the id cannot be computed or a
        required value is missing, and ValueError for values that a field cannot hold. The exception has a note, and an attribute
        `cascade`, with the outcome of each joined model.
        """
        refresh = values.pop("refresh", None)
        if "refresh" in cls._mapping and "refresh_" in values:
            values["refresh"] = values.pop("refresh_")
        model = cls(*args, **values)
        if refresh is None or "refresh" not in inspect.signature(cls._create).parameters:
            # An override may have elastic_connect's signature, `_create(cls, model)`.
            made = cls._create(model)
            if refresh:
                cls.refresh()
            return made
        return cls._create(model, refresh=refresh)

    @classmethod
    def _create(cls, model: M, refresh: Refresh = None) -> M:
        """Save `model` as a new document, whether it has an id or not."""
        run(save_steps(model, create=True, refresh=refresh))
        return model

    def save(
        self,
        refresh: Refresh = None,
        *,
        update_fields: Iterable[str] | None = None,
        overwrite: bool = False,
    ) -> Self:
        """Write the document: a new one if it has no id, otherwise an update.

        Joined models without an id are saved first, each once; those with an id are not written.

        update_fields  for a stored document: write exactly these fields, changed or not
        overwrite      write whether or not the document exists: if it does, the fields that were given or assigned, otherwise all.
                       Not for models that are versioned, fetched in part, or without a computed id

        Raises elasticsearch.NotFoundError if the document was deleted, IntegrityError, before a request is sent, if the computed
        id has changed, and elasticsearch.ConflictError for a versioned model that was changed since it was read. The exception
        has a note, and an attribute `cascade`, with what was and was not written.
        """
        run(save_steps(self, False, refresh, update_fields, overwrite))
        return self

    def delete(self, refresh: Refresh = None) -> None:
        """Delete the document. Raises elasticsearch.NotFoundError if there is none, IntegrityError for a model never saved."""
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

        As in `save()`, models without an id are created, others updated, and unsaved joined models come first. A failed document
        does not affect others; the BulkResult lists each failure with its reason, and its `raise_failures()` raises. `models` may
        be an endless generator: at most `threads` + 1 chunks are in memory at a time.

        progress   called with the BulkResult after each request; True draws a bar if stderr is a terminal
        threads    the number of concurrent requests of new models; others are sent one request after the other
        overwrite  as for `save`

        An exception, from the generator or an interrupt, has the BulkResult in its attribute `bulk`, with the models that were not
        written in `unwritten`. They can be saved again without duplicates.
        """
        return run(BulkSave(refresh, threads, overwrite).all_steps(models, chunk_size, progress))

    @staticmethod
    def delete_all(
        models: Stream[Document],
        chunk_size: int = 2000,
        refresh: Refresh = None,
        progress: Progress | bool | None = None,
        threads: int = 2,
    ) -> BulkResult:
        """Delete the documents of many models, as `save_all` saves them. A document that does not exist is a failure."""
        return run(BulkDelete(refresh, threads).all_steps(models, chunk_size, progress))

    # Reading

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
        """Return the model of an id, or a Result with the models of several ids, in the given order.

        routing   for models with routing: without it the ids are searched for, which finds only refreshed documents
        on_error  how to handle documents that cannot be read, as in `find_by`
        default   the value to return if a single id does not exist, instead of raising
        source    the fields to fetch, as in `find_by`

        Raises elasticsearch.NotFoundError if a single id does not exist (of several, the Result lists those in `missing`),
        and IntegrityError if there are two documents with the id.
        """
        options = routed(routing) | ({} if source is None else source_option(cls, source))
        on_error = check_on_error(on_error, cls)
        if isinstance(id, str | bytes) or not isinstance(id, Iterable):
            steps = get_steps(cls, checked_id(id), options)
            if default is not ...:
                steps = or_default_steps(steps)
            found = run(steps)
            return default if found is None else read_hit(cls, found, selection_of(cls, options))
        ids = [checked_id(one) for one in id]
        docs = run(multi_get_steps(cls, ids, options))
        return Result({"docs": docs}, cls, "mget", {"ids": ids, **options}, on_error=on_error)

    @classmethod
    def exists(cls, id: str, *, routing: str | None = None) -> bool:
        """Return whether a document with that id exists; `routing` as in `get`."""
        return run(exists_steps(cls, checked_id(id), routed(routing)))

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
        """Return a page of the documents whose fields match; without arguments, of all documents.

        size          the maximum number of documents; Elasticsearch allows 10,000
        sort          `[{"created": "desc"}]`; a unique last key is appended. Default: get_default_sort()
        search_after  sort values to continue after; see `Result.search_after()`
        query         a query string, or an Elasticsearch query as a dict
        load          joins to load with the page, as `["maker", "reviews.author"]`
        on_error      how to handle documents that cannot be read: "raise"; "skip", which lists them in the Result's
                      `failures`; or a function that is called with each of these as well
        refresh       True: first make all writes visible
        routing       search only the shard of this routing value
        source        fetch only these fields, as `["name", "size.width", "price*"]`. Reading another field raises
                      NotFetched, and saving never writes it
        fields        field=value. Keywords, numbers, dates, booleans and joins match exactly, text by all its words; a list
                      matches any of its members, `{"gte": 3, "lt": 10}` a range, None an absent field, a model its id. A
                      field with the name of a parameter above gets a trailing underscore (`size_=3`)

        Raises TypeError for an unknown field, ValueError for a value that the field cannot hold.
        """
        _refuse_positional("find_by", args)
        on_error = check_on_error(fields.pop("on_error", "raise"), cls)
        refresh = fields.pop("refresh", False)
        arguments = search_arguments(cls, size, sort, search_after, query, fields, load)
        if refresh:
            cls.refresh()
        return run(loaded_steps(page_steps(cls, arguments, load, on_error)))

    @classmethod
    def all(cls: type[M], size: int = 100, sort: Sort | None = None) -> Result[M]:
        """Return the first `size` documents in the order of `sort`; `Result.search_after()` returns the next page."""
        return run(page_steps(cls, search_arguments(cls, size, sort, None, None, {})))

    @staticmethod
    def _next_page(result: Result[Any]) -> Result[Any]:
        """Fetch the next page for `Result.search_after()`."""
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
        """Yield every match, in the state of the index when the scan began.

        size          the number of documents for each request
        sort          an order; without one, the order of the index, which is fastest
        keep_alive    how long the point in time is kept between two pages: "5m"
        search_after  sort values to continue after; requires `sort`

        The other arguments are those of `find_by`. The point in time is closed when the loop ends, breaks or fails.
        """
        _refuse_positional("scan", args)
        on_error = check_on_error(fields.pop("on_error", "raise"), cls)
        keep_alive = check_keep_alive(fields.pop("keep_alive", KEEP_ALIVE), cls)
        search_after = fields.pop("search_after", None)
        size = whole_number("size", size, 1)
        if search_after is not None and not sort:
            raise ValueError(
                "search_after goes on in the order of a sort; give the scan the same sort"
            )
        arguments = search_arguments(cls, size, sort, search_after, query, fields, load)
        if not sort:
            arguments["sort"] = [{"_shard_doc": "asc"}]
        return scan(cls, arguments, load, on_error, keep_alive)

    @classmethod
    def count(cls, query: Query | None = None, *args: Any, **fields: Any) -> int:
        """Return the exact number of matches; ApiError if a shard cannot tell. The arguments are those of `find_by`."""
        _refuse_positional("count", args)
        routing = routing_option(cls, fields)
        clause = query_clause(cls, query, fields)
        return int(cls.get_es_connection().call("count", {"query": clause, **routing})["count"])

    @classmethod
    def search(cls) -> Search[Self]:
        """Return elasticsearch.dsl's Search over the model's index, with models as hits: its query language, aggregations,
        highlighting, collapse, suggesters and knn. `execute()` returns a response whose `as_result()` is a Result.
        """
        from .search import search_of

        search: Search[Self] = search_of(cls)
        return search

    # Joins

    def load(self, *names: str) -> Self:
        """Load joined models, with one request for each target index; return self.

        names   joins to load, as `"maker"` or `"reviews.author"`; without any, all except loose ones without lazy_load

        A missing target becomes None, or is left out of a list. Loaded models are not loaded again.
        """
        self._load_joins([self], names)
        return self

    @staticmethod
    def _load_joins(
        models: Sequence[Document], names: Sequence[str], on_failure: OnFailure | None = None
    ) -> None:
        """Load joins for models and Results."""
        run(load_steps(models, names, on_failure))

    def _lazy_load(self) -> Self:
        """Load all joins: `load()` under its old name."""
        return self.load()

    def _load_one(self, name: str) -> Any:
        """Load one join and return its value; for `BaseDataType.lazy_load`."""
        self.load(name)
        return getattr(self, name)


def _refuse_positional(method: str, args: Sequence[Any]) -> None:
    # With `*args` in the signatures, type checkers accept generated overrides with narrower keywords.
    if args:
        raise TypeError(f"{method}() takes fields by keyword only")
