"""Iterating over every match of a search, page by page, in one point in time.

From the second page on, the next page is requested before the models of a page are made, so that the server works while
they are made and used. Not from the first: many a program looks at a few documents only.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ..base_document import BaseDocument
from ..client import client_errors
from ..client.connection import run
from ..client.serializers import DecodedPage, read_json
from ..compile.collector import without_collector
from ..compile.first_use import is_compiled
from ..result import OnError
from .load_joins import loaded_steps
from .pages import close_steps, explained, is_gone, opening
from .query import asked_as
from .selection import selection_of
from .sorting import LAST_KEY
from .steps import Finish, Pause, Request, Start, Steps

M = TypeVar("M", bound=BaseDocument)


def check_keep_alive(keep_alive: Any, model: type[BaseDocument]) -> str:
    """Return `keep_alive`; TypeError unless it is a time. A field of that name is queried as `keep_alive_`."""
    if not isinstance(keep_alive, str) or not re.fullmatch(r"[0-9]+(ms|s|m|h|d)", keep_alive):
        raise TypeError(f"keep_alive is a time such as '5m'{asked_as(model, 'keep_alive')}")
    return keep_alive


def scan(
    model: type[M],
    arguments: Mapping[str, Any],
    load: Sequence[str],
    on_error: OnError,
    keep_alive: str,
) -> Iterator[M]:
    """Yield every match, page by page, in one point in time that is closed in any case."""
    pages = _Pages(model, arguments, keep_alive)
    given = 0
    try:
        run(pages.open_steps())
        while True:
            try:
                page = run(loaded_steps(pages.page_steps(load, on_error)))
            except Exception as error:  # noqa: BLE001
                raise explained(
                    error, model, keep_alive, _remedy(pages.arguments, given)
                ) from error.__cause__
            yield from page.data
            given += len(page.data)
            if pages.is_last:
                return
    finally:
        run(pages.close_steps())


def _remedy(arguments: Mapping[str, Any], given: int) -> str:
    values = arguments.get("search_after")
    stopped = f"the scan stopped after {given} documents; give it a longer keep_alive, and "
    if values is None or LAST_KEY in arguments["sort"][0]:
        return stopped + "begin again (a scan with a sort can be gone on with)"
    return stopped + f"go on with the same sort and search_after={values!r}"


_HEAD_START = 0.0005
"""Seconds until the request of the next page is sent, see Start; to wait longer costs more than it gains."""


class _Pages:
    """The answers of a scan.

    arguments   those of the next page
    is_last     whether there is none
    """

    def __init__(
        self, model: type[BaseDocument], arguments: Mapping[str, Any], keep_alive: str
    ) -> None:
        self.model = model
        self.arguments: Mapping[str, Any] = {**arguments, "track_total_hits": False}
        self.is_last = False
        self._keep_alive = keep_alive
        self._is_first = True
        self._pit: str | None = None
        self._task: Any = None
        """The request of the next page, if it is under way."""
        self._process = os.getpid()
        is_whole = selection_of(model, arguments) is None and is_compiled(model, "from_es")
        self._decoder = model._decode if is_whole else None

    def open_steps(self) -> Steps[None]:
        self._pit = str((yield opening(self.model, self.arguments, self._keep_alive))["id"])

    def page_steps(self, load: Sequence[str], on_error: OnError) -> Steps[Any]:
        """Return the next page, a Result; it records that `load` is to be loaded with it."""
        found = yield from self._answer_steps()
        if isinstance(found, DecodedPage):
            try:
                found = without_collector(found.read, found.hits)
            except ValueError:  # only dicts can hold what is in it
                found = read_json(found.data)
        return self.model._result_class(found, self.model, "search", self.arguments, load, on_error)

    def _answer_steps(self) -> Steps[Any]:
        """Return the answer of the next page, and ask for the one after it."""
        if self._is_first:
            answer = yield from self._first_steps()
        elif self._task is None or not self._is_ours():
            answer = yield from _body_steps(self._request())
        else:
            answer = yield Finish(self._task)
            self._task = None
        if isinstance(answer, DecodedPage):
            hits, cursor, pit = answer.hits, answer.cursor, answer.pit
        else:
            hits, pit = answer["hits"]["hits"], answer.get("pit_id")
            cursor = hits[-1].get("sort") if hits else None
        self._pit = pit or self._pit
        self.is_last = len(hits) < self.arguments["size"]
        if self.is_last:
            return answer
        self.arguments = {**self.arguments, "search_after": cursor}
        if not self._is_first and self._is_ours():
            # Where no thread can be had, the page is asked for in its turn.
            with contextlib.suppress(RuntimeError):
                self._task = yield Start(_body_steps(self._request()))
                yield Pause(_HEAD_START)
        self._is_first = False
        return answer

    def _first_steps(self) -> Steps[Any]:
        """Return the answer of the first page; nothing was given yet, so that the scan may begin again if a migration has
        just removed the index of its point in time."""
        try:
            return (yield from _body_steps(self._request()))
        except client_errors.NotFoundError as error:
            if not is_gone(error):
                raise
        yield from close_steps(self.model, str(self._pit))
        yield from self.open_steps()
        return (yield from _body_steps(self._request()))

    def close_steps(self) -> Steps[None]:
        # At the end of a program neither threads nor imports work: the point in time expires by itself.
        if self._pit is None or not self._is_ours() or sys.is_finalizing():
            return
        # A loop that ends has cancelled its tasks.
        if self._task is not None and not self._task.cancelled():
            with contextlib.suppress(Exception):
                yield Finish(self._task)
        yield from close_steps(self.model, self._pit)

    def _request(self) -> Request:
        point = {"id": self._pit, "keep_alive": self._keep_alive}
        return Request(self.model, "search", decoder=self._decoder, **self.arguments, pit=point)

    def _is_ours(self) -> bool:
        """Whether this process began the scan; a forked child has neither its thread nor its point in time."""
        return self._process == os.getpid()


def _body_steps(request: Request) -> Steps[Any]:
    return (yield request).body
