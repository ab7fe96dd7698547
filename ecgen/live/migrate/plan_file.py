"""A plan as JSON: the file that is reviewed, kept and applied."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from ecgen import __version__

from .asking import Json, MigrationError
from .live_index import digest

FORMAT = 1


@dataclass(slots=True)
class Reason:
    """A difference between the live index and the definition, by the rules of `ecgen diff`."""

    path: str
    rule: str
    server: str
    message: str


@dataclass(slots=True)
class ModelPlan:
    """The plan for one model. Documents, bytes and estimates are informational; nothing depends on them."""

    model: str
    file: str
    name: str
    """The name that code uses, with its prefix: an alias, or an index that will become one."""
    index: str | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)
    named: list[str] = field(default_factory=list)
    """The fields that the definition has; others are ignored if documents can add fields."""
    documents: int = 0
    bytes: int = 0
    estimate: dict[str, float] = field(default_factory=dict)
    """Seconds: `copy`, and `pause`, for which writers wait."""
    reasons: list[Reason] = field(default_factory=list)
    steps: list[dict[str, Json]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """In which order to deploy and to apply."""
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Why it cannot be done, and what to do about it."""

    @property
    def is_in_step(self) -> bool:
        return not (self.steps or self.refused)

    @property
    def copies(self) -> bool:
        return any(step["step"] == "copy" for step in self.steps)


@dataclass(slots=True)
class Plan:
    """What `ecgen apply` would do to a cluster."""

    cluster: dict[str, str]
    """Its name and UUID."""
    prefix: str
    definitions: str
    """The fingerprint of the definitions."""
    models: list[ModelPlan]

    @property
    def id(self) -> str:
        return digest(self._content())

    def _content(self) -> dict[str, Any]:
        return {"format": FORMAT, "ecgen": __version__, **asdict(self)}

    def as_json(self) -> str:
        content = self._content()
        return json.dumps({"format": FORMAT, "id": self.id, **content}, indent=2) + "\n"

    @property
    def is_in_step(self) -> bool:
        return all(model.is_in_step for model in self.models)

    @property
    def refused(self) -> list[ModelPlan]:
        return [model for model in self.models if model.refused]


def load(text: str) -> Plan:
    """Return the plan in a file.

    Raises:
        MigrationError: it is not a plan, or was changed by hand, or is of another format.
    """
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise MigrationError(
                f"the plan is of format {content['format']!r}, and this ecgen knows format {FORMAT}; plan again"
            )
        models = []
        for each in content["models"]:
            reasons = [Reason(**reason) for reason in each.pop("reasons")]
            models.append(ModelPlan(**each, reasons=reasons))
        plan = Plan(content["cluster"], content["prefix"], content["definitions"], models)
        version, given = content["ecgen"], content["id"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MigrationError(f"this is not a plan of 'ecgen plan --out': {error}") from None
    if version != __version__:
        raise MigrationError(
            f"ecgen {version} made the plan, and this is {__version__}; plan again"
        )
    if plan.id != given:
        raise MigrationError("the plan was changed after it was made; plan again")
    return plan
