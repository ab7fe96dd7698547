"""The server's reaction to a changed mapping, determined without a server.

`PUT _mapping` accepts or refuses a mapping as a whole, but reports it field by field; so does this module. Each
difference has the verdict that it would have alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ecgen.definitions.ir import Json
from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET
from ecgen.elasticsearch.queries import is_indexed

from ..rules.verdicts import Server, worst_server
from . import vector_options as vectors
from .mapping_limits import check_limits, check_names, check_references
from .parameter_changes import default, treatment
from .refusals import Names
from .root_options import compare_options
from .setting_changes import server_form
from .tree import Keys, Node, parse


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of two index bodies, and the server's reaction."""

    rule: str
    keys: Keys
    """The path: names from the mapping's root down; empty for the root itself."""
    server: Server
    old: Json = UNSET
    new: Json = UNSET
    """The values as written; UNSET if absent."""
    parameter: str | None = None
    detail: str | None = None
    """Details of this difference, as a clause."""
    hides: bool = False
    """Whether the old field can be searched, and the new one cannot."""

    @property
    def path(self) -> str:
        return ".".join(self.keys)


def compare_mappings(
    old: dict[str, Json],
    new: dict[str, Json],
    major: int = 9,
    *,
    settings: Mapping[str, Json] | None = None,
    names: bool = True,
) -> list[Difference]:
    """Return the differences of two mappings (`{"properties": …, "dynamic": …}`), in the order of the new one.

    Args:
        old: the mapping of an index.
        new: the mapping sent to it with `PUT _mapping`.
        major: Elasticsearch's major version, 7 to 9.
        settings: those of the index, old and new ones.
        names: whether analyzers and the like must be built in, in `settings`, or in `old`.
    """
    flat = False in (old.get("subobjects"), new.get("subobjects"))
    before, after = parse(old, major, flat=flat), parse(new, major, flat=flat)
    if settings:
        _add_defaults(server_form(settings), before, after)
    runtime = {**_mapping(old.get("runtime")), **_mapping(new.get("runtime"))}
    check_references(after, before, runtime, major)
    check_limits(after, before, settings or {}, len(runtime), major)
    if names:
        check_names(after, before, Names.of({"settings": settings or {}}))
    return [
        *(_option(option) for option in compare_options(old, new, major)),
        *_objects(before, after, major),
        *(
            Difference(
                "mapping-refused",
                refusal.keys,
                "reindex",
                parameter=refusal.parameter,
                detail=refusal.reason,
            )
            for refusal in after.all_refusals()
        ),
    ]


_DEFAULTS_OF_INDICES: Final = ("coerce", "ignore_malformed")


def _add_defaults(settings: Mapping[str, str], *roots: Node) -> None:
    """Write the defaults that an index sets for all its fields at those that do not say otherwise."""
    for name in _DEFAULTS_OF_INDICES:
        value = settings.get(f"mapping.{name}")
        for node in (node for root in roots for node in root.walk() if value is not None):
            row = FIELD_TYPES.get(node.type)
            if row is not None and name in row.parameters:
                node.parameters.setdefault(name, value == "true")


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _option(option: tuple[str, str, Server, Json, Json, str | None]) -> Difference:
    rule, name, server, old, new, detail = option
    return Difference(rule, (name,), server, old, new, name.partition(".")[0], detail)


def _nodes(old: Node, new: Node, major: int) -> Iterator[Difference]:
    if any(refusal.parameter in (None, "type") for refusal in new.refusals):
        return
    if old.type != new.type:
        yield Difference(
            "type-changed",
            new.keys,
            "reindex",
            old.type,
            new.type,
            "type",
            hides=_hides(old, new),
        )
        if old.is_object and new.is_object:
            yield from _objects(old, new, major)
        return
    if new.is_object:
        yield from _object_options(old, new)
        yield from _objects(old, new, major)
        return
    yield from _parameters(old, new, major)
    yield from _parts(old.fields, new.fields, major, "multi-field")
    inside = list(_parts(old.mapped, new.mapped, major, "field"))
    if inside:
        yield _changed("properties", old, new, worst_server(each.server for each in inside))


def _objects(old: Node, new: Node, major: int) -> Iterator[Difference]:
    yield from _parts(old.properties, new.properties, major, "field")


def _parts(
    old: dict[str, Node], new: dict[str, Node], major: int, kind: str
) -> Iterator[Difference]:
    for name, node in new.items():
        if name in old:
            yield from _nodes(old[name], node, major)
        elif not node.all_refusals():
            yield Difference(f"{kind}-added", node.keys, "in-place", new=node.written or node.type)
    for name, node in old.items():
        if name not in new:
            yield Difference(f"{kind}-removed", node.keys, "ignored", old=node.written or node.type)


# Options of an object that are fixed once given; if omitted, the server keeps the current value.
_OBJECT_DEFAULTS: Final[dict[str, Json]] = {"enabled": True, "subobjects": True}
_TAKEN_OF_OBJECTS: Final = ("dynamic", "priority", "time_series_dimension")
_FIXED_OF_NESTED: Final = ("include_in_parent", "include_in_root")


def _object_options(old: Node, new: Node) -> Iterator[Difference]:
    for name in sorted({*old.parameters, *new.parameters}):
        fallback = _OBJECT_DEFAULTS.get(name, UNSET)
        if name in _FIXED_OF_NESTED:
            fallback = False
        before = old.parameters.get(name, fallback)
        after = new.parameters.get(name, fallback)
        if before == after:
            continue
        if name == "synthetic_source_keep" and before == "none" and after is UNSET:
            continue
        server: Server = "in-place" if name in _TAKEN_OF_OBJECTS else "reindex"
        if name == "priority" and _is_less(after, before):
            server = "ignored"
        if name not in new.parameters and name not in _FIXED_OF_NESTED:
            server = "ignored"
        yield _changed(name, old, new, server)


def _is_less(one: Json, other: Json) -> bool:
    return isinstance(one, int) and isinstance(other, int) and one < other


def _parameters(old: Node, new: Node, major: int) -> Iterator[Difference]:
    names = [*new.parameters, *(name for name in old.parameters if name not in new.parameters)]
    values_old, values_new = _effective(old, names, major), _effective(new, names, major)
    refused = {refusal.parameter for refusal in new.refusals}
    for name in names:
        before, after = values_old[name], values_new[name]
        if name in refused or before == after:
            continue
        server = _verdict(new.type, name, before, after, major)
        if server != "none":
            yield _changed(name, old, new, server)
    if _locale_of_range(new, major) and "locale" not in refused:
        yield _changed("locale", old, new, "reindex")


def _effective(node: Node, names: list[str], major: int) -> dict[str, Json]:
    values = {name: node.parameters.get(name, default(node.type, name, major)) for name in names}
    if node.type in ("text", "annotated_text", "search_as_you_type", "completion"):
        analyzer = node.parameters.get("analyzer", default(node.type, "analyzer", major))
        search = node.parameters.get("search_analyzer", analyzer)
        quote = node.parameters.get("search_quote_analyzer", search)
        values.update(
            (name, value)
            for name, value in (("search_analyzer", search), ("search_quote_analyzer", quote))
            if name in values
        )
    if node.type == "dense_vector":
        if "index_options" in values:
            values["index_options"] = vectors.options(node.parameters, major)
        if "similarity" in values and values["similarity"] is UNSET:
            values["similarity"] = (
                "l2_norm" if node.parameters.get("element_type") == "bit" else "cosine"
            )
    if _is_plain_range(node.type) and "locale" in values:
        # The server drops the locale of ranges other than date ranges as soon as it has stored the mapping.
        values["locale"] = UNSET
    return values


def _is_plain_range(type_name: str) -> bool:
    return type_name.endswith("_range") and type_name != "date_range"


def _locale_of_range(new: Node, major: int) -> bool:
    default_locale = default(new.type, "locale", major) if _is_plain_range(new.type) else None
    return (
        default_locale is not None
        and new.parameters.get("locale", default_locale) != default_locale
    )


def _verdict(type_name: str, name: str, before: Json, after: Json, major: int) -> Server:
    how = treatment(type_name, name, major)
    if how == "updated":
        return "in-place"
    if how == "norms":
        return "in-place" if before is True else "reindex"
    if how == "once":
        return "in-place" if before is UNSET else "reindex"
    if how == "vector":
        return "in-place" if vectors.can_follow(before, after, major) else "reindex"
    if how == "relations" and before is not UNSET and after is not UNSET:
        return "in-place" if relations_can_follow(before, after) else "reindex"
    return "reindex"


def relations_can_follow(old: dict[str, list[str]], new: dict[str, list[str]]) -> bool:
    """Return whether a join field accepts new relations: children and parents may be added, none may be removed or
    moved."""
    old_children = {child for children in old.values() for child in children}
    for parent, children in old.items():
        if not set(children) <= set(new.get(parent, ())):
            return False
    for parent, children in new.items():
        if parent not in old and parent in old_children:
            return False
        if any(child in old and child not in old.get(parent, ()) for child in children):
            return False
    return True


def _changed(name: str, old: Node, new: Node, server: Server) -> Difference:
    return Difference(
        f"{name.replace('_', '-')}-changed",
        new.keys,
        server,
        old.written.get(name, UNSET),
        new.written.get(name, UNSET),
        name,
        hides=_hides(old, new),
    )


def _hides(old: Node, new: Node) -> bool:
    return is_indexed(old.type, old.parameters) and not is_indexed(new.type, new.parameters)
