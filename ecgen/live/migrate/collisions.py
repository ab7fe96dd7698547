"""Documents to which a changed compute_id gives the same id: the copy ends before one replaces the other."""

from __future__ import annotations

from collections.abc import Sequence

from .asking import Json, MigrationError, Steps
from .bulks import place
from .converting import Converted
from .shards import SHARD, Hit, look_up, search


class Collision(MigrationError):
    """Two documents would get the same id."""

    def __init__(self, name: str, new_id: str, one: str, other: str) -> None:
        super().__init__(
            f"{name}: documents {one!r} and {other!r} would both get the id {new_id!r}, and one would replace the other. "
            "Delete one of them, or change compute_id so that their ids differ; 'ecgen abort' undoes what was done"
        )


def find_collision(
    name: str, old: str, new: str, shard: int, documents: Sequence[tuple[Hit, Converted]]
) -> Steps[None]:
    """Check whether documents to be sent would replace copies of other documents.

    Raises:
        Collision: one would.
    """
    ids: dict[str, Hit] = {}
    for hit, converted in documents:
        other = ids.setdefault(converted.id, hit)
        if other.id != hit.id:
            raise Collision(name, converted.id, other.id, hit.id)
    wanted = [place(each.id, each.routing) for _, each in documents]
    found = yield from look_up(new, wanted)
    for hit, entry in zip((hit for hit, _ in documents), found, strict=True):
        if entry.get("found"):
            yield from _compare(name, old, shard, hit, entry)


def _compare(name: str, old: str, shard: int, hit: Hit, entry: Json) -> Steps[None]:
    held_shard, held = divmod(entry["_version"] - 1, SHARD)
    if (held_shard, held) == (shard, hit.seq_no):
        return
    other = yield from _living(old, held_shard, held)
    if other is not None and other.id != hit.id:
        raise Collision(name, entry["_id"], other.id, hit.id)


def _living(index: str, shard: int, seq_no: int) -> Steps[Hit | None]:
    """Return the document that an operation wrote, if it was not replaced."""
    query = {"size": 1, "_source": False, "query": {"term": {"_seq_no": seq_no}}}
    found = yield from search(query, index, shard)
    return found.hits.hits[0] if found.hits.hits else None
