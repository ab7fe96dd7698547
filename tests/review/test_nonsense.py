"""Whatever JSON a mapping holds, it is judged and never stumbled over."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.review.compare.changes import compare
from ecgen.review.compare.subjects import of_bodies

PARAMETERS = sorted({name for row in FIELD_TYPES.values() for name in row.parameters})
OPTIONS = [
    "dynamic",
    "_source",
    "_routing",
    "runtime",
    "_meta",
    "dynamic_templates",
    "enabled",
    "x",
]
NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda part: (
        st.lists(part, max_size=2) | st.dictionaries(st.text(max_size=3), part, max_size=2)
    ),
    max_leaves=4,
)
FIELD = st.fixed_dictionaries(
    {"type": st.sampled_from([*sorted(FIELD_TYPES), "bogus"]) | NONSENSE},
).flatmap(
    lambda body: st.dictionaries(
        st.sampled_from([*PARAMETERS, "properties", "fields"]), NONSENSE, max_size=4
    ).map(lambda more: {**body, **more})
)
MAPPING = st.builds(
    lambda fields, options: {**options, "properties": fields},
    st.dictionaries(st.sampled_from(["a", "b", "a.b", ""]), FIELD | NONSENSE, max_size=3),
    st.dictionaries(st.sampled_from(OPTIONS), NONSENSE, max_size=2),
)


@settings(derandomize=True, max_examples=300, deadline=None, database=None)
@given(MAPPING, MAPPING, st.sampled_from([7, 8, 9]))
def test_nonsense_is_judged(old: Any, new: Any, major: int) -> None:
    sides = [of_bodies({"part.json": {"mappings": mapping}}) for mapping in (old, new)]
    review = compare(sides[0], sides[1], major)
    assert all(change.message and change.todo for change in review.changes)
    assert compare(sides[0], sides[0], major).verdicts()["part"][0] in ("none", "reindex")


def test_the_work_grows_with_the_fields_and_not_faster() -> None:
    """Four times the fields take about four times as long; sixteen times where each is compared with all."""

    def seconds(fields: int) -> float:
        old, new = (
            {"properties": {f"{letter}{number}": {"type": "keyword"} for number in range(fields)}}
            for letter in "ab"
        )
        start = time.process_time()
        sides = [of_bodies({"part.json": {"mappings": mapping}}) for mapping in (old, new)]
        assert len(compare(*sides).changes) >= 2 * fields
        return time.process_time() - start

    seconds(500)
    assert seconds(4000) < 10 * seconds(1000)
