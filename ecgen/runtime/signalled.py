"""Errors that a handler of the program raises for a signal, as Celery's soft time limit and `signal.alarm` do.

They are meant for the program, wherever they fall: they are neither the failure of a document nor an answer that was lost.
"""

from __future__ import annotations

import functools
import signal
from types import CodeType, TracebackType


def raise_signalled(error: BaseException) -> None:
    """Raise what a signal's handler raised, if that is `error`, or what it was made of."""
    handlers = _handlers()
    if not handlers:
        return
    pending: list[BaseException] = [error]
    for each in pending:
        if _came_through(each.__traceback__, handlers):
            raise each
        # Not the context, which may be an error that the program handles by what failed now.
        causes = each.__cause__, *getattr(each, "errors", ())  # the client lists what it hides
        pending += [other for other in causes if isinstance(other, BaseException) and other not in pending]  # fmt: skip


def _handlers() -> set[CodeType]:
    """Return the code of the program's handlers; Python's own for Ctrl-C raises no Exception."""
    codes = set()
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        while isinstance(handler, functools.partial):
            handler = handler.func
        for place in (handler, type(handler).__call__ if callable(handler) else None):
            code = getattr(place, "__code__", None)
            if isinstance(code, CodeType):
                codes.add(code)
    return codes


def _came_through(traceback: TracebackType | None, codes: set[CodeType]) -> bool:
    while traceback is not None:
        if traceback.tb_frame.f_code in codes:
            return True
        traceback = traceback.tb_next
    return False
