"""tests/review asks what an index would have without making it; here the answer is compared with an index that is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecgen.testing.server import Server
from tests.review.pairs import OPTIONS, PAIRS, VECTORS
from tests.review.truth import Asker, Json

HARD = json.loads(
    (Path(__file__).parents[1] / "review" / "hard_pairs.json").read_text(encoding="utf-8")
)
MAPPINGS: dict[str, Json] = {
    json.dumps(mapping): mapping
    for _, old, new in (*PAIRS, *OPTIONS, *VECTORS, *HARD)
    for mapping in (old, new)
}


@pytest.mark.parametrize("which", ["es9", "es8", "es7"])
def test_what_is_simulated_is_what_an_index_has(request: pytest.FixtureRequest, which: str) -> None:
    server: Server = request.getfixturevalue(which)
    asker = Asker(server.url)
    try:
        for mapping in MAPPINGS.values():
            simulated, made = asker.fresh(mapping), asker.made(mapping)
            assert simulated[0] == made[0], mapping
            assert (simulated[1] is None) == (made[1] is None), (mapping, simulated, made)
    finally:
        asker.close()
