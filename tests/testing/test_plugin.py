"""The pytest plugin in a user's test suite, in separate pytest processes."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ecgen.testing import distributions
from ecgen.testing.server import Server

CACHE = distributions.cache_folder().parent
CONFTEST = 'pytest_plugins = ["ecgen.testing"]'

MODELS = """
    from ecgen.runtime import Keyword, Model

    class Parcel(Model):
        __slots__ = ("label",)
        _meta = {"index": "parcels"}
        _mapping = {"id": Keyword("id"), "label": Keyword("label")}

        def _compute_id(self):
            return self.label
"""

SUITE = """
    import pytest
    from ecgen.runtime import Model
    from models import Parcel

    @pytest.fixture(scope="module")
    def model_classes():
        return [Parcel]

    def test_a_document_is_found_again(fix_index):
        assert fix_index == [Parcel.get_index()]
        Parcel.create(label="fragile", refresh=True)
        assert [parcel.label for parcel in Parcel.find_by(label="fragile")] == ["fragile"]

    @pytest.mark.namespace
    def test_two_namespaces(fix_index, second_namespace):
        Other = second_namespace.register_model_class(Parcel)
        assert Other.get_index() != Parcel.get_index()
        second_namespace.create_mappings([Other])
        try:
            Other.create(label="elsewhere", refresh=True)
            assert not Parcel.find_by(label="elsewhere")
            assert len(Other.find_by(label="elsewhere")) == 1
        finally:
            second_namespace.delete_index(Other.get_index())

    @pytest.mark.skip_on_index_noclean
    def test_clean(fix_index):
        pass
"""


ASYNC_SUITE = """
    import asyncio
    import pytest
    from ecgen.runtime.aio import Keyword, Model

    class Letter(Model):
        _meta = {"index": "letters"}
        _mapping = {"label": Keyword("label")}

    @pytest.fixture(scope="module")
    def model_classes():
        return [Letter]

    def test_a_document_is_found_again(fix_index):
        async def main():
            await Letter.create(label="fragile", refresh=True)
            found = await Letter.find_by(label="fragile")
            await Letter._es_namespace.close()
            return [letter.label for letter in found]

        assert fix_index == [Letter.get_index()]
        assert asyncio.run(main()) == ["fragile"]
"""


PATTERNS = """
    import pytest
    from ecgen.runtime import Date, Keyword, Model

    class Visit(Model):
        _meta = {"index": "visits-*", "write_to": "visits-shop", "store_id": True}
        _mapping = {"id": Keyword("id"), "at": Date("@timestamp"), "page": Keyword("page")}

    class Streamed(Visit):
        _meta = {
            "index": "streamed-*", "write_to": "streamed-shop", "index_template": {"data_stream": {}}
        }

    @pytest.fixture(scope="module")
    def model_classes():
        return MODELS

    def test_a_document_is_found_again(fix_index):
        assert fix_index == [model.get_write_index() for model in MODELS]
        for model in MODELS:
            model.create(id="a", at="2026-01-01", page="/", refresh=True)
            assert model.find_by(page="/")[0].id == "a"
"""


@pytest.fixture
def prefix() -> str:
    return f"plugin{uuid.uuid4().hex[:8]}"


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("ELASTICSEARCH_URL", raising=False)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(models=MODELS, test_parcels=SUITE)
    return pytester


def indices(server: Server, prefix: str) -> list[str]:
    with server.client() as client:
        return sorted(client.indices.get(index=f"{prefix}*"))


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(CACHE))  # pytester's HOME is an empty folder
        # The inner suite must not take this one's worker id.
        for name in [each for each in os.environ if each.startswith("PYTEST_XDIST_")]:
            patch.delenv(name)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-ra", *arguments)


def test_a_suite_runs_against_a_url_and_leaves_nothing(
    suite: pytest.Pytester, server: Server, prefix: str
) -> None:
    suite.makepyfile(test_visits=PATTERNS.replace("MODELS", "[Visit]"))
    result = run(suite, "--es-url", server.url, "--es-prefix", prefix)
    result.assert_outcomes(passed=3, skipped=1)
    result.stdout.fnmatch_lines(["*needs --namespace*"])
    assert indices(server, prefix) == []
    with server.client() as client:
        held = client.indices.get_index_template()["index_templates"]
    assert not [each["name"] for each in held if each["name"].startswith(prefix)]


def test_host_and_port_as_in_the_original(suite: pytest.Pytester, es9: Server, prefix: str) -> None:
    _, _, address = es9.url.rpartition("/")
    host, _, port = address.rpartition(":")
    if "@" in host or not port.isdecimal():
        pytest.skip("the server's URL has more than a host and a port")
    arguments = ["--es-host", host, "--es-port", port, "--es-prefix", prefix]
    run(suite, *arguments).assert_outcomes(passed=2, skipped=1)


def test_elasticsearch_url_is_honoured(
    suite: pytest.Pytester, es9: Server, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELASTICSEARCH_URL", es9.url)
    run(suite, "--es-prefix", prefix, "--namespace").assert_outcomes(passed=3)
    assert indices(es9, prefix) == []


def test_indices_stay_with_noclean(suite: pytest.Pytester, es9: Server, prefix: str) -> None:
    arguments = ["--es-url", es9.url, "--es-prefix", prefix, "--index-noclean"]
    result = run(suite, *arguments)
    try:
        result.assert_outcomes(passed=1, skipped=2)
        result.stdout.fnmatch_lines(["*needs clean indices, and --index-noclean is given*"])
        assert indices(es9, prefix) == [f"{prefix}_parcels"]
        again = run(suite, *arguments[:-1], "-rP").stdout.str()
        assert "the index of Parcel was there already, and stays as it is" in again
        assert indices(es9, prefix) == [f"{prefix}_parcels"]
    finally:
        with es9.client() as client:
            client.indices.delete(index=f"{prefix}_parcels", ignore_unavailable=True)


def test_the_default_prefix_is_test(pytester: pytest.Pytester, es9: Server) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        models=MODELS,
        test_prefix="""
            from models import Parcel

            def test_prefix():
                assert Parcel.get_index() == "test_parcels"
        """,
    )
    run(pytester, "--es-url", es9.url).assert_outcomes(passed=1)


def test_with_nothing_given_a_suite_gets_embedded_nodes(suite: pytest.Pytester) -> None:
    # Two nodes: the second namespace uses another cluster. Neither can delete a data stream.
    suite.makepyfile(test_visits=PATTERNS.replace("MODELS", "[Visit, Streamed]"))
    run(suite, "--namespace").assert_outcomes(passed=4)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--es-url", "http://localhost:9200", "--es-port", "9200"),
        ("--es-version", "9.5.3", "--es-host", "localhost"),
    ],
)
def test_two_servers_are_one_too_many(suite: pytest.Pytester, arguments: tuple[str, ...]) -> None:
    result = run(suite, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*name different servers; give one of them*"])


def test_a_server_that_is_not_there_is_named_without_its_password(
    suite: pytest.Pytester,
) -> None:
    result = run(suite, "--es-url", "http://me:hunter2@localhost:1")
    assert result.ret != 0
    assert "no Elasticsearch answers at localhost:1" in result.stdout.str()
    assert "hunter2" not in result.stdout.str() + result.stderr.str()


class _Other(BaseHTTPRequestHandler):
    """A server that wants credentials, or, with some, is not Elasticsearch."""

    def do_GET(self) -> None:
        known = "Authorization" in self.headers
        body = (
            b"[]"
            if known
            else b'{"error": {"type": "security_exception", "reason": "no credentials"}}'
        )
        self.send_response(200 if known else 401)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Other)
    threading.Thread(target=server.serve_forever).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://OTHER", "OTHER does not tell its version: AuthenticationException(401,"),
        ("http://me:hunter2@OTHER", "OTHER is not the URL of an Elasticsearch"),
        ("me:hunter2@localhost", "localhost is not the URL of an Elasticsearch, such as http://"),
    ],
)
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_server_that_is_not_usable_is_said_in_a_line_without_its_password(
    suite: pytest.Pytester, other: str, url: str, complaint: str, workers: tuple[str, ...]
) -> None:
    if workers:
        pytest.importorskip("xdist")
    result = run(suite, *workers, "--es-url", url.replace("OTHER", other))
    shown = result.stdout.str() + result.stderr.str()
    assert result.ret == 1
    assert complaint.replace("OTHER", other) in shown
    assert "hunter2" not in shown
    assert "INTERNALERROR" not in shown
    assert len([line for line in result.stdout.lines if line.strip()]) < 12, shown


def test_workers_share_a_server_and_a_dead_one_is_said_in_a_line(
    suite: pytest.Pytester, es9: Server, prefix: str
) -> None:
    pytest.importorskip("xdist")
    dead = run(suite, "-n", "2", "--es-url", "http://me:hunter2@localhost:1")
    assert dead.ret == 1
    shown = dead.stdout.str() + dead.stderr.str()
    assert "no Elasticsearch answers at localhost:1" in shown
    assert "INTERNALERROR" not in shown
    assert "hunter2" not in shown
    assert len([line for line in dead.stdout.lines if line.strip()]) < 8, shown
    run(suite, "-n", "2", "--es-url", es9.url, "--es-prefix", prefix).assert_outcomes(
        passed=2, skipped=1
    )
    assert indices(es9, prefix) == []


def test_workers_share_one_embedded_node_of_another_version(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://localhost:1")  # an option overrides it
    suite.makepyfile(
        test_urls="""
            import pytest
            from ecgen.runtime import get_es

            @pytest.mark.parametrize("number", range(4))
            def test_url(es_server, number):
                assert es_server.version == "7.17.29"
                assert "scaled_float" not in es_server.lacks
                assert get_es().info()["version"]["number"] == "7.17.29"
                print(f"the server is {es_server.url}")
        """
    )
    result = run(suite, "-n", "2", "-rP", "--es-version", "7.17.29", "test_urls.py")
    result.assert_outcomes(passed=4)
    assert len({line for line in result.stdout.lines if line.startswith("the server is ")}) == 1


def test_it_is_never_loaded_by_itself(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_absent(request):
            assert "ecgen.testing" not in sys.modules
            assert not request.config.pluginmanager.hasplugin("ecgen.testing.plugin")
        """
    )
    run(pytester).assert_outcomes(passed=1)
    assert "--es-url" not in run(pytester, "--help").stdout.str()


def test_importing_the_node_alone_does_not_import_pytest(pytester: pytest.Pytester) -> None:
    result = pytester.runpython_c(
        "import ecgen.testing, sys; assert 'pytest' not in sys.modules; ecgen.testing.EmbeddedNode"
    )
    assert result.ret == 0


def test_asynchronous_models(pytester: pytest.Pytester, es9: Server, prefix: str) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_letters=ASYNC_SUITE)
    run(pytester, "--es-url", es9.url, "--es-prefix", prefix).assert_outcomes(passed=1)
    assert indices(es9, prefix) == []
