"""One difference between what a cluster has and what the definitions say."""

from __future__ import annotations

from dataclasses import dataclass

from ecgen.review.rules.verdicts import Server


@dataclass(frozen=True, slots=True)
class Deviation:
    """One difference between an index, or an index template, and its model."""

    path: str
    rule: str
    server: Server
    message: str
