"""Build the ir.Model of a model whose references are all resolved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ecgen.elasticsearch.index_patterns import PRIORITY

from . import naming
from .compute_id import parse as parse_compute_id
from .field_resolution import FieldBuilder
from .ir import ComputeId, Field, IdPart, Join, Model
from .language import MAPPING_OPTIONS
from .named_models import Member, NamedModel
from .routing import parse as parse_routing


def model(known: NamedModel, models: Collection[str], source: str) -> Model:
    """Return the resolved model.

    Args:
        known: the model, free of errors.
        models: the names of all models, which value classes must avoid.
        source: the file's name in generated code.
    """
    data = known.raw.data
    builder = FieldBuilder(known.name, models, set(map(naming.attribute, known.members)))
    fields: list[Field] = []
    joins: list[Join] = []
    for member in known.members.values():
        if member.section == "fields":
            fields.append(builder.build(member.key, member.definition, member.path, member.owner))
        else:
            joins.append(_join(member))
    rule = _compute_id(known)
    routing = parse_routing(data.get("routing"))
    return Model(
        name=known.name,
        module=naming.module(known.name),
        index=known.index,
        write_to=data.get("write_to"),
        index_template=_index_template(data, routing is not None),
        source=source,
        location=known.raw.location(("model",)),
        key_locations=known.raw.key_locations(()),
        description=data.get("description"),
        fields=tuple(fields),
        joins=tuple(joins),
        compute_id=rule,
        routing=routing and replace(routing, parts=_attributes(routing.parts)),
        store_id=rule.kind != "server" and data.get("store_id") is not False,
        versioned=data.get("versioned") is True,
        sort=_sort(known),
        settings=_merged(data.get("settings") or {}, _unchecked(data, "settings")),
        aliases=_aliases(data.get("aliases")),
        mapping_options=_mapping_options(data),
        renamed_from=data.get("renamed_from"),
    )


def _index_template(data: Mapping[str, Any], is_routed: bool) -> dict[str, Any]:
    """Return the index template's keys beside `index_patterns` and `template`."""
    if "write_to" not in data:
        return {}
    options: dict[str, Any] = {"priority": data.get("priority", PRIORITY)}
    if data.get("data_stream") is True:
        # A data stream refuses documents with a routing value unless its template allows them.
        options["data_stream"] = {"allow_custom_routing": True} if is_routed else {}
    return _merged(options, _unchecked(data, "index_template"))


def _join(member: Member) -> Join:
    written = member.definition
    inverse, join_by = written.get("inverse"), written.get("join_by")
    return Join(
        attribute=naming.attribute(member.key),
        name=member.name,
        kind=written["type"],
        target=written["target"],
        target_module=naming.module(written["target"]),
        location=member.owner.location(member.path),
        parameter_locations=member.owner.key_locations(member.path),
        inverse=None if inverse is None else naming.attribute(inverse),
        join_by=None if join_by is None else naming.attribute(join_by),
        lazy_load=written.get("lazy_load") is True,
        description=written.get("description"),
        required=written.get("required") is True,
        private=written.get("private") is True,
        renamed_from=written.get("renamed_from"),
    )


def in_dependency_order(models: Iterable[Model]) -> list[Model]:
    """Return models by name, with the target of a join before its owner wherever there is no cycle."""
    by_name = {model.name: model for model in sorted(models, key=lambda model: model.name)}
    ordered: dict[str, Model] = {}
    for start in by_name:
        visiting: set[str] = set()
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            name, done = stack.pop()
            if done:
                ordered.setdefault(name, by_name[name])
            elif name in by_name and name not in ordered and name not in visiting:
                visiting.add(name)
                stack.append((name, True))
                # Loose joins are stored in the target, so their owner does not depend on it.
                targets = {join.target for join in by_name[name].joins if join.stored}
                stack.extend((target, False) for target in sorted(targets, reverse=True))
    return list(ordered.values())


def _compute_id(known: NamedModel) -> ComputeId:
    rule = parse_compute_id(known.raw.data.get("compute_id"))
    return replace(rule, parts=_attributes(rule.parts))


def _attributes(parts: Iterable[IdPart]) -> tuple[IdPart, ...]:
    """Return the parts with Python attributes in place of keys."""
    return tuple(
        part
        if part.attribute is None
        else part._replace(attribute=naming.attribute(part.attribute))
        for part in parts
    )


def _sort_names(sort: Any) -> list[str]:
    return [each if isinstance(each, str) else next(iter(each), "") for each in _listed_sort(sort)]


def _listed_sort(sort: Any) -> list[Any]:
    return [] if sort is None else list(sort) if isinstance(sort, list) else [sort]


def _sort(known: NamedModel) -> tuple[dict[str, Any], ...]:
    """Return the default sort with Elasticsearch's field names, each entry a mapping."""
    return tuple(
        {_es_name(known, name) or name: each[name] if isinstance(each, Mapping) else "asc"}
        for name, each in zip(
            _sort_names(known.raw.data.get("sort")),
            _listed_sort(known.raw.data.get("sort")),
            strict=True,
        )
    )


def _es_name(known: NamedModel, path: str) -> str | None:
    """Return the full Elasticsearch name of a field, stored join, sub-field or multi-field; None if there is none."""
    by_name = {member.name: member for member in known.members.values()}
    for key, member in {**by_name, **known.members}.items():
        if member.section == "joins" and member.get("type") not in ("single", "multi"):
            continue
        if path == key:
            return member.name
        if path.startswith(key + "."):
            rest = _es_path(member.definition, path[len(key) + 1 :])
            if rest is not None:
                return f"{member.name}.{rest}"
    return None


def _es_path(definition: Any, path: str) -> str | None:
    if not isinstance(definition, Mapping):
        return None
    for section in ("properties", "fields"):
        parts = definition.get(section)
        for key, part in parts.items() if isinstance(parts, Mapping) else ():
            name = str(part.get("name", key)) if isinstance(part, Mapping) else key
            for spelling in (key, name):
                if path == spelling:
                    return name
                if path.startswith(spelling + "."):
                    rest = _es_path(part, path[len(spelling) + 1 :])
                    if rest is not None:
                        return f"{name}.{rest}"
    return None


def _aliases(written: Any) -> dict[str, Any]:
    if isinstance(written, str):
        return {written: {}}
    if isinstance(written, list):
        return {name: {} for name in written}
    return {name: options or {} for name, options in (written or {}).items()}


def _mapping_options(data: Mapping[str, Any]) -> dict[str, Any]:
    options = {key: value for key, value in data.items() if key in MAPPING_OPTIONS}
    dynamic = options.pop("dynamic", "strict")
    unchecked = _unchecked(data, "mappings")
    # `unset`: send no `dynamic`, so that the server's default (true) applies.
    return {**({} if dynamic == "unset" else {"dynamic": dynamic}), **options, **unchecked}


def _merged(checked: Mapping[str, Any], unchecked: Mapping[str, Any]) -> dict[str, Any]:
    """Merge `unchecked` into `checked` at every level, so that one analyzer can be unchecked beside checked ones."""
    merged = dict(checked)
    for key, value in unchecked.items():
        inside = merged.get(key)
        if isinstance(inside, Mapping) and isinstance(value, Mapping):
            value = _merged(inside, value)
        merged[key] = value
    return merged


def _unchecked(data: Mapping[str, Any], section: str) -> dict[str, Any]:
    """Return the part of `unchecked` that goes into a section of the index body, or into the index template."""
    return (data.get("unchecked") or {}).get(section) or {}
