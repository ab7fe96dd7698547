"""The columns of the rule table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .verdicts import Code

Way = Literal[
    "nothing",
    "put",
    "put-fill",
    "put-reset",
    "leave",
    "reindex",
    "close",
    "settings",
    "runtime",
    "mend",
    "create",
    "delete",
    "aliases",
    "rename",
    "ids",
    "routing",
    "code",
    "template",
    "write-to",
    "stream",
]
"""The steps of a rule; `ecgen.review.advice` fills in a model's names."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: the meaning of one kind of change."""

    id: str
    summary: str
    server: str
    """What the server does, by version if they differ."""
    why: str
    code: Code = "compatible"
    """The usual verdict; `ecgen.review.compare.changes` decides where a change has the other one."""
    way: Way = "code"
    seen: str = "Checked on 9.5.3, 8.19.21 and 7.17.29."
