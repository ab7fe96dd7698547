"""Pages of a search: fetch the next page without skipping or repeating a document.

A page continues after the sort values of the last document, which is complete only if they are unique. For a model
whose id is stored, every sort ends with the id: unique if the stored ids equal the document ids, which other programs
that write to the same index need not guarantee. So a full page is checked: if a document's last sort value is not its
`_id`, the page is requested again in a point in time. And the next page begins with the last document of the previous
one, so that others with the same sort values, which may follow it, are not lost.

Elasticsearch refuses to sort by `_id` (8.19 and 9.5 do; 7.17 allows it), so for models without a stored id sorts end
with `_shard_doc`, which is unique within a point in time and exists only there. All of 7.17.29, 8.19.21 and 9.5.3
have both. The first page is searched without a point in time, because most results are short and need no second page.
A full page is requested again in a point in time, so that the next page is consistent with the page returned.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

from ecgen.elasticsearch.limits import MAX_RESULT_WINDOW

from ..base_document import BaseDocument
from ..client import client_errors
from ..errors import whole_number
from ..result import Cursor, OnError
from .patience import has_vanished
from .places import routing_option
from .query import Query, join_tree, query_clause
from .selection import source_option
from .sorting import LAST_KEY, Sort, last_key, loses_documents, sort_keys
from .steps import Request, Steps

KEEP_ALIVE = "5m"
"""How long a point in time lives after its last page."""

_FIRST, _LAST = -1, 2**63 - 1
"""Values of `_shard_doc` before and after all existing ones."""


class Page(NamedTuple):
    """An answer without its models.

    arguments   arguments of the next page's request
    cursor      the sort values of the last document, if it has any
    is_full     whether more may follow
    """

    response: Any
    arguments: Mapping[str, Any]
    cursor: list[Any] | None
    is_full: bool

    @property
    def hits(self) -> list[Any]:
        return self.response["hits"]["hits"]  # type: ignore[no-any-return]


def search_arguments(
    model: type[BaseDocument],
    size: int,
    sort: Sort | None,
    search_after: Sequence[Any] | None,
    query: Query | None,
    fields: dict[str, Any],
    load: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the keyword arguments of a client's `search` for one page. `fields` may contain `routing` and `source`."""
    tree = join_tree(model, load)  # rejects unknown names before anything is sent
    options = source_option(model, fields.pop("source"), tree) if "source" in fields else {}
    options |= routing_option(model, fields)
    arguments: dict[str, Any] = {
        "size": whole_number("size", size, 0),  # 7.17.29 accepts -1 for 10
        # Checked twice, since an override may omit the last key.
        "sort": sort_keys(model, model.prepare_sort(sort)),
        # A page with holes is worse than an error: models would be missing without notice.
        "allow_partial_search_results": False,
    }
    scored = any("_score" in key for key in arguments["sort"])
    arguments["query"] = query_clause(model, query, fields, scored)
    if loses_documents(model, arguments["sort"]):
        arguments["search_type"] = "dfs_query_then_fetch"
    if search_after is not None:
        if not isinstance(search_after, list | tuple):
            raise TypeError(f"search_after is a list of sort values, not {search_after!r}")
        arguments["search_after"] = search_after
    if model._versioned:
        arguments["seq_no_primary_term"] = True
    return arguments | options


def page_steps(
    model: type[BaseDocument],
    arguments: Mapping[str, Any],
    load: Sequence[str] = (),
    on_error: OnError = "raise",
) -> Steps[Any]:
    """Return the page that `arguments` request, a Result; it records that `load` is to be loaded with it."""
    page = yield from _first_steps(model, dict(arguments))
    return _result(model, page, load, on_error)


def next_page_steps(result: Any) -> Steps[Any]:
    """Return the page after `result`, which is not a slice; empty, without a request, if `result` was empty or the last of
    its point in time."""
    model = result.model
    if result.search_after_values is None and result.data and result.method == "search":
        raise ValueError("a search without a sort has no next page")
    if result.search_after_values is None or result.is_last:
        return type(result)(
            [], model, result.method, result.pass_args, result.load_names, result.on_error
        )
    page = yield from _following_steps(
        model, result.pass_args, result.search_after_values, result.hits if result.is_page else []
    )
    return _result(model, page, result.load_names, result.on_error, result.is_page)


def _result(
    model: type[BaseDocument],
    page: Page,
    load: Sequence[str],
    on_error: OnError,
    is_page: bool = True,
) -> Any:
    result = model._result_class(page.response, model, "search", page.arguments, load, on_error)
    result.is_page = is_page
    result.search_after_values = page.cursor
    # Documents may be added after an incomplete page, but not in a point in time.
    result.is_last = not page.is_full and (not model._store_id or "pit" in page.arguments)
    return result


def all_pages_steps(model: type[BaseDocument], arguments: Mapping[str, Any]) -> Steps[list[Any]]:
    """Return the hits of every page."""
    page = yield from _first_steps(model, dict(arguments))
    hits = list(page.hits)
    while page.is_full and page.cursor is not None:
        page = yield from _following_steps(model, page.arguments, page.cursor, page.hits)
        hits += page.hits
    return hits


# One page after the other, without models.


def _first_steps(model: type[BaseDocument], arguments: dict[str, Any]) -> Steps[Page]:
    cursor = arguments.get("search_after")
    if isinstance(cursor, Cursor) and cursor.of_index == model.get_index():
        try:
            return (yield from _in_time_steps(model, arguments, cursor.pit))
        except client_errors.NotFoundError:
            pass  # it expired; values given by the program continue in a new one
    if cursor is not None:
        arguments["search_after"] = _carried(model, arguments["sort"], list(cursor))
    if model._store_id:
        return (yield from _proven_steps(model, arguments))
    if cursor is None:
        page = yield from _asked_steps(model, outside_a_point_in_time(arguments))
        if not page.is_full:
            return page
    return (yield from _newly_in_time_steps(model, arguments))


def _carried(model: type[BaseDocument], sort: Sequence[Any], values: list[Any]) -> list[Any]:
    """Convert sort values given by the program to the form that the sort needs."""
    if model._store_id:
        # in a point in time there was one more value
        return values[: len(sort)] if len(values) == len(sort) + 1 else values
    if len(values) == len(sort) and LAST_KEY in sort[-1] and not isinstance(values[-1], int):
        values[-1] = _FIRST  # the value of a `_uid` that sorted here in older versions
    return values


def _following_steps(
    model: type[BaseDocument], arguments: Mapping[str, Any], cursor: list[Any], hits: Sequence[Any]
) -> Steps[Page]:
    """Return the page after `cursor`. `hits`: the previous page, if the sort is made by this package."""
    following = _from_the_start(arguments)
    if "body" in following:
        following["body"] = {**_from_the_start(following["body"]), "search_after": list(cursor)}
    elif "pit" not in following and hits and hits[-1].get("sort") == cursor:
        # Begin with the last document again.
        last = hits[-1]
        if len(hits) > 1:
            following["search_after"] = hits[-2]["sort"]
        return (yield from _proven_steps(model, following, last))
    else:
        following["search_after"] = list(cursor)
        if "pit" in following and isinstance(cursor, Cursor):
            return (yield from _in_time_steps(model, following, cursor.pit))
    page = yield from _asked_steps(model, following)
    return page._replace(is_full=bool(page.hits))


def _from_the_start(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments without a number of documents to skip: the cursor of the page is behind these."""
    return {name: value for name, value in arguments.items() if name not in ("from", "from_")}


def _proven_steps(
    model: type[BaseDocument], arguments: dict[str, Any], last: Any = None
) -> Steps[Page]:
    """Return a page if the document ids prove that the sort values are unique, otherwise the same page in a point in
    time. `last`: see _asked_steps."""
    page = yield from _asked_steps(model, arguments, last)
    if page.is_full and not _are_unique(model, arguments["sort"], page.hits):
        in_time = {**arguments, "sort": [*arguments["sort"], {LAST_KEY: "asc"}]}
        if "search_after" in arguments:
            in_time["search_after"] = [*arguments["search_after"], _LAST]
        return (yield from _newly_in_time_steps(model, in_time, last))
    if last is not None:
        page = page._replace(arguments={**arguments, "search_after": last["sort"]})
    return page


def _are_unique(model: type[BaseDocument], sort: Sequence[Any], hits: Sequence[Any]) -> bool:
    last = last_key(model)
    place = next(index for index, key in enumerate(sort) if last in key)
    return all(str(hit["sort"][place]) == hit["_id"] for hit in hits)


def _asked_steps(
    model: type[BaseDocument], arguments: Mapping[str, Any], last: Any = None
) -> Steps[Page]:
    """Return the page that the arguments request.

    last   the last document of the previous page, if the answer begins with it: one more is requested, and it is left out
    """
    size = arguments.get("size", 0)
    asked = {} if last is None else {"size": size + (size < MAX_RESULT_WINDOW)}
    response = yield Request(model, "search", **{**arguments, **asked})
    hits = response["hits"]["hits"]
    is_full = len(hits) >= size > 0
    if last is not None:
        place = (last["_index"], last["_id"])
        hits[:] = [hit for hit in hits if (hit["_index"], hit["_id"]) != place]
        del hits[size:]
    return Page(response, arguments, hits[-1].get("sort") if hits else None, is_full)


def outside_a_point_in_time(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments for a page outside a point in time, where `_shard_doc` is unknown: `_doc` replaces it.
    `_doc` is not unique, so no next page is possible."""
    sort = [
        {("_doc" if name == LAST_KEY else name): how for name, how in key.items()}
        for key in arguments["sort"]
    ]
    return {**arguments, "sort": sort}


def _newly_in_time_steps(
    model: type[BaseDocument], arguments: Mapping[str, Any], last: Any = None
) -> Steps[Page]:
    """Return a page of a new point in time, and of another one if a migration has just removed the index of the first."""
    opened = yield opening(model, arguments, KEEP_ALIVE)
    try:
        return (yield from _in_time_steps(model, arguments, opened["id"], last))
    except client_errors.NotFoundError as error:
        if not is_gone(error):
            raise
    opened = yield opening(model, arguments, KEEP_ALIVE)
    return (yield from _in_time_steps(model, arguments, opened["id"], last))


def _in_time_steps(
    model: type[BaseDocument], arguments: Mapping[str, Any], pit: str, last: Any = None
) -> Steps[Page]:
    """Return a page of a point in time, which is closed if the page is incomplete or fails."""
    arguments = {**arguments, "pit": {"id": pit, "keep_alive": KEEP_ALIVE}}
    try:
        page = yield from _asked_steps(model, arguments, last)
    except BaseException as error:  # noqa: BLE001 - also an interrupt; raised again
        if not isinstance(error, GeneratorExit):  # a coroutine that is closed can await nothing
            yield from close_steps(model, pit)
        raise explained(
            error, model, KEEP_ALIVE, "carry search_after_values into a new find_by"
        ) from error.__cause__
    pit = page.response.get("pit_id", pit)
    if not page.is_full:
        yield from close_steps(model, pit)
    if page.cursor is not None:
        page = page._replace(cursor=Cursor(page.cursor, model.get_index(), pit))
    return page


def opening(model: type[BaseDocument], arguments: Mapping[str, Any], keep_alive: str) -> Request:
    """Return the request that opens a point in time; a routing belongs there, not to its searches."""
    routing = {"routing": arguments["routing"]} if "routing" in arguments else {}
    return Request(model, "open_point_in_time", keep_alive=keep_alive, **routing)


def close_steps(model: type[BaseDocument], pit: str) -> Steps[None]:
    """Close a point in time. That it no longer exists, or no answer comes, is not an error: it expires."""
    with contextlib.suppress(client_errors.ApiError, client_errors.TransportError):
        yield Request(model, "close_point_in_time", id=pit)


def explained(
    error: BaseException, model: type[BaseDocument], keep_alive: str, remedy: str
) -> BaseException:
    """Return the error, or, if the point in time no longer exists, an error of the same class that explains it."""
    if not is_gone(error):
        return error
    message = (
        f"the point in time of this search of {model.get_index()!r} is gone: more than {keep_alive} passed between two pages, a node "
        f"went, or a migration replaced the index; {remedy}"
    )
    return client_errors.NotFoundError(message, error.meta, error.body)


def is_gone(error: BaseException) -> TypeGuard[client_errors.NotFoundError]:
    """Return whether a search failed because its point in time no longer exists."""
    if not isinstance(error, client_errors.NotFoundError):
        return False
    return has_vanished(error) or "search_context_missing" in str(error.body)
