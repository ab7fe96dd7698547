"""mypy and pyright on the generated models: correct use passes, every wrong use is an error."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from generating import ROOT

Found = set[tuple[str, int]]
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


def mypy(folder: Path, *files: str) -> Found:
    done = run(folder, "mypy", "--strict", "--no-error-summary", "--output", "json", *files)
    problems = [json.loads(line) for line in done.splitlines()]
    return {(each["file"], each["line"]) for each in problems}


def pyright(folder: Path, *files: str) -> Found:
    done = run(folder, "pyright", "--pythonpath", sys.executable, "--outputjson", *files)
    return {
        (Path(each["file"]).relative_to(folder).as_posix(), each["range"]["start"]["line"] + 1)
        for each in json.loads(done)["generalDiagnostics"]
    }


def run(folder: Path, *command: str) -> str:
    program = str(Path(sys.executable).parent / command[0])
    return subprocess.run(
        [program, *command[1:]], cwd=folder, capture_output=True, text=True, check=False
    ).stdout


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_type_checkers_refuse_what_is_wrong_and_nothing_else(
    checker: Callable[..., Found], folder: Path
) -> None:
    """All files in one run of the checker: it reads the models and the client each time."""
    files = ["right.py", "wrong.py", "right_async.py", "wrong_async.py"]
    wrong = {
        (file, number)
        for file in files
        for number, line in enumerate((TESTS / file).read_text().splitlines(), 1)
        if line.endswith("# wrong")
    }
    assert {file for file, _ in wrong} == {"wrong.py", "wrong_async.py"}
    assert checker(folder, *files) == wrong
