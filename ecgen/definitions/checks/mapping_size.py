"""Check a model's mapping against the server's limits of fields, nested fields and levels of objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ecgen.diagnostics.problems import Problem
from ecgen.elasticsearch.limits import (
    DEPTH,
    NESTED_FIELDS,
    TOTAL_FIELDS,
    excesses,
    fields_of,
    size_of,
)
from ecgen.elasticsearch.settings import flat

from ..ir import Model

_NOUNS: Final = {TOTAL_FIELDS: "fields", NESTED_FIELDS: "nested fields", DEPTH: "levels of objects"}


def check_mapping_sizes(models: Iterable[Model], elasticsearch: str) -> Iterator[Problem]:
    """Yield a problem for each limit that a model's mapping exceeds on a server of version `elasticsearch`."""
    major = int(elasticsearch.partition(".")[0])
    for model in models:
        mappings = model.index_body()["mappings"]
        runtime = mappings.get("runtime")
        size = size_of(fields_of(mappings), len(runtime) if isinstance(runtime, dict) else 0, major)
        settings = {setting.name: setting.value for setting in flat(model.settings)}
        for setting, count, limit in excesses(size, settings, major):
            place = model.key_locations.get("fields", model.location)
            message = f"{model.name} has {count} {_NOUNS[setting]}; index.{setting} is {limit}"
            message += "" if setting in settings else f" by default in Elasticsearch {major}"
            hint = f"use fewer, or raise '{setting}' in 'settings'"
            rule = "nesting-limit" if setting == DEPTH else "too-many-fields"
            yield Problem(place.file, place.line, place.column, rule, message, hint)
