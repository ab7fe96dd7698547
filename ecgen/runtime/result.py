"""Result: a list of models with the response that they come from."""

from __future__ import annotations

import collections.abc
from collections import UserList
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self, TypeAlias, TypeVar

from .base_document import BaseDocument
from .compile.collector import without_collector
from .errors import FieldValueError
from .requests.query import asked_as
from .requests.selection import Selection, read_hit, selection_of

M = TypeVar("M", bound="BaseDocument")


class ReadFailure(NamedTuple):
    """A document that could not be read: its id, the error, and the hit as received."""

    id: str
    error: FieldValueError
    hit: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """The metadata of a search hit."""

    id: str
    index: str
    routing: str | None
    score: float | None
    sort: list[Any] | None
    highlight: Mapping[str, list[str]]
    inner_hits: Mapping[str, Any]
    """By name, as received."""

    @classmethod
    def of(cls, hit: Mapping[str, Any]) -> Hit:
        return cls(
            hit["_id"],
            hit["_index"],
            hit.get("_routing"),
            hit.get("_score"),
            hit.get("sort"),
            hit.get("highlight") or {},
            hit.get("inner_hits") or {},
        )


OnError: TypeAlias = Literal["raise", "skip"] | Callable[[ReadFailure], object]
"""What to do with a document that cannot be read: raise its error, skip and record it, or also call a function with it."""


def check_on_error(on_error: Any, model: type[BaseDocument]) -> OnError:
    """Return a valid `on_error`; TypeError otherwise, since a field of that name needs a trailing underscore."""
    if on_error in ("raise", "skip") or callable(on_error):
        return on_error  # type: ignore[no-any-return]
    raise TypeError(f"on_error is 'raise', 'skip' or a function{asked_as(model, 'on_error')}")


def _is_found(hit: Mapping[str, Any]) -> bool:
    return bool(hit.get("found", "error" not in hit))


class Cursor(list[Any]):
    """The sort values of a page's last document: a list that also has the point in time to continue in."""

    __slots__ = ("of_index", "pit")

    def __init__(self, values: Iterable[Any], index: str, pit: str) -> None:
        super().__init__(values)
        self.of_index = index
        self.pit = pit


class Result(UserList[M]):
    """A page of models, or the models of a multi-get. A list; its slices, sums and copies are Results too.

    result     the client's response of a search, get or mget
    model      the class of the models
    method     the client method that returned the response
    pass_args  its arguments; `search_after()` repeats them
    load       the joins that `search_after()` loads with the next page

    meta       the response; None for a slice or a sum of Results
    hits       its hits or documents, as received
    results    the models as a plain list
    is_last    whether it is already known that no page follows
    is_page    whether it is a page of find_by or all, whose sort ends with a unique key
    missing    for a multi-get: the ids that do not exist, in the requested order
    failures   with `on_error="skip"`: the documents that could not be read, each with its error and its hit
    """

    meta: Any
    hits: list[Any]
    missing: list[str]
    failures: list[ReadFailure]
    search_after_values: list[Any] | None
    """The sort values of the last document. `find_by(search_after=…)` with the same sort continues after it; for models
    without a stored id, documents with equal sort values may be skipped."""

    def __init__(
        self,
        result: Any,
        model: type[M] | None = None,
        method: str = "",
        pass_args: Mapping[str, Any] | None = None,
        load: Sequence[str] = (),
        on_error: OnError = "raise",
    ) -> None:
        self.model = model
        self.method = method
        self.pass_args = dict(pass_args or {})
        self.load_names = (load,) if isinstance(load, str) else tuple(load)
        self.on_error = on_error
        self.missing = []
        self.failures = []
        self.search_after_values = None
        self.is_last = False
        self.is_page = False
        if model is None or not hasattr(result, "keys"):
            # UserList calls the constructor with plain sequences for slices, sums and copies.
            self.meta = None
            self.hits = []
            super().__init__(result)
            return
        self.meta = result
        if "hits" in result or method == "search":  # a program's filter_path may leave either out
            self.hits = result.get("hits", {}).get("hits", [])
            found = self.hits
            if self.hits and "sort" in self.hits[-1]:
                self.search_after_values = self.hits[-1]["sort"]
        else:
            self.hits = result.get("docs", [] if method == "mget" else [result])
            found = list(filter(_is_found, self.hits))
            self.missing = [hit["_id"] for hit in self.hits if not hit.get("found", True)]
        selection = selection_of(model, self.pass_args)
        # UserList's own constructor would copy the list.
        self.data = without_collector(self._models_of, model, found, selection)

    def _models_of(
        self, model: type[M], found: list[Any], selection: Selection | None
    ) -> list[Any]:
        try:
            if selection is None:
                return model._from_page(found)
            return [read_hit(model, hit, selection) for hit in found]
        except FieldValueError:
            if self.on_error == "raise":
                raise
        models = []
        for hit in found:
            try:
                models.append(read_hit(model, hit, selection))
            except FieldValueError as error:
                self._note(hit, error)
        return models

    def _note(self, hit: Mapping[str, Any], error: FieldValueError) -> None:
        # Without the traceback, which would keep local variables alive.
        failure = ReadFailure(hit["_id"], error.with_traceback(None), hit)
        self.failures.append(failure)
        if callable(self.on_error):
            self.on_error(failure)

    @property
    def on_failure(self) -> Callable[[Mapping[str, Any], FieldValueError], None] | None:
        """What is done with a joined document that cannot be read; None: it is raised."""
        return None if self.on_error == "raise" else self._note

    def __iter__(self) -> collections.abc.Iterator[M]:
        # UserList iterates by index, which takes as long as making the models.
        return iter(self.data)

    @property
    def results(self) -> list[M]:
        return self.data

    @property
    def total(self) -> int:
        """The number of matching documents. Elasticsearch stops counting at 10,000 (`total_relation` is "gte" then);
        `Model.count()` counts all.
        """
        total = self._hits_of_meta().get("total")
        if isinstance(total, Mapping):
            return int(total["value"])
        return len(self.data) if total is None else int(total)

    @property
    def total_relation(self) -> str:
        """`eq` if `total` is exact, `gte` if it is a lower bound."""
        total = self._hits_of_meta().get("total")
        return str(total["relation"]) if isinstance(total, Mapping) else "eq"

    def with_hits(self) -> list[tuple[M, Hit]]:
        """Return each model with its hit: score, highlight, inner hits, sort values, index and routing.

        ValueError for a slice, a sum or a changed Result.
        """
        left_out = {id(failure.hit) for failure in self.failures}
        hits = [hit for hit in self.hits if _is_found(hit) and id(hit) not in left_out]
        if [hit["_id"] for hit in hits] != [model.id for model in self.data]:
            raise ValueError(
                "with_hits() is for the Result of a search as it came, not for a slice, a sum or a changed one"
            )
        return list(zip(self.data, map(Hit.of, hits), strict=True))

    def _hits_of_meta(self) -> Mapping[str, Any]:
        return self.meta["hits"] if self.meta is not None and "hits" in self.meta else {}

    @property
    def aggregations(self) -> Mapping[str, Any] | None:
        """The response's aggregations; None if the search has none."""
        return None if self.meta is None else self.meta.get("aggregations")

    def search_after(self) -> Result[M]:
        """Return the next page of the same search, empty if there is none. No document is skipped or repeated, even with equal sort
        values.

        For models with a stored id, every sort ends with it, if it is the document's id. Others are paged in a point in time, which
        the first full page opens and the first short page closes.
        """
        if self.model is None:
            raise ValueError(
                "a slice or a sum of Results has no next page; call search_after() of the Result that a search gave"
            )
        page: Result[M] = self.model._next_page(self)
        return page

    def load(self, *names: str) -> Self:
        """Load the joins of all models in the Result, with one request for each target index; return the Result.

        names   joins to load, as `"maker"` or `"reviews.author"`; without any, all except loose ones without lazy_load
        """
        if self.data:
            self.data[0]._load_joins(self.data, names, self.on_failure)
        return self

    def _lazy_load(self) -> Self:
        """Load all joins: `load()` under its old name."""
        return self.load()
