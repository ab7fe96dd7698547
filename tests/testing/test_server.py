"""The servers of the test suite: versions, missing features, and clients of three majors."""

from __future__ import annotations

import asyncio
import re

import pytest

from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.runtime.client.spoken import plain
from ecgen.testing.capabilities import FIELD_EXAMPLES, lacking
from ecgen.testing.media_types import plain_node_class
from ecgen.testing.server import Server


def test_every_server_takes_the_requests_of_this_client(server: Server) -> None:
    with server.client() as client:
        # Of no index: other tests, on the same server, have indices that lack shards.
        assert client.cluster.health(index="ecgen-none-*")["status"] == "green"
        # With a body, Content-Type matters too.
        assert client.search(index="ecgen-none-*", query={"match_all": {}})["hits"]["hits"] == []
        # Newline-delimited JSON is another media type.
        assert client.msearch(searches=[{"index": "ecgen-none-*"}, {"size": 0}])["responses"]


def test_the_8_19_server_takes_the_requests_of_this_client(es8: Server) -> None:
    test_every_server_takes_the_requests_of_this_client(es8)


def test_the_asynchronous_client_too(server: Server) -> None:
    pytest.importorskip("aiohttp")

    async def search() -> list[object]:
        async with server.async_client() as client:
            answer = await client.search(index="ecgen-none-*", query={"match_all": {}})
            return list(answer["hits"]["hits"])

    assert asyncio.run(search()) == []


def test_a_server_of_the_clients_own_major_gets_the_transports_own_node_class(es9: Server) -> None:
    import elasticsearch

    assert ("node_class" in es9.conf) == (es9.major < elasticsearch.__version__[0])


def test_what_the_core_lacks_its_older_sister_has(es9: Server, es7: Server) -> None:
    if es9.url == es7.url:
        pytest.skip("one server stands for both (ELASTICSEARCH_URL)")
    assert "scaled_float" in es9.lacks
    assert "scaled_float" not in es7.lacks
    assert {"reindex", "root_endpoint"} <= es9.lacks - es7.lacks
    assert not {"keyword", "text", "long", "date", "nested", "geo_point"} & (es9.lacks | es7.lacks)


def test_asking_leaves_nothing_behind(es9: Server) -> None:
    with es9.client() as client:
        lacking(client)
        # Its own names only: other tests make indices meanwhile.
        assert not client.indices.get(index="ecgen-none*", expand_wildcards="all").body
        held = client.indices.get_index_template().body["index_templates"]
        assert not [each["name"] for each in held if "ecgen-none" in str(each)]


def test_require_skips_with_the_version_and_the_name(es9: Server) -> None:
    if "sql" not in es9.lacks:
        pytest.skip("this server has all that is asked for here")
    with pytest.raises(
        pytest.skip.Exception, match=rf"Elasticsearch {re.escape(es9.version)} .* no sql"
    ):
        es9.require("keyword", "sql")
    es9.require("keyword")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("application/vnd.elasticsearch+json; compatible-with=9", "application/json"),
        ("application/vnd.elasticsearch+x-ndjson; compatible-with=9", "application/x-ndjson"),
        (
            "text/plain,application/vnd.elasticsearch+json;compatible-with=8",
            "text/plain,application/json",
        ),
        ("application/json", "application/json"),
        (
            "application/vnd.elasticsearch+vnd-x; compatible-with=10",
            "application/vnd-x",
        ),
    ],
)
def test_versioned_media_types_become_plain(header: str, expected: str) -> None:
    assert plain(header) == expected


def test_an_unknown_http_client_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no HTTP client 'curl'; there are aiohttp, httpxasync"):
        plain_node_class("curl")


def test_a_password_in_the_url_is_not_shown() -> None:
    assert "hunter2" not in repr(Server("https://me:hunter2@search.example", "9.5.3"))


def test_every_type_is_asked_about_with_what_it_needs() -> None:
    for name, field_type in FIELD_TYPES.items():
        assert {"type"} | field_type.required <= set(FIELD_EXAMPLES[name]), name
