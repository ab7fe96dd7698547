"""A running Elasticsearch server for tests: its address, its clients, the features that it lacks."""

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
    """A server at `url`; `version` is the one that it reports ("9.5.3"). `Server.at` finds the version out."""

    url: str = field(repr=False)  # may contain a password
    version: str

    @classmethod
    def at(cls, url: str) -> Server:
        """Return the server at `url`, with the version that it reports.

        Raises:
            elasticsearch.TransportError: the server does not answer.
            elasticsearch.ApiError: it refuses the request, for example for lack of permission.
            ValueError: this is no URL with a port, or what answers there is not Elasticsearch.
        """
        from elasticsearch import Elasticsearch

        with Elasticsearch(url, node_class=plain_node_class()) as client:
            # Not `GET /`, which a node with only the server core does not serve.
            answer = client.perform_request(
                "GET",
                "/_nodes/_local?filter_path=nodes.*.version",
                headers={"accept": "application/json"},
            )
        try:
            (version,) = {node["version"] for node in answer.body["nodes"].values()}
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ValueError("the server answers otherwise than Elasticsearch") from None
        return cls(url, version)

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    @property
    def conf(self) -> dict[str, Any]:
        """Keyword arguments of `Elasticsearch(...)`, and the configuration for `ecgen.runtime.connect`."""
        return self._conf("urllib3")

    @property
    def async_conf(self) -> dict[str, Any]:
        """Keyword arguments of `AsyncElasticsearch(...)`."""
        return self._conf("aiohttp")

    def _conf(self, http: str) -> dict[str, Any]:
        conf: dict[str, Any] = {"hosts": [self.url]}
        if self.major < _client_major():
            conf["node_class"] = plain_node_class(http)
        return conf

    def client(self, **options: Any) -> Elasticsearch:
        """Return a new client of this server; `options` are passed to `Elasticsearch(...)`. The caller closes it."""
        from elasticsearch import Elasticsearch

        return Elasticsearch(**self.conf | options)

    def async_client(self, **options: Any) -> AsyncElasticsearch:
        """Return a new asynchronous client of this server. The caller closes it."""
        from elasticsearch import AsyncElasticsearch

        return AsyncElasticsearch(**self.async_conf | options)

    @cached_property
    def lacks(self) -> frozenset[str]:
        """Field types and features that the server lacks, found with a few requests (about 0.3 s) and cached."""
        with self.client() as client:
            return lacking(client)

    def require(self, *names: str) -> None:
        """Skip the running test if the server lacks one of `names`."""
        import pytest

        missing = sorted(self.lacks.intersection(names))
        if missing:
            pytest.skip(f"Elasticsearch {self.version} at hand has no {', '.join(missing)}")


def server_from_environment(variable: str = "ELASTICSEARCH_URL") -> Server | None:
    """Return the server that the environment variable names; None if it is unset or empty."""
    url = os.environ.get(variable)
    return Server.at(url) if url else None
