"""Index templates as sides of a comparison: mapping JSON, what servers answer, and definitions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ecgen.cli.main import main

Json = Any
MAPPINGS: Json = {"dynamic": "strict", "properties": {"at": {"type": "date"}}}
TEMPLATE: Json = {
    "index_patterns": ["logs-*"],
    "priority": 500,
    "template": {"settings": {}, "mappings": MAPPINGS},
}
LOG = "model: Log\nindex: logs-*\nwrite_to: logs-app\nstore_id: false\nfields: {at: date}\n"


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Json, Json], list[Json]]:
    """Return the changes between two sides: JSON, or the text of a definition."""
    monkeypatch.chdir(tmp_path)

    def write(side: str, content: Json) -> None:
        Path(side).mkdir()
        if isinstance(content, str):
            Path(side, "log.yaml").write_text(content)
        else:
            Path(side, "log.json").write_text(json.dumps(content))

    def run(old: Json, new: Json) -> list[Json]:
        write("old", old)
        write("new", new)
        result = CliRunner().invoke(main, ["diff", "old", "new", "--format", "json"])
        assert result.exit_code == 0, result.output
        changes: list[Json] = json.loads(result.output)["changes"]
        return changes

    return run


def answer(template: Json, name: str = "logs-app") -> Json:
    """What a server answers to `GET _index_template`."""
    shown = {**template, "composed_of": [], "created_date_millis": 7}
    if "data_stream" in template:
        shown["data_stream"] = {"hidden": False, "allow_custom_routing": False}
    return {"index_templates": [{"name": name, "index_template": shown}]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TEMPLATE, answer(TEMPLATE)),
        (TEMPLATE, {"mappings": MAPPINGS}),
        ({"logs-app-000001": {"mappings": MAPPINGS}}, answer(TEMPLATE)),
        (TEMPLATE, LOG),
        (LOG, answer(TEMPLATE)),
        (LOG, LOG + "priority: 500\ndata_stream: false\n"),
        ({**TEMPLATE, "data_stream": {}}, answer({**TEMPLATE, "data_stream": {}})),
    ],
    ids=[
        "answer",
        "template and index",
        "index and template",
        "json and yaml",
        "yaml and answer",
        "defaults",
        "stream",
    ],
)
def test_the_same_in_another_form(found: Callable[..., list[Json]], old: Json, new: Json) -> None:
    assert found(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "path", "verdict"),
    [
        (TEMPLATE, {**TEMPLATE, "priority": 501}, "template-changed", "priority", "in-place"),
        (TEMPLATE, {**TEMPLATE, "_meta": {"a": 1}}, "template-changed", "_meta", "in-place"),
        (
            {**TEMPLATE, "data_stream": {}},
            {**TEMPLATE, "data_stream": {"hidden": True}},
            "template-changed",
            "data_stream",
            "in-place",
        ),
        (
            TEMPLATE,
            {**TEMPLATE, "index_patterns": ["logs-*", "log-*"]},
            "index-pattern-changed",
            "index",
            "in-place",
        ),
        (
            TEMPLATE,
            {**TEMPLATE, "data_stream": {}},
            "data-stream-changed",
            "data_stream",
            "reindex",
        ),
        (answer(TEMPLATE), answer(TEMPLATE, "logs-b"), "write-to-changed", "write_to", "in-place"),
    ],
)
def test_a_change_of_the_template(
    found: Callable[..., list[Json]], old: Json, new: Json, rule: str, path: str, verdict: str
) -> None:
    [change] = found(old, new)
    assert (change["rule"], change["path"], change["server"]) == (rule, path, verdict)
    assert change["todo"]


@pytest.mark.parametrize(
    ("new", "rule", "line"),
    [
        (LOG.replace("logs-*", "logs-a*"), "index-pattern-changed", 2),
        (LOG.replace("logs-app", "logs-b"), "write-to-changed", 3),
        (LOG + "priority: 7\n", "template-changed", 6),
        (LOG + "unchecked:\n  index_template: {version: 2}\n", "template-changed", 6),
        (LOG + "aliases: [all]\n", "aliases-changed", 6),
        (LOG.replace("logs-*", "logs").replace("write_to: logs-app\n", ""), "index-renamed", 2),
    ],
)
def test_a_change_has_the_line_of_its_key(
    found: Callable[..., list[Json]], new: str, rule: str, line: int
) -> None:
    [change] = found(LOG, new)
    assert (change["rule"], change["file"], change["line"]) == (rule, "new/log.yaml", line)


def test_a_mapping_that_no_server_takes_is_refused_in_a_template_too(
    found: Callable[..., list[Json]],
) -> None:
    wrong = {"properties": {"at": {"type": "date", "analyzer": "standard"}}}
    [change] = found(TEMPLATE, {**TEMPLATE, "template": {"mappings": {**MAPPINGS, **wrong}}})
    assert (change["rule"], change["todo"]) == (
        "mapping-refused",
        "fix the definition: Elasticsearch rejects it",
    )
