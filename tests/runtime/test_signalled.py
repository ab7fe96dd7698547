"""Errors that a handler of the program raises for a signal: they reach the program, wherever they fall."""

from __future__ import annotations

import ast
import contextlib
import functools
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import elasticsearch
import pytest

import ecgen.runtime
from ecgen.runtime import IntegrityError, Keyword, Model, Namespace, create_mappings
from ecgen.runtime.data_types import BaseDataType
from ecgen.runtime.signalled import raise_signalled

pytestmark = pytest.mark.one_server


class SoftTimeLimit(Exception):
    """As Celery raises it."""


class Text(Keyword):
    """A program's own type, whose conversions take some time."""

    def from_python(self, value: Any) -> Any:
        if value == "slow":
            signal.raise_signal(signal.SIGUSR1)
        return value

    def deserialize(self, value: Any) -> Any:
        if value == "slow":
            signal.raise_signal(signal.SIGUSR1)
        return value


class Slow(Model):
    """`at` says for which document the signal falls while its id is computed."""

    __slots__ = ("number", "text")
    _meta: ClassVar[dict[str, Any]] = {"index": "slow"}
    _mapping: ClassVar[dict[str, BaseDataType]] = {
        "id": Keyword("id"),
        "number": Keyword("number"),
        "text": Text("text"),
    }
    at: ClassVar[str | None] = None

    def _compute_id(self) -> str | None:
        if self.number == self.at:
            signal.raise_signal(signal.SIGUSR1)
        if self.number == "nameless":
            raise IntegrityError("it has no name")
        return f"s{self.number}"


class Handler:
    def __call__(self, number: int, frame: Any) -> None:
        raise SoftTimeLimit

    def method(self, number: int, frame: Any) -> None:
        raise SoftTimeLimit


def handle(number: int, frame: Any) -> None:
    raise SoftTimeLimit


def starred(*given: Any, **others: Any) -> None:
    raise SoftTimeLimit


def wrapped(*given: Any) -> None:
    handle(*given)


HANDLERS = {
    "function": handle,
    "object": Handler(),
    "method": Handler().method,
    "partial": functools.partial(handle),
    "arguments": starred,
    "wrapper": wrapped,
    "partial of arguments": functools.partial(functools.partial(starred, 1), None),
}


@contextlib.contextmanager
def handling(number: int, handler: Any = handle) -> Iterator[None]:
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=list(HANDLERS))
def test_a_bulk_ends_with_the_error_and_the_rest_can_be_saved(connected, monkeypatch, handler):
    create_mappings([Slow])
    models = [Slow(number=f"{number}") for number in range(5)]
    with monkeypatch.context() as patch, handling(signal.SIGUSR1, handler):
        patch.setattr(Slow, "at", "3")
        with pytest.raises(SoftTimeLimit) as caught:
            Slow.save_all(models)
    result = caught.value.bulk  # type: ignore[attr-defined]
    assert (result.succeeded, result.failures, len(result.unwritten)) == (0, [], 5)
    assert Slow.save_all(models, refresh=True).succeeded == 5
    assert Slow.count() == 5


def test_also_where_models_are_planned_one_by_one(connected, monkeypatch):
    create_mappings([Slow])
    models = [Slow(number=f"{number}") for number in range(5)]
    assert Slow.save_all(models).succeeded == 5
    for model in models:
        model.text = "changed"
    models[2].text = "slow"
    with handling(signal.SIGUSR1), pytest.raises(SoftTimeLimit) as caught:
        Slow.save_all(models)
    assert caught.value.bulk.failures == []  # type: ignore[attr-defined]
    with handling(signal.SIGUSR1, signal.SIG_IGN):
        assert Slow.save_all(models, refresh=True).succeeded == 5


@pytest.mark.parametrize("on_error", ["skip", list])
def test_a_page_is_not_skipped(connected, on_error):
    create_mappings([Slow])
    with handling(signal.SIGUSR1, signal.SIG_IGN):
        Slow(number="1", text="slow").save(refresh=True)
    with handling(signal.SIGUSR1):
        with pytest.raises(SoftTimeLimit):
            Slow.find_by(on_error=on_error)
        with pytest.raises(SoftTimeLimit):
            Slow(number="2", text="slow")


@pytest.mark.parametrize("known", [False, True], ids=["as it looks for the index", "as it writes"])
@pytest.mark.parametrize("kind", ["save", "save_all", "find_by", "scan", "save by a given client"])
def test_the_client_does_not_hide_it(monkeypatch, kind, known):
    """A server that takes the request and does not answer, and a limit of a third of a second."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        conf: Any = {
            "hosts": [f"http://127.0.0.1:{silent.getsockname()[1]}"],
            "request_timeout": 20,
        }
        if "given" in kind:
            conf = elasticsearch.Elasticsearch(**conf)
        with Namespace(f"silent-{uuid.uuid4().hex[:8]}", conf) as namespace:
            monkeypatch.setattr(Slow, "_es_namespace", namespace)
            monkeypatch.setattr(Slow, "_es_connection", None)
            if known:
                namespace.known_indices.add(Slow.get_index())
            model = Slow(number="1")
            act = {
                "save": model.save,
                "save_all": lambda: Slow.save_all([model]),
                "find_by": Slow.find_by,
                "scan": lambda: next(Slow.scan()),
                "save by a given client": model.save,
            }[kind]
            with handling(signal.SIGALRM):
                # Again after four seconds: Python ignores what is raised in a weak reference's callback, wherever that runs.
                signal.setitimer(signal.ITIMER_REAL, 0.3, 4)
                begin = time.monotonic()
                try:
                    with pytest.raises(SoftTimeLimit):
                        act()
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                assert time.monotonic() - begin < 10  # the client did not try again


def test_an_error_that_the_program_handles_is_not_raised_again(connected):
    create_mappings([Slow])
    with handling(signal.SIGUSR1):
        try:
            signal.raise_signal(signal.SIGUSR1)
        except SoftTimeLimit:
            result = Slow.save_all([Slow(number="2"), Slow(number="nameless")])
    assert result.succeeded == 1
    assert len(result.failures) == 1


def test_what_led_to_an_error_is_found_and_other_errors_are_left():
    def caught() -> SoftTimeLimit:
        try:
            signal.raise_signal(signal.SIGUSR1)
        except SoftTimeLimit as error:
            return error
        raise AssertionError

    with handling(signal.SIGUSR1):
        limit = caught()
        for error in (limit, IntegrityError("made of it")):
            if error is not limit:
                error.__cause__ = limit
            with pytest.raises(SoftTimeLimit):
                raise_signalled(error)
        for hidden in (list, None, {"a": 1}, ["text"], object()):
            odd = ValueError("as of pydantic, whose `errors` is a method")
            odd.errors = hidden  # type: ignore[attr-defined]
            raise_signalled(odd)
        other = ValueError("a cause that goes in a circle")
        other.__cause__ = IntegrityError("it")
        other.__cause__.__cause__ = other
        other.__context__ = limit
        raise_signalled(other)
    raise_signalled(limit)  # the handler is gone, and with it what it was for


SWALLOWING = {
    "document.py",  # what print() shows
    "bulk.py",  # waits for other requests, while an error is about to be raised
    "configuration.py",  # makes the class of an error
    "cluster.py",  # raises it elsewhere
}


def test_whoever_catches_every_exception_lets_a_limit_through():
    found: set[str] = set()
    for path in Path(ecgen.runtime.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ExceptHandler) or "Exception" not in _names(node.type):
                continue
            inside = {type(each) for each in ast.walk(node)}
            if ast.Raise not in inside and "raise_signalled" not in _names(node):
                found.add(path.name)
    assert found == SWALLOWING


def _names(node: ast.AST | None) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} if node else set()
