"""Helpers of the output tests: from definitions to a tree on disk, and the texts of a tree."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from ecgen import config as configuration
from ecgen.definitions import discover as sources
from ecgen.definitions.ir import Project
from ecgen.output.render import render
from ecgen.pipeline import load_project

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted(path.parent for path in (ROOT / "tests" / "cases").glob("ok-*/schemas"))


def project_of(schemas: Path) -> Project:
    """Return the project in a folder, which must be free of errors."""
    found = sources.read([schemas])
    project, problems = load_project(found.contents, found.labels)
    assert project is not None, problems
    return project


def project_from(models: Iterable[Mapping[str, Any]]) -> Project:
    """Return the project of models given as data."""
    contents = {
        f"schemas/{number}.yaml": json.dumps(model).encode() for number, model in enumerate(models)
    }
    project, problems = load_project(contents)
    assert project is not None, problems
    return project


def rendered(project: Project, case: Path) -> dict[str, str]:
    """Return the texts of a project by the case's `[tool.ecgen]`."""
    return render(project, is_async=configuration.read(case).io == "async")


def write_tree(project: Project, folder: Path, case: Path = ROOT) -> None:
    """Write generated texts to a folder, without checks."""
    for path, text in rendered(project, case).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def tree(folder: Path) -> dict[str, str]:
    """Return the texts of all files below a folder, except caches and the manifest."""
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts and file.name != ".ecgen.json"
    }


def imported(folder: Path) -> ModuleType:
    """Import the package in `folder` afresh, under the folder's name."""
    for name in [name for name in sys.modules if name.split(".")[0] == folder.name]:
        del sys.modules[name]
    sys.path.insert(0, str(folder.parent))
    try:
        importlib.invalidate_caches()
        return importlib.import_module(folder.name)
    finally:
        sys.path.remove(str(folder.parent))
