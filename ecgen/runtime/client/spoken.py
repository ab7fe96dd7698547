"""Node classes: detect which media types a server understands, since the client sends those of its own major version; and
send each request once.

A client 9 sends `compatible-with=9`, which 8.19.21 refuses with 400 media_type_header_exception, and 7.17.29 if the
request has a body; plain `application/json` and `application/x-ndjson` mean the same to every server.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from ..signalled import raise_signalled

_VENDOR = re.compile(
    r"application/vnd\.elasticsearch\+(?P<format>[a-z0-9-]+)\s*;\s*compatible-with=\d+"
)
_HEADERS = frozenset({"accept", "content-type"})
_REFUSED = b"media_type_header_exception"


def plain(value: str) -> str:
    """Return `value` of an Accept or Content-Type header without Elasticsearch's versioned media types."""
    return _VENDOR.sub(lambda match: f"application/{match['format']}", value)


def with_plain_types(headers: Any) -> dict[str, str]:
    """Return the headers of a request with plain types in these two."""
    return {
        name: plain(value) if name.lower() in _HEADERS else value
        for name, value in (headers or {}).items()
    }


def http_nodes() -> dict[str, Any]:
    """Return the client's node classes by its names for them."""
    import elastic_transport as transport  # takes 60 ms

    return {
        "urllib3": transport.Urllib3HttpNode,
        "requests": transport.RequestsHttpNode,
        "aiohttp": transport.AiohttpHttpNode,
        "httpxasync": transport.HttpxAsyncHttpNode,
    }


@functools.cache
def speaking_node_class(base: Any) -> Any:
    """Return a node class over `base`, a class or the client's name for one, that uses the client's media types until
    the server refuses them, and plain ones from then on. A `base` that does so is returned unchanged, and so is any that
    the client reports. Over aiohttp it also sends each request once.
    """
    from elastic_transport import BaseAsyncNode, BaseNode

    http = http_nodes().get(base, base) if isinstance(base, str) else base
    if not (isinstance(http, type) and issubclass(http, BaseNode)):
        return base
    if issubclass(http, _Speaking | _AsyncSpeaking):
        return http
    speaking = _AsyncSpeaking if issubclass(http, BaseAsyncNode) else _Speaking
    return type(http.__name__, (speaking, http), {"__module__": http.__module__})


def _is_refused(answer: Any) -> bool:
    meta, body = answer
    return meta.status in (400, 406, 415) and _REFUSED in body


class _Speaking:
    _plain = False
    """Whether it sends plain media types."""

    def perform_request(self, *args: Any, headers: Any = None, **options: Any) -> Any:
        parent: Any = super()
        try:
            if not self._plain:
                answer = parent.perform_request(*args, headers=headers, **options)
                if not _is_refused(answer):
                    return answer
                self._plain = True
            return parent.perform_request(*args, headers=with_plain_types(headers), **options)
        except Exception as error:
            raise_signalled(error)  # the client would take it for a lost connection, and try again
            raise


# The transport checks whether this is a coroutine function, so one method cannot serve both kinds.
class _AsyncSpeaking:
    session: Any
    _plain = False

    def _create_aiohttp_session(self) -> None:
        """Let a node over aiohttp send each request once, leaving it to the client to try again.

        aiohttp repeats idempotent requests itself if a connection breaks before the answer (seen with 3.14.5), and the
        create of a document is a PUT: it would find the document that its first attempt made, and nobody could tell.
        """
        parent: Any = super()
        parent._create_aiohttp_session()
        self.session._retry_connection = False

    async def perform_request(self, *args: Any, headers: Any = None, **options: Any) -> Any:
        parent: Any = super()
        if not self._plain:
            answer = await parent.perform_request(*args, headers=headers, **options)
            if not _is_refused(answer):
                return answer
            self._plain = True
        return await parent.perform_request(*args, headers=with_plain_types(headers), **options)
