"""The description of a copy, stored as JSON in the lease, so that a later run can resume without the plan."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from .asking import Json


@dataclass(slots=True)
class Job:
    """Copy one index into a new one and swap them behind an alias."""

    name: str
    """The alias that readers and writers use."""
    old: str
    old_uuid: str
    new: str
    shards: int
    """The number of shards of the old index."""
    body: dict[str, Json]
    """Final settings and mappings of the new index."""
    kept: str | None = None
    """The name of the clone of the old index, if the old index itself has the alias's name."""
    aliases: dict[str, Json] = field(default_factory=dict)
    conversion: list[Json] = field(default_factory=list)
    drop_values: bool = False
    note: dict[str, Json] = field(default_factory=dict)
    """Further content of `_meta.ecgen` of the new index: the rules of compute_id and routing."""
    plan: str | None = None
    model: str | None = None
    kind: str = "apply"
    """`apply` or `rollback`."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Job:
        return cls(**value)
