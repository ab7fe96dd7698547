"""Every parameter of every type, added, changed and taken away on a real server, as the rules say."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ecgen.review.compare.mapping_changes import compare_mappings
from ecgen.review.rules.verdicts import worst_server
from ecgen.testing.server import Server

from .conftest import asker_of, major_of
from .truth import Json
from .values import COPY_TARGETS, TYPES

# An index takes one join field only.
SHARING = sorted(set(TYPES) - {"join"})


def _pairs(type_name: str) -> list[tuple[Json, Json]]:
    base, parameters = TYPES[type_name]
    plain = {"type": type_name, **base}
    found = []
    for name, values in parameters.items():
        made = [{**plain, name: value} for value in values]
        found += [(plain, each) for each in made]
        found += [(each, plain) for each in made]
        found += pairwise([*made, made[0]])
    return [pair for pair in found if pair[0] != pair[1]]


def _judged(old: Json, new: Json, major: int) -> str:
    old, new = ({"properties": {"part": each, **COPY_TARGETS}} for each in (old, new))
    return worst_server(each.server for each in compare_mappings(old, new, major))


@pytest.mark.parametrize("type_name", SHARING)
def test_parameters(server: Server, type_name: str) -> None:
    server.require(type_name)
    pairs = _pairs(type_name)
    judged = [_judged(old, new, major_of(server)) for old, new in pairs]
    likely = [verdict != "reindex" for verdict in judged]
    truths = asker_of(server).field_updates(pairs, likely, COPY_TARGETS)
    wrong = [
        (*pair, verdict, truth)
        for pair, verdict, truth in zip(pairs, judged, truths, strict=True)
        if truth is not None and verdict != truth.verdict
    ]
    assert not wrong
    assert any(truth is not None for truth in truths)


def test_parameters_of_a_join(es7: Server) -> None:
    for old, new in _pairs("join"):
        whole = [{"properties": {"part": each, **COPY_TARGETS}} for each in (old, new)]
        if asker_of(es7).fresh(whole[0])[1] is not None:
            continue
        truth = asker_of(es7).mapping_update(*whole)
        assert _judged(old, new, 7) == truth.verdict, (old, new, truth)
