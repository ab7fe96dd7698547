"""docs/language.md: every example builds without problems, and every key has an example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecgen.definitions.language import FIELD_KEYS, JOIN_KEYS, MODEL_KEYS
from ecgen.diagnostics.rules import RULES
from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.pipeline import load_project

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
SECTIONS = {
    section.partition("\n")[0]: re.findall(r"^```yaml\n(.*?)^```$", section, flags=re.M | re.S)
    for section in re.split(r"^##+ ", PAGE, flags=re.M)
}
EXAMPLES = {name: blocks for name, blocks in SECTIONS.items() if blocks}


@pytest.mark.parametrize("section", EXAMPLES)
def test_the_examples_of_a_section_build_together(section: str) -> None:
    files = {f"{number}.yaml": block.encode() for number, block in enumerate(EXAMPLES[section])}
    project, problems = load_project(files)
    assert problems == []
    assert project is not None
    assert project.models


def test_every_key_has_an_example_and_stands_in_a_table_or_a_sentence() -> None:
    models = [yaml.safe_load(block) for blocks in EXAMPLES.values() for block in blocks]
    written: dict[str, set[str]] = {"model": set(), "field": set(), "join": set()}

    def fields(part: Any) -> None:
        for field in part.values():
            if isinstance(field, dict):
                written["field"].update(field)
                fields(field.get("properties", {}))

    for model in models:
        written["model"].update(model)
        fields(model.get("fields", {}))
        for join in model.get("joins", {}).values():
            written["join"].update(join)
    assert set(MODEL_KEYS) <= written["model"]
    assert set(FIELD_KEYS) <= written["field"]
    assert set(JOIN_KEYS) <= written["join"]
    for key in (*MODEL_KEYS, *FIELD_KEYS, *JOIN_KEYS):
        assert f"`{key}`" in PAGE


def test_every_type_is_listed() -> None:
    assert [name for name in FIELD_TYPES if f"`{name}`" not in PAGE] == []


def test_rules_that_the_page_names_exist() -> None:
    assert set(re.findall(r"(?:ignore|error)\[([a-z-]+)\]", PAGE)) <= set(RULES)
