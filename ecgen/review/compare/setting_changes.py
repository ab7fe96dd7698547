"""The server's reaction to changed index settings.

Checked on 9.5.3, 8.19.21 and 7.17.29, each setting: `PUT _settings` to an open index, then to a closed one. Elasticsearch's reference calls
both of the latter "static"; a closed index accepts most of them, and a few need a new index.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from ecgen.definitions.checks.analysis import check_analysis
from ecgen.definitions.ir import Json
from ecgen.elasticsearch.field_types import UNSET
from ecgen.elasticsearch.settings import DEFAULTS, SET_BY_SERVER, flat

from ..rules.verdicts import Server
from .refusals import Reasons

Setting = tuple[str, str, Server, Json, Json]
"""Rule, name without `index.`, verdict, old and new value."""

_NEW_INDEX: Final = (
    "number_of_shards",
    # A closed index accepts this one, and then looks for its documents in the wrong shards.
    "number_of_routing_shards",
    "routing_partition_size",
    "routing_path",
    "soft_deletes.enabled",
    "sort",
    "mode",
    "dense_vector.experimental_features",
    "dimensions_tsid_strategy_enabled",
    "disable_sequence_numbers",
    "fast_refresh",
    "format",
    "logsdb",
    "mapping.doc_values",
    "mapping.exclude_source_vectors",
    "mapping.flattened",
    "mapping.index_disabled_by_default",
    "mapping.semantic_text",
    "mapping.source.mode",
    "mapping.synthetic_id",
    "mapping.use_columnar_id_mode_by_default",
    "mapping.use_doc_values_skipper",
    "recovery.use_synthetic_source",
    "seq_no.index_options",
    "slice.enabled",
    "time_series",
    "use_legacy_postings_format",
    "version",
)
_CLOSED: Final = (
    "codec",
    "data_path",
    "fielddata.cache",
    "force_memory_term_dictionary",
    "load_fixed_bitset_filters_eagerly",
    "mapping.coerce",
    "mapping.ignore_above",
    "mapping.ignore_malformed",
    "mapping.synthetic_source_keep",
    "queries.cache.enabled",
    "query.parse.allow_unmapped_fields",
    "query_string.lenient",
    "shard.check_on_startup",
    "similarity",
    "store",
)


def compare_settings(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Setting]:
    """Yield the differences of two `settings`, analysis by component (`analysis.analyzer.article`)."""
    before, after = server_form(old), server_form(new)
    for group in sorted(_groups(before) | _groups(after)):
        if group.startswith("analysis."):
            yield from _analysis(group, before, after)
        else:
            yield from _setting(group, before.get(group), after.get(group))


def refused_settings(settings: Mapping[str, Json]) -> dict[str, str]:
    """Return settings that a server refuses when an index is created, by name without `index.`, each with the
    reason."""
    kept: dict[str, Json] = {}
    for key, value in settings.items():
        inside = value if key == "index" and isinstance(value, Mapping) else {key: value}
        for name, part in inside.items():
            bare = name.removeprefix("index.")
            if bare.split(".")[0] not in SET_BY_SERVER:
                kept[bare] = part
    reasons = Reasons()
    reasons.gate(kept, "settings")
    found: dict[str, str] = {}
    for path, _, message in reasons.found:
        found.setdefault(".".join(map(str, path)).removeprefix("index."), message)
    if not found:
        check_analysis(reasons, {"settings": kept}, authored=False)
        for path, _, message in reasons.found:
            component = path[1 : 4 if path[1] == "analysis" else 3]
            found.setdefault(".".join(map(str, component)), message)
    return found


def server_form(settings: Mapping[str, Json]) -> dict[str, str]:
    """Return settings by dotted name without `index.`, values as the server keeps them: strings, lists as JSON."""
    return {
        name: _text(name, value)
        for name, value, _ in flat(settings)
        if value is not None and name.split(".")[0] not in SET_BY_SERVER
    }


def _text(name: str, value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return json.dumps([_text("", part) for part in value])
    if isinstance(value, str) and _takes_list(name):
        # The server parses "a,b" as a list if it expects one.
        parts = [part.strip() for part in value.split(",")]
        return json.dumps(parts)
    return str(value)


def _takes_list(name: str) -> bool:
    return name in ("query.default_field", "sort.field", "sort.order", "store.preload") or (
        name.startswith("analysis.") and name.rpartition(".")[2] in ("filter", "char_filter")
    )


def _groups(settings: Mapping[str, str]) -> set[str]:
    return {
        ".".join(name.split(".")[:3]) if name.startswith("analysis.") else name for name in settings
    }


def _analysis(group: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Setting]:
    def parts(settings: Mapping[str, str]) -> dict[str, str]:
        return {
            name.removeprefix(f"{group}."): value
            for name, value in settings.items()
            if name == group or name.startswith(f"{group}.")
        }

    before, after = parts(old), parts(new)
    if before == after:
        return
    server: Server = "close-index" if after else "ignored"
    yield ("analysis-changed", group, server, _read(before) or UNSET, _read(after) or UNSET)


def _setting(name: str, old: str | None, new: str | None) -> Iterator[Setting]:
    default = DEFAULTS.get(name)
    if (old or default) == (new or default):
        return
    values = (_read(old), _read(new))
    if _within(name, _NEW_INDEX):
        yield ("static-setting-changed", name, "reindex", *values)
    elif _within(name, _CLOSED):
        yield ("closed-setting-changed", name, "ignored" if new is None else "close-index", *values)
    else:
        yield ("dynamic-setting-changed", name, "ignored" if new is None else "in-place", *values)


def _read(value: Json) -> Json:
    """Return a value of the server's form as an author writes it: lists as lists, UNSET if there is none."""
    if isinstance(value, dict):
        return {key: _read(part) for key, part in value.items()}
    if value is None:
        return UNSET
    return json.loads(value) if value.startswith('["') else value


def _within(name: str, names: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in names)
