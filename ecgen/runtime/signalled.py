"""Errors that a handler of the program raises for a signal, as Celery's soft time limit and `signal.alarm` do.

They are meant for the program, wherever they fall: they are neither the failure of a document nor an answer that was lost.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import signal
from types import FrameType
from typing import Any

_OWN = f"{__package__.partition('.')[0]}."


def raise_signalled(error: BaseException) -> None:
    """Raise what a signal's handler raised, if that is `error`, or what it was made of."""
    pending: list[Any] = [error]
    seen: set[int] = set()
    while pending:
        each = pending.pop()
        if id(each) in seen or not isinstance(each, BaseException):
            continue
        seen.add(id(each))
        traceback = each.__traceback__
        while traceback is not None:
            if _is_handler(traceback.tb_frame):
                raise each
            traceback = traceback.tb_next
        hidden = getattr(each, "errors", ())  # by the client; elsewhere it may be anything
        # Not the context, which may be an error that the program handles by what failed now.
        pending += [each.__cause__, *(hidden if isinstance(hidden, tuple | list) else ())]


def _is_handler(frame: FrameType) -> bool:
    """Return whether the frame is that of a handler, called with a signal's number and the frame that it interrupted."""
    code = frame.f_code
    starred = bool(code.co_flags & inspect.CO_VARARGS)
    if code.co_argcount + 2 * starred < 2 or str(frame.f_globals.get("__name__")).startswith(_OWN):
        return False
    named, values = code.co_varnames, frame.f_locals
    given = [values.get(name) for name in named[: code.co_argcount]]
    if starred:
        given += values.get(named[code.co_argcount + code.co_kwonlyargcount], ())
    for number, interrupted in itertools.pairwise(given):
        # To ask for the handlers of all signals takes half a millisecond.
        if isinstance(number, int) and isinstance(interrupted, FrameType):
            handler = signal.getsignal(number) if number in range(1, signal.NSIG) else None
            while isinstance(handler, functools.partial):
                handler = handler.func
            calls = (handler, type(handler).__call__) if callable(handler) else ()
            return any(getattr(call, "__code__", None) is code for call in calls)
    return False
