"""The layout of diagrams: no overlaps, lines avoid boxes, reproducible."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgen.site.layered import Box, Drawing, Line, lay_out
from ecgen.site.ordering import acyclic, crossings, spread


def graph(
    count: int, edges: int, seed: int
) -> tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]:
    """Return a random graph, with cycles, several components and boxes of different widths."""
    dice = random.Random(seed)
    sizes = {
        f"m{n}": (float(dice.randint(40, 260)), dice.choice([40.0, 40.0, 72.0]))
        for n in range(count)
    }
    names = list(sizes)
    return sizes, [(dice.choice(names), dice.choice(names)) for _ in range(edges)]


def overlap(a: Box, b: Box) -> bool:
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


def along(line: Line) -> list[tuple[float, float]]:
    """Return points of a line, S-curves included (Bézier curves with control points in the middle)."""
    found = []
    for (x0, y0), (x1, y1) in pairwise(line.points):
        middle = (x0 + x1) / 2
        for step in range(21):
            t = step / 20
            s = 1 - t
            x = s**3 * x0 + 3 * s * s * t * middle + 3 * s * t * t * middle + t**3 * x1
            y = (s**3 + 3 * s * s * t) * y0 + (3 * s * t * t + t**3) * y1
            found.append((x, y))
    return found


@pytest.mark.parametrize(("count", "edges"), [(2, 1), (12, 18), (100, 140), (100, 400)])
def test_boxes_and_lines_keep_clear_of_boxes(count: int, edges: int) -> None:
    for seed in range(3):
        sizes, pairs = graph(count, edges, seed)
        drawing = lay_out(sizes, pairs)
        check(drawing, sizes)
        wanted = {frozenset(pair) for pair in pairs if pair[0] != pair[1]}
        assert {frozenset((line.left, line.right)) for line in drawing.lines} == wanted


STRIP = 50.0


def check(drawing: Drawing, sizes: dict[str, tuple[float, float]]) -> None:
    boxes = {box.name: box for box in drawing.boxes}
    assert boxes.keys() == sizes.keys()
    for box in drawing.boxes:
        assert (box.width, box.height) == sizes[box.name]
        assert 0 <= box.x <= box.x + box.width <= drawing.width + 1e-6
        assert 0 <= box.y <= box.y + box.height <= drawing.height + 1e-6
    assert not [(a.name, b.name) for a, b in combinations(drawing.boxes, 2) if overlap(a, b)]
    # By position, so that a point is compared with the few boxes around it.
    around: defaultdict[int, list[Box]] = defaultdict(list)
    for box in drawing.boxes:
        for strip in range(int(box.x // STRIP), int((box.x + box.width) // STRIP) + 1):
            around[strip].append(box)
    for line in drawing.lines:
        left, right = boxes[line.left], boxes[line.right]
        assert line.points[0][0] == pytest.approx(left.x + left.width)
        assert line.points[-1][0] == pytest.approx(right.x)
        assert left.y < line.points[0][1] < left.y + left.height
        assert right.y < line.points[-1][1] < right.y + right.height
        for x, y in along(line):
            assert -1e-6 <= y <= drawing.height + 1e-6
            for box in around[int(x // STRIP)]:
                inside = (
                    box.x + 0.5 < x < box.x + box.width - 0.5
                    and box.y - 0.5 < y < box.y + box.height + 0.5
                )
                assert not inside, (line.left, line.right, box.name)


def test_without_cycles_every_line_points_to_the_right() -> None:
    sizes, pairs = graph(40, 80, 1)
    names = list(sizes)
    downhill = [pair for pair in pairs if names.index(pair[0]) < names.index(pair[1])]
    drawn = {(line.left, line.right) for line in lay_out(sizes, downhill).lines}
    assert drawn == set(downhill)


def test_a_tree_has_no_crossings() -> None:
    sizes = {f"m{n}": (60.0, 40.0) for n in range(31)}
    tree = [(f"m{n}", f"m{(n - 1) // 2}") for n in range(1, 31)]
    random.Random(3).shuffle(tree)
    drawing = lay_out(sizes, tree)
    place = {box.name: (box.x, box.y) for box in drawing.boxes}
    ends = [(place[line.left], place[line.right]) for line in drawing.lines]
    crossed = [
        1
        for (a, b), (c, d) in combinations(ends, 2)
        if a[0] == c[0] and b[0] == d[0] and (a[1] - c[1]) * (b[1] - d[1]) < 0
    ]
    assert not crossed


def test_nothing_at_all() -> None:
    assert lay_out({}, []) == Drawing(0.0, 0.0, (), ())


@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))
    )
)
def test_no_cycle_is_left(case: tuple[int, list[tuple[int, int]]]) -> None:
    nodes, pairs = case
    edges = list({frozenset(pair): pair for pair in pairs if pair[0] != pair[1]}.values())
    turned = acyclic(nodes, edges)
    assert [frozenset(edge) for edge in turned] == [frozenset(edge) for edge in edges]
    left = set(range(nodes))
    while left:
        free = {node for node in left if not any(b == node and a in left for a, b in turned)}
        assert free, "a cycle"
        left -= free


@given(st.integers(0, 2**32))
@settings(max_examples=50)
def test_crossings_are_counted_as_by_hand(seed: int) -> None:
    dice = random.Random(seed)
    left, right = list(range(6)), list(range(6, 12))
    dice.shuffle(right)
    after = [dice.sample(right, dice.randint(0, 4)) for _ in left] + [[] for _ in right]
    pairs = [(a, right.index(b)) for a in left for b in after[a]]
    expected = sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(pairs, 2))
    assert crossings(left, right, after) == expected


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=12), st.floats(1, 50))
def test_spread_keeps_order_and_gaps_and_what_fits_stays(wanted: list[float], gap: float) -> None:
    gaps = [gap] * (len(wanted) - 1)
    placed = spread(wanted, gaps, [1.0] * len(wanted))
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(placed))
    assert sum(placed) == pytest.approx(sum(wanted), abs=1e-5)
    apart = sorted(wanted)
    if all(b - a >= gap for a, b in pairwise(apart)):
        assert spread(apart, gaps, [1.0] * len(apart)) == pytest.approx(apart)
