"""Concurrent saves that share a new model: one writes it, the others wait.

A save claims every model that it is about to write, all at once, before it assigns any ids. If one of them is already
claimed, it waits until that save has ended, holding no claim meanwhile, and tries again: so no deadlock is possible.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ..base_document import BaseDocument
from .steps import Finish, Steps

_lock = threading.Lock()
_claims: dict[int, Claim] = {}
"""By the Python id of each claimed model; the claim holds a reference to the model."""


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _claims.clear()  # of threads that do not exist in this process


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Claim:
    """The models that one save is about to write.

    models   by Python id
    written  the Python ids of those that this save, or a save that it waited for, has written
    """

    def __init__(self) -> None:
        self.models: dict[int, BaseDocument] = {}
        self.written: set[int] = set()
        self.owner = _here()
        self.ended: Future[None] = Future()

    def take_steps(self, models: list[BaseDocument]) -> Steps[None]:
        """Claim the models and every unsaved model they join, once no other save is writing any of them."""
        while True:
            with _lock:
                self.models, stored = _reached(models)
                claims = filter(None, map(_claims.get, [*self.models, *stored]))
                # A call from within a save, as by a program's own hook, does not wait for that save.
                other = next((each for each in claims if each.owner != self.owner), None)
                if other is None:
                    _claims.update(dict.fromkeys(self.models, self))
                    return
            yield Finish(other.ended)
            self.written |= other.written

    def release(self) -> None:
        """Release the claim and wake waiting saves. Does nothing the second time."""
        with _lock:
            for key in self.models:
                if _claims.get(key) is self:
                    del _claims[key]
        if not self.ended.done():
            self.ended.set_result(None)


def claimed_steps(models: list[BaseDocument], work: Callable[[Claim], Steps[None]]) -> Steps[None]:
    """Do the work while no other save writes the models and the unsaved models they join."""
    claim = Claim()
    try:
        try:
            yield from claim.take_steps(models)
            yield from work(claim)
        finally:
            claim.release()
    finally:
        claim.release()  # an interrupt may fall into the first call


def claimed() -> set[int]:
    """Return the Python ids of the models that some save is about to write."""
    with _lock:
        return set(_claims)


def _reached(models: list[BaseDocument]) -> tuple[dict[int, BaseDocument], set[int]]:
    """Return the models and all unsaved models they join, and the Python ids of the saved ones that those point to."""
    new = {id(model): model for model in models}
    stored: set[int] = set()
    pending = list(new.values())
    while pending:
        model = pending.pop()
        for name, join in type(model)._joins.items():
            for joined in join.models(getattr(model, name, None)):
                if id(joined) in new:
                    continue
                if joined.id is None:
                    new[id(joined)] = joined
                    pending.append(joined)
                else:
                    stored.add(id(joined))
    return new, stored


def _here() -> tuple[int, Any]:
    """Return the thread and the asynchronous task that this runs in."""
    asyncio = sys.modules.get("asyncio")
    task = None
    if asyncio is not None and asyncio._get_running_loop() is not None:
        task = asyncio.current_task()
    return threading.get_ident(), task
