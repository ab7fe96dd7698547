"""Problems across files: every mistake at its line, and none that only follows from another."""

from __future__ import annotations

import pytest

from ecgen.pipeline import load_project

TARGET = "model: Maker\nfields: {name: text, code: long}\njoins:\n  products: {type: multi_loose, target: Product, inverse: maker}\n"


def problems(**files: str) -> list[tuple[str, int, int, str]]:
    """Return errors as (file, line, column, rule)."""
    contents = {f"{name}.yaml": text.encode() for name, text in files.items()}
    _, found = load_project(contents)
    return [
        (each.file, each.line, each.column, each.rule) for each in found if each.severity == "error"
    ]


def product(join: str) -> str:
    return f"model: Product\nfields: {{a: long}}\njoins:\n  maker: {{type: single, {join}}}\n"


@pytest.mark.parametrize(
    ("join", "rule", "column"),
    [
        ("target: Makr", "unknown-target", 33),
        ("target: Base", "unknown-target", 33),
        ("target: Maker, inverse: prducts", "unknown-inverse", 49),
        ("target: Maker, inverse: name", "unknown-inverse", 49),
        ("target: Maker, inverse: owners", "unknown-inverse", 49),
    ],
)
def test_joins_lead_somewhere(join: str, rule: str, column: int) -> None:
    maker = TARGET + "  owners: {type: single, target: Maker}\n"
    base = "model: Base\nabstract: true\nfields: {x: long}\n"
    assert problems(maker=maker, product=product(join), base=base) == [
        ("product.yaml", 4, column, rule)
    ]


def test_join_by_names_a_field_of_the_target() -> None:
    loose = "model: Product\nfields: {a: long}\njoins:\n  makers: {type: multi, target: Maker, join_by: %s}\n"
    maker = "model: Maker\nfields: {code: long}\n"
    assert problems(maker=maker, product=loose % "code") == []
    assert problems(maker=maker, product=loose % "cod") == [
        ("product.yaml", 4, 49, "unknown-join-by")
    ]


def test_what_a_broken_file_names_still_counts() -> None:
    """A join is not reported if its inverse may be in an unreadable part; otherwise it is."""
    broken = TARGET.replace("text", "txet")
    wrong = ("maker.yaml", 2, 16, "unknown-type")
    assert problems(maker=broken, product=product("target: Maker, inverse: products")) == [wrong]
    assert problems(maker=broken, product=product("target: Maker, inverse: anything")) == [
        wrong,
        ("product.yaml", 4, 49, "unknown-inverse"),
    ]
    for misspelt in ("jions", "join", "other"):
        hidden = TARGET.replace("joins", misspelt)
        found = problems(maker=hidden, product=product("target: Maker, inverse: anything"))
        assert [(file, rule) for file, _, _, rule in found] == [("maker.yaml", "unknown-key")]
    for name in ("maker", "Maker\\n", "makr"):
        renamed = TARGET.replace("model: Maker", f'model: "{name}"')
        found = problems(maker=renamed, product=product("target: Maker"))
        rules = [(file, rule) for file, _, _, rule in found]
        assert rules[:1] == [("maker.yaml", "model-name")]
        assert len(rules) == 1 + (name == "makr")
    no_yaml = "model: Maker\nfields: {[\n"
    assert [rule for *_, rule in problems(maker=no_yaml, product=product("target: Maker"))] == [
        "yaml-syntax"
    ]


def test_joins_of_a_broken_file_are_looked_up_all_the_same() -> None:
    text = product("target: Makr").replace("long", "lnog")
    assert {rule for *_, rule in problems(maker=TARGET, product=text)} == {
        "unknown-type",
        "unknown-target",
    }


def test_names_that_meet() -> None:
    one = "model: One\nindex: same\nfields: {a-b: long, a_b: long}\n"
    two = "model: Two\nindex: same\nfields: {o: {type: object, properties: {class: long, class_: long}}}\n"
    three = "model: HTTPLog\nfields: {x: long}\n"
    four = "model: HttpLog\nindex: other\nfields: {x: long}\n"
    five = "model: One\nindex: fifth\nfields: {x: long}\n"
    assert problems(a=one, b=two, c=three, d=four, e=five) == [
        ("a.yaml", 3, 21, "name-clash"),
        ("b.yaml", 2, 8, "duplicate-index"),
        ("b.yaml", 3, 54, "name-clash"),
        ("d.yaml", 1, 8, "duplicate-module"),
        ("e.yaml", 1, 8, "duplicate-model"),
    ]


def test_mixins_exist_are_abstract_and_go_nowhere_in_circles() -> None:
    assert problems(
        a="model: A\nextends: [Bse]\nfields: {x: long}\n",
        b="model: Base\nabstract: true\nfields: {y: long}\n",
    ) == [("a.yaml", 2, 11, "unknown-mixin")]
    assert problems(
        a="model: A\nextends: [B]\nfields: {x: long}\n", b="model: B\nfields: {y: long}\n"
    ) == [("a.yaml", 2, 11, "mixin-not-abstract")]
    circle = problems(
        a="model: A\nabstract: true\nextends: B\nfields: {x: long}\n",
        b="model: B\nabstract: true\nextends: A\nfields: {y: long}\n",
    )
    assert [rule for *_, rule in circle] == ["mixin-cycle"]


def test_two_mixins_that_define_a_field_differently_want_a_decision() -> None:
    mixins = {
        "b": "model: B\nabstract: true\nfields: {x: long}\n",
        "c": "model: C\nabstract: true\nfields: {x: text}\n",
    }
    assert problems(a="model: A\nextends: [B, C]\nfields: {y: long}\n", **mixins) == [
        ("a.yaml", 2, 14, "name-clash")
    ]
    assert problems(a="model: A\nextends: [B, C]\nfields: {x: date}\n", **mixins) == []


def test_targets_come_before_those_who_join_them() -> None:
    contents = {
        "a.yaml": b"model: A\nfields: {x: long}\njoins: {b: {type: single, target: B}}\n",
        "b.yaml": b"model: B\nfields: {x: long}\njoins: {c: {type: multi, target: C}}\n",
        "c.yaml": b"model: C\nfields: {x: long}\njoins: {a: {type: multi_loose, target: A}}\n",
    }
    project, _ = load_project(contents)
    assert project is not None
    assert [model.name for model in project.models] == ["C", "B", "A"]


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("model: Product\nfields:\n  1: keyword\n", (3, 3, "key-not-string")),
        ("model: Product\nfields:\n  sku: !!python/name:os.system [x]\n", (3, 8, "yaml-tag")),
    ],
)
def test_what_could_not_be_read_is_told_once(text: str, only: tuple[int, int, str]) -> None:
    assert problems(product=text) == [("product.yaml", *only)]
