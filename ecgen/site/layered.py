"""Drawing a graph in layers: boxes in columns, lines from left to right, few crossings, nothing on top of anything.

The steps are Sugiyama's: make it acyclic, give every box a column, order the columns by barycentres, move boxes
towards their neighbours. All pure and deterministic: ties are broken by the order in which the boxes are given.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

BOX_GAP = 16.0
"""Between boxes of a column."""
LANE = 10.0
"""Height of the lane in which a line passes the boxes of a column."""
COLUMN_GAP = (64.0, 150.0)
"""Between columns, the least and the most: it grows with the lines that change height there."""
COMPONENT_GAP = 36.0
SWEEPS = 24
LEAST_WIDTH = 1040.0
"""Parts of the graph that are not connected stand side by side up to this width."""


@dataclass(frozen=True, slots=True)
class Box:
    """A placed box; `x` and `y` are its left upper corner."""

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
    """Straight on between two of the same height, in an S between others."""

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
        """The same line somewhere else."""
        return replace(self, points=tuple((x + right, y + down) for x, y in self.points))


@dataclass(frozen=True, slots=True)
class Drawing:
    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def lay_out(sizes: Mapping[str, tuple[float, float]], edges: Sequence[tuple[str, str]]) -> Drawing:
    """Place the boxes of `sizes` (width and height by name) so that edges point to the right wherever they can.

    Of several edges between the same two boxes one is drawn; an edge from a box to itself draws nothing.
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
    """One connected part of the graph. Nodes are numbers; those from `len(names)` on are lanes of long lines."""

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
        """Each edge as the nodes it passes, one a column; new nodes stand for the lanes in between."""
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
        """The middle of every node: near its neighbours, no closer to the next in its column than the gap."""
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
                    if sweep >= SWEEPS - 4:  # at the end both sides count
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
                    # A box narrower than its column: straight on to where the column ends.
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
        """Where each chain leaves its first box (0) and enters its last (1): spread over the side, in order."""
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


def acyclic(nodes: int, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Turn round as few edges as a greedy order finds (Eades, Lin and Smyth), so that no cycle is left."""
    out: list[set[int]] = [set() for _ in range(nodes)]
    into: list[set[int]] = [set() for _ in range(nodes)]
    for source, target in edges:
        out[source].add(target)
        into[target].add(source)
    left, first, last = set(range(nodes)), [], []

    def take(node: int) -> None:
        left.discard(node)
        for other in out[node]:
            into[other].discard(node)
        for other in into[node]:
            out[other].discard(node)

    while left:
        sinks = sorted(node for node in left if not out[node])
        sources = sorted(node for node in left if not into[node] and out[node])
        for node in sinks:
            last.append(node)
            take(node)
        for node in sources:
            first.append(node)
            take(node)
        if left and not sinks and not sources:
            node = max(left, key=lambda each: (len(out[each]) - len(into[each]), -each))
            first.append(node)
            take(node)
    place = {node: number for number, node in enumerate([*first, *reversed(last)])}
    return [(a, b) if place[a] < place[b] else (b, a) for a, b in edges]


def columns(nodes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """A column for every node: edges go to the right, and no node stands further off than it must."""
    out: list[list[int]] = [[] for _ in range(nodes)]
    into: list[list[int]] = [[] for _ in range(nodes)]
    for source, target in edges:
        out[source].append(target)
        into[target].append(source)
    waiting = [len(each) for each in into]
    order = [node for node in range(nodes) if not waiting[node]]
    rank = [0] * nodes
    for node in order:
        for other in out[node]:
            rank[other] = max(rank[other], rank[node] + 1)
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    for _ in range(4):  # shorter lines: a node moves to the side where it has more of them
        for node in reversed(order):
            low = max((rank[other] + 1 for other in into[node]), default=0)
            high = min((rank[other] - 1 for other in out[node]), default=rank[node])
            if len(out[node]) > len(into[node]):
                rank[node] = high
            elif len(out[node]) < len(into[node]):
                rank[node] = low
    least = min(rank, default=0)
    return [each - least for each in rank]


def ordered(
    layers: list[list[int]], before: list[list[int]], after: list[list[int]]
) -> list[list[int]]:
    """The layers in an order with few crossings: barycentre sweeps both ways, the best one kept."""
    best, least = [list(layer) for layer in layers], None
    for sweep in range(SWEEPS):
        near, moving = (before, layers[1:]) if sweep % 2 == 0 else (after, layers[-2::-1])
        place = {node: float(at) for layer in layers for at, node in enumerate(layer)}
        for layer in moving:
            centre = {
                node: sum(place[other] for other in near[node]) / len(near[node])
                if near[node]
                else place[node]
                for node in layer
            }
            # Every second pair of sweeps turns ties round, which gets out of many a local optimum.
            layer.sort(
                key=lambda node: (centre[node], place[node] if sweep % 4 < 2 else -place[node])
            )
            place.update((node, float(at)) for at, node in enumerate(layer))
        count = sum(crossings(a, b, after) for a, b in pairwise(layers))
        if least is None or count < least:
            best, least = [list(layer) for layer in layers], count
        if not count:
            break
    return best


def crossings(left: Sequence[int], right: Sequence[int], after: Sequence[Sequence[int]]) -> int:
    """How many pairs of lines between two neighbouring layers cross."""
    place = {node: number for number, node in enumerate(right)}
    ends: list[int] = []
    count = 0
    for node in left:
        mine = sorted(place[other] for other in after[node])
        for end in mine:
            count += len(ends) - bisect_right(ends, end)
        for end in mine:
            insort(ends, end)
    return count


def spread(wanted: Sequence[float], gaps: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Places in the given order, at least `gaps` apart, with the least weighted squared distance to `wanted`.

    Pooling adjacent violators: with the gaps taken off, neighbours in the wrong order share their mean.
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, members
    for want, offset, weight in zip(wanted, offsets, weights, strict=True):
        mean, total, members = want - offset, weight, 1
        while blocks and blocks[-1][0] > mean:
            other, other_total, other_members = blocks.pop()
            mean = (other * other_total + mean * total) / (total + other_total)
            total += other_total
            members += other_members
        blocks.append((mean, total, members))
    means = [mean for mean, _, members in blocks for _ in range(members)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _pack(parts: list[Drawing], alone: list[tuple[str, float, float]]) -> Drawing:
    """Put the connected parts side by side in rows, and boxes without any line in rows below them."""
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
    """A coordinate with one decimal at most, and never `-0`."""
    return f"{round(value, 1) + 0.0:g}"
