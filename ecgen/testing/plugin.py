"""Pytest fixtures for tests of models; loaded by `pytest_plugins = ["ecgen.testing"]` in a root conftest.py, never by itself.

The server is the first of: `--es-url`; `--es-host` and `--es-port`; an embedded node of `--es-version`; ELASTICSEARCH_URL; an
embedded node of the newest version if `ecgen-es[node]` is installed; localhost:9200. With pytest-xdist all workers share
one server, each with its own index prefix.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from elasticsearch import ApiError, TransportError

from ecgen.runtime import Model, Namespace, namespace, register_namespace

from .distributions import DEFAULT_VERSION, VERSIONS
from .embedded import EmbeddedNode, installed
from .node_errors import NodeError
from .server import Server

logger = logging.getLogger("ecgen.testing")

_SERVER = pytest.StashKey[Server]()
_MARKERS = {
    "namespace": "a test with two namespaces; runs only with --namespace",
    "skip_on_index_noclean": "a test that needs clean indices; skipped with --index-noclean",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ecgen", "Elasticsearch models (ecgen.testing)")
    group.addoption(
        "--index-noclean",
        action="store_true",
        help="Keep the indices after each module. For debugging only, may break some tests.",
    )
    group.addoption(
        "--es-host", help="Elasticsearch host name (localhost where only --es-port is given)"
    )
    group.addoption(
        "--es-port", type=int, help="Elasticsearch port (9200 where only --es-host is given)"
    )
    group.addoption("--es-url", help="Elasticsearch URL, instead of --es-host and --es-port")
    group.addoption(
        "--es-version",
        choices=VERSIONS,
        help=f"start an embedded Elasticsearch of this version ({DEFAULT_VERSION})",
    )
    group.addoption(
        "--es-prefix", default="test", help="prefix of all index names, before a _ (%(default)s)"
    )
    group.addoption(
        "--namespace", action="store_true", help="also run the tests for two namespaces"
    )


def pytest_configure(config: pytest.Config) -> None:
    for name, description in _MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {description}")
    address = [name for name in ("es_host", "es_port") if config.getoption(name) is not None]
    given = [name for name in ("es_url", "es_version") if config.getoption(name)] + address[:1]
    if len(given) > 1:
        options = " and ".join("--" + name.replace("_", "-") for name in given)
        raise pytest.UsageError(f"{options} name different servers; give one of them")


# With pytest-xdist the controller starts or finds the server for all workers: one embedded node is enough, and a missing
# server is reported once. (A worker that calls pytest.exit prints pages of internal errors.)
_SHARED = "ecgen_testing_server"


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    if not getattr(config.option, "tx", None) or _is_worker(config) or config.option.collectonly:
        return
    stack = ExitStack()
    config.add_cleanup(stack.close)
    config.stash[_SERVER] = _server(config, stack)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    if server := node.config.stash.get(_SERVER, None):
        node.workerinput[_SHARED] = (server.url, server.version)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("namespace") and not item.config.getoption("--namespace"):
        pytest.skip("needs --namespace")
    if item.get_closest_marker("skip_on_index_noclean") and item.config.getoption(
        "--index-noclean"
    ):
        pytest.skip("needs clean indices, and --index-noclean is given")


@pytest.fixture(scope="session", autouse=True)
def prefix_indices(request: pytest.FixtureRequest) -> Iterator[None]:
    """Prefix all index names with `--es-prefix` and an underscore, so that tests touch no other indices.

    A model of index `products` uses `test_products` by default, and `test_gw0_products` with pytest-xdist.
    """
    parts = [request.config.getoption("--es-prefix"), os.environ.get("PYTEST_XDIST_WORKER", "")]
    before = namespace._global_prefix
    namespace._global_prefix = "".join(f"{part}_" for part in parts if part)
    logger.info("prefixing all indices with %r", namespace._global_prefix)
    yield
    namespace._global_prefix = before


@pytest.fixture(scope="session")
def es_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server of the tests: its `url`, `version`, and the features that it `lacks`."""
    with ExitStack() as stack:
        yield _server(request.config, stack)


@pytest.fixture(scope="session", autouse=True)
def fix_es(es_server: Server, prefix_indices: None) -> None:
    """Connect the default namespace to the server, and wait until all connected namespaces are ready."""
    namespace._namespaces["_default"].es_conf = es_server.conf
    if aio := sys.modules.get("ecgen.runtime.aio"):  # imported by asynchronous models
        aio._namespaces["_default"].es_conf = es_server.async_conf
    for each in list(namespace._namespaces.values()):
        if each.es_conf is not None:
            each.wait_for_ready()
            logger.info("namespace %s is ready", each.name)


@pytest.fixture(scope="module")
def fix_index(
    request: pytest.FixtureRequest, fix_es: None, model_classes: Sequence[type[Model]]
) -> Iterator[list[str]]:
    """Create the indices of the classes in the user's fixture `model_classes`; after the module, delete those created.

    With `--index-noclean` they are kept. The value is the list of created indices.
    """
    created: list[tuple[Any, str]] = []
    try:
        for model_class in model_classes:
            home = model_class._es_namespace
            made = _finished(home, home.create_mappings([model_class]))
            created += [(home, index) for index in made]
            if not made:
                logger.warning(
                    "the index of %s was there already, and stays as it is; a run that was killed leaves its indices",
                    model_class.__name__,
                )
        yield [index for _, index in created]
    finally:
        if request.config.getoption("--index-noclean"):
            logger.warning("keeping the indices %s", [index for _, index in created])
        else:
            for home, index in created:
                try:
                    _finished(home, home.delete_index(index))
                except ApiError as error:
                    if "/_data_stream/" not in str(error):
                        raise
                    # An embedded node makes streams, and cannot delete them.
                    logger.warning("the data stream %s stays: %s", index, error)


def _finished(home: Any, result: Any) -> Any:
    """Return the result; await it if it comes from an asynchronous namespace, in an event loop of its own."""
    if not inspect.isawaitable(result):
        return result

    async def within() -> Any:
        async with home:
            return await result

    return asyncio.run(within())


@pytest.fixture(scope="session")
def second_server(request: pytest.FixtureRequest, es_server: Server) -> Iterator[Server]:
    """A second embedded node if the first is embedded; else the same server, where prefixes separate the namespaces."""
    with ExitStack() as stack:
        yield _embedded(request.config, stack) if _is_embedded(request.config) else es_server


@pytest.fixture(scope="module")
def second_namespace(second_server: Server) -> Namespace:
    """The namespace "second", on another cluster. Override this fixture to use a cluster of your own."""
    known = namespace._namespaces.get("second")
    if known is not None:
        return known
    second = Namespace(name="second", es_conf=second_server.conf)
    register_namespace(second)
    second.wait_for_ready()
    return second


def _given_url(config: pytest.Config) -> str | None:
    url: str | None = config.getoption("--es-url")
    host, port = config.getoption("--es-host"), config.getoption("--es-port")
    if url is None and (host is not None or port is not None):
        url = f"http://{host or 'localhost'}:{port or 9200}"
    return url


def _is_embedded(config: pytest.Config) -> bool:
    if _given_url(config):
        return False
    if config.getoption("--es-version"):
        return True
    return not os.environ.get("ELASTICSEARCH_URL") and installed()


def _server(config: pytest.Config, stack: ExitStack) -> Server:
    if shared := getattr(config, "workerinput", {}).get(_SHARED):
        return Server(*shared)
    if _is_embedded(config):
        return _embedded(config, stack)
    url = _given_url(config) or os.environ.get("ELASTICSEARCH_URL") or "http://localhost:9200"
    shown = url.rpartition("@")[2]
    # Exit instead of raising: every test's traceback would show the URL, which may contain a password.
    try:
        return Server.at(url)
    except TransportError as error:
        reason = f"no Elasticsearch answers at {shown} ({error.message})"
    except ApiError as error:
        reason = f"{shown} does not tell its version: {error}"
    except ValueError:
        reason = f"{shown} is not the URL of an Elasticsearch, such as http://localhost:9200"
    pytest.exit(f'{reason}; name one with --es-url, or install "ecgen-es[node]"', returncode=1)


def _embedded(config: pytest.Config, stack: ExitStack) -> Server:
    version = config.getoption("--es-version") or DEFAULT_VERSION
    try:
        return stack.enter_context(EmbeddedNode(version, say=logger.warning)).server
    except NodeError as error:
        reason = str(error)
    if _is_worker(config):
        pytest.fail(reason, pytrace=False)
    pytest.exit(reason, returncode=1)
