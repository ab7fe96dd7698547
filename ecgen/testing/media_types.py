"""Node classes that let a newer Python client use an older server.

The client sends its major version in every request, as `application/vnd.elasticsearch+json; compatible-with=9`. A server
of an earlier major refuses that: 8.19.21 answers 400 `media_type_header_exception` to the 9.x client, and 7.17.29 does so
if the request has a body. Every server accepts plain `application/json` and `application/x-ndjson`, so the node classes
replace these two headers.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ecgen.runtime.client.spoken import with_plain_types

if TYPE_CHECKING:
    from elastic_transport import BaseNode


@cache
def plain_node_class(base: str = "urllib3") -> type[BaseNode]:
    """Return a node class that sends plain media types, for `Elasticsearch(..., node_class=...)`.

        Elasticsearch("http://localhost:9200", node_class=plain_node_class())

    Args:
        base: the transport's HTTP client: "urllib3" or "requests" for `Elasticsearch`, "aiohttp" or "httpxasync" for
            `AsyncElasticsearch`.

    Raises:
        ValueError: for any other `base`.

    Only for servers older than the client; a server of the same major does not need it.
    """
    # Imported here, since it takes 60 ms.
    import elastic_transport as transport

    # Any, since the class that `super()` finds is chosen at run time.
    class Plain:
        def perform_request(self, *args: Any, headers: Any = None, **options: Any) -> Any:
            parent: Any = super()
            return parent.perform_request(*args, headers=with_plain_types(headers), **options)

    # The transport checks whether perform_request is a coroutine function, so the two kinds need separate classes.
    class AsyncPlain:
        async def perform_request(self, *args: Any, headers: Any = None, **options: Any) -> Any:
            parent: Any = super()
            return await parent.perform_request(*args, headers=with_plain_types(headers), **options)

    bases = {
        "urllib3": (Plain, transport.Urllib3HttpNode),
        "requests": (Plain, transport.RequestsHttpNode),
        "aiohttp": (AsyncPlain, transport.AiohttpHttpNode),
        "httpxasync": (AsyncPlain, transport.HttpxAsyncHttpNode),
    }
    try:
        plain_requests, http = bases[base]
    except KeyError:
        raise ValueError(f"no HTTP client {base!r}; there are {', '.join(sorted(bases))}") from None
    return type(f"Plain{http.__name__}", (plain_requests, http), {"__module__": __name__})
