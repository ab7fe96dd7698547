"""Names: attributes and keywords of generated classes, and names that the runtime reserves."""

from __future__ import annotations

import inspect
import keyword
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgen.definitions import naming
from ecgen.output.imports import isort, natural
from ecgen.runtime import Model, ObjectValue


def public(class_: type) -> set[str]:
    return {name for name in dir(class_) if not name.startswith("_")}


def test_no_field_can_hide_what_the_runtime_has() -> None:
    assert public(Model) - {"id"} <= naming.MODEL_NAMES
    assert public(ObjectValue) <= naming.VALUE_NAMES


def test_nothing_is_reserved_in_vain() -> None:
    python = {"self", "cls", "mro"}
    assert public(Model) | python >= naming.MODEL_NAMES
    assert public(ObjectValue) | python >= naming.VALUE_NAMES


def test_the_runtime_page_lists_every_attribute_that_is_renamed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "runtime.md").read_text(encoding="utf-8")
    section = page.partition("## Names of attributes")[2].partition("\n## ")[0]
    listed = set(re.findall(r"`(\w+)_`", section))
    assert listed == naming.MODEL_NAMES | naming.VALUE_NAMES
    for name in naming.FIND_BY_NAMES - naming.MODEL_NAMES:
        assert f"`{name}`" in section


def test_parameters_of_find_by_are_known() -> None:
    parameters = {
        *inspect.signature(Model.find_by).parameters,
        *inspect.signature(Model.scan).parameters,
    }
    assert parameters - {"id"} == naming.FIND_BY_NAMES


@given(st.text(min_size=1))
def test_every_name_gives_an_attribute(name: str) -> None:
    attribute = naming.attribute(name)
    assert attribute.isidentifier()
    assert not keyword.iskeyword(attribute)
    assert not attribute.startswith("_")
    assert attribute not in naming.MODEL_NAMES
    assert naming.attribute(attribute) == attribute


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("class", "class_"),
        ("count", "count_"),
        ("size", "size"),
        ("@timestamp", "timestamp"),
        ("a-b.c d", "a_b_c_d"),
        ("3d", "field_3d"),
        ("größe", "größe"),
        ("ﬁle", "file"),
        ("---", "field"),
    ],
)
def test_attributes(name: str, attribute: str) -> None:
    assert naming.attribute(name) == attribute


@pytest.mark.parametrize(
    ("model", "module"),
    [
        ("Product", "product"),
        ("DailySales", "daily_sales"),
        ("HTTPLog", "http_log"),
        ("Page2View", "page2_view"),
        ("Class", "class_"),
        ("Mappings", "mappings_"),
    ],
)
def test_modules(model: str, module: str) -> None:
    assert naming.module(model) == module


def test_orders_that_ruff_wants() -> None:
    assert natural(["a10", "a9", "B", "a09", "a"]) == ["B", "a", "a09", "a9", "a10"]
    assert isort(["models", "Maker", "MODELS", "URL", "A"]) == [
        "MODELS",
        "URL",
        "A",
        "Maker",
        "models",
    ]
