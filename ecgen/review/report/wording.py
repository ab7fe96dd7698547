"""The text of a change: one sentence, the same in every report.

A review compares an old state with a new one; `ecgen status` an index with its definition. Each has words of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from ecgen.definitions.ir import Json
from ecgen.diagnostics.problems import visible
from ecgen.elasticsearch.field_types import UNSET

from ..rules.verdicts import Server

_LIMIT = 80

_FATE: dict[Server, str] = {
    "none": "nothing to do",
    "in-place": "the server takes it in place",
    "ignored": "the server takes the update but keeps what it has",
    "close-index": "the server takes it only while the index is closed",
    "reindex": "the server refuses it",
}


@dataclass(frozen=True, slots=True)
class Direction:
    """The names of the two sides of a comparison, as templates."""

    added: str
    removed: str
    type_changed: str
    came: str
    went: str
    changed: str


REVIEW = Direction(
    added="the {kind} {path} ({type}) is new; the server adds it in place",
    removed="the {kind} {path} ({type}) is gone; the server keeps it and its values",
    type_changed="{path} was {old} and is {new}; the server refuses another type",
    came="{what} is new: {new}",
    went="{what} was {old} and is left out",
    changed="{what} was {old} and is {new}",
)
STATUS = Direction(
    added="the index lacks the {kind} {path} ({type}); the server adds it in place",
    removed="the index has the {kind} {path} ({type}), which the definition lacks; the server keeps it and its values",
    type_changed="{path} is {old} in the index and {new} in the definition; the server refuses another type",
    came="{what} is not set in the index and {new} in the definition",
    went="{what} is {old} in the index and not in the definition",
    changed="{what} is {old} in the index and {new} in the definition",
)
TEMPLATE = Direction(
    added="the template lacks the {kind} {path} ({type})",
    removed="the template has the {kind} {path} ({type}), which the definition lacks",
    type_changed="{path} is {old} in the template and {new} in the definition",
    came="{what} is not set in the template and {new} in the definition",
    went="{what} is {old} in the template and not in the definition",
    changed="{what} is {old} in the template and {new} in the definition",
)


def shown(value: Json) -> str:
    """Return a value as JSON on one line, shortened; `(none)` if it is absent."""
    if value is UNSET:
        return "(none)"
    text = visible(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
    return text if len(text) <= _LIMIT else text[: _LIMIT - 1] + "…"


def message_of(
    rule: str,
    server: Server,
    path: str,
    old: Json,
    new: Json,
    subject: str | None = None,
    detail: str | None = None,
    direction: Direction = REVIEW,
) -> str:
    """Return the sentence for a change found in the bodies; `subject` is the parameter, setting or index concerned."""
    path = visible(path)
    fixed = _fixed(rule, path, old, new, subject, detail, direction)
    if fixed is not None:
        return fixed
    name = subject or path
    where = f" of {path}" if path and path != name else ""
    if rule.endswith("-setting-changed") or rule in ("analysis-changed", "aliases-changed"):
        # Not by the path alone: a field can be called settings.
        name = path.replace("settings.", "the setting ", 1).replace("aliases.", "the alias ", 1)
        where = ""
    template = direction.changed
    if old is UNSET:
        template = direction.came
    elif new is UNSET:
        template = direction.went
    said = template.format(what=f"{name}{where}", old=shown(old), new=shown(new))
    return f"{said}; {detail or _fate(server, new)}"


def _fate(server: Server, new: Json) -> str:
    if server == "in-place" and new is UNSET:
        return "the server silently resets it to the default"
    return _FATE[server]


def _fixed(
    rule: str,
    path: str,
    old: Json,
    new: Json,
    subject: str | None,
    detail: str | None,
    direction: Direction,
) -> str | None:
    if rule == "model-added":
        return f"{path} is new; its {subject} is created"
    if rule == "model-removed":
        hint = f"; {detail}" if detail else ""
        return f"{path} is gone; the server keeps the {subject} and its documents{hint}"
    if rule == "mapping-refused":
        at = f"{path}: " if path and path not in (detail or "") else ""
        what = "settings" if subject == "settings" else "whole mapping"
        return f"{at}{detail}; the server refuses the {what}"
    kind = "multi-field" if rule.startswith("multi-field") else "field"
    if rule.endswith("field-added") and not rule.startswith("runtime"):
        return direction.added.format(kind=kind, path=path, type=_type(new))
    if rule.endswith("field-removed") and not rule.startswith("runtime"):
        return direction.removed.format(kind=kind, path=path, type=_type(old)) + (
            f"; {detail}" if detail else ""
        )
    if rule == "type-changed":
        return direction.type_changed.format(path=path, old=old, new=new)
    return None


def _type(body: Json) -> str:
    if isinstance(body, dict):
        return visible(str(body.get("type", "object")))
    return visible(str(body))
