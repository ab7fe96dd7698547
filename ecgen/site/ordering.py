"""The steps of a layered drawing that use only nodes and edges: remove cycles, assign columns, order them, space them."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

SWEEPS = 24
"""The number of passes over the columns, alternately from the left and from the right."""


def acyclic(nodes: int, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the edges with as few reversed as a greedy order finds (Eades, Lin and Smyth), so that there is no cycle."""
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
    """Return a column for every node: edges point to the right, and are as short as possible."""
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
    for _ in range(4):  # shorten lines: move a node to the side with more of its neighbours
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
    """Return the layers in an order with few crossings: the best of barycentre sweeps in both directions."""
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
            # Every second pair of sweeps reverses ties, which escapes many local optima.
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
    """Return the number of crossing pairs of lines between two neighbouring layers."""
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
    """Return places in the given order, at least `gaps` apart, with the least weighted squared distance to `wanted`.

    The algorithm is pool adjacent violators: after subtracting the gaps, neighbours in the wrong order share their mean.
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
