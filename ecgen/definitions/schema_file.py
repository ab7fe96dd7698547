"""The JSON Schema of definitions, as editors read it."""

from __future__ import annotations

from importlib.resources import files


def schema_text() -> str:
    """The schema of this ecgen, as JSON text."""
    return files("ecgen.definitions").joinpath("model.schema.json").read_text(encoding="utf-8")
