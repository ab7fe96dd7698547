"""A review with the team's approvals: the content of every report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..approvals import Approval
from ..compare.changes import Change, Review


@dataclass(frozen=True, slots=True)
class Judged:
    """A review and the approvals of its changes."""

    review: Review
    approved: Mapping[Change, Approval] = field(default_factory=dict)
    stale: tuple[Approval, ...] = ()
    """Approvals that no longer match a change."""
    failing: frozenset[Change] = frozenset()
    """The changes that make the run fail."""

    def level(self, change: Change, lowest: str) -> str:
        """Return error if the change makes the run fail, warning if it is severe and not approved, else `lowest`."""
        if change in self.failing:
            return "error"
        grave = change.server in ("reindex", "close-index") or change.code == "breaking"
        return "warning" if grave and change not in self.approved else lowest

    def by_model(self) -> dict[str, list[Change]]:
        """Return the changes of each model that has any, the worst model first."""
        found: dict[str, list[Change]] = {}
        for change in self.review.changes:
            found.setdefault(change.model, []).append(change)
        return found
