# Made by tools/twins.py from ecgen/runtime/requests/scan.py. Do not edit: change that file, then run `make twins`.

"""The asynchronous twin of ecgen.runtime.requests.scan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeVar

from ..base_document import BaseDocument
from ..requests.load_joins import loaded_steps
from ..requests.pages import explained
from ..requests.scan import _Pages, _remedy
from ..result import OnError
from .connection import run

M = TypeVar("M", bound=BaseDocument)


async def scan(
    model: type[M],
    arguments: Mapping[str, Any],
    load: Sequence[str],
    on_error: OnError,
    keep_alive: str,
) -> AsyncIterator[M]:
    """Yield every match, page by page, in one point in time that is closed in any case."""
    pages = _Pages(model, arguments, keep_alive)
    given = 0
    try:
        await run(pages.open_steps())
        while True:
            try:
                page = await run(loaded_steps(pages.page_steps(load, on_error)))
            except Exception as error:  # noqa: BLE001
                raise explained(
                    error, model, keep_alive, _remedy(pages.arguments, given)
                ) from error.__cause__
            for one in page.data:
                yield one
            given += len(page.data)
            if pages.is_last:
                return
    finally:
        await run(pages.close_steps())
