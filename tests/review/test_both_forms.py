"""Every value of every parameter through both forms, YAML and mapping JSON: what one takes, the other takes.

tests/review/test_parameters_on_servers.py holds the verdicts on JSON to what servers do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ecgen.elasticsearch.vector_indices import INDEX_OPTIONS
from ecgen.pipeline import load_project
from ecgen.review.compare.mapping_changes import compare_mappings
from ecgen.testing.server import Server

from .conftest import asker_of, major_of
from .truth import Json
from .values import COPY_TARGETS, TYPES

_VECTOR_OPTIONS: dict[str, Json] = {
    "m": 8,
    "ef_construction": 50,
    "flat_index_threshold": 10,
    "rescore_vector": {"oversample": 3},
    "confidence_interval": 0.95,
    "on_disk_rescore": True,
    "cluster_size": 100,
    "default_visit_percentage": 5,
    "bits": 1,
}
VECTORS: list[Json] = [
    {"type": "dense_vector", "dims": 64, "element_type": element}
    for element in ("float", "byte", "bit", "bfloat16")
] + [
    {"type": "dense_vector", "dims": 64, "index_options": {"type": kind, **options}}
    for kind in INDEX_OPTIONS
    for options in ({}, *({name: value} for name, value in _VECTOR_OPTIONS.items()))
]


def bodies() -> Iterator[Json]:
    for kind, (base, values) in TYPES.items():
        if kind not in ("alias", "join"):  # a model has one join, and an alias another field
            yield {"type": kind, **base}
            for name, each in values.items():
                yield from ({"type": kind, **base, name: value} for value in each)
    yield from VECTORS


def refused_in_yaml(fields: list[Json], major: int) -> list[bool]:
    """Whether a definition with each of the fields has an error, or the warning that the server is too old for it."""
    bad = set()
    targets = [f"  {name}: {json.dumps(body)}" for name, body in COPY_TARGETS.items()]
    for start in range(0, len(fields), 40):
        part = fields[start : start + 40]
        lines = [f"  f{number}: {json.dumps(body)}" for number, body in enumerate(part)]
        text = "\n".join(["model: M", "fields:", *lines, *targets, ""])
        _, problems = load_project({"m.yaml": text.encode()}, package="g", elasticsearch=str(major))
        for each in problems:
            if each.severity == "error" or each.rule == "newer-than-server":
                bad.add(start + each.line - 3)
    return [number in bad for number in range(len(fields))]


def refused_in_json(body: Json, major: int) -> bool:
    mapping = {"properties": {"f": body, **COPY_TARGETS}}
    return any(each.rule == "mapping-refused" for each in compare_mappings({}, mapping, major))


def is_stricter_for_authors(body: Json, major: int) -> bool:
    """Spellings that servers show or forgive, and that an author has no reason to write."""
    parameters = {name: value for name, value in body.items() if name not in ("type", "relations")}
    if None in parameters.values() or "256" in parameters.values() or "100" in parameters.values():
        return True
    # 7 ignores parameters that a type does not have, those that came later too.
    return major == 7


@pytest.mark.parametrize("major", [7, 8, 9])
def test_yaml_and_json_agree(major: int) -> None:
    fields = list(bodies())
    assert len(fields) > 600
    wrong = [
        (body, "YAML" if in_yaml else "JSON")
        for body, in_yaml in zip(fields, refused_in_yaml(fields, major), strict=True)
        if in_yaml != refused_in_json(body, major)
        and not (in_yaml and is_stricter_for_authors(body, major))
    ]
    assert not wrong


def test_options_of_vector_indices(es9: Server, es8: Server) -> None:
    for server in (es9, es8):
        asker, major = asker_of(server), major_of(server)
        refused = refused_in_yaml(VECTORS, major)
        taken = {f"f{n}": body for n, body in enumerate(VECTORS) if not refused[n]}
        _, error = asker.fresh({"properties": taken})
        assert error is None, server.version
        assert len(taken) > 20
        for body, said in zip(VECTORS, refused, strict=True):
            if said:
                _, error = asker.fresh({"properties": {"f": body}})
                assert error is not None, (server.version, body)


def test_what_a_vector_has_that_8_lacks_is_named() -> None:
    text = (
        "model: M\nfields:\n  v:\n    type: dense_vector\n    dims: 64\n"
        "    index_options: {type: hnsw, flat_index_threshold: 10}\n"
    )

    def found(version: str) -> list[tuple[int, str, str]]:
        contents = {"m.yaml": text.encode()}
        _, problems = load_project(contents, package="g", elasticsearch=version)
        return [(each.line, each.rule, each.message) for each in problems]

    message = "'flat_index_threshold' of index_options exists since Elasticsearch 9"
    assert found("8") == [(6, "newer-than-server", message)]
    assert found("9") == []
