"""The checks against real nodes: a node accepts what ecgen accepts, and ecgen refuses what a node refuses.

Only definitions that ecgen accepts are sent, many fields to an index. The table of types is compared in both directions.
"""

from __future__ import annotations

import functools
import itertools
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from elasticsearch import BadRequestError, Elasticsearch

from ecgen.definitions.gate import gate
from ecgen.definitions.load import load_text
from ecgen.definitions.validate import validate
from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET
from ecgen.elasticsearch.settings import NEW_IN_8, NEW_IN_9
from ecgen.testing.capabilities import FIELD_EXAMPLES
from ecgen.testing.server import Server

BATCH = 200
# An index cannot have two joins, nor two passthrough objects of the same priority.
ALONE = {"join", "passthrough"}
# Combinations that these nodes cannot check, and why.
NOT_ON_THESE_NODES = {
    "script": "the nodes have no script language",
    "on_script_error": "needs a script",
}
VALUES: Mapping[str, list[Any]] = {
    "format": ["yyyy-MM-dd", "strict_date||epoch_millis", "dd.MM.uuuu HH:mm", "foo", "yyyy-mm-ddTHH", "", "[yyyy"],
    "locale": ["de", "de-AT", "en", ""],
    "meta": [{}, {"unit": "ms"}, {"unit": 1}, {"u" * 21: "x"}, {"u": "x" * 51}, {str(n): "x" for n in range(6)}],
    "copy_to": ["other", ["other", "more"], [], 3, ""],
    "analyzer": ["standard", "simple", "nonsense", 3],
    "search_analyzer": ["standard", "whitespace", "nonsense"],
    "search_quote_analyzer": ["standard", "nonsense"],
    "normalizer": ["lowercase", "nonsense"],
    "similarity": ["BM25", "boolean", "classic", "cosine", "dot_product", "l2_norm"],
    "fields": [{}, {"raw": {"type": "keyword"}}, {"raw": "keyword"}, {"a.b": "keyword"}, {"raw": "object"}, {"raw": {"type": "text", "copy_to": "other"}}],
    "properties": [{}, {"part": {"type": "keyword"}}, {"part": "keyword"}, {"": "keyword"}],
    "index_prefixes": [{}, {"min_chars": 1, "max_chars": 19}, {"min_chars": 6}, {"max_chars": 20}, {"min": 1}],
    "fielddata_frequency_filter": [{"min": 0.1, "max": 0.5, "min_segment_size": 3}, {"mn": 1}, {}],
    "relations": [{"question": "answer"}, {"question": ["answer", "comment"]}, {"a": "c", "b": "c"}, {}, []],
    "contexts": [
        [{"name": "place", "type": "geo"}],
        [{"name": "place", "type": "geo", "precision": 5}, {"name": "kind", "type": "category"}],
        [{"name": "kind", "type": "category", "precision": 5}],
        [{"name": "a", "type": "category"}] * 2,
        [{"type": "category"}],
    ],
    "index_options": [
        "docs", "freqs", "positions", "offsets", "nonsense", {}, {"type": "hnsw", "m": 8}, {"type": "flat"},
        {"type": "flat", "m": 8}, {"type": "int4_hnsw"}, {"type": "bbq_flat"}, {"type": "nonsense"},
        {"prune": True}, {"pruning_config": {"tokens_weight_threshold": 0.3}},
        {"prune": True, "pruning_config": {"tokens_freq_ratio_threshold": 7}},
    ],
    "path": ["other", "nowhere", ""],
    "dims": [1, 3, 8, 64, 100, 4096, 4097, 0],
    "scaling_factor": [100, 0.5, 1e3, 0, -1, "100", "x"],
    "time_series_dimensions": [["a"], [], "a"],
    "dynamic": [True, False, "strict", "runtime", "true", "no", 1],
    "null_value": [
        0, 1, -1, 200, 40000, 2**31, 2**63, 1.5, 1e39, 1e309, "x", "", True, "true", "2026-01-31", "2026-02-30", 86400000,
        "192.168.0.1", "::1", "1.2.3", "53.5,10.0", [10.0, 53.5], {"lat": 53.5, "lon": 10}, [200, 100], {"lat": 1},
    ],
}  # fmt: skip
PLAIN: list[Any] = [True, False, "yes", 1, 0, -1, 5, 2**31, 1.5, "x", "", None, [], {}]


def values(kind: str, parameter: str) -> list[Any]:
    schema = FIELD_TYPES[kind].parameters[parameter].schema
    return [*VALUES.get(parameter, ()), *schema.get("enum", ()), *PLAIN]


def candidates(kind: str) -> Iterator[dict[str, Any]]:
    """Yield every parameter with every value alone, then random combinations."""
    example = FIELD_EXAMPLES[kind]
    names = [name for name in FIELD_TYPES[kind].parameters if name not in NOT_ON_THESE_NODES]
    yield dict(example)
    for name in names:
        for value in values(kind, name):
            yield {**example, name: value}
    dice = random.Random(f"ecgen {kind}")
    for _ in range(60):
        chosen = dice.sample(names, min(len(names), dice.randint(2, 5)))
        yield {**example, **{name: dice.choice(values(kind, name)) for name in chosen}}


def accepted(kind: str, field: dict[str, Any], version: str) -> bool:
    """Return whether ecgen accepts a model with this field, for a server of that version."""
    data = {
        "model": "Probe",
        "dynamic": "true",
        "fields": {"target": "keyword", "other": "text", "probe": field},
    }
    raw, problems = load_text(yaml.safe_dump(data, allow_unicode=True), "probe.yaml")
    assert raw is not None, (kind, field, problems)
    found = [*problems, *validate([raw], version)[1]]
    return not any(p.severity == "error" or p.rule == "newer-than-server" for p in found)


def spelled_out(field: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping that the build writes: sub-fields and multi-fields by type name alone become mappings."""
    return {
        key: {
            name: {"type": part} if isinstance(part, str) else part for name, part in value.items()
        }
        if key in ("fields", "properties") and isinstance(value, Mapping)
        else value
        for key, value in field.items()
    }


class Probe:
    """Sends mappings to one server, with index names of its own."""

    def __init__(self, client: Elasticsearch) -> None:
        self._client = client
        self._prefix = f"t-defs-{uuid.uuid4().hex[:8]}"
        self._numbers = itertools.count()

    def refusal(self, properties: Mapping[str, Any], **settings: Any) -> str | None:
        """Return why the server refuses to create an index with these fields; None if it accepts them."""
        index = f"{self._prefix}-{next(self._numbers)}"
        limits = {"mapping.total_fields.limit": 5000, "mapping.nested_fields.limit": 1000}
        try:
            self._client.indices.create(
                index=index,
                settings={**limits, **settings},
                mappings={
                    "properties": {
                        "target": {"type": "keyword"},
                        "other": {"type": "text"},
                        **properties,
                    }
                },
            )
        except BadRequestError as error:
            return str(error.body)
        self._client.indices.delete(index=index)
        return None

    @contextmanager
    def open_index(self) -> Iterator[Callable[[Mapping[str, Any]], bool]]:
        """Yield an index, and a function that adds a field to it and returns whether the server accepted it."""
        index = f"{self._prefix}-open"
        self._client.indices.create(
            index=index,
            settings={"mapping.total_fields.limit": 5000, "number_of_replicas": 0},
            mappings={"properties": {"target": {"type": "keyword"}, "other": {"type": "text"}}},
        )

        def put(field: Mapping[str, Any]) -> bool:
            try:
                self._client.indices.put_mapping(
                    index=index, properties={f"f{next(self._numbers)}": field}
                )
            except BadRequestError:
                return False
            return True

        yield put
        self._client.indices.delete(index=index)

    def refused(self, fields: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
        """Return the fields that the server refuses, found by bisection."""
        why = self.refusal({f"f{n}": spelled_out(field) for n, field in enumerate(fields)})
        if why is None:
            return []
        if len(fields) == 1:
            return [(fields[0], why)]
        half = len(fields) // 2
        return self.refused(fields[:half]) + self.refused(fields[half:])


@pytest.fixture(scope="module")
def probe(server: Server) -> Iterator[Probe]:
    with server.client() as client:
        yield Probe(client)


def known_types(server: Server) -> list[str]:
    return [name for name in FIELD_TYPES if name not in server.lacks]


def test_what_ecgen_accepts_the_node_accepts(server: Server, probe: Probe) -> None:
    fields = [
        field
        for kind in known_types(server)
        if kind not in ALONE
        for field in candidates(kind)
        if accepted(kind, field, server.version)
    ]
    assert len(fields) > 800
    wrong = [
        each
        for start in range(0, len(fields), BATCH)
        for each in probe.refused(fields[start : start + BATCH])
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", sorted(ALONE))
def test_what_stands_alone_too(server: Server, probe: Probe, kind: str) -> None:
    server.require(kind)
    for field in candidates(kind):
        if accepted(kind, field, server.version):
            assert probe.refusal({"f": spelled_out(field)}) is None, field


def test_the_table_has_what_the_node_takes(server: Server, probe: Probe) -> None:
    """Try every parameter of any type, with a fitting value, on every type that the node has."""
    swallowed = set()
    with probe.open_index() as put:
        for kind in known_types(server):
            if kind in ALONE:
                continue
            for name, value in _samples().items():
                known = {*FIELD_TYPES[kind].parameters, *FIELD_EXAMPLES[kind]}
                field = spelled_out({**FIELD_EXAMPLES[kind], name: value})
                if name not in known and put(field):
                    swallowed.add((kind, name))
    if server.major == 7:
        swallowed = {(kind, name) for kind, name in swallowed if name not in WITHOUT_EFFECT_7}
    assert swallowed == set()


# 7.17 accepts these for every type with an old-style mapper, even without effect; later servers refuse them.
WITHOUT_EFFECT_7 = {"index", "index_options", "similarity", "store", "doc_values"}


def takes(kind: str, name: str, value: Any) -> bool:
    refused = gate().refusals({"type": kind, name: value}, "mapping")
    return all(each.path[:1] != (name,) for each in refused)


@functools.cache
def _samples() -> dict[str, Any]:
    """Return a value for each parameter of the table that is valid for the first type with it."""
    found: dict[str, Any] = {}
    for row in FIELD_TYPES.values():
        for name in row.parameters:
            # Servers often accept empty values unchecked.
            fitting = (v for v in values(row.name, name) if v and takes(row.name, name, v))
            if name not in NOT_ON_THESE_NODES:
                found.setdefault(name, next(fitting, "standard"))
    return found


def test_defaults_are_what_the_node_says(server: Server) -> None:
    index = f"t-defs-{uuid.uuid4().hex[:8]}"
    kinds = [
        name
        for name in known_types(server)
        if name not in ("object", "nested", "passthrough", "alias")
    ]
    with server.client() as client:
        client.indices.create(
            index=index,
            mappings={"properties": {f"f_{name}": FIELD_EXAMPLES[name] for name in kinds}},
        )
        shown = client.indices.get_field_mapping(
            index=index, fields=[f"f_{name}" for name in kinds], include_defaults=True
        )
        client.indices.delete(index=index)
    different = []
    for kind in kinds:
        (mapping,) = shown[index]["mappings"][f"f_{kind}"]["mapping"].values()
        for name, parameter in FIELD_TYPES[kind].parameters.items():
            if parameter.default is UNSET or name not in mapping or name in FIELD_EXAMPLES[kind]:
                continue
            if mapping[name] != parameter.default:
                different.append((kind, name, parameter.default, mapping[name]))
    assert different == []


@pytest.mark.parametrize("which", ["es9", "es8", "es7"])
def test_settings_that_a_node_does_not_know(which: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(which)
    newer = dict.fromkeys(NEW_IN_8, 8) | dict.fromkeys(NEW_IN_9, 9)
    with server.client() as client:
        probe = Probe(client)
        unknown = {
            name
            for name in newer
            if "unknown setting" in (probe.refusal({}, **{name: "nonsense"}) or "")
        }
    major = int(server.version.partition(".")[0])
    assert unknown == {name for name, first in newer.items() if first > major}
