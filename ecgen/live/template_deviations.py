"""How an index template of a cluster differs from a model whose index is a pattern. The server takes every change of a template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ecgen.definitions.ir import Model
from ecgen.elasticsearch.field_types import UNSET
from ecgen.importer.source import Json
from ecgen.importer.templates import template_of
from ecgen.review.compare.mapping_changes import compare_mappings
from ecgen.review.compare.setting_changes import compare_settings
from ecgen.review.report.wording import TEMPLATE, message_of

from .deviation import Deviation

_PUT = "put the template again"


def held_template(answer: Json) -> dict[str, Json] | None:
    """Return the template in the answer of `GET _index_template/name`; None if there is none.

    What has another structure than Elasticsearch's is left out, and so differs from the definition.
    """
    entries = _object(answer).get("index_templates")
    template = _object(entries[0]).get("index_template") if isinstance(entries, list) and entries else None  # fmt: skip
    if not isinstance(template, dict):
        return None
    body = _object(template.get("template"))
    parts = {part: _object(body.get(part)) for part in ("settings", "mappings", "aliases")}
    return {**template, "template": parts}


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def template_deviations(model: Model, prefix: str, held: Json, major: int) -> list[Deviation]:
    """Return the differences; `held` is the template as the server shows it."""
    return [
        *_beside(model, prefix, held),
        *_inside(model, prefix, held["template"], major),
    ]


def _beside(model: Model, prefix: str, held: Mapping[str, Json]) -> Iterator[Deviation]:
    rules = {"index_patterns": "index-pattern-changed", "data_stream": "data-stream-changed"}
    wanted = {"index_patterns": [prefix + model.index], **template_of(model.index_template, None)}
    there = {"priority": 0, **template_of(dict(held), None)}
    for key in sorted({*wanted, *there}):
        old, new = there.get(key, UNSET), wanted.get(key, UNSET)
        if old != new:
            rule = rules.get(key, "template-changed")
            if key == "data_stream" and UNSET not in (old, new):
                rule = "template-changed"
            yield _deviation(key, rule, old, new)


def _inside(model: Model, prefix: str, held: Mapping[str, Json], major: int) -> Iterator[Deviation]:
    wanted = model.index_body()
    old, new = held["mappings"], wanted["mappings"]
    for change in compare_mappings(old, new, major):
        if change.server != "none":
            yield _deviation(change.path, change.rule, change.old, change.new, change.parameter)
    for rule, name, server, was, now in compare_settings(held["settings"], wanted["settings"]):  # fmt: skip
        if server != "none":
            yield _deviation(f"settings.{name}", rule, was, now)
    aliases, named = held["aliases"], wanted.get("aliases") or {}
    known = {name for alias in named for name in (alias, prefix + alias)}
    for alias in [*(name for name in named if not {name, prefix + name} & aliases.keys()), *(aliases.keys() - known)]:  # fmt: skip
        yield _deviation(
            f"aliases.{alias}",
            "aliases-changed",
            aliases.get(alias, UNSET),
            named.get(alias, UNSET),
        )


def _deviation(
    path: str, rule: str, old: Json, new: Json, parameter: str | None = None
) -> Deviation:
    message = message_of(rule, "in-place", path, old, new, parameter, _PUT, TEMPLATE)
    return Deviation(path, rule, "in-place", message)
