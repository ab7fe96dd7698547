"""Draw a graph in layers: boxes in columns, lines from left to right, few crossings, no overlaps.

The steps are Sugiyama's: remove cycles, assign columns, order each column by barycentres, move boxes towards their
neighbours. Pure and deterministic: ties are broken by the order of the given boxes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from .ordering import SWEEPS, acyclic, columns, ordered, spread

BOX_GAP = 16.0
"""Pixels between boxes of a column."""
LANE = 10.0
"""Height in pixels of the space for a line that passes a column."""
COLUMN_GAP = (64.0, 150.0)
"""The least and the greatest distance of columns in pixels; it grows with the number of lines that change height."""
COMPONENT_GAP = 36.0
LEAST_WIDTH = 1040.0
"""Unconnected parts of the graph are placed side by side up to this width in pixels."""


@dataclass(frozen=True, slots=True)
class Box:
    """A placed box; `x` and `y` are its upper left corner."""

    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two boxes, from the one on the left to the one on the right."""

    left: str
    right: str
    points: tuple[tuple[float, float], ...]
    """Points of equal height are connected by a straight line, others by an S-curve."""

    @property
    def path(self) -> str:
        """SVG path data."""
        x, y = self.points[0]
        steps = [f"M{_n(x)} {_n(y)}"]
        for to_x, to_y in self.points[1:]:
            if to_y == y:
                steps.append(f"H{_n(to_x)}")
            else:
                middle = _n((x + to_x) / 2)
                steps.append(f"C{middle} {_n(y)} {middle} {_n(to_y)} {_n(to_x)} {_n(to_y)}")
            x, y = to_x, to_y
        return "".join(steps)

    def moved(self, right: float, down: float) -> Line:
        """Return the line at another place."""
        return replace(self, points=tuple((x + right, y + down) for x, y in self.points))


@dataclass(frozen=True, slots=True)
class Drawing:
    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def lay_out(sizes: Mapping[str, tuple[float, float]], edges: Sequence[tuple[str, str]]) -> Drawing:
    """Place the boxes of `sizes` (width and height by name) so that edges point to the right where possible.

    Only one of several edges between the same two boxes is drawn, and none from a box to itself.
    """
    index = {name: number for number, name in enumerate(sizes)}
    pairs: dict[tuple[str, str], None] = {}
    for source, target in edges:
        if source != target and (target, source) not in pairs:
            pairs[source, target] = None
    components = _components(list(sizes), list(pairs))
    components.sort(key=lambda names: (-len(names), index[names[0]]))
    parts = [_Part(names, sizes, pairs).drawing() for names in components if len(names) > 1]
    alone = [names[0] for names in components if len(names) == 1]
    return _pack(parts, [(name, *sizes[name]) for name in alone])


def _components(names: list[str], pairs: list[tuple[str, str]]) -> list[list[str]]:
    near: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        near[source].append(target)
        near[target].append(source)
    seen: set[str] = set()
    found = []
    order = {name: number for number, name in enumerate(names)}
    for name in names:
        if name in seen:
            continue
        seen.add(name)
        part, stack = [], [name]
        while stack:
            part.append(stack.pop())
            for other in near[part[-1]]:
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        found.append(sorted(part, key=order.__getitem__))
    return found


class _Part:
    """A connected part of the graph. Nodes are numbers; those from `len(names)` on are lanes of long lines."""

    def __init__(
        self,
        names: list[str],
        sizes: Mapping[str, tuple[float, float]],
        pairs: Mapping[tuple[str, str], None],
    ) -> None:
        self.names = names
        number = {name: place for place, name in enumerate(names)}
        self.edges = [(number[a], number[b]) for a, b in pairs if a in number]
        self.height = [sizes[name][1] for name in names]
        self.width = [sizes[name][0] for name in names]

    def drawing(self) -> Drawing:
        edges = acyclic(len(self.names), self.edges)
        rank = columns(len(self.names), edges)
        chains = self._chains(edges, rank)
        before: list[list[int]] = [[] for _ in self.height]
        after: list[list[int]] = [[] for _ in self.height]
        for chain in chains:
            for left, right in pairwise(chain):
                after[left].append(right)
                before[right].append(left)
        layers: list[list[int]] = [[] for _ in range(max(rank) + 1)]
        for node, layer in enumerate(rank):
            layers[layer].append(node)
        layers = ordered(layers, before, after)
        y = self._heights(layers, before, after)
        return self._draw(layers, chains, after, y)

    def _chains(self, edges: list[tuple[int, int]], rank: list[int]) -> list[list[int]]:
        """Return the nodes that each edge passes, one a column; new nodes represent the lanes in between."""
        chains = []
        for source, target in edges:
            chain = [source]
            for layer in range(rank[source] + 1, rank[target]):
                chain.append(len(rank))
                rank.append(layer)
                self.height.append(LANE)
                self.width.append(0.0)
            chains.append([*chain, target])
        return chains

    def _heights(
        self, layers: list[list[int]], before: list[list[int]], after: list[list[int]]
    ) -> list[float]:
        """Return the middle of every node: near its neighbours, and at least the gap apart within its column."""
        boxes = len(self.names)
        y = [0.0] * len(self.height)

        def distance(upper: int, lower: int) -> float:
            gap = BOX_GAP if upper < boxes and lower < boxes else LANE
            return (self.height[upper] + self.height[lower]) / 2 + gap

        for layer in layers:
            top = 0.0
            for place, node in enumerate(layer):
                top += distance(layer[place - 1], node) if place else 0.0
                y[node] = top
        for sweep in range(SWEEPS):
            leftwards = sweep % 2 == 1
            for layer in reversed(layers) if leftwards else layers:
                wanted, weights = [], []
                for node in layer:
                    near = (after if leftwards else before)[node] or (
                        before if leftwards else after
                    )[node]
                    if sweep >= SWEEPS - 4:  # the last sweeps use both sides
                        near = before[node] + after[node]
                    wanted.append(sum(y[other] for other in near) / len(near))
                    weights.append(1.0 if node < boxes else 6.0)
                gaps = [distance(a, b) for a, b in pairwise(layer)]
                for node, middle in zip(layer, spread(wanted, gaps, weights), strict=True):
                    y[node] = middle
        return y

    def _draw(
        self,
        layers: list[list[int]],
        chains: list[list[int]],
        after: list[list[int]],
        y: list[float],
    ) -> Drawing:
        boxes = len(self.names)
        top = min(y[node] - self.height[node] / 2 for layer in layers for node in layer)
        left, right, edge = [0.0] * len(y), [0.0] * len(y), [0.0] * len(y)
        x = end = 0.0
        for layer in layers:
            broad = max(self.width[node] for node in layer)
            for node in layer:
                left[node] = x
                right[node] = x + self.width[node]
                edge[node] = x + broad
            end = x + broad
            bends = sum(abs(y[node] - y[other]) > LANE for node in layer for other in after[node])
            steep = max((abs(y[node] - y[o]) for node in layer for o in after[node]), default=0)
            gap = max(COLUMN_GAP[0] + 2 * bends, steep / 6)
            x += broad + min(gap, COLUMN_GAP[1])
        ports = self._ports(chains, y)
        lines = []
        for number, chain in enumerate(chains):
            points: list[tuple[float, float]] = []
            for node in chain:
                if node == chain[0]:
                    height = ports[number, 0] - top
                    # From a narrow box, straight on to the end of its column.
                    points += [(right[node], height), (edge[node], height)]
                elif node == chain[-1]:
                    points.append((left[node], ports[number, 1] - top))
                else:
                    points += [(left[node], y[node] - top), (edge[node], y[node] - top)]
            lines.append(
                Line(self.names[chain[0]], self.names[chain[-1]], tuple(dict.fromkeys(points)))
            )
        placed = tuple(
            Box(name, left[i], y[i] - self.height[i] / 2 - top, self.width[i], self.height[i])
            for i, name in enumerate(self.names)
        )
        height = max(box.y + box.height for box in placed)
        height = max([height, *(y[node] - top + LANE / 2 for node in range(boxes, len(y)))])
        return Drawing(end, height, placed, tuple(lines))

    def _ports(self, chains: list[list[int]], y: list[float]) -> dict[tuple[int, int], float]:
        """Return where each chain leaves its first box (0) and enters its last (1), distributed over the side in order."""
        sides: dict[tuple[int, int], list[tuple[float, int]]] = defaultdict(list)
        for number, chain in enumerate(chains):
            sides[chain[0], 0].append((y[chain[1]], number))
            sides[chain[-1], 1].append((y[chain[-2]], number))
        ports = {}
        for (node, end), lines in sides.items():
            lines.sort()
            step = min(7.0, (self.height[node] - 12) / max(len(lines) - 1, 1))
            for place, (_, number) in enumerate(lines):
                ports[number, end] = y[node] + step * (place - (len(lines) - 1) / 2)
        return ports


def _pack(parts: list[Drawing], alone: list[tuple[str, float, float]]) -> Drawing:
    """Place the connected parts in rows, and boxes without lines in rows below them."""
    limit = max([LEAST_WIDTH, *(part.width for part in parts)])
    boxes: list[Box] = []
    lines: list[Line] = []
    x = y = row = width = 0.0

    def place(broad: float, high: float, gap: float, below: float) -> tuple[float, float]:
        nonlocal x, y, row, width
        if x and x + broad > limit:
            x, y, row = 0.0, y + row + below, 0.0
        at = (x, y)
        x, row, width = x + broad + gap, max(row, high), max(width, x + broad)
        return at

    for part in parts:
        left, top = place(part.width, part.height, COMPONENT_GAP, COMPONENT_GAP)
        boxes.extend(replace(box, x=box.x + left, y=box.y + top) for box in part.boxes)
        lines.extend(line.moved(left, top) for line in part.lines)
    if alone and parts:
        x, y, row = 0.0, y + row + COMPONENT_GAP, 0.0
    for name, broad, high in alone:
        left, top = place(broad, high, BOX_GAP, BOX_GAP)
        boxes.append(Box(name, left, top, broad, high))
    return Drawing(width, y + row, tuple(boxes), tuple(lines))


def _n(value: float) -> str:
    """Return a coordinate with at most one decimal, and never `-0`."""
    return f"{round(value, 1) + 0.0:g}"
