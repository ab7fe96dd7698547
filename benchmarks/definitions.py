"""Models of 15 fields, as many as one asks for: as definitions of ecgen, and as JSON Schema for datamodel-code-generator."""

from __future__ import annotations

import json
from pathlib import Path

FIELDS = {
    "sku": "{type: keyword, required: true, ignore_above: 200}",
    "name": "{type: text, fields: {raw: {type: keyword, ignore_above: 256}}}",
    "summary": "{type: text, description: What it is.}",
    "price": "{type: scaled_float, scaling_factor: 100}",
    "stock": "integer",
    "rating": "half_float",
    "active": "{type: boolean, default: true}",
    "created": "date",
    "updated": "date",
    "status": "{type: keyword, enum: [draft, live], default: draft}",
    "tags": "{type: keyword, many: true, ignore_above: 100}",
    "weight": "double",
    "views": "long",
    "place": "geo_point",
    "origin": "ip",
}
_JSON = {
    "price": "number",
    "stock": "integer",
    "rating": "number",
    "active": "boolean",
    "weight": "number",
    "views": "integer",
}


def write_definitions(folder: Path, count: int, alike: bool = True) -> None:
    """`count` definitions, one a file; all with the same fields, or with none that another has as well."""
    folder.mkdir(parents=True)
    for number in range(count):
        fields = "".join(
            f"  {name}: {value if alike else _own(value, f'{name}_{number}')}\n"
            for name, value in FIELDS.items()
        )
        text = f"model: Model{number}\ndescription: Model number {number}.\nfields:\n{fields}"
        (folder / f"model_{number}.yaml").write_text(text)


def _own(value: str, name: str) -> str:
    inner = value[1:-1] if value.startswith("{") else f"type: {value}"
    return f"{{{inner}, renamed_from: {name}}}"


def write_json_schema(file: Path, count: int) -> None:
    """The same models as definitions of one JSON Schema."""
    properties: dict[str, object] = {}
    for name in FIELDS:
        properties[name] = {"type": _JSON.get(name, "string")}
        if name in ("created", "updated"):
            properties[name] = {"type": "string", "format": "date-time"}
        elif name == "tags":
            properties[name] = {"type": "array", "items": {"type": "string"}}
        elif name == "status":
            properties[name] = {"type": "string", "enum": ["draft", "live"], "default": "draft"}
    model = {"type": "object", "properties": properties, "required": ["sku"]}
    definitions = {f"Model{n}": {**model, "description": f"Model number {n}."} for n in range(count)}  # fmt: skip
    file.write_text(json.dumps({"$defs": definitions}))
