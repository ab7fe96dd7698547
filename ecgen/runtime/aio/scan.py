# Made by tools/twins.py from ecgen/runtime/requests/scan.py. Do not edit: change that file, then run `make twins`.

"""The asynchronous twin of ecgen.runtime.requests.scan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..client.serializers import DecodedPage
from ..compile.first_use import is_compiled
from ..requests.load_joins import load_steps
from ..requests.pages import KEEP_ALIVE, close_steps, explained
from ..requests.query import join_tree
from ..requests.scan import _open_steps, _remedy
from ..requests.selection import selection_of
from ..requests.steps import Request, Steps
from ..result import OnError
from .connection import run
from .result import Result

if TYPE_CHECKING:
    from ..base_document import BaseDocument


__all__ = ["scan"]

M = TypeVar("M", bound="BaseDocument")


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
            given += len(page.data)
            if page.is_last:
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
    is_whole = selection_of(model, arguments) is None and is_compiled(model, "from_es")
    decoder = model._decode if is_whole else None
    response = yield Request(model, "search", decoder=decoder, **arguments, pit=point)
    decoded = response.body if isinstance(response.body, DecodedPage) else None
    page = Result(
        decoded.models if decoded else response, model, "search", arguments, load, on_error
    )
    if decoded:
        page.search_after_values = decoded.cursor
    page.is_last = len(page.data) + len(page.failures) < arguments["size"]
    pit = (decoded.pit if decoded else response.get("pit_id")) or pit
    if load and page.data:
        yield from load_steps(page.data, load, page.on_failure)
    return page, pit
