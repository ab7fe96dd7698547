"""What type checkers make of models: they accept right use and refuse wrong use, line by line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYRIGHT = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]


def mypy(file: str) -> set[int]:
    out = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(HERE / file)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert out.returncode in (0, 1), out.stdout + out.stderr
    return {
        int(match[1]) for match in re.finditer(rf"{file}:(\d+): error", out.stdout)
    } or _no_other(out.stdout)


def _no_other(output: str) -> set[int]:
    assert "error" not in output, output
    return set()


def pyright(file: str) -> set[int]:
    out = subprocess.run(
        [*PYRIGHT, str(HERE / file)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert out.stdout.startswith("{"), out.stdout + out.stderr
    return {
        problem["range"]["start"]["line"] + 1
        for problem in json.loads(out.stdout)["generalDiagnostics"]
        if problem["severity"] == "error"
    }


@pytest.mark.parametrize("checker", [mypy, pyright])
@pytest.mark.parametrize("file", ["accepted.py", "refused.py", "service.py"])
def test_use_of_models(checker, file):
    lines = (HERE / file).read_text().splitlines()
    wanted = {number for number, line in enumerate(lines, 1) if line.endswith("# refused")}
    assert bool(wanted) == (file == "refused.py")
    assert checker(file) == wanted
