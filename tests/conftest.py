"""Real servers for every test that wants one, started when the first asks and ended with the session.

`ECGEN_TEST_ES9`, `ECGEN_TEST_ES8` and `ECGEN_TEST_ES7` name servers that already run, which spares the start.
`ELASTICSEARCH_URL` names one server that then stands for all three. `ECGEN_TEST_SERVERS` says which of them
`server` stands for, one after the other: `es8` where the client 8.19 is tried (make test-client-8), `es9 es7` otherwise.
"""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

from ecgen.testing.server import Server, server_from_environment

# A run in the background of a script ignores Ctrl-C, and so would the processes that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, so that a change is judged by itself; ECGEN_HYPOTHESIS=default looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("ECGEN_HYPOTHESIS", "steady"))

VERSIONS = {"es9": "9.5.3", "es8": "8.19.21", "es7": "7.17.29"}
# With one server for all, a second round on it would tell nothing new.
ROUNDS = (
    ["es9"]
    if os.environ.get("ELASTICSEARCH_URL")
    else os.environ.get("ECGEN_TEST_SERVERS", "es9 es7").split()
)


class Servers:
    """At most one server of each name in VERSIONS, started at its first use."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._running: dict[str, Server] = {}

    def get(self, name: str) -> Server:
        if name not in self._running:
            self._running[name] = self._start(name)
        return self._running[name]

    def _start(self, name: str) -> Server:
        for variable in ("ELASTICSEARCH_URL", f"ECGEN_TEST_{name.upper()}"):
            if given := server_from_environment(variable):
                return given
        from ecgen.testing import EmbeddedNode

        node = self._stack.enter_context(EmbeddedNode(VERSIONS[name]))
        return node.server

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    servers = Servers()
    try:
        yield servers
    finally:
        servers.close()


@pytest.fixture(scope="session")
def es9(servers: Servers) -> Server:
    """Elasticsearch 9.5.3: the server core, without scaled_float, reindex and `GET /`."""
    return servers.get("es9")


@pytest.fixture(scope="session")
def es8(servers: Servers) -> Server:
    """Elasticsearch 8.19.21: the server core, as es9."""
    return servers.get("es8")


@pytest.fixture(scope="session")
def es7(servers: Servers) -> Server:
    """Elasticsearch 7.17.29: the core with scaled_float and its like, reindex and the join field."""
    return servers.get("es7")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", ROUNDS, indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, servers: Servers) -> Server:
    """Each test twice: on 9.5.3 and on 7.17.29. `server.require("scaled_float")` skips where it is lacking."""
    return servers.get(request.param)


# --- a test that every server skips has never run ------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SkippedEverywhere(config), "skipped-everywhere")


class SkippedEverywhere:
    """Fails the session where each variant of a test that takes `server` was skipped."""

    def __init__(self, config: pytest.Config) -> None:
        self._one_server = len(ROUNDS) == 1
        self._skipped: defaultdict[str, list[bool]] = defaultdict(list)
        self._reported: list[str] = []

    @staticmethod
    def _name(nodeid: str) -> str | None:
        """The test's id without the server among its parameters; None where it takes no server."""
        test, bracket, parameters = nodeid.partition("[")
        others = parameters.rstrip("]").split("-")
        if not bracket or not set(ROUNDS) & set(others):
            return None
        return test + str([part for part in others if part not in ROUNDS])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = self._name(report.nodeid)
        if name and (report.when == "call" or report.skipped):
            self._skipped[name].append(report.skipped and not hasattr(report, "wasxfail"))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # A run of one variant (`pytest 'x.py::test_y[es9]'`) says nothing about the other.
        self._reported = sorted(
            name for name, skips in self._skipped.items() if len(skips) > 1 and all(skips)
        )
        if self._reported and not self._one_server and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._reported and not self._one_server:
            terminalreporter.section("skipped on every server")
            for name in self._reported:
                terminalreporter.line(name)
