"""What a copy is to do, as JSON: it is kept in the lease, so that a later run can go on without the plan."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from .asking import Json


@dataclass(slots=True)
class Job:
    """A new index that takes the place of another behind one name."""

    name: str
    """The alias, which readers and writers use."""
    old: str
    old_uuid: str
    new: str
    shards: int
    """How many the old index has."""
    body: dict[str, Json]
    """Settings and mappings of the new index as it is to be in the end."""
    kept: str | None = None
    """Where the old index has the name itself: what its clone is called."""
    aliases: dict[str, Json] = field(default_factory=dict)
    conversion: list[Json] = field(default_factory=list)
    drop_values: bool = False
    note: dict[str, Json] = field(default_factory=dict)
    """What `_meta.ecgen` of the new index says besides, as the rule of compute_id in force."""
    plan: str | None = None
    model: str | None = None
    kind: str = "apply"
    """`apply` or `rollback`."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Job:
        return cls(**value)
