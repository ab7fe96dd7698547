"""State of each model during resolution: its file, and its members including those of its mixins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecgen.elasticsearch.index_patterns import FIRST

from . import naming
from .load import RawModel


def written_indices(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of what is created for `write_to` and gets the template: a data stream, or indices behind an alias."""
    name = str(data.get("write_to"))
    if data.get("data_stream") is True:
        return (name,)
    return (name + FIRST, f"{name}{FIRST[:-1]}2")


@dataclass(slots=True)
class Member:
    """A field or join as defined in one file."""

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
    """A model with its members, those of its mixins first."""

    name: str
    raw: RawModel
    valid: bool
    """Whether its file and those of its mixins have no errors, so that it can be assembled."""
    complete: bool
    """Whether all its members are known; otherwise a missing name may be one that could not be read."""
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

    @property
    def write_to(self) -> str:
        """The name that documents are written to: the index itself, but for a pattern."""
        return str(self.raw.data.get("write_to") or self.index)
