"""Ids of stored documents by a changed `compute_id`: computed by the runtime's own functions, so they are the ids
that the generated class will use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from ecgen.definitions.ir import ComputeId, IdPart, Model, Routing

from .asking import Json, MigrationError

if TYPE_CHECKING:
    from ecgen.runtime.types.base import BaseDataType

IdRule = Callable[[Mapping[str, msgspec.Raw], str], str]
"""Members of `_source` and the document's present id → the id by the rule."""

REWRITABLE = ("template", "fields")
"""The kinds of compute_id that determine the id of a stored document."""


class NoIdError(MigrationError):
    """The rule gives a document no id."""


def rule_as_json(rule: ComputeId, model: Model) -> Json:
    """Return the rule as stored in a plan, with all that is needed to apply it."""
    return {
        "kind": rule.kind,
        "parts": _parts_as_json(rule.parts, model),
        "separator": rule.separator,
        "hash": rule.hash,
    }


def routing_as_json(rule: Routing | None, model: Model) -> Json:
    """Return the rule of routing likewise; `id` if documents are routed by their ids."""
    if rule is None:
        return {"kind": "id"}
    if rule.is_given:
        return {"kind": "given"}
    return {"kind": "template", "parts": _parts_as_json(rule.parts, model)}


def _parts_as_json(rule_parts: Sequence[IdPart], model: Model) -> list[Json]:
    fields = {field.attribute: field for field in model.fields}
    joins = {join.attribute: join for join in model.joins}
    parts: list[Json] = []
    for part in rule_parts:
        if part.attribute is None:
            parts.append({"text": part.text})
            continue
        entry: dict[str, Json] = {"attribute": part.attribute, "filters": list(part.filters)}
        if (field := fields.get(part.attribute)) is not None:
            entry |= {"name": field.name, "type": field.data_type}
            options: dict[str, Json] = {
                name: field.parameters[name]
                for name in ("scaling_factor", "format", "locale")
                if name in field.parameters
            }
            if field.python == "decimal":
                options["decimal"] = True
            entry["options"] = options
        else:
            join = joins.get(part.attribute)
            entry |= {
                "name": join.name if join else part.attribute,
                "type": "Keyword",
                "options": {},
            }
        parts.append(entry)
    return parts


def id_rule(specification: Json) -> IdRule:
    """Return the object that computes ids by a rule of a plan."""
    from ecgen.runtime import data_types, ids
    from ecgen.runtime.errors import IntegrityError

    mapping: dict[str, BaseDataType] = {}
    pieces: list[Callable[[Any], str]] = []
    for part in specification["parts"]:
        if "text" in part:
            pieces.append(_constant(part["text"]))
            continue
        kind = getattr(data_types, part["type"])
        mapping[part["attribute"]] = kind(part["name"], **part["options"])
        filters = [ids.filter_of(each) for each in part["filters"]]
        pieces.append(_piece(part["attribute"], filters))
    names = tuple(mapping)

    class Document:
        """A document with the attributes that a model would have."""

        _mapping = mapping

        def __init__(self, members: Mapping[str, msgspec.Raw]) -> None:
            for attribute, data_type in mapping.items():
                text = members.get(data_type.name)
                value = None if text is None else msgspec.json.decode(text)
                setattr(self, attribute, data_type.deserialize(value))

    def computed(members: Mapping[str, msgspec.Raw], present: str) -> str:
        try:
            document = Document(members)
            if specification["kind"] == "fields":
                text = ids.joined(
                    document, names, specification["separator"], specification["hash"]
                )
            else:
                text = "".join(piece(document) for piece in pieces)
            return ids.checked(document, text)
        except (IntegrityError, ValueError, TypeError, msgspec.DecodeError) as error:
            raise NoIdError(f"document {present!r}: {error}") from error

    return computed


def _constant(text: str) -> Callable[[Any], str]:
    return lambda document: text


def _piece(attribute: str, filters: list[Callable[[Any], Any]]) -> Callable[[Any], str]:
    from ecgen.runtime import ids

    return lambda document: ids.part(document, attribute, *filters)
