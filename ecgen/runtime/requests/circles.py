"""Groups of writes that depend on each other in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from .planned import Write


def circles_of(writes: list[Write]) -> list[list[Write]]:
    """Return the writes in groups that depend on each other in a circle (most groups have one write), dependencies
    first.

    Tarjan's algorithm, without recursion: chains of unsaved models may be longer than Python's recursion limit.
    """
    low: dict[int, int] = {}
    """For each write the earliest number that it leads to; of one whose circle is known, a number beyond all."""
    stack: list[Write] = []
    path: list[tuple[Write, int, Iterator[Write]]] = []
    circles: list[list[Write]] = []

    def enter(write: Write) -> None:
        number = low[id(write)] = len(low)
        stack.append(write)
        path.append((write, number, iter(write.before)))

    for root in writes:
        if id(root) not in low:
            enter(root)
        while path:
            write, number, following = path[-1]
            for other in following:
                if id(other) not in low:
                    enter(other)
                    break
                low[id(write)] = min(low[id(write)], low[id(other)])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    low[id(above)] = min(low[id(above)], low[id(write)])
                if low[id(write)] == number:
                    start = stack.index(write)
                    circles.append(stack[start:])
                    del stack[start:]
                    low.update((id(member), len(writes)) for member in circles[-1])
    return circles
