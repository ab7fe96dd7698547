"""Iterating over every match of a search, page by page, in one point in time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..client.connection import run
from ..client.serializers import DecodedPage
from ..compile.first_use import is_compiled
from ..result import OnError, Result
from .load_joins import load_steps
from .pages import KEEP_ALIVE, close_steps, explained, opening
from .query import asked_as, join_tree
from .selection import selection_of
from .sorting import LAST_KEY
from .steps import Request, Steps

if TYPE_CHECKING:
    from ..base_document import BaseDocument

__all__ = ["check_keep_alive", "scan"]

M = TypeVar("M", bound="BaseDocument")


def check_keep_alive(keep_alive: Any, model: type[BaseDocument]) -> str:
    """Return `keep_alive`; TypeError unless it is a time. A field of that name is queried as `keep_alive_`."""
    if not isinstance(keep_alive, str) or not re.fullmatch(r"[0-9]+(ms|s|m|h|d)", keep_alive):
        raise TypeError(f"keep_alive is a time such as '5m'{asked_as(model, 'keep_alive')}")
    return keep_alive


def scan(
    model: type[M],
    arguments: Mapping[str, Any],
    load: Sequence[str] = (),
    on_error: OnError = "raise",
    keep_alive: str = KEEP_ALIVE,
) -> Iterator[M]:
    """Yield every match, page by page, in one point in time that is closed in any case."""
    join_tree(model, load)
    pit = run(_open_steps(model, arguments, keep_alive))
    arguments = {**arguments, "track_total_hits": False}
    given = 0
    try:
        while True:
            try:
                page, pit = run(_scan_page_steps(model, arguments, pit, load, on_error, keep_alive))
            except Exception as error:  # noqa: BLE001
                raise explained(
                    error, model, keep_alive, _remedy(arguments, given)
                ) from error.__cause__
            yield from page.data
            given += len(page.data)
            if page.is_last:
                return
            arguments["search_after"] = page.search_after_values
    finally:
        run(close_steps(model, pit))


def _remedy(arguments: Mapping[str, Any], given: int) -> str:
    values = arguments.get("search_after")
    stopped = f"the scan stopped after {given} documents; give it a longer keep_alive, and "
    if values is None or LAST_KEY in arguments["sort"][0]:
        return stopped + "begin again (a scan with a sort can be gone on with)"
    return stopped + f"go on with the same sort and search_after={values!r}"


def _open_steps(
    model: type[BaseDocument], arguments: Mapping[str, Any], keep_alive: str
) -> Steps[str]:
    opened = yield opening(model, arguments, keep_alive)
    return str(opened["id"])


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
