"""Every index setting that a definition may have, changed on an open and a closed index of a real server, as the rules say."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ecgen.elasticsearch.settings import DEFAULTS, OTHERS, VALUES
from ecgen.review.compare.setting_changes import compare_settings

from .conftest import asker_of
from .truth import Asker, _reason

_USUAL: list[Any] = [True, False, 2, "5s", "10mb", 0.5, "none", "a"]
_OWN: dict[str, list[Any]] = {
    "auto_expand_replicas": ["0-1"],
    "codec": ["best_compression"],
    "dense_vector.hnsw_filter_heuristic": ["fanout", "acorn"],
    "fielddata.cache": ["none", "node"],
    "mapping.source.mode": ["disabled"],
    "mapping.synthetic_source_keep": ["arrays"],
    "merge.policy.type": ["log_byte_size"],
    "mode": ["time_series", "logsdb"],
    "seq_no.index_options": ["docs_only", "points_and_doc_values"],
    "shard.check_on_startup": ["checksum"],
    "sort.field": ["a"],
    "store.type": ["niofs"],
    "translog.durability": ["async"],
}
_CLOSED_WOULD_TAKE = "number_of_routing_shards"
"""Not to be changed all the same: the index looks for its documents in the wrong shards."""
_LATER_ONLY = "time_series.end_time"
"""Of the start and the end of a time series the server takes a later end alone."""


def _given(asker: Asker, index: str, name: str, value: Any) -> str | None:
    """Return why an index does not take the setting; None if it does."""
    path = f"/{index}/_settings"
    status, answer = asker.call("PUT", path, {f"index.{name}": value})
    if status != 200:
        return _reason(answer)
    if name.startswith("blocks."):
        assert asker.call("PUT", path, {f"index.{name}": None})[0] == 200
    return None


def _verdict(asker: Asker, opened: str, closed: str, name: str) -> tuple[str, Any] | None:
    """Return the server's verdict and the value that it was asked with; None if it lets nobody set it."""
    for value in _OWN.get(name, _USUAL):
        if str(value).lower() == DEFAULTS.get(name):
            continue
        said = _given(asker, opened, name, value)
        if said is None:
            return "in-place", value
        if "non dynamic" not in said:
            continue
        said = _given(asker, closed, name, value)
        if said is None:
            return "close-index", value
        if re.search("final .* setting", said):
            return "reindex", value
    return None


@pytest.mark.parametrize("which", ["es9", "es8", "es7"])
def test_settings(request: pytest.FixtureRequest, which: str) -> None:
    asker = asker_of(request.getfixturevalue(which))
    opened, closed = asker._name(), asker._name()
    for index in (opened, closed):
        assert asker._create(index, {})[0] == 200
    asker.call("POST", f"/{closed}/_close?wait_for_active_shards=0")
    try:
        found = {name: _verdict(asker, opened, closed, name) for name in sorted({*VALUES, *OTHERS})}
    finally:
        for index in (opened, closed):
            asker.call("DELETE", f"/{index}")
    asked = {name: each for name, each in found.items() if each is not None}
    assert len(asked) > 60
    wrong = {}
    for name, (truth, value) in asked.items():
        [(_, _, judged, _, _)] = compare_settings({}, {name: value})
        if judged != truth and name not in (_CLOSED_WOULD_TAKE, _LATER_ONLY):
            wrong[name] = (judged, truth)
    assert not wrong
