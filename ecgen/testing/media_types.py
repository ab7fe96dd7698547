"""Node classes that let a newer Python client use an older server, from its first request on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ecgen.runtime.client.spoken import http_nodes, speaking_node_class

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
    if base not in (known := http_nodes()):
        raise ValueError(f"no HTTP client {base!r}; there are {', '.join(sorted(known))}")
    speaking: Any = speaking_node_class(base)
    body = {"_plain": True, "__module__": __name__}
    return type(f"Plain{speaking.__name__}", (speaking,), body)
