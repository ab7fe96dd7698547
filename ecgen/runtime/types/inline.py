"""Source code that replaces a call: what a hook of a data type does with the usual values.

It is stored on the hook itself, so a subclass that overrides the hook does not inherit it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

Hook = TypeVar("Hook", bound=Callable[..., Any])
Term = Callable[[Any, str], str]
"""An expression, made of the data type and the name of the variable that holds the value, which may be None."""


class Inline(NamedTuple):
    """See `inline`."""

    when: Term
    gives: Term | None
    changes: Term | None
    may_fail: bool
    native: bool


def inline(
    when: Term,
    gives: Term | None = None,
    *,
    changes: Term | None = None,
    may_fail: bool = False,
    native: bool = False,
) -> Callable[[Hook], Hook]:
    """Declare the source for `_convert`, `_read`, `_write`, or for a public hook that overrides what calls them.

    when      condition under which the hook need not be called; "True" for always and "" for never
    gives     the hook's result in that case; by default the value itself
    changes   condition under which the result may differ from the value; by default always
    may_fail  both may raise TypeError or ValueError for a value that is not None, and the hook is called then
    native    a serializer that writes datetimes gets the value itself
    """

    def mark(hook: Hook) -> Hook:
        hook.inline = Inline(when, gives, changes, may_fail, native)  # type: ignore[attr-defined]
        return hook

    return mark
