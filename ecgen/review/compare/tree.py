"""A mapping as the server parses it: nodes with canonical parameters, and what the server refuses in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ecgen.definitions.ir import Json
from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET
from ecgen.elasticsearch.limits import OBJECTS

from .canonical import RefusedValueError, canonical
from .parameter_changes import FRACTIONS, treatment
from .refusals import wrong_values

Keys = tuple[str, ...]
"""Names from the mapping's root down to a field or multi-field."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of a mapping that no server accepts."""

    keys: Keys
    reason: str
    parameter: str | None = None


@dataclass(slots=True)
class Node:
    """A field, an object or a multi-field."""

    type: str
    keys: Keys
    parameters: dict[str, Json] = field(default_factory=dict)
    """In canonical form, without `type`, `properties` and `fields`, and without parameters that the server drops."""
    written: dict[str, Json] = field(default_factory=dict)
    """As the author wrote them, for messages."""
    properties: dict[str, Node] = field(default_factory=dict)
    fields: dict[str, Node] = field(default_factory=dict)
    mapped: dict[str, Node] = field(default_factory=dict)
    """The keys of a flattened field that have a mapping of their own."""
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def is_object(self) -> bool:
        return self.type in OBJECTS

    def walk(self) -> Iterator[Node]:
        """Yield the node and all nodes below it."""
        yield self
        for part in (*self.properties.values(), *self.fields.values(), *self.mapped.values()):
            yield from part.walk()

    def all_refusals(self) -> list[Refusal]:
        return [refusal for node in self.walk() for refusal in node.refusals]


def parse(mapping: dict[str, Json], major: int, *, flat: bool = False) -> Node:
    """Return the tree of a mapping (`{"properties": …}`); its root is an object without a name.

    Args:
        flat: the index keeps dots in names unchanged (`subobjects: false`).
    """
    root = Node("object", ())
    if flat:
        root.parameters["subobjects"] = False
    _add_properties(root, mapping.get("properties", {}), major)
    return root


def _add_properties(parent: Node, properties: Json, major: int) -> None:
    if properties == []:
        return
    if not isinstance(properties, dict):
        parent.refusals.append(Refusal(parent.keys, "properties must be an object"))
        return
    flat = parent.parameters.get("subobjects") is False
    for written, body in properties.items():
        why = _wrong_name(written, major)
        if why or not isinstance(body, dict):
            reason = why or "a field must be an object"
            parent.refusals.append(Refusal((*parent.keys, written), reason))
            continue
        name = written.rstrip(".")
        if flat and major >= 8 and isinstance(body.get("properties"), dict) and _is_plain(body):
            inside = {f"{name}.{key}": part for key, part in body["properties"].items()}
            _add_properties(parent, inside, major)
            continue
        owner = parent
        for above in name.split(".")[:-1] if not flat else ():
            # "size.width" at one level means the same as an object with a property.
            node = Node("object", (*owner.keys, above))
            owner = _joined(owner.properties, above, node)
        last = name if flat else name.rpartition(".")[2]
        node = _node((*owner.keys, last), body, major, multi=False)
        _joined(owner.properties, last, node)
        if flat and node.type == "nested" and major < 9:
            reason = "an object without subobjects can have no nested fields before Elasticsearch 9"
            node.refusals.append(Refusal(node.keys, reason))


def _is_plain(body: dict[str, Json]) -> bool:
    return body.get("type", "object") == "object" and body.keys() <= {"type", "properties"}


def _wrong_name(name: str, major: int) -> str | None:
    parts = name.rstrip(".").split(".")
    if not all(parts):
        return "a field's name must not be empty"
    if major >= 8 and not all(map(str.strip, parts)):
        return "a field's name must not be blank"
    return None


def _joined(into: dict[str, Node], name: str, node: Node) -> Node:
    """Return the node under that name: `node`, or the existing one, merged with it."""
    there = into.setdefault(name, node)
    if there is node:
        return node
    if there.type != node.type:
        shown = ".".join(node.keys)
        there.refusals.append(
            Refusal(node.keys, f"{shown} is said to be both {there.type} and {node.type}", "type")
        )
        return there
    for key, part in node.properties.items():
        _joined(there.properties, key, part)
    there.parameters.update(node.parameters)
    there.fields.update(node.fields)
    there.refusals += node.refusals
    return there


def _node(keys: Keys, body: dict[str, Json], major: int, *, multi: bool) -> Node:
    node = Node(_type_of(body, multi), keys, written=body)
    shown = ".".join(keys)
    if node.type == "":
        node.refusals.append(Refusal(keys, f"{shown} has no type"))
        return node
    row = FIELD_TYPES.get(node.type)
    if row is None:
        node.refusals.append(Refusal(keys, f"there is no type {node.type!r}", "type"))
        return node
    if multi and not (row.multi_field and node.type != "sparse_vector"):
        node.refusals.append(
            Refusal(keys, f"a multi-field cannot be of type {node.type}", "fields")
        )
    if multi and "." in keys[-1]:
        node.refusals.append(Refusal(keys, "a multi-field's name cannot hold a dot", "fields"))
    for name, value in body.items():
        if name in ("type", "properties", "fields"):
            continue
        _add_parameter(node, name, value, major, multi=multi)
    for name in sorted(row.required - body.keys()):
        node.refusals.append(Refusal(keys, f"{node.type} needs {name}"))
    _add_parts(node, body, major, multi=multi)
    for parameter, reason in wrong_values(node.type, body, node.parameters, major):
        node.refusals.append(Refusal(keys, reason, parameter))
    return node


def _type_of(body: dict[str, Json], multi: bool) -> str:
    given = body.get("type")
    if given is not None:
        return str(given)
    if multi:
        return ""
    if body.get("properties") is not None:
        return "object"
    return "object" if len(body) == 1 and body.get("enabled") is not None else ""


def _add_parameter(node: Node, name: str, value: Json, major: int, *, multi: bool) -> None:
    if name == "copy_to" and multi:
        node.refusals.append(Refusal(node.keys, "a multi-field cannot copy_to", name))
        return
    how = treatment(node.type, name, major)
    if how == "swallowed" and not node.is_object and node.type != "alias":
        return
    if how in (None, "swallowed"):
        node.refusals.append(
            Refusal(node.keys, f"{node.type} does not take {name} on Elasticsearch {major}", name)
        )
        return
    try:
        found: Json = canonical(node.type, name, value)
        if name == "ignore_above" and major >= 8 and int(found) < 0:
            raise RefusedValueError(f"{name} must be positive, not {found}")
        if name == "time_series_dimension" and major < 8 and found and node.type in FRACTIONS:
            raise RefusedValueError(f"a {node.type} is no dimension on Elasticsearch {major}")
        if found is not UNSET:
            node.parameters[name] = found
    except RefusedValueError as error:
        node.refusals.append(Refusal(node.keys, str(error), name))


def _add_parts(node: Node, body: dict[str, Json], major: int, *, multi: bool) -> None:
    if node.is_object:
        if "properties" in body:
            _add_properties(node, body["properties"], major)
        if "fields" in body:
            node.refusals.append(Refusal(node.keys, f"{node.type} has no multi-fields", "fields"))
        return
    if "properties" in body and treatment(node.type, "properties", major) is None:
        reason = f"{node.type} has no properties on Elasticsearch {major}"
        node.refusals.append(Refusal(node.keys, reason, "properties"))
    elif isinstance(body.get("properties"), dict):
        for name, part in body["properties"].items():
            _add_mapped(node, name, part, major)
    parts = body.get("fields")
    if parts in ({}, []) or ("fields" not in body):
        return
    if treatment(node.type, "fields", major) == "swallowed":
        return
    if not isinstance(parts, dict) or "fields" not in FIELD_TYPES[node.type].parameters:
        node.refusals.append(Refusal(node.keys, f"{node.type} takes no such fields", "fields"))
        return
    if multi and major >= 8:
        node.refusals.append(
            Refusal(node.keys, "a multi-field cannot have multi-fields itself", "fields")
        )
        return
    for name, part in parts.items():
        if isinstance(part, dict):
            node.fields[name] = _node((*node.keys, name), part, major, multi=True)
        else:
            node.refusals.append(Refusal((*node.keys, name), "a multi-field must be an object"))


def _add_mapped(node: Node, name: str, part: Json, major: int) -> None:
    keys = (*node.keys, name)
    if not isinstance(part, dict) or "type" not in part:
        node.refusals.append(Refusal(keys, "a key of a flattened field needs a type", "properties"))
    elif "fields" in part:
        reason = "a key of a flattened field cannot have multi-fields"
        node.refusals.append(Refusal(keys, reason, "properties"))
    else:
        node.mapped[name] = _node(keys, part, major, multi=False)
