"""Pages of a search, and how the next one follows without skipping or repeating a document.

A model whose id is stored ends every sort with it, and a page continues after the last one's sort values. Elasticsearch
refuses to sort by `_id` (8.19 and 9.5 do; 7.17 allows it), so the other models end theirs with `_shard_doc`, which is unique within a point
in time and known nowhere else. All of 7.17.29, 8.19.21 and 9.5.3 have both.

Their first page is searched without one, since most pages come short and need no second. A full one is opened again in
a point in time, so that what follows belongs to what was returned.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..result import Cursor, Result
from .query import LAST_KEY, join_tree
from .steps import Request, Steps

if TYPE_CHECKING:
    from ..document import Document

__all__ = ["KEEP_ALIVE", "all_pages_steps", "close_steps", "next_page_steps", "page_steps"]

M = TypeVar("M", bound="Document")

KEEP_ALIVE = "5m"
"""How long a point in time outlives its last page."""


def page_steps(
    model: type[M], arguments: Mapping[str, Any], load: Sequence[str] = ()
) -> Steps[Result[M]]:
    """The page that `arguments` ask for; it notes that `load` is to be loaded with it."""
    join_tree(model, load)  # refuse unknown names before anything is sent
    if model._store_id:
        response = yield Request(model, "search", **arguments)
        return Result(response, model, "search", arguments, load)
    return (yield from _page_in_time(model, dict(arguments), load))


def next_page_steps(result: Result[M]) -> Steps[Result[M]]:
    """The page after `result`; empty, with nothing sent, where that came short in its point in time or was empty."""
    model = result.model
    assert model is not None  # noqa: S101 - slices have no search_after_values
    empty: Result[M] = Result([], model, result.method, result.pass_args, result.load_names)
    if result.search_after_values is None:
        if result.data and result.method == "search":
            raise ValueError("a search without a sort has no next page")
        return empty
    if result.is_last:
        return empty
    arguments = dict(result.pass_args)
    values = list(result.search_after_values)
    if "body" in arguments:
        arguments["body"] = {**arguments["body"], "search_after": values}
    else:
        arguments["search_after"] = values
    if "pit" in arguments and isinstance(result.search_after_values, Cursor):
        return (
            yield from _search_in_time(
                model, arguments, result.search_after_values.pit, result.load_names
            )
        )
    response = yield Request(model, "search", **arguments)
    return Result(response, model, "search", arguments, result.load_names)


def all_pages_steps(model: type[M], arguments: Mapping[str, Any]) -> Steps[list[Any]]:
    """The hits of every page, however many there are."""
    page = yield from page_steps(model, arguments)
    hits = list(page.hits)
    while len(page.hits) == arguments["size"]:
        page = yield from next_page_steps(page)
        hits += page.hits
    return hits


def _page_in_time(
    model: type[M], arguments: dict[str, Any], load: Sequence[str]
) -> Steps[Result[M]]:
    cursor = arguments.get("search_after")
    if cursor is None:
        loose = outside_a_point_in_time(arguments)
        response = yield Request(model, "search", **loose)
        if not arguments["size"] or len(response["hits"]["hits"]) < arguments["size"]:
            result = Result(response, model, "search", loose, load)
            result.is_last = True
            return result
    elif isinstance(cursor, Cursor) and cursor.of_index == model.get_index():
        import elasticsearch

        try:
            return (yield from _search_in_time(model, arguments, cursor.pit, load))
        except elasticsearch.NotFoundError:
            pass  # it expired; values carried by hand continue in a new one
    opened = yield Request(model, "open_point_in_time", keep_alive=KEEP_ALIVE)
    return (yield from _search_in_time(model, arguments, opened["id"], load))


def outside_a_point_in_time(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments for a page outside any point in time, where `_shard_doc` is unknown: `_doc` takes its place, which
    is not unique, so nothing may follow the page."""
    sort = [
        {("_doc" if name == LAST_KEY else name): how for name, how in key.items()}
        for key in arguments["sort"]
    ]
    return {**arguments, "sort": sort}


def _search_in_time(
    model: type[M], arguments: Mapping[str, Any], pit: str, load: Sequence[str]
) -> Steps[Result[M]]:
    arguments = {**arguments, "pit": {"id": pit, "keep_alive": KEEP_ALIVE}}
    try:
        response = yield Request(model, "search", **arguments)
    except Exception:
        yield from close_steps(model, pit)
        raise
    result = Result(response, model, "search", arguments, load)
    pit = response.get("pit_id", pit)
    if len(result.hits) < arguments["size"]:
        yield from close_steps(model, pit)
        result.is_last = True
    if result.search_after_values is not None:
        result.search_after_values = Cursor(result.search_after_values, model.get_index(), pit)
    return result


def close_steps(model: type[Document], pit: str) -> Steps[None]:
    """Close a point in time. That it is gone already, or that nobody answers, is no reason to fail: it expires."""
    import elasticsearch

    with contextlib.suppress(elasticsearch.ApiError, elasticsearch.TransportError):
        yield Request(model, "close_point_in_time", id=pit)
