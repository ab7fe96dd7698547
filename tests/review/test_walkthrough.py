"""docs/review.md walks through a pull request to the example; what it shows is what the command prints."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecgen.cli.main import main

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs" / "review.md"
PRODUCT = Path("schemas") / "product.yaml"
EDITS = (
    # A price's scaling_factor, an added multi-field, a renamed field, a changed compute_id.
    (
        "type: scaled_float\n    scaling_factor: 100\n",
        "type: scaled_float\n    scaling_factor: 1000\n",
    ),
    (
        "fields: {raw: {type: keyword, ignore_above: 256}}",
        "fields: {raw: {type: keyword, ignore_above: 256}, prefix: {type: text, index_prefixes: {}}}",
    ),
    (
        "summary: {type: text, analyzer: article}",
        "abstract: {type: text, analyzer: article, renamed_from: summary}",
    ),
    ('compute_id: "{maker}-{sku|lower}"', 'compute_id: "{maker}-{sku}"'),
)

LOG_ENTRY = "model: LogEntry\nindex: logs-*\nwrite_to: logs-app\nfields:\n  at: date\n"
KEYWORD = "{type: keyword, ignore_above: 64}\n"


def repository(folder: Path) -> None:
    """The example as `main` in a repository of its own, with the pull request's edits in the working tree."""
    shutil.copytree(
        ROOT / "schemas", folder / "schemas", ignore=shutil.ignore_patterns("__pycache__")
    )
    commit(folder)
    text = (folder / PRODUCT).read_text()
    for old, new in EDITS:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / PRODUCT).write_text(text)


def commit(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.ecgen]\nschemas = "schemas"\n')
    for command in ("init -q -b main", "add -A", "commit -q -m before"):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *command.split()], cwd=folder, check=True)


def shown() -> list[tuple[str, str]]:
    """The commands in the page and what it says that they print."""
    found = re.findall(r"```console\n\$ ([^\n]*)\n(.*?)```\n", DOC.read_text("utf-8"), flags=re.S)
    assert found
    return found


def test_what_the_page_shows_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(tmp_path)
    prints(tmp_path, *shown()[0], monkeypatch)


def test_what_the_page_shows_of_a_pattern_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "schemas").mkdir()
    file, before = tmp_path / "schemas" / "log_entry.yaml", LOG_ENTRY + "  level: " + KEYWORD
    file.write_text(before)
    commit(tmp_path)
    file.write_text(LOG_ENTRY + "  level: byte\n  host: " + KEYWORD)
    prints(tmp_path, *shown()[1], monkeypatch)


def prints(folder: Path, command: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    arguments = shlex.split(command)
    assert arguments[0] == "ecgen"
    assert CliRunner().invoke(main, arguments[1:]).output == output


def test_the_page_shows_the_edits() -> None:
    """Each changed line of the page's patch is one of the edits."""
    text = DOC.read_text("utf-8")
    for old, new in EDITS:
        for sign, lines in (("-", old), ("+", new)):
            changed = lines.strip().split("\n")[-1].strip()
            assert re.search(rf"^\{sign} *{re.escape(changed)}", text, flags=re.M), changed
