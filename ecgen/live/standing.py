"""Comparing a cluster's indices with the models of a project: which agree, and what each lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote

from ecgen.definitions.ir import Model, Project
from ecgen.elasticsearch.field_types import UNSET
from ecgen.elasticsearch.index_patterns import matches
from ecgen.importer.index_names import base_name
from ecgen.importer.source import Json
from ecgen.rest import Cluster, without_note
from ecgen.review.compare.mapping_changes import compare_mappings
from ecgen.review.compare.setting_changes import compare_settings, server_form
from ecgen.review.report.wording import STATUS, message_of
from ecgen.review.rules.verdicts import Server, worst_server

from .deviation import Deviation
from .template_deviations import held_template, template_deviations

State = Literal[
    "in step",
    "in-place",
    "ignored",
    "close-index",
    "reindex",
    "no index",
    "no template",
    "no model",
]

_STATES: dict[Server, State] = {
    "none": "in step",
    "in-place": "in-place",
    "ignored": "ignored",
    "close-index": "close-index",
    "reindex": "reindex",
}


@dataclass(slots=True)
class Standing:
    """The state of a model and its index; one of the two may be missing."""

    state: State
    model: str | None = None
    file: str | None = None
    index: str | None = None
    """An index; or for a model whose index is a pattern also its index template."""
    is_template: bool = False
    deviations: list[Deviation] = field(default_factory=list)


def ask(
    cluster: Cluster, project: Project, prefix: str, patterns: tuple[str, ...], configured: str
) -> list[Standing]:
    """Compare the indices of a cluster with the models.

    Args:
        cluster: the cluster.
        project: the definitions.
        prefix: the prefix of the models' index names in the cluster.
        patterns: where to look for indices without a model; all names with the prefix if empty.
        configured: the server's version, if the cluster does not report it.
    """
    major = min(max(cluster.major() or int(configured.split(".")[0]), 7), 9)
    every = cluster.bodies("/*?expand_wildcards=open,hidden")
    named = {
        quote(name, safe="")
        for model in project.models
        for name in (prefix + (model.write_to or model.index),)
        if not any(
            name == index or name in (body.get("aliases") or {}) for index, body in every.items()
        )
    }
    # A closed index is missing from the answer, but its mapping counts all the same.
    for name in sorted(named):
        every |= cluster.bodies(f"/{name}?ignore_unavailable=true&expand_wildcards=all", missing={})
    others = cluster.indices(patterns or (f"{prefix}*",), missing_is_none=True)
    templates = {
        model.write_to: held_template(cluster.get(f"/_index_template/{name}", missing={}))
        for model in project.models
        if model.write_to is not None
        for name in (quote(prefix + model.write_to, safe=""),)
    }
    return compare(project.models, every, others, prefix, major, templates)


def compare(
    models: Iterable[Model],
    live: Mapping[str, Json],
    others: Iterable[str],
    prefix: str,
    major: int,
    templates: Mapping[str, Json] = MappingProxyType({}),
) -> list[Standing]:
    """Compare each model with the live indices.

    Args:
        models: the models defined.
        live: the answer of `GET index` for all existing indices.
        others: the names among them that should have a model.
        prefix: the prefix of the models' index names in the cluster.
        major: the server's major version, 7 to 9.
        templates: the index template of each `write_to`, without the prefix; None if there is none.
    """
    standings: list[Standing] = []
    claimed: set[str] = set()
    for model in models:
        name = prefix + (model.write_to or model.index)
        found = _indices_of(name, live)
        claimed.update(found)
        if model.write_to is not None:
            standings.append(_of_template(model, prefix, templates.get(model.write_to), major))
            # Indices of other programs, which the model reads.
            claimed.update(index for index in live if matches(prefix + model.index, index))
        if not (found or model.is_data_stream):  # a stream is made by its first document
            standings.append(Standing("no index", model.name, model.source, name))
        for name in found:
            deviations = index_deviations(model, prefix, name, live[name], major)
            state = _STATES[worst_server(each.server for each in deviations)]
            standings.append(Standing(state, model.name, model.source, name, deviations=deviations))
    unclaimed = sorted(set(others) - claimed)
    standings += [
        Standing("no model", index=name) for name in unclaimed if not _is_kept(name, live, claimed)
    ]
    return standings


def _of_template(model: Model, prefix: str, held: Json, major: int) -> Standing:
    name = prefix + str(model.write_to)
    standing = Standing("no template", model.name, model.source, name, is_template=True)
    if held is not None:
        standing.deviations = template_deviations(model, prefix, held, major)
        standing.state = "in-place" if standing.deviations else "in step"
    return standing


def _indices_of(name: str, live: Mapping[str, Json]) -> list[str]:
    """Return the index of that name; otherwise those that an alias, a data stream, or a rollover, date or version
    suffix links to it."""
    if name in live:
        return [name]
    named = sorted(
        index
        for index, body in live.items()
        if name in (body.get("aliases") or {}) or body.get("data_stream") == name
    )
    return named or sorted(index for index in live if base_name(index) == name)


def _is_kept(name: str, live: Mapping[str, Json], claimed: set[str]) -> bool:
    """Return whether the index is one that a migration kept when it replaced an index of a model."""
    body = live.get(name) or {}
    settings = body.get("settings") or {}
    blocks = (settings.get("index") or {}).get("blocks") or {}
    names = {base_name(index) for index in claimed}
    return (
        str(blocks.get("write", "false")) == "true"
        and not body.get("aliases")
        and base_name(name) in names
    )


def index_deviations(
    model: Model, prefix: str, index: str, body: Json, major: int
) -> list[Deviation]:
    """Return the differences of an index from its model; `body` is what the server shows of it."""
    wanted = model.index_body()
    found = []
    mappings, _ = without_note(body.get("mappings") or {})
    settings = {**server_form(body.get("settings") or {}), **server_form(wanted["settings"])}
    for change in compare_mappings(mappings, wanted["mappings"], major, settings=settings):
        if change.server != "none":
            message = message_of(
                change.rule,
                change.server,
                change.path,
                change.old,
                change.new,
                change.parameter,
                change.detail,
                STATUS,
            )
            found.append(Deviation(change.path, change.rule, change.server, message))
    for rule, name, server, old, new in compare_settings(
        body.get("settings") or {}, wanted["settings"]
    ):
        # Templates and administrators may set what the definition does not mention.
        if new is not UNSET and server != "none":
            path = f"settings.{name}"
            message = message_of(rule, server, path, old, new, direction=STATUS)
            found.append(Deviation(path, rule, server, message))
    there = {*(body.get("aliases") or {}), index}
    for alias in wanted.get("aliases", {}):
        if alias not in there and prefix + alias not in there:
            path = f"aliases.{alias}"
            found.append(
                Deviation(path, "alias-added", "in-place", f"the alias {alias} is missing")
            )
    return found
