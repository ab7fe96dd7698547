"""Checks across files, suppressed lints, and robustness: no data makes a check raise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ecgen
from ecgen.definitions.language import FIELD_KEYS, JOIN_KEYS, JOIN_KINDS, MODEL_KEYS
from ecgen.definitions.load import RawModel, load_text
from ecgen.definitions.validate import validate
from ecgen.diagnostics.problems import Problem
from ecgen.diagnostics.rules import RULES
from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.pipeline import load_project

TIMESTAMPED = "model: Timestamped\nabstract: true\nfields: {created: date, note: {type: text, copy_to: all}}\n"


def found(*texts: str, elasticsearch: str = "9") -> list[tuple[str, int, str]]:
    raws: list[RawModel] = []
    problems: list[Problem] = []
    for number, text in enumerate(texts):
        raw, read = load_text(text, f"{number}.yaml")
        problems += read
        if raw is not None:
            raws.append(raw)
    problems += validate(raws, elasticsearch)[1]
    return sorted((problem.file[0], problem.line, problem.rule) for problem in problems)


def test_inherited_fields_count_as_the_models_own() -> None:
    model = "model: A\nextends: [Timestamped]\nsort: [{created: desc}]\ncompute_id: '{created|date:%Y}'\nfields: {all: text}\n"
    assert found(model, TIMESTAMPED) == []


def test_what_a_mixin_names_is_looked_up_in_each_model_that_extends_it() -> None:
    assert found(TIMESTAMPED) == []
    assert found("model: A\nextends: Timestamped\nfields: {b: text}\n", TIMESTAMPED) == [
        ("1", 3, "unknown-field")
    ]


def test_names_of_a_model_with_unknown_mixins_are_not_called_unknown() -> None:
    assert found("model: A\nextends: [Nowhere]\nsort: [created]\nfields: {b: text}\n") == []


def test_a_mixin_of_a_mixin_counts() -> None:
    middle = "model: Middle\nabstract: true\nextends: [Timestamped]\nfields: {all: text}\n"
    assert found("model: A\nextends: [Middle]\nsort: [created]\n", middle, TIMESTAMPED) == []


@pytest.mark.parametrize(
    "model",
    [
        "model: A\nfields:\n  price: float # ecgen: ignore[float-for-money]\n",
        "model: A # ecgen: ignore[float-for-money]\nfields:\n  price: float\n  cost: double\n",
        "model: A\nfields:\n  price: # ecgen: ignore[float-for-money]\n    type: float\n",
        "model: A\nfields:\n  price:\n    type: float # ecgen: ignore[float-for-money]\n",
        "model: A\nfields:\n  price: float # see #12 # ecgen: ignore[float-for-money]\n",
    ],
)
def test_a_comment_silences_a_lint(model: str) -> None:
    assert found(model) == []


def test_a_comment_silences_its_own_field_only() -> None:
    model = (
        "model: A\nfields:\n  size:\n    type: object\n    properties:\n"
        "      price: float # ecgen: ignore[float-for-money]\n      cost: float\n"
    )
    assert found(model) == [("0", 7, "float-for-money")]


def test_errors_are_not_silenced() -> None:
    model = "model: A\nfields:\n  a: {type: keywrd} # ecgen: ignore[unknown-type]\n"
    assert found(model) == [("0", 3, "unknown-type"), ("0", 3, "unused-ignore")]


def test_one_side_that_names_the_other_is_enough() -> None:
    maker = "model: Maker\nfields: {a: text}\njoins:\n  products: {type: multi_loose, target: Product, inverse: maker}\n"
    product = "model: Product\nfields: {a: text}\njoins:\n  maker: {type: single, target: Maker}\n"
    assert found(maker, product) == []
    assert found("model: Maker\nfields: {a: text}\n", product) == [("1", 4, "join-without-inverse")]


@pytest.mark.parametrize(
    ("version", "rules"),
    [
        ("9", []),
        ("8.19", []),
        ("8", []),
        ("8.10", ["newer-than-server"]),
        ("7.17", ["newer-than-server"]),
    ],
)
def test_what_the_server_does_not_know_yet_is_a_lint(version: str, rules: list[str]) -> None:
    model = "model: A\nfields:\n  a: sparse_vector\n"
    assert [rule for _, _, rule in found(model, elasticsearch=version)] == rules


@pytest.mark.parametrize(
    ("option", "since"),
    [
        ("subobjects: false", "8.3"),
        ("_source: {mode: stored}", "8.4"),
        ("dynamic: runtime", "7.11"),
        ("runtime: {r: {type: long}}", "7.11"),
        ("runtime: {r: {type: lookup, target_index: i, input_field: a, target_field: b, fetch_fields: [c]}}", "8.2"),
        ("dynamic_templates: [x: {match: ['a*', 'b*'], mapping: {type: keyword}}]", "8.9"),
        ("dynamic_templates: [x: {unmatch_mapping_type: string, mapping: {type: keyword}}]", "8.9"),
        ("settings: {mode: logsdb}", "8.0"),
        ("settings: {index: {mapping.source.mode: stored}}", "8.0"),
        ("settings: {mapping.nested_parents.limit: 9}", "9.0"),
    ],
)  # fmt: skip
def test_options_that_the_server_does_not_know_yet_are_a_lint(option: str, since: str) -> None:
    model = f"model: A\n{option}\nfields:\n  a: long\n"
    major, minor = map(int, since.split("."))
    before = f"{major}.{minor - 1}" if minor else f"{major - 1}.17"
    assert "newer-than-server" not in {rule for _, _, rule in found(model, elasticsearch=since)}
    assert found(model, elasticsearch=before) == [("0", 2, "newer-than-server")]


@pytest.mark.parametrize(
    ("form", "hint"),
    [
        ("%Y-%m-%d", "as in 'yyyy-MM-dd HH:mm:ss'"),
        ("YYYY-MM-DD", "did you mean 'yyyy-MM-dd'?"),
        ("yyyy-MM-DD", "did you mean 'yyyy-MM-dd'?"),
        ("yyyy-mm-dd", "did you mean 'yyyy-MM-dd'?"),
        ("yyyy-DDD", None),
        ("'D'yyyy-MM-dd", None),
    ],
)
def test_letters_of_other_notations_in_date_formats(form: str, hint: str | None) -> None:
    text = f'model: A\nfields:\n  a: {{type: date, format: "{form}"}}\n'
    _, problems = load_project({"a.yaml": text.encode()})
    assert [problem.hint for problem in problems] == ([hint] if hint else [])


KEYS = sorted({*MODEL_KEYS, *FIELD_KEYS, *JOIN_KEYS, *(key for row in FIELD_TYPES.values() for key in row.parameters), "analysis", "analyzer", "filter", "mapping", "match", "index", "a", "", "."})  # fmt: skip
WORDS = st.sampled_from([*FIELD_TYPES, *JOIN_KINDS, "Product", "a", "name", "{a}", "{a|lower}", "desc", "uuid7", "yyyy", "", "\u202e", "standard"])  # fmt: skip
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=20,
)
FIELDS = st.dictionaries(st.sampled_from(["a", "name", "b", "size"]), st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=3).flatmap(lambda keys: WORDS.map(lambda kind: {**keys, "type": kind})) | ANYTHING)  # fmt: skip
MODELS = st.fixed_dictionaries(
    {"model": st.just("Product") | ANYTHING, "fields": FIELDS},
    optional={key: ANYTHING for key in MODEL_KEYS if key not in ("model", "fields", "joins")}
    | {"joins": FIELDS},
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MODELS)
def test_no_data_makes_the_checks_fail(data: dict[str, Any]) -> None:
    raw, problems = load_text(json.dumps(data, indent=1), "m.yaml")
    for problem in [*problems, *validate([raw] if raw else [])[1]]:
        assert problem.rule in RULES
        assert problem.severity == RULES[problem.rule].severity
        assert problem.message
        assert problem.line >= 1


def test_every_rule_is_used_by_the_code() -> None:
    folder = Path(ecgen.__file__).parent
    sources = "".join(
        path.read_text(encoding="utf-8") for path in folder.rglob("*.py") if path.name != "rules.py"
    )
    assert [rule for rule in RULES if f'"{rule}"' not in sources] == []


STREAM = """model: View
index: views-*
write_to: views-app
data_stream: true
"""


@pytest.mark.parametrize(
    ("mixin", "line", "message"),
    [
        ("'@timestamp': {type: date, auto: created}", None, None),
        ("at: {type: date_nanos, name: '@timestamp', required: true}", None, None),
        ("'@timestamp': {type: date}", 4, "a data stream refuses documents without '@timestamp'"),
        ("'@timestamp': {type: keyword, ignore_above: 9}", 4, "must be date or date_nanos"),
        ("at: date", 4, "needs a date field with the Elasticsearch name '@timestamp'"),
        ("outer: {properties: {'@timestamp': date}}", 4, "and the model has none"),
    ],
)
def test_the_timestamp_of_a_data_stream_may_be_inherited(
    mixin: str, line: int | None, message: str | None
) -> None:
    files = {
        "stamped.yaml": f"model: Stamped\nabstract: true\nfields: {{{mixin}}}\n".encode(),
        "view.yaml": f"{STREAM}extends: [Stamped]\nfields: {{page: text}}\n".encode(),
    }
    project, problems = load_project(files)
    assert (project is None) == (message is not None)
    assert [each.line for each in problems] == ([] if line is None else [line])
    assert message is None or message in problems[0].message


def test_a_part_that_is_refused_may_hold_the_timestamp() -> None:
    text = STREAM + "fields: {a: text}\nfeilds: {'@timestamp': date}\n"
    _, problems = load_project({"view.yaml": text.encode()})
    assert [each.rule for each in problems] == ["unknown-key"]


def test_routing_values_of_data_streams_need_8() -> None:
    text = STREAM + "routing: page\nfields:\n  page: {type: keyword, ignore_above: 9}\n"
    text += "  '@timestamp': {type: date, auto: created}\n"
    for version, lines in (("7.17", [5]), ("8", []), ("9", [])):
        _, problems = load_project({"view.yaml": text.encode()}, elasticsearch=version)
        assert [each.line for each in problems] == lines
