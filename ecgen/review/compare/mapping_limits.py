"""References and counts of a whole mapping: aliases, copies, analyzers, and the limits of an index."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from ecgen.definitions.ir import Json
from ecgen.elasticsearch.limits import DEPTH, NESTED_FIELDS, TOTAL_FIELDS, excesses, size_of
from ecgen.elasticsearch.metadata_fields import metadata_fields

from .refusals import Names
from .setting_changes import server_form
from .tree import Node, Refusal


def check_references(root: Node, old: Node, runtime: Collection[str], major: int) -> None:
    """Add to `root` the aliases and copies that the server refuses; the fields of `old` still exist in an update."""
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
        elif len(node.keys) == 1 and node.keys[0] in metadata_fields(major):
            node.refusals.append(Refusal(node.keys, f"{node.keys[0]} is the server's own field"))
    for name, node in nodes.items():
        above = scopes.get(".".join(node.keys[:-1]), "")
        scopes[name] = name if node.type == "nested" else above
    for name, node in updated.items():
        if scopes[name] and major >= 8 and node.parameters.get("time_series_dimension"):
            reason = "a nested field can have no dimension of a time series"
            node.refusals.append(Refusal(node.keys, reason, "time_series_dimension"))
        if node.type == "alias":
            _check_alias(node, nodes, scopes, {*runtime, *metadata_fields(major)})
        for target in node.parameters.get("copy_to", ()) if node.type != "alias" else ():
            there = nodes.get(target)
            why = None
            if not target:
                continue
            if target in multi:
                why = f"copy_to cannot name the multi-field {target}"
            elif there is not None and there.is_object:
                why = f"copy_to cannot name the object {target}"
            elif major < 8 and _is_under_field(target, nodes):
                why = f"copy_to cannot name {target}, which is below a field"
            elif not _encloses(scopes.get(target, _nearest(target, scopes)), scopes[name]):
                why = f"copy_to cannot name {target}, which is in another nested document"
            if why:
                node.refusals.append(Refusal(node.keys, why, "copy_to"))


def _check_alias(
    node: Node, nodes: dict[str, Node], scopes: dict[str, str], others: Collection[str]
) -> None:
    path = str(node.parameters.get("path"))
    target = nodes.get(path)
    if target is None and (path in others or _is_key(path, nodes)):
        return
    own = ".".join(node.keys)
    why = None
    if target is None or target.is_object:
        why = f"an alias needs a field, and {path} is none"
    elif target.type == "alias":
        why = f"an alias cannot name another alias, {path}"
    elif scopes[path] != scopes[own]:
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


def _is_key(path: str, nodes: dict[str, Node]) -> bool:
    """Return whether `path` names a key of a flattened field."""
    above = path.split(".")
    return any(
        (there := nodes.get(".".join(above[:end]))) is not None and there.type == "flattened"
        for end in range(1, len(above))
    )


def _is_under_field(path: str, nodes: dict[str, Node]) -> bool:
    there = nodes.get(path.rpartition(".")[0])
    return there is not None and not there.is_object


def check_names(root: Node, old: Node, names: Names) -> None:
    """Add to `root` the analyzers, normalizers and similarities that the server refuses; the index has those that it
    uses."""
    for node in old.walk():
        for parameter, value in node.parameters.items():
            names.add(parameter, value)
    for node in root.walk():
        if node.type == "dense_vector":
            continue
        for parameter, value in node.parameters.items():
            why = names.lacks(parameter, value)
            if why:
                node.refusals.append(Refusal(node.keys, why, parameter))


_NOUNS: Final = {TOTAL_FIELDS: "fields", NESTED_FIELDS: "nested fields", DEPTH: "levels of objects"}


def check_limits(
    root: Node, old: Node, settings: Mapping[str, Json], runtime: int, major: int
) -> None:
    """Add to `root` a refusal if the index exceeds its limits for fields, nested fields or levels.

    An index that already exceeds a limit must have had a higher one; then nothing is reported.
    """
    there = size_of(_fields_of(old), 0, major)
    updated = size_of([*_fields_of(old), *_fields_of(root)], runtime, major)
    for excess in excesses(updated, server_form(settings), major):
        if there.of(excess.setting) <= excess.limit:
            reason = f"{excess.found} {_NOUNS[excess.setting]} are more than index.{excess.setting}, {excess.limit}"
            root.refusals.append(Refusal((), reason))


def _fields_of(root: Node) -> Iterator[tuple[tuple[str, ...], str]]:
    return ((node.keys, node.type) for node in root.walk())
