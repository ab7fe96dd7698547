"""Pairs of whole mappings on a real server, as the rules say."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from ecgen.review.compare.mapping_changes import compare_mappings
from ecgen.review.rules.verdicts import worst_server
from ecgen.testing.server import Server

from .conftest import Agree, asker_of, major_of
from .pairs import OPTIONS, PAIRS, STAMPS, VECTORS
from .truth import Json


@pytest.mark.parametrize(("old", "new"), [pytest.param(*pair[1:], id=pair[0]) for pair in PAIRS])
def test_pair(server: Server, agree: Agree, old: Json, new: Json) -> None:
    try:
        agree(old, new)
    except ValueError:
        pytest.skip(f"Elasticsearch {server.version} has no such index")


def test_data_streams(es9: Server, es8: Server) -> None:
    """On both versions that have this option."""
    wrong = []
    for server, major in ((es9, 9), (es8, 8)):
        for name, old, new in STAMPS:
            truth = asker_of(server).mapping_update(old, new)
            judged = worst_server(each.server for each in compare_mappings(old, new, major))
            if judged != truth.verdict:
                wrong.append((server.version, name, judged, truth.verdict, truth.error))
    assert not wrong


def test_vector_index_options(es9: Server, es8: Server) -> None:
    """Every step from one index of vectors to another, on both versions that have such indices."""
    pairs = [(old["properties"]["v"], new["properties"]["v"]) for _, old, new in VECTORS]
    wrong = []
    for server, major in ((es9, 9), (es8, 8)):
        judged = [
            worst_server(each.server for each in compare_mappings(old, new, major))
            for _, old, new in VECTORS
        ]
        likely = [verdict != "reindex" for verdict in judged]
        truths = asker_of(server).field_updates(pairs, likely, {})
        assert None not in truths
        wrong += [
            (server.version, name, verdict, truth)
            for (name, *_), verdict, truth in zip(VECTORS, judged, truths, strict=True)
            if truth and verdict != truth.verdict
        ]
    assert not wrong


def test_options_of_the_root(server: Server, agree: Agree) -> None:
    for _, old, new in OPTIONS:
        with contextlib.suppress(ValueError):
            agree(old, new)


HARD: list[tuple[str, Json, Json]] = json.loads(
    (Path(__file__).parent / "hard_pairs.json").read_text(encoding="utf-8")
)


def test_hard_pairs(server: Server) -> None:
    """Dots in names, conflicts at one path, copies and aliases of anything, and much that no server parses."""
    asker, major, wrong, asked = asker_of(server), major_of(server), [], 0
    for name, old, new in HARD:
        lacking = {"sparse_vector", "dense_vector", "flattened"} & server.lacks
        if any(each in json.dumps(new) for each in lacking):
            continue
        try:
            truth = asker.mapping_update(old, new)
        except ValueError:
            continue
        asked += 1
        judged = worst_server(each.server for each in compare_mappings(old, new, major))
        if judged != truth.verdict:
            wrong.append((name, judged, truth.verdict, truth.error))
    assert not wrong
    assert asked > len(HARD) * 0.9


def test_what_is_simulated_is_what_an_index_has(server: Server) -> None:
    """A sample; tests/soak compares all."""
    asker = asker_of(server)
    for _, old, _ in (*PAIRS[::15], *HARD[::40]):
        assert asker.fresh(old)[0] == asker.made(old)[0], old


def test_limits(server: Server) -> None:
    """An index takes so many fields, nested fields and levels; more, if its settings say so."""
    keyword: Json = {"type": "keyword"}
    nested: Json = {"type": "nested", "properties": {"a": keyword}}
    deep = keyword
    for _ in range(20):
        deep = {"properties": {"x": deep}}
    asker, major = asker_of(server), major_of(server)
    old = {"properties": {f"f{number}": keyword for number in range(600)}}
    for new, setting in (
        ({"properties": {f"g{number}": keyword for number in range(401)}}, "total_fields"),
        ({"properties": {f"n{number}": nested for number in range(101)}}, "nested_fields"),
        ({"properties": {"x": deep}}, "depth"),
    ):
        found = compare_mappings(old, new, major)
        assert [each.rule for each in found if each.server == "reindex"] == ["mapping-refused"]
        assert f"mapping.{setting}.limit" in str(found)
        assert asker.mapping_update(old, new).verdict == "reindex"
        raised = compare_mappings(
            old, new, major, settings={f"index.mapping.{setting}.limit": 2000}
        )
        assert "mapping-refused" not in {each.rule for each in raised}
