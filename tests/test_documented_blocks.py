"""Every fenced block of README and docs has a test that runs it."""

from __future__ import annotations

import importlib
import re
import uuid
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from elasticsearch import BadRequestError

from ecgen.output.render import render
from ecgen.pipeline import load_project
from ecgen.runtime import connect, delete_index

ROOT: Final = Path(__file__).resolve().parents[1]
BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

COVERED: Final[dict[str, dict[tuple[str, int], str]]] = {
    "README.md": {
        ("console", 6): "tests/test_readme.py, tests/adopt/test_walk.py",
        ("diff", 1): "tests/test_readme.py",
        ("pycon", 2): "tests/test_readme.py",
        ("python", 2): "tests/test_readme.py",
        ("sh", 1): "tests/adopt/test_walk.py",
        ("yaml", 3): "tests/test_readme.py",
    },
    "docs/adopting.md": {
        ("console", 11): "tests/adopt/test_walk.py",
        ("python", 1): "tests/adopt/test_walk.py",
        ("yaml", 4): "tests/adopt/test_walk.py",
    },
    "docs/commands.md": {
        ("toml", 3): "tests/test_commands_page.py, tests/test_hatch_hook.py",
    },
    "docs/language.md": {("yaml", 21): "tests/definitions/test_language_page.py"},
    "docs/migrating.md": {
        ("console", 4): "tests/live/test_migrating_page.py",
        ("diff", 1): "tests/live/test_migrating_page.py",
        ("yaml", 1): "tests/live/test_migrating_page.py",
    },
    "docs/review.md": {
        ("console", 2): "tests/review/test_walkthrough.py",
        ("diff", 1): "tests/review/test_walkthrough.py",
        ("yaml", 3): "tests/test_documented_blocks.py",
    },
    "docs/runtime.md": {
        ("", 1): "tests/test_documented_blocks.py",
        ("python", 19): "tests/test_documented_blocks.py, tests/runtime/test_runtime_page.py",
        ("yaml", 1): "tests/test_documented_blocks.py",
    },
}
"""By page, the blocks of a kind, how many there are, and who runs them. Who adds a block sees to it that it is run."""


def blocks(page: str, kind: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [body for each, body in BLOCK.findall(text) if each == kind]


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{path.name}" for path in sorted(ROOT.glob("docs/*.md")))]
)
def test_every_block_has_a_test(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = Counter(kind for kind, _ in BLOCK.findall(text))
    assert set(found.items()) == set(COVERED.get(page, {}))
    for tests in COVERED.get(page, {}).values():
        for test in tests.split(", "):
            assert Path(page).name in (ROOT / test).read_text(encoding="utf-8")


def test_the_files_that_the_pages_name_exist() -> None:
    absent = {
        (page.name, name)
        for page in ROOT.glob("docs/**/*.md")
        for name in re.findall(
            r"(?:tests|benchmarks|tools|examples)/[\w/]+\.py\b", page.read_text()
        )
        if not (ROOT / name).is_file()
    }
    assert absent == set()


RUNTIME: Final = blocks("docs/runtime.md", "python")


@pytest.mark.parametrize("block", RUNTIME)
def test_the_runtime_page_is_python_that_imports_what_is_there(block: str) -> None:
    compile(block.replace("(…)", "()"), "docs/runtime.md", "exec")
    for module, names in re.findall(r"^from (ecgen\.\S+) import (.+)$", block, re.MULTILINE):
        for name in names.split(", "):
            assert hasattr(importlib.import_module(module), name)


def test_a_model_over_a_pattern_rolls_over(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (definition,) = blocks("docs/runtime.md", "yaml")
    (block,) = [block for block in RUNTIME if "rollover" in block]
    project, problems = load_project({"log_entry.yaml": definition.encode()})
    assert project is not None, problems
    (tmp_path / "paged" / "mappings").mkdir(parents=True)
    for name, text in render(project, is_async=False).items():
        (tmp_path / "paged" / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    prefix = f"page_{uuid.uuid4().hex[:8]}_"
    connect(server.conf, index_prefix=prefix)
    names: dict[str, Any] = {}
    es = server.client()
    try:
        program = block.replace("from generated import", "from paged import")
        exec(compile(program, "docs/runtime.md", "exec"), names)
        model, entries = names["LogEntry"], names["entries"]
        assert [entry.line for entry in entries] == ["up", "down"]
        entries[0].line = "changed"
        entries[0].save(refresh=True)
        again = model.find_by(sort="at")
        first, second = (hit.index for _, hit in again.with_hits())
        assert (first, second) == (f"{prefix}logs-app-000001", f"{prefix}logs-app-000002")
        assert [entry.line for entry in again] == ["changed", "down"]
        (made,) = es.indices.get(index=second).values()
        assert made["mappings"] == model.get_index_body()["mappings"]
        with pytest.raises(BadRequestError, match="strict"):
            es.index(index=model.get_write_index(), document={"unknown": 1})
        delete_index(model.get_write_index())
        assert not es.indices.get(index=f"{prefix}*")
        assert not es.indices.exists_index_template(name=model.get_write_index())
    finally:
        connect(None)


def test_a_failed_saving_is_told_in_the_words_of_the_page() -> None:
    (shown,) = blocks("docs/runtime.md", "")
    words = (ROOT / "ecgen" / "runtime" / "requests" / "save.py").read_text(encoding="utf-8")
    for each in ("saving stopped; ", "written or not, no answer came"):
        assert each in shown
        assert each in words


def test_what_reviews_need_is_there_as_the_page_names_it() -> None:
    action, hooks, approved = map(yaml.safe_load, blocks("docs/review.md", "yaml"))
    (step,) = [each for each in action["jobs"]["review"]["steps"] if "ecgen" in each["uses"]]
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert set(step["with"]) <= set(inputs)
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (repository,) = hooks["repos"]
    assert {hook["id"] for hook in repository["hooks"]} <= {hook["id"] for hook in offered}
    for entry in approved:
        assert (ROOT / "docs" / "rules" / f"{entry['rule']}.md").exists()
