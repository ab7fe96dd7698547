"""A running Elasticsearch as tests see it: where it is, how to talk to it, what it cannot do."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .capabilities import lacking
from .media_types import plain_node_class

if TYPE_CHECKING:
    from elasticsearch import AsyncElasticsearch, Elasticsearch


def _client_major() -> int:
    from elasticsearch import __version__

    return int(__version__[0])


@dataclass(frozen=True)
class Server:
    """A server that answers at `url`.

    `version` is what the server itself says ("9.5.3"). Make one with `Server.at`, which asks.
    """

    url: str = field(repr=False)  # may hold a password
    version: str

    @classmethod
    def at(cls, url: str) -> Server:
        """The server at `url`, asked for its version.

        Raises what the client raises where nothing answers, or where it may not be asked.
        """
        from elasticsearch import Elasticsearch

        with Elasticsearch(url, node_class=plain_node_class()) as client:
            # Not `GET /`, which a node of nothing but the server core does not serve.
            answer = client.perform_request(
                "GET",
                "/_nodes/_local?filter_path=nodes.*.version",
                headers={"accept": "application/json"},
            )
            (version,) = {node["version"] for node in answer.body["nodes"].values()}
        return cls(url, version)

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    @property
    def conf(self) -> dict[str, Any]:
        """Keyword arguments for `Elasticsearch(...)`, and what `ecgen.runtime.connect` takes as conf."""
        return self._conf("urllib3")

    @property
    def async_conf(self) -> dict[str, Any]:
        """Keyword arguments for `AsyncElasticsearch(...)`."""
        return self._conf("aiohttp")

    def _conf(self, http: str) -> dict[str, Any]:
        conf: dict[str, Any] = {"hosts": [self.url]}
        if self.major < _client_major():
            conf["node_class"] = plain_node_class(http)
        return conf

    def client(self, **options: Any) -> Elasticsearch:
        """A new client of this server; `options` go to `Elasticsearch(...)`. The caller closes it."""
        from elasticsearch import Elasticsearch

        return Elasticsearch(**self.conf | options)

    def async_client(self, **options: Any) -> AsyncElasticsearch:
        """A new asynchronous client of this server. The caller closes it."""
        from elasticsearch import AsyncElasticsearch

        return AsyncElasticsearch(**self.async_conf | options)

    @cached_property
    def lacks(self) -> frozenset[str]:
        """Field types and features that this server does not know, found by asking it once (about 0.3 s)."""
        with self.client() as client:
            return lacking(client)

    def require(self, *names: str) -> None:
        """Skip the running test where the server lacks one of `names`, saying which."""
        import pytest

        missing = sorted(self.lacks.intersection(names))
        if missing:
            pytest.skip(f"Elasticsearch {self.version} at hand has no {', '.join(missing)}")


def server_from_environment(variable: str = "ELASTICSEARCH_URL") -> Server | None:
    """The server that the environment variable names, or None where it is unset or empty."""
    url = os.environ.get(variable)
    return Server.at(url) if url else None
