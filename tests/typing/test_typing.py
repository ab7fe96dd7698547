"""What type checkers make of models: they accept right use and refuse wrong use, line by line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYRIGHT = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]


def mypy(names: list[str]) -> dict[str, set[int]]:
    out = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--output", "json"),
            *(str(HERE / name) for name in names),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert out.returncode in (0, 1), out.stdout + out.stderr
    problems = [json.loads(line) for line in out.stdout.splitlines() if line.startswith("{")]
    return by_file((ROOT / each["file"], each["line"], each["severity"]) for each in problems)


def pyright(names: list[str]) -> dict[str, set[int]]:
    out = subprocess.run(
        [*PYRIGHT, *(str(HERE / name) for name in names)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert out.stdout.startswith("{"), out.stdout + out.stderr
    problems = json.loads(out.stdout)["generalDiagnostics"]
    return by_file(
        (Path(each["file"]), each["range"]["start"]["line"] + 1, each["severity"])
        for each in problems
    )


def by_file(problems: Iterable[tuple[Path, int, str]]) -> dict[str, set[int]]:
    """Return the lines with errors, by the file's name or, for a file outside this folder, by its path."""
    found = defaultdict(set)
    for file, line, severity in problems:
        if severity == "error":
            found[file.name if file.parent == HERE else str(file)].add(line)
    return dict(found)


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_use_of_models(checker: Callable[[list[str]], dict[str, set[int]]]) -> None:
    """All files in one run of the checker: it reads the models and the client each time."""
    wanted = {}
    for name in ("accepted.py", "refused.py", "service.py"):
        lines = (HERE / name).read_text().splitlines()
        wanted[name] = {n for n, line in enumerate(lines, 1) if line.endswith("# refused")}
    assert [name for name, refused in wanted.items() if refused] == ["refused.py"]
    assert checker([*wanted]) == {"refused.py": wanted["refused.py"]}
