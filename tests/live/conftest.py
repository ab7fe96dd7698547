"""Fixtures of migration tests: an index behind an alias on a real server, and runs that can be cut anywhere."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from migrating import Stage
from planned_shop import Shop

from ecgen.testing.server import Server

Make = Callable[..., Stage]


@pytest.fixture
def stage(server: Server) -> Iterator[Make]:
    """Makes an index of so many documents; all of it is removed at the end."""
    yield from _stages(server)


@pytest.fixture
def stage9(es9: Server) -> Iterator[Make]:
    """As `stage`, on 9.5.3 only; `make soak` does it on all."""
    yield from _stages(es9)


@pytest.fixture
def stage_of() -> Iterator[Callable[[Server], Make]]:
    """As `stage`, for a server that the test names."""
    made: list[Iterator[Make]] = []

    def of(server: Server) -> Make:
        made.append(_stages(server))
        return next(made[-1])

    yield of
    for each in made:
        next(each, None)


def _stages(server: Server) -> Iterator[Make]:
    stages: list[Stage] = []

    def make(documents: int = 60, **options: object) -> Stage:
        stages.append(Stage(server, f"mgr-{secrets.token_hex(4)}", documents, **options))  # type: ignore[arg-type]
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def shop(es9: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.chdir(tmp_path)
    made = Shop(es9, tmp_path, f"mgr-{secrets.token_hex(4)}-")
    yield made
    made.close()
