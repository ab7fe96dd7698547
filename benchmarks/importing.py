"""Importing 100 generated models, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.definitions import FIELDS, write_definitions
from benchmarks.measure import Line, at_most, whole

MODELS = 100
UNWANTED = ("elasticsearch", "jinja2", "yaml", "jsonschema", "click")


def lines() -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_definitions(root / "schemas", MODELS)
        run(root, "-m", "ecgen", "build", "schemas", "--out", "generated", "--quiet")
        _write_by_hand(root / "by_hand")
        # The runtime is ecgen's own and imported once, however many models there are: it is on both sides.
        by_hand = "import ecgen.runtime, by_hand"
        run(root, "-c", by_hand)  # compiles it
        loaded = f"import sys, generated; print([m for m in {UNWANTED!r} if m in sys.modules])"
        assert run(root, "-c", loaded).strip() == "[]"
        times = whole(
            {
                "generated": lambda: run(root, "-c", "import generated"),
                "by hand": lambda: run(root, "-c", by_hand),
            },
            rounds=15,
        )
        ours = times["generated"]
        yield at_most("importing", "100 generated models, of modules by hand", ours, times["by hand"], 1.15, f"{min(ours) * 1000:.0f} ms")  # fmt: skip


def run(folder: Path, *arguments: str) -> str:
    """What Python prints, with the arguments, in the folder. It keeps compiled modules there, whatever the environment says."""
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **kept},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def _write_by_hand(package: Path) -> None:
    package.mkdir()
    names = [f"m{number}" for number in range(MODELS)]
    imports = "\n".join(f"from .{name} import {name.upper()}" for name in names)
    (package / "__init__.py").write_text(imports + "\n")
    fields = ("id", *FIELDS)
    slots = ", ".join(repr(field) for field in fields)
    parameters = ", ".join(f"{field}=None" for field in fields)
    body = "\n".join(f"        self.{field} = {field}" for field in fields)
    read = "\n".join(f"        self.{field} = source.get({field!r})" for field in fields)
    store = ", ".join(f"{field!r}: self.{field}" for field in fields)
    for name in names:
        (package / f"{name}.py").write_text(
            f"import datetime\n\n\nclass {name.upper()}:\n    __slots__ = ({slots})\n\n"
            f"    def __init__(self, *, {parameters}):\n{body}\n\n"
            f"    @classmethod\n    def from_es(cls, hit):\n        self = cls.__new__(cls)\n"
            f"        source = hit['_source']\n{read}\n        return self\n\n"
            f"    def store(self):\n        return {{{store}}}\n"
        )
