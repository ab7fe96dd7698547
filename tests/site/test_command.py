"""`ecgen docs`: files written, files left unchanged, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ecgen.cli.main import main

THING = "model: Thing\ndescription: A thing.\nfields:\n  name: {type: keyword, ignore_above: 64}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "thing.yaml").write_text(THING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def docs(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["docs", *arguments])


def test_it_writes_a_site_and_says_where_it_begins(project: Path) -> None:
    result = docs()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "1 model documented, 6 of 6 files changed; start at site/index.html\n"
    assert "A thing." in (project / "site" / "models" / "thing.html").read_text()
    assert docs().stdout == "1 model documented, 0 of 6 files changed; start at site/index.html\n"


def test_markdown_goes_to_the_repositorys_docs(project: Path) -> None:
    result = docs("--format", "markdown", "--title", "My *things*")
    assert result.exit_code == 0
    assert (
        result.stdout
        == "1 model documented, 2 of 2 files changed; start at docs/models/README.md\n"
    )
    assert (project / "docs" / "models" / "README.md").read_text().startswith("# My \\*things\\*\n")


def test_pages_of_models_that_are_gone_go_as_well(project: Path) -> None:
    (project / "schemas" / "other.yaml").write_text(THING.replace("Thing", "Other"))
    docs("--out", "pages")
    (project / "schemas" / "other.yaml").unlink()
    docs("--out", "pages")
    assert not (project / "pages" / "models" / "other.html").exists()
    assert (project / "pages" / "models" / "thing.html").exists()


def test_an_edited_page_stops_it(project: Path) -> None:
    docs()
    page = project / "site" / "index.html"
    page.write_text("mine")
    (project / "schemas" / "thing.yaml").write_text(THING.replace("A thing", "A new thing"))
    result = docs()
    assert result.exit_code == 1
    assert "site/index.html: it was edited by hand" in result.stderr
    assert page.read_text() == "mine"
    assert "A new" not in (project / "site" / "models" / "thing.html").read_text()
    assert docs("--force", "--quiet").stdout == ""
    assert page.read_text() != "mine"


def test_definitions_with_errors_write_nothing(project: Path) -> None:
    (project / "schemas" / "bad.yaml").write_text("model: Bad\nfields:\n  a: keywrod\n")
    result = docs()
    assert result.exit_code == 1
    assert "schemas/bad.yaml:3" in result.stderr
    assert result.stderr.endswith("nothing was written\n")
    assert not (project / "site").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "folder nowhere not found"),
        (["--out", "."], "is the working directory"),
        (["--out", "schemas"], "holds the definitions"),
    ],
)
def test_wrong_usage(project: Path, arguments: list[str], message: str) -> None:
    result = docs(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_folder_without_definitions(project: Path) -> None:
    (project / "empty").mkdir()
    result = docs("empty")
    assert result.exit_code == 2
    assert result.stderr == "error: no definitions (*.yaml) in empty\n"
