"""Node classes that let a newer Python client talk to an older server.

The client names its own major version in every request, as `application/vnd.elasticsearch+json; compatible-with=9`.
A server of an earlier major refuses that: 8.19.21 answers 400 `media_type_header_exception` to the 9.x client, and
7.17.29 does so where the request has a body. Plain `application/json` and `application/x-ndjson` mean the same to
every server, so rewriting the two headers is all that is needed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ecgen.runtime.client.spoken import with_plain_types

if TYPE_CHECKING:
    from elastic_transport import BaseNode


@cache
def plain_node_class(base: str = "urllib3") -> type[BaseNode]:
    """A node class for `Elasticsearch(..., node_class=...)` that sends plain media types.

    `base` names the transport's HTTP client: "urllib3" and "requests" for `Elasticsearch`, "aiohttp" and "httpxasync"
    for `AsyncElasticsearch`. ValueError for any other.

        Elasticsearch("http://localhost:9200", node_class=plain_node_class())

    Give it only to clients of servers older than the client: a server of the same major needs nothing of the kind.
    """
    # elastic_transport takes 60 ms to import, which a user who only asks for a node's options need not pay.
    import elastic_transport as transport

    # Annotated Any, because mypy cannot know which base `super()` will find.
    class Plain:
        def perform_request(self, *args: Any, headers: Any = None, **options: Any) -> Any:
            parent: Any = super()
            return parent.perform_request(*args, headers=with_plain_types(headers), **options)

    # The transport looks whether this is a coroutine function, so that one method cannot serve both kinds.
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
