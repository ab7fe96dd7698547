"""Definitions are written so that they read back as the same data, and as a careful person would write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgen.definitions.load import load_text
from ecgen.importer.write_yaml import WIDTH, to_yaml

from .mappings import json_values


def spelled_out(value: Any) -> Any:
    """A definition with its shorthand as YAML would have it in full."""
    if isinstance(value, dict):
        return {
            key: {
                name: {"type": part} if isinstance(part, str) else part
                for name, part in inner.items()
            }
            if key in ("fields", "properties") and isinstance(inner, dict)
            else inner
            for key, inner in ((key, spelled_out(inner)) for key, inner in value.items())
        }
    return [spelled_out(part) for part in value] if isinstance(value, list) else value


def read_back(text: str) -> Any:
    raw, problems = load_text(text, "x.yaml")
    assert raw is not None, problems
    assert not problems
    return raw.data


printable = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(
    st.dictionaries(
        printable,
        st.recursive(
            json_values | printable,
            lambda x: st.lists(x, max_size=3) | st.dictionaries(printable, x, max_size=3),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=300, deadline=None)
def test_any_data_reads_back(data: dict[str, Any]) -> None:
    # The shorthand is for fields; other data has none.
    data = {f"x{key}": value for key, value in data.items()}
    assert read_back(to_yaml(data)) == data


def test_a_field_that_is_a_type_alone_is_written_so() -> None:
    fields = {
        "a": {"type": "keyword"},
        "b": {"type": "text", "fields": {"raw": {"type": "keyword"}}},
    }
    text = to_yaml({"model": "A", "fields": fields})
    assert text == "model: A\nfields:\n  a: keyword\n  b: {type: text, fields: {raw: keyword}}\n"
    assert spelled_out(read_back(text)) == {"model": "A", "fields": fields}


def test_parameters_called_type_keep_their_mapping() -> None:
    fields = {"a": {"type": "keyword", "meta": {"type": "x"}}}
    assert read_back(to_yaml({"fields": fields})) == {"fields": fields}


@pytest.mark.parametrize(
    "word",
    [
        "yes",
        "No",
        "on",
        "OFF",
        "true",
        "null",
        "~",
        "1",
        "1e3",
        "0x1f",
        "1_000",
        ".5",
        "2024-01-01",
        "",
        " a",
        "a: b",
        "a #b",
        "*a",
        "&a",
        "!a",
        "@a",
        "%a",
        "`a",
        "- a",
        "? a",
        "[a",
        "{a",
        "a,b",
        "y",
        "n",
        "<<",
        "=",
        "12:30:45",
        "é",
    ],
)
def test_what_yaml_could_misread_is_quoted(word: str) -> None:
    text = to_yaml({"a": word})
    assert text[3] == '"'
    assert read_back(text) == {"a": word}


@pytest.mark.parametrize("word", ["keyword", "shop/products", "a_b.c", "article raw"])
def test_plain_words_stay_plain(word: str) -> None:
    assert to_yaml({"a": word}) == f"a: {word}\n"


def test_lines_stay_within_their_width() -> None:
    data = {
        "description": "word " * 100,
        "runtime": {"x": {"type": "long", "script": {"source": "int a = 1;\nemit(a);\n" * 9}}},
        "dynamic_templates": [
            {f"rule_{n}": {"match": "*", "mapping": {"type": "keyword", "ignore_above": 1024}}}
            for n in range(5)
        ],
        "fields": {
            f"field_{n}": {
                "type": "object",
                "properties": {f"part_{m}": {"type": "long"} for m in range(9)},
            }
            for n in range(3)
        },
    }
    text = to_yaml(data, ("comment " * 40,), {("fields", "field_1"): ["note " * 60]})
    assert max(map(len, text.split("\n"))) <= WIDTH
    assert spelled_out(read_back(text)) == data
    assert "source: |" in text


def test_comments_cannot_break_out() -> None:
    text = to_yaml({"model": "A"}, ("a\nmodel: Evil\u2028model: B\x85",))
    assert read_back(text) == {"model": "A"}
