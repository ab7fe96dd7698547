"""The conversions of the soak: each changes what the new index is like, and what writers and the audit expect of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from migrating import Stage
from recorded_documents import MAPPINGS

from ecgen.live.migrate.job import Job

Json = Any


@dataclass
class Definition:
    """What an index is like by now."""

    mappings: Json = field(default_factory=lambda: copy.deepcopy(MAPPINGS))
    settings: Json = field(default_factory=dict)
    ids: int = 0
    """How often the rule of ids has changed."""

    def toggle(self, name: str, one: Json, other: Json) -> None:
        properties = self.mappings["properties"]
        properties[name] = one if properties[name] != one else other


@dataclass
class Migration:
    """A conversion of a stage: the job, and what is to be done when the indices are swapped."""

    job: Job
    writers_stop: bool = False
    """No order works while old writers go on, as `ecgen plan` says: they would write under old ids."""
    afterwards: Callable[[], None] = lambda: None


def scaling_factor(it: Stage, now: Definition) -> Migration:
    kind = {"type": "scaled_float", "scaling_factor": 100}
    now.toggle("price", kind, {**kind, "scaling_factor": 1000})
    return _migration(it, now, [])


def keyword_to_text(it: Stage, now: Definition) -> Migration:
    now.toggle("tags", {"type": "text"}, {"type": "keyword"})
    return _migration(it, now, [])


def analyzer(it: Stage, now: Definition) -> Migration:
    now.settings["analysis"] = {"analyzer": {"terse": {"type": "standard", "stopwords": ["of"]}}}
    now.toggle("title", {"type": "text", "analyzer": "terse"}, {"type": "text"})
    return _migration(it, now, [])


def renamed_field(it: Stage, now: Definition) -> Migration:
    """There and back; writers write both names, as docs/migrating.md says."""
    old, new = ("caption", "label") if it.load.scheme.named == "caption" else ("label", "caption")

    def rename() -> None:
        it.load.scheme.named = new

    return _migration(it, now, [{"rename": old, "to": new}], afterwards=rename)


def compute_id(it: Stage, now: Definition) -> Migration:
    now.ids += 1
    prefix = f"c{now.ids}-"
    parts = [{"text": prefix}, _part("key")]
    rule = {"kind": "template", "parts": parts, "separator": "-", "hash": None}

    def change() -> None:
        it.load.scheme.prefix = prefix

    return _migration(it, now, [{"id": rule, "stored": True}], True, change)


def new_routing(it: Stage, now: Definition) -> Migration:
    route = "place" if it.load.scheme.route == "route" else "route"
    rule = {"kind": "template", "parts": [_part(route)], "separator": "-", "hash": None}

    def change() -> None:
        it.load.scheme.route = route

    return _migration(it, now, [{"routing": rule}], True, change)


def _part(name: str) -> Json:
    return {"attribute": name, "filters": [], "name": name, "type": "Keyword", "options": {}}


def _migration(
    it: Stage,
    now: Definition,
    conversion: list[Json],
    writers_stop: bool = False,
    afterwards: Callable[[], None] = lambda: None,
) -> Migration:
    settings = {"number_of_shards": it.new_shards, "number_of_replicas": 0, **now.settings}
    body = {"settings": settings, "mappings": copy.deepcopy(now.mappings)}
    return Migration(it.job(body=body, conversion=conversion), writers_stop, afterwards)


EVERYWHERE = (keyword_to_text, analyzer, renamed_field, compute_id, new_routing)
"""Conversions that the bare core of a server can take; `scaling_factor` wants the type scaled_float."""
