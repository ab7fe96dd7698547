"""Breaking long lines: Python's meaning is unchanged for any line, and generated code is formatted."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest
from generating import ROOT
from hypothesis import given
from hypothesis import strategies as st

from ecgen.output.wrap import wrap

SOURCES = sorted(
    path for folder in ("ecgen", "generated") for path in (ROOT / folder).rglob("*.py")
)


def same(source: str) -> str:
    """Wrap, and assert that tree, strings and comments are the same."""
    done = wrap(source)
    assert ast.dump(ast.parse(done)) == ast.dump(ast.parse(source))
    assert texts(done) == texts(source)
    assert wrap(done) == done
    return done


def texts(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [each.string for each in tokens if each.type in (tokenize.STRING, tokenize.COMMENT)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_any_source_stays_the_same_program(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    same(source)
    same(ast.unparse(ast.parse(source)) + "\n")  # a statement a line, however long


LONG = "a" * 40
LINES = {
    "call": (
        f"x = f({LONG}, {'b' * 36}, c=1)",
        f"x = f(\n    {LONG}, {'b' * 36}, c=1\n)",
    ),
    "call, an argument a line": (
        f"x = f({LONG}, {LONG}, c={LONG})",
        f"x = f(\n    {LONG},\n    {LONG},\n    c={LONG},\n)",
    ),
    "tuple": (f"x = ({LONG}, {LONG}, 1)", f"x = (\n    {LONG},\n    {LONG},\n    1,\n)"),
    "parentheses": (
        f"x = ({LONG} + {'b' * 37} + 1)",
        f"x = (\n    {LONG} + {'b' * 37} + 1\n)",
    ),
    "sum": (
        f"x = f({LONG} + {LONG} + 1)",
        f"x = f(\n    {LONG}\n    + {LONG}\n    + 1,\n)",
    ),
    "union": (
        f"    x: {LONG} | {'b' * 26}[int] | None",
        f"    x: {LONG} | {'b' * 26}[int] | None",
    ),
    "long union": (
        f"    number: {LONG} | {'b' * 24}[int] | None",
        f"    number: (\n        {LONG} | {'b' * 24}[int] | None\n    )",
    ),
    "longer union": (
        f"    x: {LONG} | {LONG}[int] | None",
        f"    x: (\n        {LONG}\n        | {LONG}[int]\n        | None\n    )",
    ),
    "subscript of one": (
        f"    x: list[{LONG}{LONG}]",
        f"    x: list[\n        {LONG}{LONG}\n    ]",
    ),
    "import": (
        f"from a import {LONG}, {LONG}",
        f"from a import (\n    {LONG},\n    {LONG},\n)",
    ),
    "definition": (
        f"def f(a: int, {LONG}: int = 1, bbbbbbbb: int = (2, 3)) -> list[int]: ...",
        f"def f(\n    a: int, {LONG}: int = 1, bbbbbbbb: int = (2, 3)\n) -> list[int]: ...",
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_lines_are_broken_as_ruff_does_it(name: str) -> None:
    line, broken = LINES[name]
    assert wrap(line) == broken


TOUCHY = {
    "keyword before a tuple's parentheses": f"if({LONG} and {LONG} or {LONG}):\n    pass",
    "in": f"x = 1 in({LONG} + {LONG} + {LONG})",
    "soft keyword": f"match({LONG}, {LONG}, {LONG}):\n    case({LONG}):\n        pass",
    "generator": f"x = f({LONG} for {LONG} in {LONG})",
    "one in parentheses is no tuple": f"x = ({LONG} or {LONG} or {LONG})",
    "one in a subscript is no tuple": f"x = {LONG}[{LONG} or {LONG}]",
    "annotation with a value": f"x: {LONG} | {LONG}[0] = {LONG}[1]",
    "condition": f"x: {LONG} | y[0] if {LONG} else z[1]",
    "lambda": f"x = f(lambda {LONG}, {LONG}: ({LONG}, 1))",
    "brackets in a string": f'x = f("{LONG}, ({LONG}, [", {LONG})',
    "comment": f"x = f({LONG}, {LONG})  # f(a, b, {LONG})",
    "hash in a string": f'x = f("# {LONG}", {LONG}, "{LONG}")',
    "f-string": f"x = f(f\"{{ids.part(self, 'a')}}-{{{LONG}!r:>{{width}}}}\", {LONG}, 1)",
    "bytes": f'x = f(rb"{LONG}, \\(", Rb"{LONG}", {LONG})',
    "continued line": f"x = f({LONG}, {LONG}) + \\\n    g({LONG}, {LONG}, {LONG})",
    "continued string": f'x = f("{LONG}, \\\n({LONG}, {LONG}, {LONG}, {LONG})", {LONG})',
    "walrus": f"x = [y := {LONG}, {LONG}, {LONG}]",
    "star": f"f(*{LONG}, {LONG}=1, **{LONG})",
    "dict comprehension": f"x = {{{LONG}: {LONG} for {LONG} in y}}",
    "call of a call": f"x = f({LONG})({LONG})[{LONG}]",
    "slice": f"x = y[{LONG}:{LONG}, {LONG}]",
    "with": f"with ({LONG} as a, {LONG} as b, c):\n    pass",
    "print": f"print({LONG}, {LONG}, {LONG}, sep='')",
}


@pytest.mark.parametrize("name", TOUCHY)
def test_what_looks_alike_stays_the_same_program(name: str) -> None:
    same(TOUCHY[name] + "\n")


@pytest.mark.parametrize("quotes", ['"""', "'''", 'r"""'])
def test_strings_over_several_lines_are_left_alone(quotes: str) -> None:
    inside = f"\nx = f({LONG}, {LONG}, {LONG})\n# it's {{{LONG}, {LONG}}} \" '\n"
    source = f"TEXT = {quotes}{inside}{quotes[-3:]}\ny = f({LONG}, {LONG}, {LONG})\n"
    done = same(source)
    assert f"{quotes}{inside}{quotes[-3:]}" in done
    assert f"\ny = f(\n    {LONG},\n" in done


@pytest.mark.parametrize(
    "source",
    [
        f'x = f("{LONG}, {LONG}, {LONG})\n',  # no end
        f'x = """{LONG}, {LONG}, {LONG}\nf({LONG}, {LONG}, {LONG})\n',
        f"x = f({LONG}, {LONG}, {LONG}]\n",
        f"x = {LONG}, {LONG}, {LONG})\n",
        f'x = f(f"{{d["a, b"]}}", {LONG}, {LONG}, {LONG})\n',  # Python 3.12: quotes within the same
        f'x = f(f"{{d[" + "]}}", {LONG}, {LONG}, {LONG})\n',
        f"x = f({LONG}, {LONG},\r{LONG})\n",
        "",
        "\n",
        "\n\n" + "b" * 100,
    ],
)
def test_what_is_not_clear_stays_as_it_is(source: str) -> None:
    assert wrap(source) == source


NAMES = st.sampled_from(["a", "bc", "x·y", LONG, "größe", "名前", "print", "match", "_"])
STRINGS = st.sampled_from(
    [
        '"a, (b"',
        "'it'",
        '"it\'s #"',
        "f\"{a['b']}-{c!r}\"",
        'r"\\"',
        '"""one"""',
        "b'x'",
        '"{"',
        '"名"',
    ]
)
ATOMS = NAMES | STRINGS | st.sampled_from(["1", "-2.5", "None"])
SHAPES = st.sampled_from(
    [
        *("{0}({1})", "{0}({1}, k={2})", "{0}({1}, {2}, {0})", "{0}(*{1}, **{2})", "{0}[{1}]"),
        *("{0}[{1}, {2}]", "{0}[{1}:{2}]", "[{0}, {1}]", "[{0}]", "({0})", "({0}, {1})", "({0},)"),
        *("{{{0}}}", '{{"k": {0}, **{1}}}', "{0} | {1}", "{0} + {1}", "{0} if {1} else {2}"),
        *(
            "(lambda a, b=1: {0})",
            "[{0} for y in {1}]",
            "f({0} for y in z)",
            "not({0})",
            "(y := {0})",
        ),
        *(
            "{0}.x({1})({2})",
            "{0} and {1}",
            "-{0}",
            "f({0}, {1},)",
            "{0} in({1}, {2})",
            "{0}[{1}].y",
        ),
    ]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.tuples(SHAPES, inner, inner, inner).map(lambda p: p[0].format(*p[1:])),
    max_leaves=12,
)
STATEMENTS = st.tuples(
    st.sampled_from(["", "x = ", "x: int = ", "x: ", "return ", "assert ", "del_.y = ", "x += "]),
    EXPRESSIONS,
    st.sampled_from(["", "", ",", "  # it's (a, b", "; y = f(1, 2)"]),
).map("".join)


def compiles(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


@given(st.lists(STATEMENTS, min_size=1, max_size=4))
def test_fuzzed_lines_stay_the_same_program(lines: list[str]) -> None:
    good = [line for line in lines if compiles(f"def f():\n    {line}\n")]
    same("def f():\n    pass\n" + "".join(f"    {line}\n" for line in good))


@given(st.text(alphabet="\"'\\\n#(){}[], ab=f|+\r", max_size=200))
def test_text_that_is_no_python_comes_through(text: str) -> None:
    done = wrap(text.replace("a", LONG))
    assert re.sub(r"[\s,()]", "", done) == re.sub(r"[\s,()]", "", text.replace("a", LONG))
