"""Pairs of whole mappings on a real server, as the rules say."""

from __future__ import annotations

import pytest

from ecgen.testing.server import Server

from .conftest import Agree, asker_of
from .pairs import OPTIONS, PAIRS, VECTORS
from .truth import Json


@pytest.mark.parametrize(("old", "new"), [pytest.param(*pair[1:], id=pair[0]) for pair in PAIRS])
def test_pair(server: Server, agree: Agree, old: Json, new: Json) -> None:
    if asker_of(server).fresh(old)[1] is not None:
        pytest.skip(f"Elasticsearch {server.version} has no such index")
    agree(old, new)


def test_vector_index_options(es9: Server, es8: Server) -> None:
    """Every step from one index of vectors to another, on both versions that have such indices."""
    from ecgen.review.mapping import compare_mappings
    from ecgen.review.verdicts import worst_server

    wrong = []
    for server, major in ((es9, 9), (es8, 8)):
        for name, old, new in VECTORS:
            truth = asker_of(server).mapping_update(old, new)
            judged = worst_server(each.server for each in compare_mappings(old, new, major))
            if judged != truth.verdict:
                wrong.append((server.version, name, judged, truth.verdict, truth.error))
    assert not wrong


def test_options_of_the_root(server: Server, agree: Agree) -> None:
    for _, old, new in OPTIONS:
        if asker_of(server).fresh(old)[1] is None:
            agree(old, new)
