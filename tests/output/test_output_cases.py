"""Every `tests/cases/ok-*` has definitions and the expected package, compared byte for byte.

After an intended change: `pytest tests/output/test_output_cases.py --regen`, then review `git diff tests/cases`.
"""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from generating import CASES, ROOT, imported, project_of, rendered, tree, write_tree

from ecgen.definitions.ir import Field, Model
from ecgen.testing.server import Server

FOLDERS = [*CASES, ROOT]
"""The worked example is a case as well."""


def name_of(case: Path) -> str:
    return "example" if case == ROOT else case.name.replace("-", "_")


def expected(case: Path) -> Path:
    return case / ("generated" if case == ROOT else "expected")


@pytest.mark.parametrize("case", FOLDERS, ids=name_of)
def test_definitions_give_exactly_the_committed_package(
    case: Path, request: pytest.FixtureRequest
) -> None:
    project = project_of(case / "schemas")
    if request.config.getoption("--regen", default=False) and case != ROOT:
        shutil.rmtree(expected(case), ignore_errors=True)
        write_tree(project, expected(case), case)
    assert rendered(project, case) == tree(expected(case))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All expected packages beside each other, under importable names."""
    folder = tmp_path_factory.mktemp("packages")
    for case in FOLDERS:
        shutil.copytree(
            expected(case),
            folder / name_of(case),
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
        )
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--isolated", "."],
        ["ruff", "format", "--isolated", "--check", "--diff", "."],
        ["mypy", "--strict", "."],
        ["pyright", "--pythonpath", sys.executable, "."],
    ],
    ids=lambda command: "-".join(command[:2]),
)
def test_packages_pass_under_default_settings(command: list[str], packages: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=packages,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", FOLDERS, ids=name_of)
def test_mapping_files_are_the_bodies_that_the_classes_send(case: Path, packages: Path) -> None:
    package = imported(packages / name_of(case))
    project = project_of(case / "schemas")
    assert [model.__name__ for model in package.MODELS] == [model.name for model in project.models]
    for model, class_ in zip(project.models, package.MODELS, strict=True):
        body = json.loads((expected(case) / f"mappings/{model.module}.json").read_bytes())
        if model.write_to is not None:
            assert class_.get_index_template() == body
            assert json.dumps(class_.get_index_template()) == json.dumps(body)
            assert class_.get_write_index() == model.write_to
            body = body["template"]
        assert class_.get_index_body() == body
        assert class_.get_es_mapping() == body["mappings"].get("properties", {})
        # dicts compare equal in any order, but files are read in theirs
        assert json.dumps(class_.get_index_body()) == json.dumps(body)


@pytest.mark.parametrize("case", FOLDERS, ids=name_of)
def test_descriptions_read_back(case: Path, packages: Path) -> None:
    package = imported(packages / name_of(case))
    for model in project_of(case / "schemas").models:
        class_ = getattr(package, model.name)
        if model.description is not None:
            assert class_.__doc__ == model.description
        module = sys.modules[class_.__module__]
        documented = attribute_docs(packages / name_of(case) / f"{model.module}.py")
        for owner, part in fields(model.fields, model.name):
            if part.description is not None:
                assert documented[owner, part.attribute] == part.description
            if part.value_class and part.description is not None:
                assert getattr(module, part.value_class).__doc__ == part.description


def fields(parts: tuple[Field, ...], owner: str) -> Iterator[tuple[str, Field]]:
    for part in parts:
        yield owner, part
        if part.value_class:
            yield from fields(part.properties, part.value_class)


def attribute_docs(module: Path) -> dict[tuple[str, str], str]:
    """Return the strings after annotated attributes, by class and attribute."""
    found = {}
    for class_ in ast.parse(module.read_text(encoding="utf-8")).body:
        if not isinstance(class_, ast.ClassDef):
            continue
        for attribute, below in zip(class_.body, class_.body[1:], strict=False):
            if isinstance(attribute, ast.AnnAssign) and isinstance(below, ast.Expr):
                assert isinstance(attribute.target, ast.Name)
                found[class_.name, attribute.target.id] = ast.literal_eval(below.value)
    return found


@pytest.mark.parametrize("case", FOLDERS, ids=name_of)
def test_servers_take_the_bodies(case: Path, server: Server) -> None:
    created = 0
    with server.client() as client:
        for number, model in enumerate(project_of(case / "schemas").models):
            if types(model.fields) & server.lacks:
                continue  # another server has them
            index = f"ecgen-case-{name_of(case)}-{number}"
            if model.write_to is not None:
                created += takes_template(client, index, model, server)
                continue
            body = model.index_body()
            client.options(ignore_status=404).indices.delete(index=index)
            try:
                client.indices.create(
                    index=index, settings=body["settings"], mappings=body["mappings"]
                )
                created += 1
            finally:
                client.options(ignore_status=404).indices.delete(index=index)
    if not created:
        pytest.skip(f"Elasticsearch {server.version} has none of the types of {name_of(case)}")


def takes_template(client: Any, name: str, model: Model, server: Server) -> bool:
    """Put the index template of a model, under an unused pattern and priority, and return whether the server can have it."""
    if model.is_data_stream and server.major < 8:
        return False  # 7.17.29 without its module refuses `data_stream`
    body = model.request_body()
    body |= {"index_patterns": [f"{name}-*"], "priority": 70_000}
    try:
        client.indices.put_index_template(name=name, body=body)
    finally:
        client.options(ignore_status=404).indices.delete_index_template(name=name)
    return True


def types(parts: tuple[Field, ...]) -> set[str]:
    return {part.type for part in parts} | {
        type_ for part in parts for type_ in types(part.properties)
    }
