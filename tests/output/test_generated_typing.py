"""mypy and pyright on the generated models: correct use passes, every wrong use is an error."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from generating import ROOT

TESTS = Path(__file__).parent / "typing_tests"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example and the case ok-async beside the test files, in a folder without our configuration."""
    folder = tmp_path_factory.mktemp("typing")
    shutil.copytree(ROOT / "generated", folder / "generated")
    shutil.copytree(ROOT / "tests" / "cases" / "ok-async" / "expected", folder / "notes")
    for file in TESTS.glob("*.py"):
        shutil.copy(file, folder)
    return folder


def mypy(folder: Path, file: str) -> set[int]:
    done = run(folder, "mypy", "--strict", "--no-error-summary", "--output", "json", file)
    return {json.loads(line)["line"] for line in done.splitlines()}


def pyright(folder: Path, file: str) -> set[int]:
    done = json.loads(run(folder, "pyright", "--pythonpath", sys.executable, "--outputjson", file))
    return {each["range"]["start"]["line"] + 1 for each in done["generalDiagnostics"]}


def run(folder: Path, *command: str) -> str:
    program = str(Path(sys.executable).parent / command[0])
    return subprocess.run(
        [program, *command[1:]], cwd=folder, capture_output=True, text=True, check=False
    ).stdout


@pytest.mark.parametrize("checker", [mypy, pyright])
@pytest.mark.parametrize("file", ["right.py", "wrong.py", "right_async.py", "wrong_async.py"])
def test_type_checkers_refuse_what_is_wrong_and_nothing_else(
    checker: object, file: str, folder: Path
) -> None:
    lines = (TESTS / file).read_text().splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    assert callable(checker)
    assert checker(folder, file) == wrong
