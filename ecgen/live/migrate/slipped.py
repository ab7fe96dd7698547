"""Writes that reached the old index between the comparison and the swap, because the block was lifted by hand.

From the swap on clients write to the new index. Such writes are copied only if no client touched the document there:
its operations are newer than the mark, the new index's newest operation at the swap. Marks and cursors are recorded
before the swap, so that a run which resumes after it does the same, however late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .asking import Ask, Json, MigrationError, Steps, Tell, name_in_path
from .bulks import Document, bulk, delete_line, index_lines, place, unchanged
from .comparing import compare_shard
from .copying import Copier
from .fence import is_blocked, settings_of
from .shards import Hit, in_order, look_up, refresh, search, shards_of, version_of

_MOST = 500
_NAMED = 100


@dataclass(slots=True)
class Slipped:
    """What became of such writes."""

    operations: int = 0
    """The number of those that were copied."""
    left: list[str] = field(default_factory=list)
    """Ids of documents, at most 100, that clients have changed or deleted in the new index since: they stay as they are."""


def repair_slipped(copier: Copier, uuid: str, marks: Mapping[str, int]) -> Steps[Slipped]:
    """Copy the writes that reached the old index. Usually there are none. `uuid` is that of the old index."""
    done = Slipped()
    settings = yield from settings_of(copier.old)
    if settings.get("uuid") != uuid:
        return done  # removed by `ecgen clean`, or by hand
    lifted = not is_blocked(settings)
    try:
        if lifted:
            yield Ask("PUT", f"/{name_in_path(copier.old)}/_block/write")
        states = yield from shards_of(copier.old, copier.shards)
    except MigrationError as error:
        if not lifted:
            return done  # its node died after the swap
        raise MigrationError(
            f"the write block of {copier.old} was lifted by hand, and what was written there since cannot be read ({error}); "
            f"bring it back and apply again, or delete {copier.old} to give these writes up"
        ) from error
    slipped = [
        (shard, copier.cursors.get(shard, -1), state.newest)
        for shard, state in states.items()
        if state.newest > copier.cursors.get(shard, -1)
    ]
    if not slipped:
        return done
    repair = _Repair(copier, {int(shard): mark for shard, mark in marks.items()}, done)
    yield from refresh(copier.old)
    yield from refresh(copier.new)
    for shard, cursor, newest in slipped:
        copied = cursor
        while cursor < newest:
            query = in_order(cursor, newest, _MOST, copier.whole)
            hits = (yield from search(query, copier.old, shard)).hits.hits
            if not hits:
                break
            yield from repair.write(hits)
            cursor = hits[-1].seq_no
        # A copy that was overwritten is gone from the old index too; by now its document has an operation above the mark.
        gone = (yield from compare_shard(copier, shard, copied, repair.marks)).gone
        for start in range(0, len(gone), _MOST):
            yield from repair.remove(shard, gone[start : start + _MOST])
    yield Tell("slipped", {"operations": done.operations, "left": done.left})
    return done


@dataclass(slots=True)
class _Repair:
    copier: Copier
    marks: dict[int, int]
    done: Slipped

    def write(self, hits: Sequence[Hit]) -> Steps[None]:
        """Write documents into the new index where no client has written or deleted them since the swap."""
        converted = [self.copier.convert(hit) for hit in hits]
        wanted = [place(each.id, each.routing) for each in converted]
        found = yield from look_up(self.copier.new, wanted)
        documents = []
        for each, where, entry in zip(converted, wanted, found, strict=True):
            if not entry.get("found"):
                # Refused if a client has deleted it: the new index remembers the versions of deletes until `settle`.
                condition: Json = {"version": 1, "version_type": "external"}
            elif (yield from self._is_untouched(where, entry["_seq_no"])):
                condition = unchanged(entry["_seq_no"], entry["_primary_term"])
            else:
                self._leave(each.id)
                continue
            documents.append((each.id, index_lines({**where, **condition}, each.source)))
        yield from self._send(documents)

    def remove(self, shard: int, operations: Sequence[int]) -> Steps[None]:
        """Delete copies of what was deleted in the old index, if they are unchanged since they were copied."""
        documents = []
        wanted = {version_of(shard, each) for each in operations}
        query: dict[str, Json] = {
            "size": _MOST,
            "version": True,
            "seq_no_primary_term": True,
            "_source": False,
            "query": {"range": {"_seq_no": {"lte": max(self.marks.values(), default=-1)}}},
            "sort": [{"_version": "asc"}],
            "search_after": [min(wanted) - 1],
        }
        while True:
            found = yield from search(query, self.copier.new)
            hits = found.hits.hits
            for hit in hits:
                where = place(hit.id, hit.routing)
                if hit.version in wanted and (yield from self._is_untouched(where, hit.seq_no)):
                    condition = unchanged(hit.seq_no, hit.primary_term)
                    documents.append((hit.id, delete_line({**where, **condition})))
            if len(hits) < _MOST or hits[-1].version >= max(wanted):
                break
            query["search_after"] = [hits[-1].version]
        yield from self._send(documents)

    def _is_untouched(self, where: Json, seq_no: int) -> Steps[bool]:
        """Return whether no client has written the document of the new index since the swap."""
        if seq_no > max(self.marks.values(), default=-1):
            return False
        if seq_no <= min(self.marks.values(), default=-1):
            return True
        routing = where.get("routing", where["_id"])
        path = f"/{name_in_path(self.copier.new)}/_search_shards?routing={name_in_path(routing)}"
        found = yield Ask("GET", f"{path}&filter_path=shards.shard")
        return seq_no <= self.marks.get(found["shards"][0][0]["shard"], -1)

    def _send(self, documents: Sequence[Document]) -> Steps[None]:
        if not documents:
            return
        outcomes = yield from bulk(self.copier.new, documents, options="&refresh=true")
        for (id, _), outcome in zip(documents, outcomes, strict=True):
            if outcome["status"] < 300:
                self.done.operations += 1
            elif outcome["status"] == 409:
                self._leave(id)
            else:
                raise MigrationError(
                    f"{self.copier.new}: writes that came in during the swap cannot be brought over, as that of {id!r}: "
                    f"{outcome.get('error')}; apply again"
                )

    def _leave(self, id: str) -> None:
        if len(self.done.left) < _NAMED:
            self.done.left.append(id)
