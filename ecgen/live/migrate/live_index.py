"""The state of a live index, which a plan starts from, and the reasons why some indices cannot be migrated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ecgen.rest import without_note

from .asking import Ask, Json, Steps, ask_or_none, name_in_path
from .fence import is_fence
from .shards import WHOLE

_NOT_OURS = (
    "uuid",
    "provided_name",
    "creation_date",
    "version",
    "blocks",
    "resize",
    "shrink",
    "verified_before_close",
    "verified_read_only",
)
_OF_A_PLACE = ("routing.allocation.initial_recovery", "history.uuid", "store.snapshot")


@dataclass(slots=True)
class LiveIndex:
    """An index behind a name."""

    name: str
    """The requested name: an alias, or the name of the index."""
    index: str
    uuid: str
    mappings: dict[str, Json]
    """Without the note that ecgen keeps in `_meta`."""
    note: dict[str, Json]
    settings: dict[str, str]
    """Explicit ones, flat, without `index.`."""
    aliases: dict[str, Json]
    """Without the name itself and without those of a migration."""
    own_alias: dict[str, Json] = field(default_factory=dict)
    documents: int = 0
    bytes: int = 0
    shards: int = 1

    @property
    def is_concrete(self) -> bool:
        return self.index == self.name

    def estimate(self) -> dict[str, float]:
        """Estimated seconds of the copy and of the pause, from measurements on two cores."""
        copying = max(self.documents / 10_000, self.bytes / (8 << 20))
        pause = 0.4 + 0.1 * self.shards + self.documents / 200_000
        if self.is_concrete:
            pause += 0.5
        return {"copy": round(copying, 1), "pause": round(pause, 1)}

    def fingerprints(self, named: set[str]) -> dict[str, str]:
        """Fingerprints of the state that a plan relies on; `named` are the full names of the definition's fields."""
        mappings = _without_added(self.mappings, named)
        if str(mappings.get("dynamic")).lower() == "runtime":
            mappings.pop("runtime", None)
        settings = carried_settings(self.settings)
        if str(settings.get("auto_expand_replicas", "false")).lower() != "false":
            settings.pop("number_of_replicas", None)
        return {
            "uuid": self.uuid,
            "mappings": digest(mappings),
            "settings": digest(settings),
            "aliases": digest([self.aliases, self.own_alias]),
        }


def _without_added(
    body: dict[str, Any], named: set[str], prefix: str = "", dynamic: Json = "true"
) -> dict[str, Any]:
    """Return a mapping, or a field's, without the fields that any document can add."""
    dynamic = body.get("dynamic", dynamic)
    is_open = str(dynamic).lower() in ("true", "runtime")
    parts = {
        name: _without_added(part, named, f"{prefix}{name}.", dynamic)
        for name, part in (body.get("properties") or {}).items()
        if f"{prefix}{name}" in named or not is_open
    }
    # The server shows the type of an object only while it has no fields.
    rest = {key: value for key, value in body.items() if key != "properties" and value != "object"}
    return {**rest, "properties": parts} if parts else rest


def field_names(properties: dict[str, Any], prefix: str = "") -> set[str]:
    """Return the full names of fields, and of those in them."""
    found = {f"{prefix}{name}" for name in properties}
    for name, body in properties.items():
        found |= field_names(body.get("properties") or {}, f"{prefix}{name}.")
    return found


def digest(value: Json) -> str:
    """Return a short hash of JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def carried_settings(settings: dict[str, str]) -> dict[str, str]:
    """Return the settings that a new index takes over from the old one, without those that belong to one index only."""
    return {
        name: value
        for name, value in settings.items()
        if name.split(".")[0] not in _NOT_OURS and not name.startswith(_OF_A_PLACE)
    }


def read_index(name: str) -> Steps[LiveIndex | list[str]]:
    """Return the index behind a name; or the reasons why it cannot be migrated, an empty list if it does not exist."""
    path = f"/{name_in_path(name)}"
    found: dict[str, Any] | None = yield from ask_or_none(
        Ask("GET", f"{path}?flat_settings=true&expand_wildcards=all")
    )
    if not found:
        return []
    if any(body.get("data_stream") for body in found.values()):
        return [f"{name} is a data stream; roll it over to an index with a new mapping instead"]
    if len(found) > 1:
        names = ", ".join(sorted(found))
        return [
            f"{name} is an alias of several indices ({names}); only one index behind a name can be migrated"
        ]
    ((index, body),) = found.items()
    settings = {
        key.removeprefix("index."): value for key, value in (body.get("settings") or {}).items()
    }
    mappings, note = without_note(body.get("mappings") or {})
    aliases = {alias: each for alias, each in body["aliases"].items() if not is_fence(alias)}
    own = aliases.pop(name, {})
    live = LiveIndex(name, index, settings.get("uuid", ""), mappings, note, settings, aliases, own)
    live.shards = int(settings.get("number_of_shards", "1"))
    stats = yield from ask_or_none(
        Ask("GET", f"/{name_in_path(index)}/_stats/docs,store?filter_path=indices.*.primaries"),
        400,
        404,
    )
    numbers = (((stats or {}).get("indices") or {}).get(index) or {}).get("primaries") or {}
    live.documents = (numbers.get("docs") or {}).get("count", 0)
    live.bytes = (numbers.get("store") or {}).get("size_in_bytes", 0)
    return live


def obstacles(live: LiveIndex) -> Steps[list[str]]:
    """Return the reasons why the index cannot be copied."""
    reasons = list(_by_settings(live))
    source = live.mappings.get("_source") or {}
    if str(source.get("enabled", "true")).lower() == "false":
        reasons.append(
            "its `_source` is disabled, so nothing can be copied; index the documents again from their origin"
        )
    elif source.get("includes") or source.get("excludes"):
        reasons.append(
            "its `_source` omits fields, which a copy would lose; index the documents again from their origin"
        )
    if (
        str(source.get("mode", "stored")) != "stored"
        or live.settings.get("mapping.source.mode", "stored") != "stored"
    ):
        reasons.append(
            "its `_source` is synthetic and does not show documents as they were written"
        )
    if {"filter", "index_routing", "search_routing"} & live.own_alias.keys():
        reasons.append(
            f"the alias {live.name} has a filter or a routing of its own; make a plain alias of it first"
        )
    fields = yield from ask_or_none(
        Ask("GET", f"/{name_in_path(live.index)}/_field_caps?fields=_seq_no"), 400, 404
    )
    kinds = ((fields or {}).get("fields") or {}).get("_seq_no") or {}
    if any(not kind.get("searchable", True) for kind in kinds.values()):
        reasons.append("its sequence numbers are not searchable (index.disable_sequence_numbers)")
    health = yield Ask("GET", f"/_cluster/health/{name_in_path(live.index)}")
    if health["status"] == "red":
        reasons.append("a shard of it is missing (health red); bring it back first")
    if not reasons:
        reasons += yield from _by_documents(live)
        reasons += yield from _by_disk(live)
    return reasons


def _by_settings(live: LiveIndex) -> Iterator[str]:
    settings = live.settings
    if settings.get("verified_before_close") == "true":
        yield f"it is closed; open it first (POST /{live.index}/_open)"
    if settings.get("lifecycle.name"):
        yield f"the policy {settings['lifecycle.name']} manages it (ILM); remove the policy from it first"
    blocks = sorted(
        name for name, value in settings.items() if name.startswith("blocks.") and value == "true"
    )
    if blocks:
        yield f"index.{blocks[0]} is set on it; remove the block first, or run 'ecgen migrations' if a migration was interrupted"
    if settings.get("final_pipeline", "_none") != "_none":
        yield f"its final_pipeline {settings['final_pipeline']} would change the copies; remove it first"
    if settings.get("soft_deletes.enabled") == "false":
        yield "it was made without soft deletes"
    if settings.get("mode", "standard") not in ("standard", "lookup"):
        yield f"its mode is {settings['mode']}"


def _by_documents(live: LiveIndex) -> Steps[list[str]]:
    """Detect external versions: internal ones count single writes, and do not get that high."""
    query = {"size": 0, "track_total_hits": False, "aggs": {"most": {"max": {"field": "_version"}}}}
    path = f"/{name_in_path(live.index)}/_search?{WHOLE}&filter_path=aggregations"
    found = yield from ask_or_none(Ask("POST", path, query), 400)
    most = (((found or {}).get("aggregations") or {}).get("most") or {}).get("value") or 0
    if live.note or most < 1 << 31:
        return []
    return [
        f"documents have versions as high as {most:.0f}: its writers give versions of their own (version_type external)"
    ]


def _by_disk(live: LiveIndex) -> Steps[list[str]]:
    found = yield from ask_or_none(
        Ask("GET", "/_nodes/stats/fs?filter_path=nodes.*.fs.total.available_in_bytes"), 400, 403
    )
    free = [
        ((node.get("fs") or {}).get("total") or {}).get("available_in_bytes", 0)
        for node in ((found or {}).get("nodes") or {}).values()
    ]
    if free and sum(free) < 2 * live.bytes:
        return [
            f"a copy needs about {live.bytes >> 20} MiB, and the nodes have {sum(free) >> 20} MiB left; make room first"
        ]
    return []
