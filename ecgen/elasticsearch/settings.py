"""Index settings: names, defaults, schemas of their values, and flattening of nested ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from .limits import MAX_RESULT_WINDOW

WHOLE: Final = ("analysis", "similarity")
"""Settings whose values are mappings of user-defined names; not flattened."""

SET_BY_SERVER: Final = frozenset({"uuid", "provided_name", "creation_date", "version"})
"""Settings that the server adds to every index; a 9.5.3 node refuses to create an index with them."""

DEFAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "number_of_shards": "1",
        "number_of_replicas": "1",
        "codec": "default",
        "hidden": "false",
        "auto_expand_replicas": "false",
        "max_result_window": str(MAX_RESULT_WINDOW),
        "mode": "standard",
        "soft_deletes.enabled": "true",
    }
)
"""Defaults that servers include in the settings of an index, as text."""


_COUNT: Final = {"type": "integer", "minimum": 0}
_POSITIVE: Final = {"type": "integer", "minimum": 1}
_BOOLEAN: Final = {"type": "boolean"}
TIME: Final = {"type": "time"}

VALUES: Final[Mapping[str, Mapping[str, Any]]] = {
    "number_of_shards": {"type": "integer", "minimum": 1, "maximum": 1024, "nullable": False},
    "number_of_replicas": {**_COUNT, "nullable": False},
    "number_of_routing_shards": _POSITIVE,
    "routing_partition_size": _POSITIVE,
    "refresh_interval": TIME,
    "max_result_window": _POSITIVE,
    "max_inner_result_window": _POSITIVE,
    "max_rescore_window": _POSITIVE,
    "max_docvalue_fields_search": _COUNT,
    "max_script_fields": _COUNT,
    "max_ngram_diff": _COUNT,
    "max_shingle_diff": _COUNT,
    "max_terms_count": _POSITIVE,
    "max_regex_length": _POSITIVE,
    "max_refresh_listeners": _COUNT,
    "codec": {"enum": ["default", "best_compression", "legacy_default"]},
    "hidden": _BOOLEAN,
    "mode": {"enum": ["standard", "time_series", "logsdb", "lookup"]},
    "priority": _COUNT,
    "gc_deletes": TIME,
    "search.idle.after": TIME,
    "translog.durability": {"enum": ["request", "async", "REQUEST", "ASYNC"]},
    "translog.sync_interval": TIME,
    "blocks.read_only": _BOOLEAN,
    "blocks.read": _BOOLEAN,
    "blocks.write": _BOOLEAN,
    "blocks.metadata": _BOOLEAN,
    "mapping.total_fields.limit": _COUNT,
    "mapping.depth.limit": _POSITIVE,
    "mapping.nested_fields.limit": _COUNT,
    "mapping.nested_objects.limit": _COUNT,
    "mapping.field_name_length.limit": _POSITIVE,
    "mapping.dimension_fields.limit": _COUNT,
    "mapping.coerce": _BOOLEAN,
    "mapping.ignore_malformed": _BOOLEAN,
    "mapping.source.mode": {"enum": ["stored", "synthetic", "disabled", "STORED", "SYNTHETIC"]},
    "highlight.max_analyzed_offset": _POSITIVE,
    "analyze.max_token_count": _POSITIVE,
    "requests.cache.enable": _BOOLEAN,
    "queries.cache.enabled": _BOOLEAN,
    "soft_deletes.enabled": _BOOLEAN,
    "load_fixed_bitset_filters_eagerly": _BOOLEAN,
}
"""Common settings with the JSON Schema of each value; limits of 9.5.3. With null, 7.17.29 to 9.5.3 use the default of all
but those marked `nullable: False`, which they refuse at the creation of an index (an internal error)."""
OTHERS: Final = frozenset(
    [
        "allocation.existing_shards_allocator",
        "allocation.max_retries",
        "auto_expand_replicas",
        "blocks.read_only_allow_delete",
        "bloom_filter_for_id_field.enabled",
        "compound_format",
        "data_path",
        "default_pipeline",
        "final_pipeline",
        "dense_vector.experimental_features",
        "dense_vector.hnsw_enable_early_termination",
        "dense_vector.hnsw_filter_heuristic",
        "dense_vector.post_filter_selectivity_threshold",
        "dimensions",
        "dimensions_tsid_strategy_enabled",
        "disable_sequence_numbers",
        "fast_refresh",
        "fielddata.cache",
        "flush_after_merge",
        "force_memory_term_dictionary",
        "format",
        "highlight.weight_matches_mode.enabled",
        "lifecycle.name",
        "lifecycle.rollover_alias",
        "lifecycle.indexing_complete",
        "lifecycle.origination_date",
        "lifecycle.parse_origination_date",
        "lifecycle.prefer_ilm",
        "lifecycle.step.wait_time_threshold",
        "lifecycle.skip",
        "look_ahead_time",
        "look_back_time",
        "mapper.dynamic",
        "mapping.array_objects.limit",
        "mapping.exclude_source_vectors",
        "mapping.ignore_above",
        "mapping.doc_values.multi_value",
        "mapping.doc_values.nullability",
        "mapping.dynamic_strings.auto_text",
        "mapping.field_name_length.ignore_dynamic_beyond_limit",
        "mapping.flattened.store_root_doc_values",
        "mapping.index_disabled_by_default",
        "mapping.nested_parents.limit",
        "mapping.semantic_text.use_legacy_format",
        "mapping.synthetic_id",
        "mapping.synthetic_source_keep",
        "mapping.synthetic_source.skip_ignored_source_read",
        "mapping.synthetic_source.skip_ignored_source_write",
        "mapping.total_fields.ignore_dynamic_beyond_limit",
        "mapping.use_doc_values_skipper",
        "mapping.use_columnar_id_mode_by_default",
        "mapping.patterned_text.disable_templating",
        "max_adjacency_matrix_filters",
        "max_slices_per_scroll",
        "merge.intra_merge_parallelism_enabled",
        "merge.policy.deletes_pct_allowed",
        "merge.policy.expunge_deletes_allowed",
        "merge.policy.floor_segment",
        "merge.policy.max_merge_at_once",
        "merge.policy.max_merge_at_once_explicit",
        "merge.policy.max_merged_segment",
        "merge.policy.merge_factor",
        "merge.policy.segments_per_tier",
        "merge.policy.type",
        "merge.scheduler.auto_throttle",
        "merge.scheduler.max_merge_count",
        "merge.scheduler.max_thread_count",
        "optimize_auto_generated_id",
        "query.default_field",
        "query.parse.allow_unmapped_fields",
        "query_string.lenient",
        "recovery.type",
        "recovery.use_synthetic_source",
        "routing.allocation.enable",
        "routing.rebalance.enable",
        "routing.allocation.total_shards_per_node",
        "routing.allocation.disk.watermark.ignore",
        "routing_path",
        "search.slowlog.include.user",
        "search.throttled",
        "seq_no.index_options",
        "shard.check_on_startup",
        "shard_limit.group",
        "slice.enabled",
        "soft_deletes.retention.operations",
        "soft_deletes.retention_lease.period",
        "sort.field",
        "sort.order",
        "sort.mode",
        "sort.missing",
        "store.type",
        "store.preload",
        "store.stats_refresh_interval",
        "store.fs.fs_lock",
        "store.fs.directio_async_prefetch_limit",
        "time_series.start_time",
        "time_series.end_time",
        "time_series.es87tsdb_codec.enabled",
        "time_series.temporality_field",
        "translog.flush_threshold_size",
        "translog.flush_threshold_age",
        "translog.generation_threshold_size",
        "translog.retention.age",
        "translog.retention.size",
        "unassigned.node_left.delayed_timeout",
        "use_legacy_postings_format",
        "verified_before_close",
        "warmer.enabled",
        "write.wait_for_active_shards",
        "logsdb.add_host_name_field",
        "logsdb.route_on_sort_fields",
        "logsdb.sort_on_host_name",
        "logsdb.sort_on_message_template",
        "codec.tsdb_doc_values_block_size",
    ]
)
"""The names of the other settings; their values are not checked."""
NEW_IN_8: Final = frozenset(
    [
        "fast_refresh",
        "highlight.weight_matches_mode.enabled",
        "logsdb.add_host_name_field",
        "logsdb.route_on_sort_fields",
        "logsdb.sort_on_host_name",
        "mapping.ignore_above",
        "mapping.semantic_text.use_legacy_format",
        "mapping.source.mode",
        "mapping.synthetic_source.skip_ignored_source_read",
        "mapping.synthetic_source.skip_ignored_source_write",
        "mapping.synthetic_source_keep",
        "mapping.total_fields.ignore_dynamic_beyond_limit",
        "mode",
        "recovery.use_synthetic_source",
        "routing_path",
        "search.slowlog.include.user",
        "time_series.end_time",
        "time_series.es87tsdb_codec.enabled",
        "time_series.start_time",
    ]
)
"""Settings that 8.19.21 knows and 7.17.29 refuses as unknown."""
NEW_IN_9: Final = frozenset(
    [
        "dense_vector.experimental_features",
        "dense_vector.hnsw_enable_early_termination",
        "dense_vector.hnsw_filter_heuristic",
        "dense_vector.post_filter_selectivity_threshold",
        "dimensions_tsid_strategy_enabled",
        "disable_sequence_numbers",
        "logsdb.sort_on_message_template",
        "mapping.array_objects.limit",
        "mapping.doc_values.multi_value",
        "mapping.doc_values.nullability",
        "mapping.dynamic_strings.auto_text",
        "mapping.exclude_source_vectors",
        "mapping.field_name_length.ignore_dynamic_beyond_limit",
        "mapping.flattened.store_root_doc_values",
        "mapping.index_disabled_by_default",
        "mapping.nested_parents.limit",
        "mapping.synthetic_id",
        "mapping.use_columnar_id_mode_by_default",
        "mapping.use_doc_values_skipper",
        "merge.intra_merge_parallelism_enabled",
        "seq_no.index_options",
        "slice.enabled",
        "store.fs.directio_async_prefetch_limit",
        "time_series.temporality_field",
        "use_legacy_postings_format",
    ]
)
"""Settings that 9.5.3 knows and 8.19.21 refuses as unknown."""
PREFIXES: Final = (
    "analysis.",
    "similarity.",
    "indexing.slowlog.",
    "search.slowlog.",
    "routing.allocation.require.",
    "routing.allocation.include.",
    "routing.allocation.exclude.",
    "synthetic_id.",
    "xpack.",
    "knn.",
    "refresh.",
)
"""Prefixes below which any name is accepted."""

INDEX_SORT_FIELD: Final = "sort.field"
INDEX_SORT_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "sort.order": ("asc", "desc"),
    "sort.mode": ("min", "max"),
    "sort.missing": ("_first", "_last"),
}
"""The options of the order on disk, one value for each field; 7.17.29 to 9.5.3 refuse others."""
NOT_FOR_INDEX_SORT: Final = frozenset({"alias", "binary", "half_float", "scaled_float"})
"""Types that sort a search but no index, tried on 7.17.29, 8.19.21 and 9.5.3."""


class Setting(NamedTuple):
    """One setting: its full name without `index.`, its value, and its path of keys."""

    name: str
    value: Any
    keys: tuple[str, ...]


def flat(
    settings: Any, whole: Collection[str] = (), keys: tuple[str, ...] = ()
) -> Iterator[Setting]:
    """Yield every setting below a mapping of settings.

    `{"index": {"refresh_interval": …}}`, `index.refresh_interval` and `refresh_interval` are the same setting.

    Args:
        settings: settings as written in a definition or returned by a server; anything but a mapping has none.
        whole: names whose values are yielded without flattening, such as `analysis`.
        keys: the path of keys to `settings`.
    """
    yield from _flat(settings, whole, keys, "")


def _flat(
    settings: Any, whole: Collection[str], above: tuple[str, ...], prefix: str
) -> Iterator[Setting]:
    for key, value in settings.items() if isinstance(settings, Mapping) else ():
        name = f"{prefix}{key}".removeprefix("index.")
        keys = (*above, key)
        if name == "index":
            yield from _flat(value, whole, keys, "")
        elif name in whole or not isinstance(value, Mapping):
            yield Setting(name, value, keys)
        else:
            yield from _flat(value, whole, keys, f"{name}.")
