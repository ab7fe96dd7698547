"""Every match of a search, a page at a time, in one point in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..client.connection import run
from ..result import Result
from .load_joins import load_steps
from .pages import KEEP_ALIVE, close_steps
from .query import join_tree
from .steps import Request, Steps

if TYPE_CHECKING:
    from ..document import Document

__all__ = ["scan"]

M = TypeVar("M", bound="Document")


def scan(model: type[M], arguments: Mapping[str, Any], load: Sequence[str] = ()) -> Iterator[M]:
    """Every match, a page at a time, in one point in time that is closed on every way out."""
    join_tree(model, load)
    pit = run(_open_steps(model))
    arguments = {**arguments, "track_total_hits": False}
    try:
        while True:
            page, pit = run(_scan_page_steps(model, arguments, pit, load))
            yield from page.data
            if len(page) < arguments["size"]:
                return
            arguments["search_after"] = page.search_after_values
    finally:
        run(close_steps(model, pit))


def _open_steps(model: type[Document]) -> Steps[str]:
    opened = yield Request(model, "open_point_in_time", keep_alive=KEEP_ALIVE)
    return str(opened["id"])


def _scan_page_steps(
    model: type[M], arguments: Mapping[str, Any], pit: str, load: Sequence[str]
) -> Steps[tuple[Result[M], str]]:
    point = {"id": pit, "keep_alive": KEEP_ALIVE}
    response = yield Request(model, "search", **arguments, pit=point)
    page = Result(response, model, "search", arguments, load)
    if load and page.data:
        yield from load_steps(page.data, load)
    return page, response.get("pit_id", pit)
