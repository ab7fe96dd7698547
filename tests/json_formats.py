"""Check the JSON that commands print against its schemas in docs/json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "json"


def strict(schema: Any) -> Any:
    """Return the schema without unknown keys: programs ignore these, but the documentation must list all."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: strict(value) for key, value in schema.items()}
    is_closed = "properties" in schema and "additionalProperties" not in schema
    # A step of a plan has the keys of its kind; requests in `steps` of diff are what is sent.
    opened = set(schema.get("properties", ())) == {"step"}
    return {**inner, "additionalProperties": False} if is_closed and not opened else inner


def schema_of(command: str) -> Any:
    return json.loads((FOLDER / f"{command}.schema.json").read_text(encoding="utf-8"))


def assert_described(command: str, text: str) -> Any:
    """Assert that docs/json describes every key of the output of `command`."""
    document = json.loads(text)
    validator = Draft7Validator(strict(schema_of(command)))
    errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    assert not errors, errors
    return document
