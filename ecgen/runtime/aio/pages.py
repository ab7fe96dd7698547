# Made by tools/twins.py from ecgen/runtime/requests/pages.py. Do not edit: change that file, then run `make twins`.

"""The asynchronous twin of ecgen.runtime.requests.pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ..base_document import BaseDocument
from ..requests.pages import Page, _first_steps, _following_steps
from ..requests.steps import Steps
from ..result import OnError
from .result import Result

M = TypeVar("M", bound="BaseDocument")


def page_steps(
    model: type[M],
    arguments: Mapping[str, Any],
    load: Sequence[str] = (),
    on_error: OnError = "raise",
) -> Steps[Result[M]]:
    """Return the page that `arguments` request; it records that `load` is to be loaded with it."""
    page = yield from _first_steps(model, dict(arguments))
    return _result(model, page, load, on_error)


def next_page_steps(result: Result[M]) -> Steps[Result[M]]:
    """Return the page after `result`; empty, without a request, if `result` was empty or the last of its point in time."""
    model = result.model
    assert model is not None  # noqa: S101 - slices have no search_after_values
    if result.search_after_values is None and result.data and result.method == "search":
        raise ValueError("a search without a sort has no next page")
    if result.search_after_values is None or result.is_last:
        return Result(
            [], model, result.method, result.pass_args, result.load_names, result.on_error
        )
    page = yield from _following_steps(
        model, result.pass_args, result.search_after_values, result.hits if result.is_page else []
    )
    return _result(model, page, result.load_names, result.on_error, result.is_page)


def _result(
    model: type[M], page: Page, load: Sequence[str], on_error: OnError, is_page: bool = True
) -> Result[M]:
    result: Result[M] = Result(page.response, model, "search", page.arguments, load, on_error)
    result.is_page = is_page
    result.search_after_values = page.cursor
    # Documents may be added after an incomplete page, but not in a point in time.
    result.is_last = not page.is_full and (not model._store_id or "pit" in page.arguments)
    return result
