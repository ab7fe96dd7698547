"""Commands in a terminal: colours, versions, completion."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecgen.cli.main import main


def test_version_names_python_and_the_client_too(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["--version"]).output
    assert re.fullmatch(r"ecgen \S+ \(Python 3\.\d+\.\d+, elasticsearch \d+\.\d+\.\d+\)\n", said)


@pytest.mark.parametrize(
    ("variables", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
@pytest.mark.parametrize("command", [["check"], ["diff", "old"]])
def test_colours_are_for_those_who_see_them(
    tmp_path: Path, command: list[str], variables: dict[str, str], terminal: bool, coloured: bool
) -> None:
    """On a real terminal (a pty) and on a pipe."""
    for folder, name in (("schemas", "a"), ("old", "b")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "thing.yaml").write_text(
            f"model: Thing\nfields: {{{name}: keyword}}\n"
        )
    unset = ("NO_COLOR", "FORCE_COLOR")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    ours, theirs = pty.openpty() if terminal else os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "ecgen", *command],
        cwd=tmp_path,
        env={**kept, "TERM": "xterm", **variables},
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # how Linux says that the other end of a terminal was closed
        while chunk := os.read(ours, 65536):
            said += chunk
    os.close(ours)
    process.wait()
    assert b"thing" in said.lower()
    assert (b"\x1b[" in said) == coloured


def completed(words: str, folder: Path) -> list[str]:
    position = len(words.split(" ")) - 1
    done = subprocess.run(
        [sys.executable, "-c", "from ecgen.cli.main import main; main(prog_name='ecgen')"],
        cwd=folder,
        env={
            **os.environ,
            "_ECGEN_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(position),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line.startswith("plain")]


def test_rules_models_and_revisions_are_completed(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "thing.yaml").write_text("model: Thing\nfields: {a: keyword}\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (
        "init -q -b trunk",
        "commit -q --allow-empty -m one",
        "tag v1",
        "branch topic",
    ):
        subprocess.run([*git, *arguments.split()], cwd=tmp_path, check=True)
    assert completed("ecgen explain scaling-factor-c", tmp_path) == ["scaling-factor-changed"]
    assert "unknown-parameter" in completed("ecgen explain unk", tmp_path)
    assert completed("ecgen plan --model T", tmp_path) == ["Thing"]
    assert completed("ecgen abort T", tmp_path) == ["Thing"]
    assert sorted(completed("ecgen diff t", tmp_path)) == ["topic", "trunk"]
    assert completed("ecgen diff v", tmp_path) == ["v1"]
    assert completed("ecgen diff trunk...to", tmp_path) == ["trunk...topic"]
    (tmp_path / "pyproject.toml").write_text("[tool.ecgen\n")
    assert completed("ecgen plan --model T", tmp_path) == []
