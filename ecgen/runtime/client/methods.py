"""The client's methods as type checkers and editors see them on a connection that is bound to an index.

They are the client's own, except that the index is optional, and methods that return documents return models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from elasticsearch import AsyncElasticsearch, Elasticsearch
    from elasticsearch._async.client.indices import IndicesClient as AsyncIndicesClient
    from elasticsearch.client import IndicesClient

    class _IndexFilledIn:
        create: Callable[..., Any]
        delete: Callable[..., Any]
        delete_by_query: Callable[..., Any]
        exists: Callable[..., Any]
        exists_source: Callable[..., Any]
        explain: Callable[..., Any]
        get: Callable[..., Any]
        get_source: Callable[..., Any]
        index: Callable[..., Any]
        mget: Callable[..., Any]
        open_point_in_time: Callable[..., Any]
        search: Callable[..., Any]
        termvectors: Callable[..., Any]
        update: Callable[..., Any]
        update_by_query: Callable[..., Any]

    class _OfIndices:
        add_block: Callable[..., Any]
        clone: Callable[..., Any]
        create: Callable[..., Any]
        delete: Callable[..., Any]
        exists: Callable[..., Any]
        get: Callable[..., Any]
        open: Callable[..., Any]
        close: Callable[..., Any]
        put_alias: Callable[..., Any]
        put_mapping: Callable[..., Any]

    class _Indices(_OfIndices, IndicesClient): ...

    class _AsyncIndices(_OfIndices, AsyncIndicesClient): ...

    class ClientMethods(_IndexFilledIn, Elasticsearch):
        indices: _Indices

    class AsyncClientMethods(_IndexFilledIn, AsyncElasticsearch):
        indices: _AsyncIndices

else:

    class ClientMethods:
        pass

    AsyncClientMethods = ClientMethods
