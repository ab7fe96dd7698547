"""Model.search(): elasticsearch.dsl's Search, whose hits are models.

Imported at first use, since importing elasticsearch.dsl takes as long as importing the client itself.
"""

from __future__ import annotations

import functools
from typing import Any

import elasticsearch
from elasticsearch import dsl
from elasticsearch.dsl.response import Response
from elasticsearch.dsl.utils import AttrDict, AttrList

from .base_document import BaseDocument
from .requests.selection import read_hit, selection_of, source_option
from .result import Result


class ModelResponse(Response[Any]):
    """A response of elasticsearch.dsl whose hits are models."""

    @functools.cached_property
    def hits(self) -> Any:
        hits = AttrList(list(self._result))
        for name, value in self._d_["hits"].items():
            if name != "hits":
                setattr(hits, name, AttrDict(value) if isinstance(value, dict) else value)
        return hits

    @functools.cached_property
    def _result(self) -> Result[Any]:
        search: Any = self._search
        asked = {**search._params, "body": search.to_dict()}
        model = _model_of(search)
        result: Result[Any] = model._result_class(self._d_, model, "search", asked)
        return result

    def as_result(self) -> Result[Any]:
        """Return the response as a Result, for `load()` and `with_hits()`; its models are this response's hits."""
        return self._result

    def search_after(self) -> Any:
        """Return the search for the next page; elasticsearch.dsl's own uses the `meta` of hits, which models lack."""
        hits = self._d_["hits"]["hits"]
        if not hits:
            raise ValueError("there is no hit to go on after")
        if "sort" not in hits[-1]:
            raise ValueError("search_after needs a sort, as in .sort('created', 'id')")
        return self._search.extra(from_=0, search_after=hits[-1]["sort"])


def _model_of(search: Any) -> type[BaseDocument]:
    model: type[BaseDocument] = search._doc_type[0]
    return model


class _Models:
    """The differences of both searches from elasticsearch.dsl: hits become models of the class they are bound to."""

    _doc_type: list[Any]
    _source: Any

    def _get_result(self, hit: Any, parent_class: type | None = None) -> Any:
        if "_nested" in hit or parent_class is not None:
            return dsl.response.Hit(hit)  # a part of a document
        model = _model_of(self)
        return read_hit(model, hit, selection_of(model, {"source": self._source}))

    def source(self, fields: Any = None, **options: Any) -> Any:
        """Return the search with the fetched fields restricted; a list names fields of the model, as in `find_by`."""
        if isinstance(fields, list | tuple):
            fields = source_option(_model_of(self), fields)["source"]
        return super().source(fields, **options)  # type: ignore[misc]


class ModelSearch(_Models, dsl.Search[Any]):
    """elasticsearch.dsl.Search over the index of one model."""


class AsyncModelSearch(_Models, dsl.AsyncSearch[Any]):
    """elasticsearch.dsl.AsyncSearch over the index of one model."""


def search_of(model: type[BaseDocument]) -> Any:
    """Return a search bound to the model's client and index."""
    es = model._es_namespace.get_es()  # type: ignore[attr-defined]
    is_async = isinstance(es, elasticsearch.AsyncElasticsearch)
    connection, es = model.get_es_connection(), es.options()
    delete_by_query = es.delete_by_query

    # elasticsearch.dsl gives the parameters of a search to these as well, which refuse this one.
    def count(*, allow_partial_search_results: Any = None, **arguments: Any) -> Any:
        return connection.call("count", arguments)

    def delete(*, allow_partial_search_results: Any = None, **arguments: Any) -> Any:
        return delete_by_query(**arguments)

    es.search = lambda **arguments: connection.call("search", arguments)
    es.count, es.delete_by_query = count, delete
    kind = AsyncModelSearch if is_async else ModelSearch
    search = kind(using=es, index=model.get_index(), doc_type=[model])
    search = search.response_class(ModelResponse).params(allow_partial_search_results=False)
    if model._versioned:
        search = search.extra(seq_no_primary_term=True)
    return search
