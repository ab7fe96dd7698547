# Made by tools/twins.py from ecgen/runtime/requests/scan.py. Do not edit: change that file, then run `make twins`.

"""The asynchronous twin of ecgen.runtime.requests.scan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..requests.load_joins import load_steps
from ..requests.pages import KEEP_ALIVE, close_steps, explained
from ..requests.query import join_tree
from ..requests.scan import _open_steps, _remedy
from ..requests.steps import Request, Steps
from ..result import OnError
from .connection import run
from .result import Result

if TYPE_CHECKING:
    from ..document import Document


__all__ = ["scan"]

M = TypeVar("M", bound="Document")


async def scan(
    model: type[M],
    arguments: Mapping[str, Any],
    load: Sequence[str] = (),
    on_error: OnError = "raise",
    keep_alive: str = KEEP_ALIVE,
) -> AsyncIterator[M]:
    """Yield every match, page by page, in one point in time that is closed in any case."""
    join_tree(model, load)
    pit = await run(_open_steps(model, arguments, keep_alive))
    arguments = {**arguments, "track_total_hits": False}
    given = 0
    try:
        while True:
            try:
                page, pit = await run(
                    _scan_page_steps(model, arguments, pit, load, on_error, keep_alive)
                )
            except Exception as error:  # noqa: BLE001
                raise explained(
                    error, model, keep_alive, _remedy(arguments, given)
                ) from error.__cause__
            for one in page.data:
                yield one
            given += len(page.hits)
            if len(page.hits) < arguments["size"]:
                return
            arguments["search_after"] = page.search_after_values
    finally:
        await run(close_steps(model, pit))


def _scan_page_steps(
    model: type[M],
    arguments: Mapping[str, Any],
    pit: str,
    load: Sequence[str],
    on_error: OnError,
    keep_alive: str,
) -> Steps[tuple[Result[M], str]]:
    point = {"id": pit, "keep_alive": keep_alive}
    response = yield Request(model, "search", **arguments, pit=point)
    page = Result(response, model, "search", arguments, load, on_error)
    if load and page.data:
        yield from load_steps(page.data, load, page.on_failure)
    return page, response.get("pit_id", pit)
