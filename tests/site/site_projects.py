"""Projects for the tests of the site."""

from __future__ import annotations

import random
from pathlib import Path

import yaml

from ecgen.definitions import discover as sources
from ecgen.definitions.ir import Project
from ecgen.pipeline import load_project

ROOT = Path(__file__).resolve().parents[2]

AREAS = (
    "Account",
    "Billing",
    "Catalog",
    "Delivery",
    "Finance",
    "Media",
    "Order",
    "Stock",
    "Travel",
)
THINGS = (
    "Event",
    "Item",
    "Link",
    "Note",
    "Plan",
    "Rate",
    "Report",
    "Rule",
    "Set",
    "Slot",
    "Term",
    "Unit",
)
TYPES = ("keyword", "text", "date", "integer", "scaled_float", "boolean", "geo_point")


def load(definitions: dict[str, object], package: str = "generated") -> Project:
    """The project of these definitions, by file name."""
    contents = {
        name: yaml.safe_dump(body, sort_keys=False, allow_unicode=True).encode()
        for name, body in definitions.items()
    }
    project, problems = load_project(contents, package=package)
    assert project is not None, "\n".join(str(problem) for problem in problems)
    return project


def shop() -> Project:
    """The worked example of the repository."""
    found = sources.read([ROOT / "schemas"])
    project, problems = load_project(found.contents, found.labels)
    assert project is not None, problems
    return project


def many(count: int) -> Project:
    """A project of `count` models in areas, as grown ones are: joins mostly within an area, some hubs, a cycle."""
    dice = random.Random(count)
    names: list[str] = []
    for number in range(count):
        area_name = AREAS[number * len(AREAS) // count]
        thing = THINGS[number % len(THINGS)]
        name = f"{area_name}{thing}"
        names.append(name if name not in names else f"{name}{number}")
    definitions: dict[str, object] = {}
    for number, name in enumerate(names):
        fields: dict[str, object] = {}
        for place in range(dice.randint(2, 14)):
            kind = dice.choice(TYPES)
            field: dict[str, object] = {
                "type": kind,
                "description": f"Number {place} of the {name}.",
            }
            if kind == "scaled_float":
                field["scaling_factor"] = 100
            if kind == "keyword":
                field["ignore_above"] = 256
            fields[f"{kind}_{place}"] = field
        joins: dict[str, object] = {}
        area = [other for other in names if other[:4] == name[:4] and names.index(other) < number]
        for place in range(dice.choice([0, 1, 1, 1, 2, 2])):
            if area:
                joins[f"join_{place}"] = {
                    "type": dice.choice(["single", "multi"]),
                    "target": dice.choice(area[:4]),
                }
        if number and dice.random() < 0.2:
            joins["hub"] = {"type": "single", "target": names[(number // 23) * 7 % number]}
        if number % 29 == 5:
            joins["self_parent"] = {"type": "single", "target": name}
        if number % 31 == 3:
            joins["next"] = {"type": "single", "target": names[min(number + 2, count - 1)]}
        definitions[f"{number:04}.yaml"] = {
            "model": name,
            "description": f"The {name} of the area. It stands here for one of many.",
            "fields": fields,
            **({"joins": joins} if joins else {}),
        }
    return load(definitions)
