"""Groups of writes that depend on each other in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .planned import Write


def circles_of(writes: list[Write]) -> list[list[Write]]:
    """Return the writes in groups that depend on each other in a circle (most groups have one write), dependencies
    first.

    Tarjan's algorithm, without recursion: chains of unsaved models may be longer than Python's recursion limit.
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[Write] = []
    circles: list[list[Write]] = []
    for root in writes:
        if id(root) in index:
            continue
        path = [(root, iter(root.before))]
        index[id(root)] = low[id(root)] = len(index)
        stack.append(root)
        on_stack.add(id(root))
        while path:
            write, following = path[-1]
            for other in following:
                if id(other) not in index:
                    index[id(other)] = low[id(other)] = len(index)
                    stack.append(other)
                    on_stack.add(id(other))
                    path.append((other, iter(other.before)))
                    break
                if id(other) in on_stack:
                    low[id(write)] = min(low[id(write)], index[id(other)])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    low[id(above)] = min(low[id(above)], low[id(write)])
                if low[id(write)] == index[id(write)]:
                    start = next(i for i, member in enumerate(stack) if member is write)
                    circle = stack[start:]
                    del stack[start:]
                    on_stack.difference_update(map(id, circle))
                    circles.append(circle)
    return circles
