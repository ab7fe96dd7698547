"""What a change is in words: one sentence, whatever the report."""

from __future__ import annotations

import json

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


def shown(value: Json) -> str:
    """A value as JSON on one line, shortened; `(none)` where it is absent."""
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
) -> str:
    """The sentence of a change that the bodies show; `subject` is the parameter, setting or index concerned."""
    path = visible(path)
    fixed = _fixed(rule, path, old, new, subject, detail, server)
    if fixed is not None:
        return fixed
    name = subject or path
    where = f" of {path}" if path and path != name and not path.startswith("settings.") else ""
    if path.startswith(("settings.", "aliases.")):
        name = path.replace("settings.", "the setting ", 1).replace("aliases.", "the alias ", 1)
        where = ""
    if old is UNSET:
        what = f"{name}{where} is new: {shown(new)}"
    elif new is UNSET:
        what = f"{name}{where} was {shown(old)} and is left out"
    else:
        what = f"{name}{where} was {shown(old)} and is {shown(new)}"
    return f"{what}; {detail or _fate(server, new)}"


def _fate(server: Server, new: Json) -> str:
    if server == "in-place" and new is UNSET:
        return "the server goes back to the default without a word"
    return _FATE[server]


def _fixed(
    rule: str,
    path: str,
    old: Json,
    new: Json,
    subject: str | None,
    detail: str | None,
    server: Server,
) -> str | None:
    if rule == "model-added":
        return f"{path} is new; its index {subject} is created"
    if rule == "model-removed":
        return f"{path} is gone; the server keeps the index {subject} and its documents"
    if rule == "mapping-refused":
        at = f"{path}: " if path and path not in (detail or "") else ""
        return f"{at}{detail}; the server refuses the whole mapping"
    kind = "multi-field" if rule.startswith("multi-field") else "field"
    if rule.endswith("field-added") and not rule.startswith("runtime"):
        return f"the {kind} {path} ({_type(new)}) is new; the server adds it in place"
    if rule.endswith("field-removed") and not rule.startswith("runtime"):
        return f"the {kind} {path} ({_type(old)}) is gone; the server keeps it and its values"
    if rule == "type-changed":
        return f"{path} was {old} and is {new}; the server refuses another type"
    return None


def _type(body: Json) -> str:
    if isinstance(body, dict):
        return visible(str(body.get("type", "object")))
    return visible(str(body))
