"""`ecgen init` sets a project up and touches nothing that is there."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

Run = Callable[..., Result]
FILES = [
    ".github/workflows/ecgen.yml",
    ".vscode/settings.json",
    "pyproject.toml",
    "schemas/article.yaml",
    "schemas/model.schema.json",
]


def files(project: Path) -> list[str]:
    return sorted(
        path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()
    )


def test_an_empty_folder(ecgen: Run, project: Path) -> None:
    """Then it builds, checks clean, and says what to do next."""
    result = ecgen("init")
    assert result.exit_code == 0, result.output
    assert files(project) == FILES
    for name in FILES:
        assert f"wrote  {name}" in result.output
    assert "ecgen build" in result.output
    assert ecgen("build").exit_code == 0
    assert ecgen("check", "--strict").exit_code == 0
    table = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["ecgen"]
    assert table == {
        "schemas": "schemas",
        "out": "generated",
        "io": "sync",
        "elasticsearch": "9",
    }
    settings = json.loads((project / ".vscode" / "settings.json").read_text())
    (schema,) = settings["yaml.schemas"]
    assert (project / schema).is_file()
    assert yaml.safe_load((project / ".github" / "workflows" / "ecgen.yml").read_text())["jobs"]


def test_a_second_run_changes_nothing(ecgen: Run, project: Path) -> None:
    ecgen("init")
    before = {name: (project / name).read_bytes() for name in files(project)}
    result = ecgen("init")
    assert result.exit_code == 0
    assert {name: (project / name).read_bytes() for name in files(project)} == before
    assert "wrote" not in result.output
    assert "left   pyproject.toml" in result.output


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'[project]\nname = "shop"\n',
        b'[project]\nname = "shop"',
        b'[project]\r\nname = "shop"\r\n# end\r\n',
        b"[tool]\n[tool.ruff]\nline-length = 100\n",
        'name = "größe"  # é\n[[x]]\na = """\n[tool.ecgen]\n"""\n'.encode(),
    ],
)
def test_every_byte_of_pyproject_stays(ecgen: Run, project: Path, content: bytes) -> None:
    (project / "pyproject.toml").write_bytes(content)
    os.chmod(project / "pyproject.toml", 0o640)
    assert ecgen("init").exit_code == 0
    after = (project / "pyproject.toml").read_bytes()
    assert after.startswith(content)
    assert tomllib.loads(after.decode())["tool"]["ecgen"]["schemas"] == "schemas"
    assert (project / "pyproject.toml").stat().st_mode & 0o777 == 0o640
    assert (b"\r\n" in after.removeprefix(content)) == (b"\r\n" in content)


def test_a_configuration_that_is_there_decides(ecgen: Run, project: Path) -> None:
    text = '[tool.ecgen]\nschemas = "models/definitions"\nout = "models/generated"\n'
    (project / "pyproject.toml").write_text(text)
    assert ecgen("init").exit_code == 0
    assert (project / "pyproject.toml").read_text() == text
    assert (project / "models" / "definitions" / "article.yaml").is_file()
    assert (
        "./models/definitions/model.schema.json"
        in (project / ".vscode" / "settings.json").read_text()
    )
    assert ecgen("build").exit_code == 0


def test_definitions_that_are_there_stay_alone(ecgen: Run, project: Path) -> None:
    (project / "schemas").mkdir()
    (project / "schemas" / "mine.yaml").write_text("model: Mine\nfields: {a: keyword}\n")
    result = ecgen("init")
    assert result.exit_code == 0
    assert not (project / "schemas" / "article.yaml").exists()
    assert "left   schemas: it has definitions already" in result.output


def test_editor_settings_that_are_there_stay_and_the_lines_to_add_are_shown(
    ecgen: Run, project: Path
) -> None:
    (project / ".vscode").mkdir()
    (project / ".vscode" / "settings.json").write_text('{"a": 1}')
    result = ecgen("init")
    assert (project / ".vscode" / "settings.json").read_text() == '{"a": 1}'
    assert '"./schemas/model.schema.json": "schemas/**/*.yaml"' in result.output


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[project\n", "this is not TOML"),
        ("\xff", None),
        ("tool = {ruff = {}}\n", "add it by hand"),
        ("tool = 5\n", "add it by hand"),
    ],
)
def test_a_pyproject_that_cannot_be_extended_stops_it(
    ecgen: Run, project: Path, content: str, complaint: str | None
) -> None:
    (project / "pyproject.toml").write_text(content, encoding="latin-1")
    result = ecgen("init")
    assert result.exit_code == 1
    assert files(project) == ["pyproject.toml"]
    assert (complaint or "this is not TOML") in result.output


def test_another_folder(ecgen: Run, project: Path) -> None:
    assert ecgen("init", "nowhere").exit_code == 1
    (project / "shop").mkdir()
    assert ecgen("init", "shop").exit_code == 0
    assert files(project) == [f"shop/{name}" for name in FILES]
