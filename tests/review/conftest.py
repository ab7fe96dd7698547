"""One asker a server for the whole session: it remembers the mappings that it has seen made."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from ecgen.review.compare.mapping_changes import compare_mappings
from ecgen.review.rules.verdicts import worst_server
from ecgen.testing.server import Server

from .truth import Asker, Json

_ASKERS: dict[str, Asker] = {}

Agree = Callable[[Json, Json], None]


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    for asker in _ASKERS.values():
        # A node of the tests' own may have ended before.
        with contextlib.suppress(OSError):
            asker.close()


def major_of(server: Server) -> int:
    return int(server.version.split(".")[0])


def asker_of(server: Server) -> Asker:
    return _ASKERS.setdefault(server.url, Asker(server.url))


@pytest.fixture
def agree(server: Server) -> Agree:
    """Asserts that the server does with two mappings what the rules say."""

    def check(old: Json, new: Json) -> None:
        truth = asker_of(server).mapping_update(old, new)
        differences = compare_mappings(old, new, major_of(server))
        judged = worst_server(each.server for each in differences)
        rules = [(each.rule, each.path, each.server) for each in differences]
        assert judged == truth.verdict, (old, new, rules, truth)

    return check
