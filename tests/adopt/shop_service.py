"""Sets up examples/service in a folder of its own, by the commands of its README."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ecgen.testing.server import Server

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "examples" / "service" / "README.md").read_text(encoding="utf-8")
# Installing, and what runs until Ctrl-C: the tests' environment, servers and ways of serving replace these.
ELSEWHERE = ("pip ", "python -m ecgen.testing.node ", "uvicorn ", "curl ")


def commands() -> list[str]:
    return [line.removeprefix("$ ") for line in README.splitlines() if line.startswith("$ ")]


def environment(server: Server, prefix: str) -> dict[str, str]:
    paths = (str(Path(sys.executable).parent), os.environ["PATH"])
    return {
        **os.environ,
        "PATH": os.pathsep.join(paths),
        "ELASTICSEARCH_URL": server.url,
        "INDEX_PREFIX": prefix,
    }


def set_up(folder: Path, server: Server, prefix: str) -> Path:
    """Copy the example, build its models and fill the server; return the folder of the service."""
    place = folder / "examples" / "service"
    # A clone in which somebody tried the example has the package `shop` there.
    ours = shutil.ignore_patterns("shop", "__pycache__", ".ecgen-cache")
    shutil.copytree(ROOT / "examples" / "service", place, ignore=ours)
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    for command in commands():
        if not command.startswith(ELSEWHERE):
            subprocess.run(
                command, shell=True, cwd=place, env=environment(server, prefix), check=True
            )
    return place


def tear_down(server: Server, prefix: str) -> None:
    with server.client() as client:
        client.indices.delete(index=f"{prefix}*")
