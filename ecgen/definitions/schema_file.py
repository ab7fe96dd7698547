"""Read the shipped JSON Schema of definitions."""

from __future__ import annotations

from importlib.resources import files


def schema_text() -> str:
    """Return the text of model.schema.json."""
    return files("ecgen.definitions").joinpath("model.schema.json").read_text(encoding="utf-8")
