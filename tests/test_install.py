"""tools/install and tools/get-uv, which `make` uses: uv where it can be had, pip otherwise. Programs that print stand in for all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[1] / "tools"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")


def program(path: Path, status: int = 0, prints: str = "") -> Path:
    """A program that prints its name and arguments, and `prints`; with `status` for all commands but `-m pip --version`."""
    path.write_text(
        f'#!/bin/sh\necho "{path.name} $*"\necho "{prints}"\n'
        f'case "$*" in "-m pip --version") exit 0;; *) exit {status};; esac\n'
    )
    path.chmod(0o755)
    return path


def run(script: str, *arguments: str | Path, uv: str | Path) -> tuple[int, list[str]]:
    done = subprocess.run(
        [TOOLS / script, *arguments],
        env={**os.environ, "UV": str(uv)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, [line for line in done.stdout.splitlines() if line]


PIP = "python -m pip --disable-pip-version-check --quiet install"


def test_uv_installs(tmp_path: Path) -> None:
    python, uv = program(tmp_path / "python"), program(tmp_path / "uv")
    assert run("install", python, "-r", "a.txt", uv=uv) == (
        0,
        [f"uv pip install --quiet --python {python} -r a.txt"],
    )


@pytest.mark.parametrize("status", [0, 3])
def test_pip_installs_where_uv_fails_or_is_not_there(tmp_path: Path, status: int) -> None:
    python, uv = program(tmp_path / "python", status), program(tmp_path / "uv", 2)
    for tried, said in ((uv, ["uv failed; trying pip"]), (tmp_path / "none", [])):
        ended, lines = run("install", python, "-r", "a.txt", uv=tried)
        assert ended == status
        assert [line for line in lines if not line.startswith("uv pip")] == [
            *said,
            f"{PIP} -r a.txt",
        ]


def test_uv_is_installed_unless_pip_has_an_index_of_its_own(tmp_path: Path) -> None:
    lock = f"{PIP} --require-hashes --no-deps -r requirements/uv.txt"
    assert run("get-uv", program(tmp_path / "python"), uv="") == (0, [lock])
    ours = program(tmp_path / "python", prints="global.index-url='https://mirror.example'")
    assert run("get-uv", ours, uv="") == (
        0,
        ["pip installs the packages, since uv does not know its index"],
    )
    ended, lines = run("get-uv", program(tmp_path / "python", status=1), uv="")
    assert (ended, lines[0]) == (0, lock)
    assert lines[1].startswith("uv cannot be installed; pip installs")
