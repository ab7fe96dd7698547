"""docs/commands.md: it names every command and option, and its configuration and shell completion work."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ecgen import config as configuration
from ecgen.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "commands.md").read_text("utf-8")
COMMANDS = main.list_commands(click.Context(main))


def section(command: str) -> str:
    match = re.search(rf"^## ecgen {command}\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    assert match, f"docs/commands.md has no section about {command}"
    return match[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_there(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command
    text = section(name)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            option = max(parameter.opts, key=len)
            assert re.search(rf"{option}\b", text), (
                f"docs/commands.md does not tell of {name} {option}"
            )


def test_nothing_is_there_that_is_no_command() -> None:
    assert set(re.findall(r"^## ecgen (\w+)", PAGE, re.MULTILINE)) == set(COMMANDS)


def test_its_configuration_has_every_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = next(b for b in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "hatch" not in b)
    (tmp_path / "pyproject.toml").write_text(block)
    monkeypatch.chdir(tmp_path)
    found = configuration.read(tmp_path)
    assert found.schemas == (Path("schemas"),)
    assert set(re.findall(r"^(\w+) =", block, re.MULTILINE)) == set(configuration.KEYS)


def test_its_artifacts_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = next(b for b in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "artifacts" in b)
    (tmp_path / "pyproject.toml").write_text(block)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "thing.yaml").write_text("model: Thing\nfields: {a: keyword}\n")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["build"])
    assert done.exit_code == 0, done.output
    assert Path("web/types/thing.ts").is_file()
    assert Path("web/types/index.ts").is_file()
    assert Path("web/schemas/thing.schema.json").is_file()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_options(shell: str) -> None:
    assert f"_ECGEN_COMPLETE={shell}_source ecgen" in PAGE
    program = [sys.executable, "-c", "from ecgen.cli.main import main; main(prog_name='ecgen')"]

    def said(**variables: str) -> str:
        env = {**os.environ, **variables}
        return subprocess.run(program, env=env, capture_output=True, text=True, check=True).stdout

    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("no bash on this machine")
    assert "ecgen" in said(_ECGEN_COMPLETE=f"{shell}_source")
    if shell == "bash":
        completed = said(_ECGEN_COMPLETE="bash_complete", COMP_WORDS="ecgen do", COMP_CWORD="1")
        assert completed.split() == ["plain,docs"]
        completed = said(
            _ECGEN_COMPLETE="bash_complete", COMP_WORDS="ecgen docs --format m", COMP_CWORD="3"
        )
        assert completed.split() == ["plain,markdown"]
