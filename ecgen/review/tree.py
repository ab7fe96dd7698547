"""A mapping as the server parses it: nodes with canonical parameters, and what it refuses in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ecgen.definitions.field_types import FIELD_TYPES, UNSET
from ecgen.definitions.ir import Json

from .canonical import RefusedValueError, canonical
from .parameters import FRACTIONS, treatment

Keys = tuple[str, ...]
"""Names from the mapping's root down to a field or multi-field."""

OBJECTS: Final = ("object", "nested", "passthrough")
_METADATA: Final = frozenset(
    {
        "_doc_count",
        "_field_names",
        "_id",
        "_ignored",
        "_index",
        "_nested_path",
        "_routing",
        "_seq_no",
        "_source",
        "_tier",
        "_version",
    }
)
_NO_MULTI_FIELD: Final = frozenset(
    {"object", "nested", "alias", "join", "dense_vector", "rank_vectors"}
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something in a mapping that no server parses."""

    keys: Keys
    reason: str
    parameter: str | None = None


@dataclass(slots=True)
class Node:
    """A field, an object or a multi-field."""

    type: str
    keys: Keys
    parameters: dict[str, Json] = field(default_factory=dict)
    """In canonical form, without `type`, `properties` and `fields`; swallowed ones left out."""
    written: dict[str, Json] = field(default_factory=dict)
    """As the author wrote them, for messages."""
    properties: dict[str, Node] = field(default_factory=dict)
    fields: dict[str, Node] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def is_object(self) -> bool:
        return self.type in OBJECTS

    def walk(self) -> Iterator[Node]:
        """The node and all below it."""
        yield self
        for part in (*self.properties.values(), *self.fields.values()):
            yield from part.walk()

    def all_refusals(self) -> list[Refusal]:
        return [refusal for node in self.walk() for refusal in node.refusals]


def parse(mapping: dict[str, Json], major: int) -> Node:
    """The tree of a mapping (`{"properties": …}`); its root is an object without a name."""
    root = Node("object", ())
    _add_properties(root, mapping.get("properties", {}), major)
    return root


def _add_properties(parent: Node, properties: Json, major: int) -> None:
    if not isinstance(properties, dict):
        parent.refusals.append(Refusal(parent.keys, "properties must be an object"))
        return
    flat = parent.parameters.get("subobjects") is False
    for name, body in properties.items():
        if not name or not name.strip(".") or not isinstance(body, dict):
            why = "a field's name must not be empty" if not name else "a field must be an object"
            parent.refusals.append(Refusal((*parent.keys, name), why))
            continue
        owner, last = (parent, name) if flat else _owner(parent, name)
        node = _node((*owner.keys, last), body, major, multi=False)
        there = owner.properties.get(last)
        if there is not None and there.is_object and node.is_object:
            there.properties.update(node.properties)
            there.parameters.update(node.parameters)
        else:
            owner.properties[last] = node


def _owner(parent: Node, dotted: str) -> tuple[Node, str]:
    # "size.width" at one level means the same as an object with a property.
    *above, last = dotted.split(".")
    for name in above:
        there = parent.properties.get(name)
        if there is None or not there.is_object:
            there = parent.properties[name] = Node("object", (*parent.keys, name))
        parent = there
    return parent, last


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
    if multi and node.type in _NO_MULTI_FIELD:
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
    if node.type == "dense_vector" and node.parameters.get("index") is False:
        for name in ("similarity", "index_options"):
            if name in node.parameters:
                node.refusals.append(Refusal(keys, f"{name} needs a vector that is indexed", name))
    if node.parameters.get("index") is False:
        for name in ("index_phrases", "index_prefixes"):
            if node.parameters.get(name):
                node.refusals.append(Refusal(keys, f"{name} needs a field that is indexed", name))
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
    if how == "swallowed" and not node.is_object:
        return
    if how in (None, "swallowed"):
        node.refusals.append(
            Refusal(node.keys, f"{node.type} does not take {name} on Elasticsearch {major}", name)
        )
        return
    try:
        found: Json = canonical(node.type, name, value)
        if name == "dynamic":
            found = str(found).lower()
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
        if body.get("fields"):
            node.refusals.append(Refusal(node.keys, f"{node.type} has no multi-fields", "fields"))
        return
    if "properties" in body and "properties" not in FIELD_TYPES[node.type].parameters:
        node.refusals.append(Refusal(node.keys, f"{node.type} has no properties", "properties"))
    elif body.get("properties"):
        # The mapped keys of a flattened field, which are like its multi-fields.
        node.parameters["properties"] = body["properties"]
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


def check_references(root: Node, old: Node) -> None:
    """Adds to `root` what it refuses of aliases and copies; what only `old` has is still there for an update."""
    updated = {".".join(node.keys): node for node in root.walk()}
    nodes = {**{".".join(node.keys): node for node in old.walk()}, **updated}
    scopes: dict[str, str] = {}
    multi = {".".join(part.keys) for node in nodes.values() for part in node.fields.values()}
    joins = [node for node in nodes.values() if node.type == "join"]
    for node in root.walk():
        if node.type == "join" and len(node.keys) > 1:
            node.refusals.append(Refusal(node.keys, "a join field cannot be in an object"))
        elif node.type == "join" and len(joins) > 1:
            node.refusals.append(Refusal(node.keys, "an index can have one join field only"))
        elif len(node.keys) == 1 and node.keys[0] in _METADATA:
            node.refusals.append(Refusal(node.keys, f"{node.keys[0]} is the server's own field"))
    for name, node in nodes.items():
        above = scopes.get(".".join(node.keys[:-1]), "")
        scopes[name] = name if node.type == "nested" else above
    for name, node in updated.items():
        if node.type == "alias":
            _check_alias(node, nodes, scopes)
        for target in node.parameters.get("copy_to", ()) if node.type != "alias" else ():
            there = nodes.get(target)
            why = None
            if target in multi:
                why = f"copy_to cannot name the multi-field {target}"
            elif there is not None and there.is_object:
                why = f"copy_to cannot name the object {target}"
            elif not _encloses(scopes.get(target, _nearest(target, scopes)), scopes[name]):
                why = f"copy_to cannot name {target}, which is in another nested document"
            if why:
                node.refusals.append(Refusal(node.keys, why, "copy_to"))


def _check_alias(node: Node, nodes: dict[str, Node], scopes: dict[str, str]) -> None:
    path = node.parameters.get("path")
    target = nodes.get(str(path))
    own = ".".join(node.keys)
    why = None
    if target is None or target.is_object:
        why = f"an alias needs a field, and {path} is none"
    elif target.type == "alias":
        why = f"an alias cannot name another alias, {path}"
    elif scopes[str(path)] != scopes[own]:
        why = f"an alias cannot name {path}, which is in another nested document"
    if why:
        node.refusals.append(Refusal(node.keys, why, "path"))


def _nearest(target: str, scopes: dict[str, str]) -> str:
    while "." in target:
        target = target.rpartition(".")[0]
        if target in scopes:
            return scopes[target]
    return ""


def _encloses(outer: str, inner: str) -> bool:
    return outer == "" or inner == outer or inner.startswith(outer + ".")
