"""The script that gives values in documents another name, in the server's script language.

It asks each document: a query for the old name does not find values that are not indexed, such as those over `ignore_above`, nor
those of nested documents. Compiled and run with Painless itself; the nodes of the tests have no script language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple


class Move(NamedTuple):
    """A field with another name; `owner` is the full name of the object it is in, empty for the document."""

    owner: str
    was: str
    now: str


_FUNCTION: Final = (
    "boolean move(def at, List path, String was, String now) { "
    "if (at instanceof List) { boolean any = false; for (def each : at) { any = move(each, path, was, now) || any } return any } "
    "if (!(at instanceof Map)) { return false } "
    "if (!path.isEmpty()) { return move(at[path[0]], path.subList(1, path.size()), was, now) } "
    "if (!at.containsKey(was)) { return false } "
    "at.putIfAbsent(now, at.remove(was)); return true }"
)
"""An object can be a list of objects in any document."""


def script(moves: Sequence[Move]) -> str:
    """Return the script that makes the moves, one after the other; where both names are present, the new one wins."""
    first = moves[0]
    if len(moves) == 1 and not first.owner:
        was, now = _quoted(first.was), _quoted(first.now)
        return (
            f"if (ctx._source.containsKey({was})) {{ ctx._source.putIfAbsent({now}, ctx._source.remove({was})) }} "
            "else { ctx.op = 'noop' }"
        )
    made = "".join(f" any = {_called(move)} || any;" for move in moves)
    return f"{_FUNCTION} boolean any = false;{made} if (!any) {{ ctx.op = 'noop' }}"


def _called(move: Move) -> str:
    path = ", ".join(map(_quoted, filter(None, move.owner.split("."))))
    return f"move(ctx._source, [{path}], {_quoted(move.was)}, {_quoted(move.now)})"


def _quoted(name: str) -> str:
    """Return a string of the server's script language."""
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
