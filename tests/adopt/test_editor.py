"""The JSON Schema as editors use it, asked of yaml-language-server itself, which npm brings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ecgen.definitions.language import FIELD_KEYS, MODEL_KEYS
from ecgen.elasticsearch.field_types import FIELD_TYPES

from .real_world import REAL_WORLD
from .test_round_trip import imported

VERSION = "2.0.0"
ROOT = Path(__file__).resolve().parents[2]
Ask = Callable[[list[dict[str, Any]]], list[Any]]


@pytest.fixture(scope="session")
def editor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Asks the language server; it is installed once, into pytest's cache if there is one."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on this machine, so no editor can be asked")
    name, cache = "yaml-language-server", getattr(request.config, "cache", None)
    folder = cache.mkdir(name) if cache else tmp_path_factory.mktemp(name)
    module = folder / "node_modules" / "yaml-language-server"
    if (
        not module.is_dir()
        or json.loads((module / "package.json").read_text())["version"] != VERSION
    ):
        install = [
            "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            f"yaml-language-server@{VERSION}",
        ]
        done = subprocess.run(
            [*install, "--prefix", str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"npm cannot install yaml-language-server: {done.stderr.strip()[-300:]}")
    schema = ROOT / "ecgen" / "definitions" / "model.schema.json"

    def ask(requests: list[dict[str, Any]]) -> list[Any]:
        done = subprocess.run(
            ["node", str(Path(__file__).with_name("editor.cjs")), str(schema)],
            input=json.dumps(requests),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "NODE_PATH": str(folder / "node_modules")},
        )
        answers: list[Any] = json.loads(done.stdout)
        return answers

    return ask


def at(text: str) -> dict[str, Any]:
    """The text without its mark `|`, and where that stood."""
    before, _, after = text.partition("|")
    line = before.count("\n")
    return {
        "text": before + after,
        "position": {"line": line, "character": len(before) - before.rfind("\n") - 1},
    }


def test_completions_say_what_each_thing_is(editor: Ask) -> None:
    keys, types, parameters = editor(
        [
            {"kind": "complete", **at("model: Product\n|\n")},
            {"kind": "complete", **at("model: Product\nfields:\n  a:\n    type: |\n")},
            {"kind": "complete", **at("model: Product\nfields:\n  a:\n    type: keyword\n    |\n")},
        ]
    )
    missing = MODEL_KEYS.keys() - keys.keys() - {"model"}
    assert not missing
    assert keys["index"] == MODEL_KEYS["index"].description
    assert set(FIELD_TYPES) <= set(types)
    assert all(types[name] == row.description for name, row in FIELD_TYPES.items())
    row = FIELD_TYPES["keyword"]
    assert set(row.parameters) <= set(parameters)
    assert parameters["ignore_above"] == row.parameters["ignore_above"].description
    assert "analyzer" not in parameters
    assert parameters.get("many") == FIELD_KEYS["many"].description


def test_settings_templates_and_the_short_form_are_completed(editor: Ask) -> None:
    head = "model: Product\n"
    texts = {
        "fields:\n  a: te|\n": {"text", "keyword"},
        "fields:\n  a: |\n": {"text", "keyword"},
        "fields:\n  a: {type: keyword, ig|}\n": {"ignore_above"},
        "fields:\n  a: {type: text, analyzer: |}\n": {"standard", "english"},
        "settings:\n  refr|\n": {"refresh_interval", "number_of_shards"},
        "settings:\n  codec: |\n": {"best_compression"},
        "settings:\n  analysis:\n    analyzer:\n      a:\n        |\n": {"tokenizer", "filter"},
        "settings:\n  analysis:\n    analyzer:\n      a:\n        tokenizer: |\n": {"whitespace"},
        "settings:\n  analysis:\n    analyzer:\n      a:\n        filter:\n          - |\n": {"lowercase"},
        "dynamic_templates:\n  - a:\n      |\n": {"match_mapping_type", "mapping"},
        "dynamic_templates:\n  - a:\n      match_mapping_type: |\n": {"string"},
        "dynamic_templates:\n  - a:\n      mapping:\n        type: keyword\n        |\n": {"ignore_above"},
    }  # fmt: skip
    answers = editor([{"kind": "complete", **at(head + text)} for text in texts])
    for (text, wanted), answer in zip(texts.items(), answers, strict=True):
        assert wanted <= set(answer), text


def test_what_the_language_server_does_not_complete(editor: Ask) -> None:
    """docs/commands.md says so. A test that fails here is good news: the page and the schema can do more then."""
    own = "settings:\n  analysis:\n    analyzer:\n      own: {type: custom, tokenizer: standard}\n"
    no_letter, empty, in_short_form, in_lines = editor(
        [
            {"kind": "complete", **at("model: Product\n" + text)}
            for text in (
                "fields:\n  a: {type: keyword, |}\n",
                "fields:\n  a: {|}\n",
                own + "fields:\n  a: {type: text, analyzer: |}\n",
                own + "fields:\n  a:\n    type: text\n    analyzer: |\n",
            )
        ]
    )
    assert no_letter == empty == {}
    for offered in (in_short_form, in_lines):
        assert "standard" in offered
        assert "own" not in offered


def test_true_is_offered_once(editor: Ask) -> None:
    """Both `true` and `"true"` are taken, since servers show the text; an author is offered one of them."""
    head = "model: Product\n"
    setting, model, nested = editor(
        [
            {"kind": "complete", **at(head + "settings:\n  hidden: |\n")},
            {"kind": "complete", **at(head + "dynamic: |\n")},
            {"kind": "complete", **at(head + "fields:\n  a:\n    type: object\n    dynamic: |\n")},
        ]
    )  # fmt: skip
    assert [each for each in setting if "true" in each] == ["true"]
    assert sorted(model) == ["false", "runtime", "strict", "true", "unset"]
    assert sorted(nested) == ["false", "runtime", "strict", "true"]


def test_hovers_come_from_the_descriptions(editor: Ask) -> None:
    texts = [
        ("model: Product\nst|ore_id: false\n", MODEL_KEYS["store_id"].description),
        ("fields:\n  a: {type: keyword, ignore_ab|ove: 3}\n", FIELD_TYPES["keyword"].parameters["ignore_above"].description),
        ("fields:\n  a:\n    type: nested\n    include_in_|root: true\n", FIELD_TYPES["nested"].parameters["include_in_root"].description),
        ("fields:\n  a: {type: scaled_fl|oat, scaling_factor: 1}\n", FIELD_TYPES["scaled_float"].description),
    ]  # fmt: skip
    answers = editor([{"kind": "hover", **at(text)} for text, _ in texts])
    for (text, description), answer in zip(texts, answers, strict=True):
        assert answer is not None, text
        shown = answer.replace("\\", "").replace("`", "")
        assert description.replace("`", "") in shown


def test_mistakes_are_underlined_at_their_line(editor: Ask) -> None:
    texts = [
        "model: Product\nfields:\n  a: {type: keyword, ignore_abvoe: 3}\n",
        "model: Product\nfields:\n  a: kyword\n",
        "model: Product\nindx: a\n",
        "model: Product\nfields:\n  a: {type: keyword, analyzer: standard}\n",
        "model: Product\njoins:\n  a: {type: sngle, target: Maker}\n",
    ]
    lines = [3, 3, 2, 3, 3]
    fine = 'model: Product\nsettings: {hidden: "true"}\ndynamic: "false"\n'  # as servers show them
    *answers, clean = editor([{"kind": "validate", "text": text} for text in [*texts, fine]])
    assert clean == []
    for text, line, answer in zip(texts, lines, answers, strict=True):
        assert line in answer, text


def test_definitions_that_build_are_clean_in_the_editor(editor: Ask) -> None:
    """The example's, the one that `ecgen init` writes, and all that is imported."""
    from ecgen.scaffold import FIRST

    texts = {path.name: path.read_text() for path in sorted((ROOT / "schemas").glob("*.yaml"))}
    texts["init"] = FIRST
    for name, body in REAL_WORLD.items():
        texts[name] = imported(body["mappings"]).text
    answers = editor([{"kind": "validate", "text": text} for text in texts.values()])
    assert {name: lines for name, lines in zip(texts, answers, strict=True) if lines} == {}


def test_the_command_prints_the_schema(ecgen: Callable[..., Result]) -> None:
    result = ecgen("schema")
    assert result.exit_code == 0
    assert result.stdout == (ROOT / "ecgen" / "definitions" / "model.schema.json").read_text()
