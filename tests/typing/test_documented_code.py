"""The code of README.md, docs/runtime.md and examples/service passes type checkers as it stands, without a cast."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRELUDE = """\
from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ecgen.runtime import *
from generated import *

if TYPE_CHECKING:
    from generated.product import ProductPaths

log = logging.getLogger()
"""
GIVEN = "maker: Maker, other: Maker, chair: Product, products: list[Product]"
WRONG = ("titel=", "stolen")
"""What README shows as mistakes; to type checkers they are."""


def blocks(page: str, kind: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [body for each, body in BLOCK.findall(text) if each == kind]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages, the code of both pages and the service."""
    folder = tmp_path_factory.mktemp("pages")
    for text in blocks("README.md", "yaml")[:2]:
        path = folder / text.partition("\n")[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    builds = (
        ["schemas", "--out", "library"],
        [str(ROOT / "schemas"), "--out", "shop", "--io", "async"],
        [str(ROOT / "schemas"), "--out", "shop/aio", "--package", "shop.aio", "--io", "async"],
    )
    for build in builds:
        subprocess.run(
            [sys.executable, "-m", "ecgen", "build", *build, "--quiet"], cwd=folder, check=True
        )
    session = "\n".join(blocks("README.md", "pycon"))
    lines = [
        line[4:]
        for line in session.splitlines()
        if line.startswith((">>> ", "... ")) and not any(wrong in line for wrong in WRONG)
    ]
    (folder / "readme.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    stories = [
        block
        for block in blocks("docs/runtime.md", "python")
        if re.search(r"\b(Product|chair)\b", block) and "async def" not in block
    ]
    assert len(stories) > 8
    page = PRELUDE
    for number, block in enumerate(stories):
        inside = "".join(f"    {line}" for line in block.splitlines(keepends=True))
        page += f"\n\ndef block_{number}({GIVEN}) -> None:\n{inside}"
    (folder / "page.py").write_text(page, encoding="utf-8")
    (block,) = [block for block in blocks("docs/runtime.md", "python") if "async def" in block]
    (folder / "aio_page.py").write_text(block, encoding="utf-8")
    for name in SERVICE:
        shutil.copy(ROOT / "examples" / "service" / name, folder)
    return folder


SERVICE = ("service.py", "fill.py")
FILES = ("readme.py", "page.py", "aio_page.py", *SERVICE)


def test_mypy(folder: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    out = subprocess.run(
        [*command, *(str(folder / name) for name in FILES)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"MYPYPATH": str(folder), "PATH": "", "MYPY_CACHE_DIR": os.environ["MYPY_CACHE_DIR"]},
        timeout=300,
    )
    assert out.stdout == ""
    assert out.returncode == 0, out.stderr


def test_pyright(folder: Path) -> None:
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]
    config = {"include": FILES, "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    out = subprocess.run(
        [*command, "-p", str(folder)], capture_output=True, text=True, cwd=folder, timeout=300
    )
    problems = json.loads(out.stdout)["generalDiagnostics"]
    assert [each for each in problems if each["severity"] == "error"] == []
