"""Elasticsearch servers for the tests: each starts when the first test needs it, and ends with the session.

`ECGEN_TEST_ES9`, `ECGEN_TEST_ES8` and `ECGEN_TEST_ES7` name running servers, which are used instead. With `-n` the
controller starts those that are not named, once for all workers. `ELASTICSEARCH_URL` names one server that is used as all
three. `ECGEN_TEST_SERVERS` lists the servers that the fixture `server` runs on: `es8` with the client 8.19
(tools/suite.py), `es9 es7` otherwise.
"""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from servers import Servers, shared

from ecgen.testing import NodeError
from ecgen.testing.server import Server

# A background run of a script ignores SIGINT, and child processes that tests interrupt would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# mypy reads the client and the standard library once for all tests, also those that run it in a folder of their own.
os.environ.setdefault("MYPY_CACHE_DIR", str(Path(__file__).resolve().parents[1] / ".mypy_cache"))

# The same examples in every run, so that a failure is due to the change; ECGEN_HYPOTHESIS=default searches for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("ECGEN_HYPOTHESIS", "steady"))

# With one server for all, a second run on it would test nothing new.
ROUNDS = (
    ["es9"]
    if os.environ.get("ELASTICSEARCH_URL")
    else os.environ.get("ECGEN_TEST_SERVERS", "es9 es7").split()
)


SOAK = Path(__file__).parent / "soak"
# Files whose tests may run in any process, independently: long ones, and those that start their own nodes.
APART = (
    "tests/testing/test_node.py",
    "tests/testing/test_plugin.py",
    "tests/typing/test_typing.py",
    "tests/review/test_mappings_on_servers.py",
    "tests/review/test_cases.py",
    "tests/review/test_random_on_servers.py",
    "tests/review/test_parameters_on_servers.py",
)
# Files, and folders with such, that take a quarter of a minute or more start next, in this order, so that none of them is left
# for the end; between those that mostly wait for a server are some that compute. Last are the short files of tests/runtime.
LONG = (
    "tests/live/",
    "tests/definitions/test_against_server.py",
    "tests/runtime/test_aio_loading.py",
    "tests/runtime/test_loading.py",
    "tests/test_",
    "tests/typing/",
    "tests/site/",
    "tests/adopt/",
    "tests/output/",
    "tests/runtime/test_doubts.py",
    "tests/runtime/test_aio_doubts.py",
    "tests/runtime/test_generated.py",
    "tests/runtime/test_patterns.py",
    "tests/runtime/test_forks.py",
    "tests/runtime/test_paging.py",
    "tests/runtime/test_overwriting.py",
    "tests/runtime/test_write_blocks.py",
    "tests/review/",
    "tests/definitions/",
)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    servers = Servers()
    try:
        yield servers
    finally:
        servers.close()


@pytest.fixture(scope="session")
def es9(servers: Servers) -> Server:
    """Elasticsearch 9.5.3: only the server core, without scaled_float, reindex and `GET /`."""
    return servers.get("es9")


@pytest.fixture(scope="session")
def es8(servers: Servers) -> Server:
    """Elasticsearch 8.19.21: only the server core, like es9."""
    return servers.get("es8")


@pytest.fixture(scope="session")
def es7(servers: Servers) -> Server:
    """Elasticsearch 7.17.29: the core with mapper-extras (scaled_float, …), reindex and the join field."""
    return servers.get("es7")


# Slow tests without a server: type checkers, builds of wheels, a browser, processes with timeouts.
NOT_QUICK = (
    *("tests/testing/", "tests/typing/", "tests/site/test_browser.py", "tests/test_hatch_hook.py"),
    *("tests/test_packaging.py", "tests/test_readme.py", "tests/test_watch.py"),
    *("tests/output/test_generated_typing.py", "tests/output/test_fuzzed_definitions.py"),
    *("tests/adopt/test_editor.py", "tests/definitions/test_checks.py"),
)
SERVERS = {"servers", "es9", "es8", "es7"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true", help="only tests without servers that are short"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignore long tests (tests/soak) unless they are named, as by `make soak`."""
    if collection_path != SOAK:
        return None
    named = [(config.invocation_params.dir / arg.partition("::")[0]) for arg in config.args]
    return None if any(path.resolve().is_relative_to(SOAK) for path in named) else True


# --- with pytest-xdist ---------------------------------------------------------------------------


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart(session: pytest.Session) -> Iterator[None]:
    """With xdist, start the servers before the workers."""
    config = session.config
    needed = not config.getoption("--quick") and not config.option.collectonly
    if needed and getattr(config.option, "tx", None) and not is_worker(config):
        stack = ExitStack()
        config.add_cleanup(stack.close)
        try:
            stack.enter_context(shared())
        except NodeError as error:
            pytest.exit(str(error), returncode=1)
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run a file's tests in one process, in order, except those of the files in APART, which start first since they take long."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if file in APART else file

    config.option.loadscopereorder = False
    return ByFile(config, log)


def asked_for(item: pytest.Item) -> set[str]:
    """Return the item's fixtures, including those named by parameters."""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return {*getattr(item, "fixturenames", ()), *(p for p in parameters if isinstance(p, str))}


def turn(item: pytest.Item) -> int:
    """Return when the item's file starts: 0 for the first."""
    return next(
        (turn for turn, files in enumerate((APART, *LONG)) if item.nodeid.startswith(files)),
        1 + len(LONG),
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--quick"):
        long = [
            item for item in items if item.nodeid.startswith(NOT_QUICK) or SERVERS & asked_for(item)
        ]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]
    if is_worker(config):
        items.sort(key=turn)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        once = (
            getattr(metafunc.module, "ON_ONE_SERVER", False)  # see tests/runtime/again.py
            or metafunc.definition.get_closest_marker("one_server") is not None
        )
        rounds = ROUNDS[:1] if once and "ECGEN_EVERYWHERE" not in os.environ else ROUNDS
        metafunc.parametrize("server", rounds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, servers: Servers) -> Server:
    """Run the test on 9.5.3 and on 7.17.29. `server.require("scaled_float")` skips where the server lacks it."""
    return servers.get(request.param)


# --- a test that every server skips has never run ------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SkippedEverywhere(config), "skipped-everywhere")


class SkippedEverywhere:
    """Fails the session if every variant of a test that uses `server` was skipped: such a test never runs."""

    def __init__(self, config: pytest.Config) -> None:
        self._one_server = len(ROUNDS) == 1
        self._is_worker = is_worker(config)
        self._skipped: defaultdict[str, list[bool]] = defaultdict(list)
        self._reported: list[str] = []

    @staticmethod
    def _name(nodeid: str) -> str | None:
        """Return the test's id without the server among its parameters; None if it does not use `server`."""
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
        # With a single variant (`pytest 'x.py::test_y[es9]'`) the other did not run at all.
        self._reported = sorted(
            name for name, skips in self._skipped.items() if len(skips) > 1 and all(skips)
        )
        if (
            self._reported
            and not self._one_server
            and not self._is_worker
            and session.exitstatus == 0
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._reported and not self._one_server:
            terminalreporter.section("skipped on every server")
            for name in self._reported:
                terminalreporter.line(name)
