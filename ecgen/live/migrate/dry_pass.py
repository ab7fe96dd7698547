"""Reading every document before anything is changed, to count what a conversion would do."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

from .asking import Json, Steps, Tell
from .computed_ids import NoIdError
from .converting import Conversion, ConversionError, values_at
from .live_index import LiveIndex
from .shards import KEPT, Hit, close_shard, in_order, open_shard, refresh, search
from .value_fit import fits, indexed_differently

_PAGE = 500
_EXAMPLES = 3


@dataclass(slots=True)
class Findings:
    """The findings of a dry pass; ids are examples."""

    documents: int = 0
    misfits: dict[str, int] = field(default_factory=dict)
    """By field, the number of documents with a value that it cannot hold."""
    examples: dict[str, list[str]] = field(default_factory=dict)
    altered: dict[tuple[str, str], int] = field(default_factory=dict)
    """By field and reason, the number of documents with a value that the index would hold differently or not at all."""
    other_ids: int = 0
    """Documents whose id is not the computed one."""
    without_id: list[str] = field(default_factory=list)
    """Reasons why an id or a routing cannot be computed."""
    other_routings: int = 0
    """Documents whose routing is not the computed one."""
    collisions: list[tuple[str, str, str]] = field(default_factory=list)
    """The new id, and two of the documents that would have it."""


def dry_pass(
    live: LiveIndex, conversion: Conversion, mappings: dict[str, Json], whole: Json
) -> Steps[Findings]:
    """Inspect every document.

    Args:
        mappings: by full name, fields whose values are to be inspected.
    """
    findings = Findings()
    digests = array("Q")

    def look(hit: Hit) -> None:
        _look(findings, hit, conversion, mappings, digests)

    yield from _every(live, look, whole, findings)
    twice = _twice(digests)
    if twice:
        holders: dict[str, Hit] = {}

        def name(hit: Hit) -> None:
            new_id = _new_id(conversion, hit)
            if new_id is not None and _digest(new_id) in twice:
                other = holders.setdefault(new_id, hit)
                is_another = (other.id, other.routing) != (hit.id, hit.routing)
                if is_another and len(findings.collisions) < _EXAMPLES:
                    findings.collisions.append((new_id, other.id, hit.id))

        yield from _every(live, name, whole, None)
    return findings


def _look(
    findings: Findings,
    hit: Hit,
    conversion: Conversion,
    mappings: dict[str, Json],
    digests: array[int],
) -> None:
    findings.documents += 1
    try:
        source = conversion.with_changed_fields(hit.source) if mappings else hit.source
    except msgspec.DecodeError:
        source = hit.source  # no field of it can be read, which is told below
    for path, mapping in mappings.items():
        try:
            values = list(values_at(path, source))
            fitting = all(fits(mapping, value) for value in values)
        except msgspec.DecodeError:
            values, fitting = [], False
        if not fitting:
            findings.misfits[path] = findings.misfits.get(path, 0) + 1
            examples = findings.examples.setdefault(path, [])
            if len(examples) < _EXAMPLES:
                examples.append(hit.id)
            continue
        reasons = (indexed_differently(mapping, value) for value in values)
        if reason := next(filter(None, reasons), ""):
            findings.altered[path, reason] = findings.altered.get((path, reason), 0) + 1
    if conversion.changes_ids or conversion.changes_routing:
        try:
            converted = conversion(hit)
        except (NoIdError, ConversionError) as error:
            findings.other_ids += conversion.changes_ids
            findings.other_routings += conversion.changes_routing
            if len(findings.without_id) < _EXAMPLES:
                findings.without_id.append(str(error))
            return
        findings.other_ids += converted.id != hit.id
        findings.other_routings += converted.routing != hit.routing
        digests.append(_digest(converted.id))


def _new_id(conversion: Conversion, hit: Hit) -> str | None:
    try:
        return conversion(hit).id
    except (NoIdError, ConversionError):
        return None


def _digest(id: str) -> int:
    return int.from_bytes(
        blake2b(id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )


def _twice(digests: array[int]) -> set[int]:
    """Return the ids that occur more than once. Sorted in parts, so that millions of ids need only 8 bytes each."""
    parts = [array("Q") for _ in range(64)]
    for digest in digests:
        parts[digest >> 58].append(digest)
    found: set[int] = set()
    for part in parts:
        ordered = sorted(part)
        found.update(one for one, other in itertools.pairwise(ordered) if one == other)
    return found


def _every(
    live: LiveIndex, look: Callable[[Hit], None], whole: Json, counting: Findings | None
) -> Steps[None]:
    yield from refresh(live.index)
    for shard in range(live.shards):
        point = yield from open_shard(live.index, shard)
        after = -1
        try:
            while True:
                query = in_order(after, None, _PAGE, whole)
                query["pit"] = {"id": point, "keep_alive": KEPT}
                found = yield from search(query)
                for hit in found.hits.hits:
                    look(hit)
                if not found.hits.hits:
                    break
                after = found.hits.hits[-1].seq_no
                if counting is not None:
                    yield Tell("looked", {"documents": counting.documents, "of": live.documents})
        finally:
            yield from close_shard(point)
