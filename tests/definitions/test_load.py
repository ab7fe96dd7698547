"""Reading YAML: plain scalars, places, limits, hostile files."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgen.definitions import discover as sources
from ecgen.definitions.discover import MAX_BYTES
from ecgen.definitions.load import load_bytes, load_text
from ecgen.diagnostics.formats import render
from ecgen.diagnostics.problems import Problem


def rules(text: str | bytes) -> list[tuple[str, int, int]]:
    content = text.encode() if isinstance(text, str) else text
    _, problems = load_bytes(content, "m.yaml")
    return [(problem.rule, problem.line, problem.column) for problem in problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("on", "on"), ("yes", "yes"), ("off", "off"), ("y", "y"), ("NO", "NO"),
        ("true", True), ("false", False), ("True", "True"), ("FALSE", "FALSE"), ('"true"', "true"),
        ("null", None), ("~", None), ("", None), ("Null", "Null"), ("'null'", "null"),
        ("12", 12), ("-1", -1), ("+7", 7), ("0x1F", 31), ("0o17", 15), ("1.5", 1.5), ("1e3", 1000.0),
        (".5", 0.5), ("1_000", "1_000"), ("12:30", "12:30"), ("2026-01-31", "2026-01-31"), ("0b1", "0b1"),
        ("1.2.3", "1.2.3"), ("!!str 12", "12"), ("'12'", "12"), ("1e400", float("inf")), ("<<", "<<"),
    ],
)  # fmt: skip
def test_plain_words_mean_what_yaml_1_2_says(written: str, value: object) -> None:
    raw, problems = load_text(f"a: {written}\n", "m.yaml")
    assert raw is not None
    assert problems == []
    assert raw.data["a"] == value
    assert type(raw.data["a"]) is type(value)


def test_everything_can_be_located() -> None:
    text = "model: A\nfields:\n  name: {type: text, fields: {raw: keyword}}\nsort:\n  - a\n  - {b: asc}\n"
    raw, _ = load_text(text, "m.yaml")
    assert raw is not None
    assert raw.locate(("model",)) == (1, 1)
    assert raw.locate(("model",), value=True) == (1, 8)
    assert raw.locate(("fields", "name", "fields", "raw")) == (3, 31)
    assert raw.locate(("fields", "name", "fields", "raw"), value=True) == (3, 36)
    assert raw.locate(("sort", 1, "b"), value=True) == (6, 9)
    assert raw.locate(("fields", "name", "nothing")) == (3, 3)
    assert raw.source_line(3) == "  name: {type: text, fields: {raw: keyword}}"
    assert raw.source_line(99) is None


def test_columns_count_characters() -> None:
    raw, _ = load_text("ä: {𝒳: 1, é: 2}\n", "m.yaml")
    assert raw is not None
    assert raw.locate(("ä", "é")) == (1, 11)


def test_anchors_and_merges_are_understood() -> None:
    raw, problems = load_text(
        "a: &k {type: keyword, x: 1}\nb: {<<: *k, x: 2}\nc: {<<: [*k]}\n", "m.yaml"
    )
    assert raw is not None
    assert problems == []
    assert raw.data["b"] == {"type": "keyword", "x": 2}
    assert raw.data["c"] == {"type": "keyword", "x": 1}
    assert raw.locate(("b", "type")) == (1, 8)


def test_a_quoted_merge_key_is_a_key() -> None:
    raw, _ = load_text('a: {"<<": 1}\n', "m.yaml")
    assert raw is not None
    assert raw.data["a"] == {"<<": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", [("duplicate-key", 3, 1)]),
        ("a: {b: 1, b: 2}\n", [("duplicate-key", 1, 11)]),
        ("1: a\n", [("key-not-string", 1, 1)]),
        ("a: {true: 1}\n", [("key-not-string", 1, 5)]),
        ("a: {null: 1}\n", [("key-not-string", 1, 5)]),
        ("[a]: 1\n", [("key-not-string", 1, 1)]),
        ("a:\n\tb: 1\n", [("tab-indentation", 2, 1)]),
        ("a:\n  \tb: 1\n  c: 2\n", [("tab-indentation", 2, 3)]),
        ("a: 1\n---\nb: 1\n", [("several-documents", 2, 1)]),
        ("", [("empty-file", 1, 1)]),
        ("# nothing\n", [("empty-file", 1, 1)]),
        ("---\n", [("empty-file", 1, 1)]),
        ("- a\n", [("wrong-value", 1, 1)]),
        ("text\n", [("wrong-value", 1, 1)]),
        ("a: !!python/object/apply:os.system [echo]\n", [("yaml-tag", 1, 4)]),
        ("a: !!binary aGk=\n", [("yaml-tag", 1, 4)]),
        ("!!python/name:os.system a: 1\n", [("yaml-tag", 1, 1)]),
        ("a: *b\n", [("yaml-alias", 1, 4)]),
        ("a: &a [*a]\n", [("yaml-alias", 1, 4)]),
        ("a: {b: 1\nc: 2\n", [("yaml-syntax", 1, 4)]),
        ("a: 'b\nc: 2\n", [("yaml-syntax", 1, 4)]),
        ("a: b: c\n", [("yaml-syntax", 1, 5)]),
        ("a: @b\n", [("yaml-syntax", 1, 4)]),
        ('a: "\\q"\n', [("yaml-syntax", 1, 5)]),
        ("a: x\x1b[31m\n", [("invalid-character", 1, 5)]),
        ("a: \x00\n", [("invalid-character", 1, 4)]),
        (b"a: 1\nb: \xff\n", [("not-utf-8", 2, 4)]),
        ("a: 1\n".encode("utf-16"), [("not-utf-8", 1, 1)]),
        (b"a: " + b"x" * MAX_BYTES, [("file-too-large", 1, 1)]),
        ("a: " + "[" * 65 + "]" * 65 + "\n", [("too-deep", 1, 67)]),
    ],
)
def test_what_is_wrong_is_said_where_it_is(
    text: str | bytes, expected: list[tuple[str, int, int]]
) -> None:
    assert rules(text) == expected


def test_a_byte_order_mark_and_dos_line_ends_are_fine() -> None:
    raw, problems = load_bytes("\ufeffa: 1\r\nb: {c: 2}\r\n".encode(), "m.yaml")
    assert raw is not None
    assert (raw.data, problems) == ({"a": 1, "b": {"c": 2}}, [])
    assert raw.locate(("b", "c")) == (2, 5)


HOSTILE = {
    "brackets": "a: " + "[" * 500_000,
    "braces": "a: " + "{a: " * 200_000,
    "dashes": "- " * 300_000,
    "question marks": "? " * 300_000,
    "closed brackets": "a: " + "[" * 300_000 + "]" * 300_000,
    "alias bomb": "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)),
    "merge bomb": "a0: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 30)),
    "ten megabytes": "a: 1\n" * 2_000_000,
    "a long number": "a: " + "9" * 900_000,
    "a long key": "x" * 1_000_000,
    "many keys": "".join(f"k{n}: 1\n" for n in range(90_000)),
    "many duplicates": "a: 1\n" * 190_000,
    "quotes": '"' * 100_000,
    "anchors": "a: " + "&a " * 100_000,
    "tags": "a: " + "!" * 100_000,
    "comments": "# ecgen: ignore[x]\n" * 50_000 + "a: 1\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_soon(name: str) -> None:
    start = time.process_time()
    raw, problems = load_bytes(HOSTILE[name].encode(), "m.yaml")
    assert raw is None or problems or name in ("a long number", "many keys", "comments")
    render(problems[:5], "text", source_line=lambda file, line: HOSTILE[name].split("\n", 1)[0])
    # Generous: an unlimited expansion would take minutes of a processor or all memory.
    assert time.process_time() - start < 20


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_what_is_no_file_of_the_folder_is_a_problem(tmp_path: Path) -> None:
    """A pipe does not block, a link out of the folder is not followed, and other files are read."""
    outside = tmp_path / "outside.yaml"
    outside.write_text("model: Outside\nfields: {a: long}\n")
    folder = tmp_path / "schemas"
    folder.mkdir()
    (folder / "good.yaml").write_text("model: Good\nfields: {a: long}\n")
    os.mkfifo(folder / "pipe.yaml")
    (folder / "link.yaml").symlink_to(outside)
    (folder / "lost.yaml").symlink_to(folder / "nothing.yaml")
    found = sources.read([folder])
    assert [Path(name).name for name in found.contents] == ["good.yaml"]
    assert [(Path(each.file).name, each.rule) for each in found.problems] == [
        ("link.yaml", "unreadable-file"),
        ("lost.yaml", "unreadable-file"),
        ("pipe.yaml", "unreadable-file"),
    ]
    with pytest.raises(FileNotFoundError):
        sources.read([tmp_path / "none"])


@pytest.mark.parametrize("size", [100, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, MAX_BYTES, 2 * MAX_BYTES])  # fmt: skip
def test_files_of_all_sizes_are_read_up_to_the_limit(size: int, tmp_path: Path) -> None:
    text = b"".join(b"# %08d\n" % number for number in range(size // 11 + 1))[:size]
    (tmp_path / "a.yaml").write_bytes(text)
    [content] = sources.read([tmp_path]).contents.values()
    assert content == text[: MAX_BYTES + 1]


def test_ignore_comments_are_comments_only() -> None:
    text = (
        "a: 1 # ecgen: ignore[one, two]\n"
        'b: "# ecgen: ignore[three]"\n'
        "c: |\n  # ecgen: ignore[four]\n"
        "d: 'x' #ecgen: ignore[five]\n"
        "e: x#ecgen:ignore[six]\n"
    )
    raw, _ = load_text(text, "m.yaml")
    assert raw is not None
    assert [(each.rule, each.line, each.column) for each in raw.ignores] == [
        ("one", 1, 22),
        ("two", 1, 27),
        ("five", 4 + 1, 23),
    ]


YAMLISH = st.text(st.sampled_from(list("ab:{}[],-?&*!|>'\"%@`#\n\t 0.~<\\é\u2028")), max_size=60)


@settings(max_examples=300, deadline=None)
@given(YAMLISH)
def test_any_text_is_read_or_explained_at_a_place_in_it(text: str) -> None:
    raw, problems = load_text(text, "m.yaml")
    assert raw is not None or problems
    lines = text.count("\n") + text.count("\u2028") + 1
    for problem in problems:
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert problem.message
    render(
        problems, "text", source_line=lambda file, line: (text.split("\n") + [""] * 99)[line - 1]
    )


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_explained(content: bytes) -> None:
    raw, problems = load_bytes(content, "m.yaml")
    assert raw is not None or problems
    assert all(isinstance(problem, Problem) for problem in problems)
