"""Why an index cannot be migrated, where the servers that tests run on have no such index: data streams, lifecycle policies.

What they do have is refused in test_plans.py. Here a scripted server answers as one with all features does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ecgen.live.migrate.asking import Ask, MigrationError, Steps
from ecgen.live.migrate.bulks import write_all
from ecgen.live.migrate.collisions import Collision, find_collision
from ecgen.live.migrate.converting import Conversion, Converted
from ecgen.live.migrate.copying import Copier
from ecgen.live.migrate.lease import Lease
from ecgen.live.migrate.live_index import LiveIndex, obstacles, read_index
from ecgen.live.migrate.shards import Found, Hit, look_up, shards_of, version_of
from ecgen.live.migrate.slipped import Slipped, repair_slipped

Json = Any

SOUND: Json = {
    "_stats": {"indices": {"books-000001": {"primaries": {"docs": {"count": 9}}}}},
    "_field_caps": {"fields": {"_seq_no": {"_seq_no": {"searchable": True}}}},
    "_cluster/health": {"status": "green"},
    "_search": {"aggregations": {"most": {"value": 9}}},
    "_nodes/stats": {"nodes": {"a": {"fs": {"total": {"available_in_bytes": 10 << 30}}}}},
}


def answered(steps: Steps[Any], **changes: Json) -> Any:
    """What the steps return when each request is answered by the entry whose name is in its path, or by its next one."""
    answers = {**SOUND, **changes}
    answer: Json = None
    try:
        while True:
            asked = steps.send(answer)
            if isinstance(asked, Ask):
                answer = next(found for part, found in answers.items() if part in asked.path)
                answer = next(answer) if isinstance(answer, Iterator) else answer
            else:
                answer = None
    except StopIteration as stop:
        return stop.value


def live(mappings: Json = None, own_alias: Json = None, **settings: str) -> LiveIndex:
    names = {name.replace("__", "."): value for name, value in settings.items()}
    found = LiveIndex("books", "books-000001", "u", mappings or {}, {}, names, {}, own_alias or {})
    found.bytes = 1 << 30
    return found


def test_a_sound_index_has_no_obstacle() -> None:
    assert answered(obstacles(live())) == []


@pytest.mark.parametrize(
    ("index", "answers", "words"),
    [
        (live(lifecycle__name="hot-warm"), {}, "the policy hot-warm manages it (ILM)"),
        (live({"_source": {"mode": "synthetic"}}), {}, "its `_source` is synthetic"),
        (live(mapping__source__mode="synthetic"), {}, "its `_source` is synthetic"),
        (live({"_source": {"enabled": False}}), {}, "its `_source` is disabled"),
        (live({"_source": {"includes": ["a"]}}), {}, "its `_source` omits fields"),
        (live(own_alias={"filter": {"term": {"a": 1}}}), {}, "has a filter or a routing"),
        (live(own_alias={"search_routing": "1"}), {}, "has a filter or a routing"),
        (live(soft_deletes__enabled="false"), {}, "made without soft deletes"),
        (live(mode="time_series"), {}, "its mode is time_series"),
        (live(blocks__read_only="true"), {}, "index.blocks.read_only is set"),
        (live(verified_before_close="true"), {}, "it is closed; open it first"),
        (
            live(),
            {"_field_caps": {"fields": {"_seq_no": {"_seq_no": {"searchable": False}}}}},
            "its sequence numbers are not searchable",
        ),
        (live(), {"_cluster/health": {"status": "red"}}, "a shard of it is missing (health red)"),
        (
            live(),
            {"_nodes/stats": {"nodes": {"a": {"fs": {"total": {"available_in_bytes": 1 << 30}}}}}},
            "a copy needs about 1024 MiB, and the nodes have 1024 MiB left",
        ),
        (live(), {"_search": {"aggregations": {"most": {"value": 1.7e12}}}}, "versions as high as"),
    ],
)
def test_an_obstacle_is_named(index: LiveIndex, answers: Json, words: str) -> None:
    reasons = answered(obstacles(index), **answers)
    assert len(reasons) == 1, reasons
    assert words in reasons[0]


@pytest.mark.parametrize("generations", [1, 3])
def test_a_data_stream_is_refused(generations: int) -> None:
    """Also one that has been rolled over, which is a name over several indices too."""
    body = {"aliases": {}, "mappings": {}, "settings": {}, "data_stream": "books"}
    found = {f".ds-books-2026.01.01-{number:06d}": body for number in range(generations)}
    (reason,) = answered(read_index("books"), **{"/books?": found})
    assert reason.startswith("books is a data stream; roll it over")


@pytest.mark.parametrize("blocked", ["true", "false"])
def test_an_old_index_that_is_lost_after_the_swap(blocked: str) -> None:
    """What was written under a lifted block is in it alone."""
    lease = Lease("books", "one")
    copier = Copier(
        "books", "books-000001", "books-000002", "load", 1, lease, Conversion([]), float
    )
    settings = {"index.uuid": "u", "index.blocks.write": blocked}
    answers: Json = {
        "_settings": {"books-000001": {"settings": settings}},
        "_block/write": {},
        "_stats": {"indices": {}},
    }
    if blocked == "true":
        assert answered(repair_slipped(copier, "u", {"0": 5}), **answers) == Slipped()
        return
    with pytest.raises(MigrationError, match=r"no primary .* delete books-000001 to give these"):
        answered(repair_slipped(copier, "u", {"0": 5}), **answers)


def test_a_shard_without_a_primary_is_waited_for_and_then_named() -> None:
    with pytest.raises(MigrationError, match="no primary of shard 0; is the cluster green"):
        answered(shards_of("books-000001", 1), _stats={"indices": {}})


LOST: Json = {
    "_id": "x",
    "error": {"type": "no_shard_available_action_exception", "reason": "No shard available"},
}


def test_a_multi_get_without_an_answer_of_a_shard_is_asked_again_and_then_named() -> None:
    found = {"_id": "x", "found": True, "_version": 7}
    answers = iter([{"docs": [LOST]}, {"docs": [found]}])
    assert answered(look_up("books-000002", [{"_id": "x"}]), _mget=answers) == [found]
    with pytest.raises(MigrationError, match="a shard does not answer: No shard available"):
        answered(look_up("books-000002", [{"_id": "x"}]), _mget={"docs": [LOST]})


def test_a_collision_is_found_behind_a_shard_that_comes_back() -> None:
    """A document that cannot be looked for counted as absent, so that the copy could replace another one's."""
    held = {"_id": "x", "found": True, "_version": version_of(0, 3)}
    answers: Json = {
        "_mget": iter([{"docs": [LOST]}, {"docs": [held]}]),
        "_search": Found(hits=msgspec.convert({"hits": [{"_id": "old"}]}, type(Found().hits))),
    }
    copy = [(Hit("other", 9), Converted("x", None, b"{}"))]
    with pytest.raises(Collision, match="documents 'old' and 'other' would both get the id 'x'"):
        answered(find_collision("books", "books-000001", "books-000002", 0, copy), **answers)


def test_a_missing_routing_is_left_to_the_write_to_tell() -> None:
    lacking = {"_id": "x", "error": {"type": "routing_missing_exception", "reason": "…"}}
    assert answered(look_up("books-000002", [{"_id": "x"}]), _mget={"docs": [lacking]}) == [lacking]


def test_a_document_of_an_index_that_is_gone_is_no_accepted_one() -> None:
    error = {"type": "index_not_found_exception", "reason": "no such index"}
    gone = {"errors": True, "items": [{"index": {"status": 404, "error": error}}]}
    with pytest.raises(MigrationError, match=r"document 'x': .*no such index"):
        answered(write_all("books-000001", [("x", b"{}")]), _bulk=gone)
    absent = {"errors": False, "items": [{"delete": {"status": 404}}]}
    assert answered(write_all("books-000001", [("x", b"{}")]), _bulk=absent) == 0
