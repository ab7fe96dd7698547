"""Every parameter of every type, added, changed and taken away on a real server, as the rules say."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ecgen.testing.server import Server

from .conftest import Agree, asker_of
from .truth import Json
from .values import COPY_TARGETS, TYPES


def _mapping(type_name: str, **parameters: Json) -> Json:
    base = TYPES[type_name][0]
    return {"properties": {"part": {"type": type_name, **base, **parameters}, **COPY_TARGETS}}


@pytest.mark.parametrize("type_name", sorted(TYPES))
def test_parameters(server: Server, agree: Agree, type_name: str) -> None:
    server.require(type_name)
    for name, values in TYPES[type_name][1].items():
        made = [_mapping(type_name, **{name: value}) for value in values]
        possible = [each for each in made if asker_of(server).fresh(each)[1] is None]
        plain = _mapping(type_name)
        for each in made:
            agree(plain, each)
        for each in possible:
            agree(each, plain)
        for before, after in pairwise([*possible, *possible[:1]]):
            agree(before, after)
