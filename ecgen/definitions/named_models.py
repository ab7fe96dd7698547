"""Per-model state while resolving: the file, and its members after those of its mixins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import naming
from .load import RawModel


@dataclass(slots=True)
class Member:
    """A field or join as one file defines it."""

    key: str
    definition: Any
    owner: RawModel
    section: str

    @property
    def path(self) -> tuple[str, ...]:
        return (self.section, self.key)

    @property
    def name(self) -> str:
        """The Elasticsearch name."""
        return str(self.get("name", self.key))

    def get(self, key: str, default: Any = None) -> Any:
        return (
            self.definition.get(key, default) if isinstance(self.definition, Mapping) else default
        )


@dataclass(slots=True)
class NamedModel:
    """A model by name, with the members of its mixins before its own."""

    name: str
    raw: RawModel
    sound: bool
    """Whether neither its file nor that of a mixin has errors, so that it can be assembled."""
    complete: bool
    """Whether all its names are known; otherwise a name that it lacks may be there, misspelt."""
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def abstract(self) -> bool:
        return self.raw.data.get("abstract") is True

    def keys(self, section: str) -> list[str]:
        return [key for key, member in self.members.items() if member.section == section]

    @property
    def index(self) -> str:
        """The index name, without prefix."""
        index = self.raw.data.get("index")
        return index if isinstance(index, str) else naming.snake_case(self.name)
