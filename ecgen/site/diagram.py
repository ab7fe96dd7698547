"""Compute the diagram of a project's joins: boxes, lines and their labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecgen.definitions.ir import Join, Model, Project
from ecgen.quote import width as columns

from .layered import Box, Line, lay_out

CHARACTER = 8.45
"""Width in pixels of a character of the 14 px monospaced font (0.602 em in common fonts), slightly rounded up."""
SMALL = 6.7
"""The same for 11 px."""
PADDING = 13.0
HEIGHT, DETAIL = 40.0, 16.0
MARGIN = 10.0
LONGEST = 34


@dataclass(frozen=True, slots=True)
class Node:
    """A model in the diagram."""

    model: Model
    box: Box
    label: str
    details: tuple[str, ...]
    itself: tuple[str, ...]
    """The joins of the model with itself."""
    current: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A line for all joins between two models."""

    line: Line
    title: str
    to_left: bool
    to_right: bool
    """Whether each end has an arrow: a join has that model as its target."""
    stored: bool
    """Whether one of the joins is stored in the document."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """The data that the template draws; sizes are in pixels."""

    name: str
    width: int
    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    description: str


def whole(project: Project) -> Diagram:
    """Return the diagram of all models."""
    models = sorted(project.models, key=lambda model: model.name)
    title = f"{len(models)} models and the joins between them."
    return _diagram("all", models, {model.name: () for model in models}, None, title)


def around(
    model: Model, outgoing: Iterable[tuple[Join, Model]], incoming: Iterable[tuple[Model, Join]]
) -> Diagram | None:
    """Return the diagram of one model with its join targets and the models that join it; None if there are none."""
    notes: dict[str, dict[str, None]] = {}
    models = {model.name: model}
    for join, target in outgoing:
        models[target.name] = target
        notes.setdefault(target.name, {})[f"{model.name}.{join.attribute}"] = None
    for source, join in incoming:
        models[source.name] = source
        notes.setdefault(source.name, {})[f"{source.name}.{join.attribute}"] = None
    if not notes:
        return None
    notes[model.name] = {}
    ordered = [models[name] for name in sorted(models)]
    details = {name: tuple(notes[name]) for name in models}
    title = f"{model.name} and the models next to it: {', '.join(n for n in sorted(models) if n != model.name) or 'itself'}."
    return _diagram(model.module, ordered, details, model, title)


def _diagram(
    name: str,
    models: list[Model],
    details: dict[str, tuple[str, ...]],
    current: Model | None,
    title: str,
) -> Diagram:
    known = {model.name: model for model in models}
    joins = [
        (model, join)
        for model in models
        for join in model.joins
        if join.target in known and (current is None or current.name in (model.name, join.target))
    ]
    joins.sort(
        key=lambda pair: not pair[1].stored
    )  # the document that stores the id is on the left
    between: dict[tuple[str, str], list[tuple[Model, Join]]] = {}
    itself: dict[str, list[str]] = {}
    for model, join in joins:
        if join.target == model.name:
            itself.setdefault(model.name, []).append(join.attribute)
        else:
            pair = (model.name, join.target)
            between.setdefault(pair if pair[::-1] not in between else pair[::-1], []).append(
                (model, join)
            )
    sizes = {
        model.name: _size(model, details[model.name], model.name in itself) for model in models
    }
    edges = [
        pair if any(join.stored for _, join in found) else pair[::-1]
        for pair, found in between.items()
    ]
    drawing = lay_out(sizes, edges)
    lines = []
    for line in drawing.lines:
        line = line.moved(MARGIN, MARGIN)
        pair = (line.left, line.right)
        found = between.get(pair) or between[pair[::-1]]
        lines.append(
            Edge(
                line,
                "\n".join(
                    f"{model.name}.{join.attribute} → {join.target}" for model, join in found
                ),
                to_left=any(join.target == line.left for _, join in found),
                to_right=any(join.target == line.right for _, join in found),
                stored=any(join.stored for _, join in found),
            )
        )
    nodes = []
    for box in sorted(drawing.boxes, key=lambda each: (each.x, each.y)):
        placed = Box(box.name, box.x + MARGIN, box.y + MARGIN, box.width, box.height)
        nodes.append(
            Node(
                known[box.name],
                placed,
                _short(box.name),
                tuple(map(_short, details[box.name])),
                tuple(itself.get(box.name, ())),
                current is not None and box.name == current.name,
            )
        )
    return Diagram(
        name,
        round(drawing.width + 2 * MARGIN + 0.5),
        round(drawing.height + 2 * MARGIN + 0.5),
        tuple(nodes),
        tuple(lines),
        title,
    )


def _size(model: Model, details: tuple[str, ...], itself: bool) -> tuple[float, float]:
    widest = max(
        [columns(_short(model.name)) * CHARACTER, *(columns(_short(d)) * SMALL for d in details)]
    )
    return widest + 2 * PADDING + (22 if itself else 0), HEIGHT + len(details) * DETAIL


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
