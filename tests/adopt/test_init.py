"""`ecgen init` sets a project up and touches nothing that is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

Run = Callable[..., Result]
FILES = [
    ".github/workflows/ecgen.yml",
    ".vscode/settings.json",
    "pyproject.toml",
    "schemas/article.yaml",
    "schemas/model.schema.json",
]


def files(project: Path) -> list[str]:
    return sorted(
        path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()
    )


def test_an_empty_folder(ecgen: Run, project: Path) -> None:
    """Then it builds, checks clean, and says what to do next."""
    result = ecgen("init")
    assert result.exit_code == 0, result.output
    assert files(project) == FILES
    for name in FILES:
        assert f"wrote  {name}" in result.output
    assert "ecgen build" in result.output
    assert ecgen("build").exit_code == 0
    assert ecgen("check", "--strict").exit_code == 0
    table = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["ecgen"]
    assert table == {
        "schemas": "schemas",
        "out": "generated",
        "io": "sync",
        "elasticsearch": "9",
    }
    settings = json.loads((project / ".vscode" / "settings.json").read_text())
    (schema,) = settings["yaml.schemas"]
    assert (project / schema).is_file()
    assert yaml.safe_load((project / ".github" / "workflows" / "ecgen.yml").read_text())["jobs"]


def test_a_second_run_changes_nothing(ecgen: Run, project: Path) -> None:
    ecgen("init")
    before = {name: (project / name).read_bytes() for name in files(project)}
    result = ecgen("init")
    assert result.exit_code == 0
    assert {name: (project / name).read_bytes() for name in files(project)} == before
    assert "wrote" not in result.output
    assert "left   pyproject.toml" in result.output


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'[project]\nname = "shop"\n',
        b'[project]\nname = "shop"',
        b'[project]\r\nname = "shop"\r\n# end\r\n',
        b"[tool]\n[tool.ruff]\nline-length = 100\n",
        'name = "größe"  # é\n[[x]]\na = """\n[tool.ecgen]\n"""\n'.encode(),
    ],
)
def test_every_byte_of_pyproject_stays(ecgen: Run, project: Path, content: bytes) -> None:
    (project / "pyproject.toml").write_bytes(content)
    os.chmod(project / "pyproject.toml", 0o640)
    assert ecgen("init").exit_code == 0
    after = (project / "pyproject.toml").read_bytes()
    assert after.startswith(content)
    assert tomllib.loads(after.decode())["tool"]["ecgen"]["schemas"] == "schemas"
    assert (project / "pyproject.toml").stat().st_mode & 0o777 == 0o640
    assert (b"\r\n" in after.removeprefix(content)) == (b"\r\n" in content)


def test_a_configuration_that_is_there_decides(ecgen: Run, project: Path) -> None:
    text = '[tool.ecgen]\nschemas = "models/definitions"\nout = "models/generated"\n'
    (project / "pyproject.toml").write_text(text)
    assert ecgen("init").exit_code == 0
    assert (project / "pyproject.toml").read_text() == text
    assert (project / "models" / "definitions" / "article.yaml").is_file()
    assert (
        "./models/definitions/model.schema.json"
        in (project / ".vscode" / "settings.json").read_text()
    )
    assert ecgen("build").exit_code == 0


def test_definitions_that_are_there_stay_alone(ecgen: Run, project: Path) -> None:
    (project / "schemas").mkdir()
    (project / "schemas" / "mine.yaml").write_text("model: Mine\nfields: {a: keyword}\n")
    result = ecgen("init")
    assert result.exit_code == 0
    assert not (project / "schemas" / "article.yaml").exists()
    assert "left   schemas: it has definitions already" in result.output


def test_editor_settings_that_are_there_stay_and_the_lines_to_add_are_shown(
    ecgen: Run, project: Path
) -> None:
    (project / ".vscode").mkdir()
    (project / ".vscode" / "settings.json").write_text('{"a": 1}')
    result = ecgen("init")
    assert (project / ".vscode" / "settings.json").read_text() == '{"a": 1}'
    assert '"./schemas/model.schema.json": "schemas/**/*.yaml"' in result.output


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[project\n", "this is not TOML"),
        ("\xff", None),
        ("tool = {ruff = {}}\n", "add it by hand"),
        ("tool = 5\n", "add it by hand"),
    ],
)
def test_a_pyproject_that_cannot_be_extended_stops_it(
    ecgen: Run, project: Path, content: str, complaint: str | None
) -> None:
    (project / "pyproject.toml").write_text(content, encoding="latin-1")
    result = ecgen("init")
    assert result.exit_code == 1
    assert files(project) == ["pyproject.toml"]
    assert (complaint or "this is not TOML") in result.output


@pytest.fixture
def monorepo(ecgen: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a git repository; the working directory is the project services/shop in it."""
    shop = project / "services" / "shop"
    shop.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=project, check=True)
    monkeypatch.chdir(shop)
    return project


def steps_of(text: str) -> list[dict[str, str]]:
    (job,) = yaml.safe_load(text)["jobs"].values()
    return [step for step in job["steps"] if "run" in step]


def test_in_a_monorepo_the_workflow_is_where_the_forge_reads_it(ecgen: Run, monorepo: Path) -> None:
    result = ecgen("init")
    assert "wrote  ../../.github/workflows/ecgen-services-shop.yml" in result.output
    path = monorepo / ".github" / "workflows" / "ecgen-services-shop.yml"
    text = path.read_text()
    # YAML 1.1 reads the key `on` as true.
    workflow = {str(key): value for key, value in yaml.safe_load(text).items()}
    assert workflow["True"]["pull_request"]["paths"] == [
        "services/shop/**",
        ".github/workflows/ecgen-services-shop.yml",
    ]
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    (job,) = workflow["jobs"].values()
    assert job["defaults"] == {"run": {"working-directory": "services/shop"}}
    assert not (monorepo / "services" / "shop" / ".github").exists()
    path.write_text("mine: true\n")
    again = ecgen("init")
    assert path.read_text() == "mine: true\n"
    assert "left   ../../.github/workflows/ecgen-services-shop.yml" in again.output


def test_the_workflow_comments_the_plan_where_a_cluster_is_named(
    ecgen: Run, monorepo: Path, tmp_path: Path
) -> None:
    """A second run replaces this project's comment, and no other of the same bot."""
    ecgen("init")
    text = (monorepo / ".github/workflows/ecgen-services-shop.yml").read_text()
    (step,) = [
        each
        for each in yaml.safe_load(text)["jobs"]["ecgen"]["steps"]
        if "plan" in each.get("run", "")
    ]
    variables = {key: value for key, value in step["env"].items() if "${{" not in value}
    assert variables["MARKER"] == "<!-- ecgen plan: services/shop -->"
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, script in (
        ("ecgen", '[ -n "$PLAN" ] && echo "$PLAN"; exit $CODE'),
        ("gh", 'case "$*" in *--paginate*) echo "$FOUND";; *) echo "$@" > said; cat plan.md >> said;; esac'),
    ):  # fmt: skip
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)

    def run(**environment: str) -> str:
        said = monorepo / "said"
        said.write_text("")
        given = {"NUMBER": "7", "GITHUB_REPOSITORY": "acme/mono", **variables, **environment}
        subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=monorepo,
            env={"PATH": f"{tools}:{os.environ['PATH']}", **given},
            check=True,
        )
        return said.read_text()

    assert run(ELASTICSEARCH_URL="") == ""
    something = {"ELASTICSEARCH_URL": "http://localhost:9", "PLAN": "| Book | copy |", "CODE": "1"}
    first = run(**something, FOUND="")
    body = "<!-- ecgen plan: services/shop -->\n| Book | copy |\n"
    assert first == f"pr comment 7 --body-file plan.md\n{body}"
    again = run(**something, FOUND="41\n42")
    path = "repos/acme/mono/issues/comments/42"
    assert again == f"api --silent --method PATCH {path} --field body=@plan.md\n{body}"
    with pytest.raises(subprocess.CalledProcessError):
        run(**{**something, "PLAN": ""})  # it failed: there is no plan to show
    if jq := shutil.which("jq"):  # gh has its language built in
        comments = [
            {"id": number, "user": {"type": kind}, "body": text}
            for number, (kind, text) in enumerate(
                [("Bot", body), ("User", body), ("Bot", body.replace("shop", "pay")), ("Bot", body)]
            )
        ]
        done = subprocess.run(
            [jq, variables["MINE"]],
            input=json.dumps(comments),
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "0\n3\n"


def test_two_projects_of_a_repository_have_a_workflow_each(
    ecgen: Run, monorepo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ecgen("init")
    (monorepo / "services" / "stock room").mkdir()
    monkeypatch.chdir(monorepo)
    assert ecgen("init", "services/stock room").exit_code == 0
    assert ecgen("init").exit_code == 0
    found = {path.name: path.read_text() for path in (monorepo / ".github/workflows").iterdir()}
    assert set(found) == {
        *("ecgen.yml", "ecgen-services-shop.yml", "ecgen-services-stock-room.yml"),
    }
    assert "paths" not in found["ecgen.yml"]
    room = yaml.safe_load(found["ecgen-services-stock-room.yml"])
    (job,) = room["jobs"].values()
    assert job["defaults"]["run"]["working-directory"] == "services/stock room"


@pytest.mark.parametrize(
    ("requirements", "installs", "fails"),
    [
        (None, False, "how this project is installed"),
        ("elasticsearch\n# ecgen-es\n", True, "requirements.txt does not name ecgen-es"),
        ("elasticsearch\necgen-es[async] @ git+https://git.test/ecgen@v1\n", True, None),
    ],
)
def test_the_workflow_installs_the_project_or_says_what_is_missing(
    ecgen: Run, project: Path, requirements: str | None, installs: bool, fails: str | None
) -> None:
    if requirements is not None:
        (project / "requirements.txt").write_text(requirements)
    ecgen("init")
    steps = steps_of((project / ".github" / "workflows" / "ecgen.yml").read_text())
    commands = [step["run"] for step in steps]
    assert ("python -m pip install --requirement requirements.txt" in commands) == installs
    refused = [command for command in commands if "::error::" in command]
    assert [fails in command for command in refused if fails] == ([True] if fails else [])
    assert bool(refused) == (fails is not None)
    for command in refused:
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stdout.startswith("::error::")
    for command in commands:
        assert "${{" not in command, "nothing of the event is pasted into a script"


def test_forges_get_paths_from_the_root_of_the_repository(ecgen: Run, monorepo: Path) -> None:
    ecgen("init")
    Path("schemas/article.yaml").write_text("model: Article\nfields: {a: keywrod}\n")
    assert (
        "::error file=services/shop/schemas/article.yaml,"
        in ecgen("check", "--format", "github").output
    )
    sarif = json.loads(ecgen("check", "--format", "sarif").output)
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in sarif["runs"][0]["results"]
    ]
    assert set(places) == {"services/shop/schemas/article.yaml"}
    assert "\nschemas/article.yaml:" in "\n" + ecgen("check").output
    for side, name in (("old", "a"), ("new", "b")):
        Path(side).mkdir()
        Path(side, "x.yaml").write_text(f"model: X\nfields: {{{name}: keyword}}\n")
    shown = ecgen("diff", "old", "new", "--format", "github").output
    assert "file=services/shop/new/x.yaml" in shown
    assert "file=new/x.yaml" not in shown
    found = json.loads(ecgen("diff", "old", "new", "--format", "sarif").output)
    assert "services/shop/new/x.yaml" in json.dumps(found)


def test_another_folder(ecgen: Run, project: Path) -> None:
    assert ecgen("init", "nowhere").exit_code == 1
    (project / "shop").mkdir()
    assert ecgen("init", "shop").exit_code == 0
    assert files(project) == [f"shop/{name}" for name in FILES]
