"""An unchanged build is skipped, and only that."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecgen import pipeline
from ecgen.cli.main import main

MODEL = "model: Thing\nfields:\n  name: {type: keyword, ignore_above: 100}\n"


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Return a function that builds and returns whether definitions were read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/thing.yaml").write_text(MODEL)
    read: list[bool] = []
    load = pipeline.load_project
    monkeypatch.setattr(
        pipeline, "load_project", lambda *args, **named: read.append(True) or load(*args, **named)
    )

    def build(*options: str) -> tuple[bool, str]:
        read.clear()
        done = CliRunner().invoke(main, ["build", "schemas", "--out", "out", *options])
        assert done.exit_code == 0, done.output
        return bool(read), done.output

    return build


def note() -> Path:
    return Path(".ecgen-cache/out.json")


def test_the_same_build_is_not_done_again(build):
    assert build()[0]
    assert build() == (False, "nothing to do: 4 files up to date\n")
    assert Path(".ecgen-cache/.gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda: Path("schemas/thing.yaml").write_text(MODEL.replace("100", "200")),
        lambda: Path("schemas/more.yaml").write_text(MODEL.replace("Thing", "More")),
        lambda: Path("out/thing.py").unlink(),
        lambda: Path("out/.ecgen.json").unlink(),
        lambda: note().unlink(),
        lambda: note().write_bytes(b"\xff not JSON"),
        lambda: note().write_text("[" * 100_000),
        lambda: note().write_text('["key"]'),
        lambda: note().write_text("{}"),
        lambda: note().write_text(json.dumps({**json.loads(note().read_text()), "key": "other"})),
    ],
)
def test_whatever_differs_is_built(build, change):
    build()
    before = {path: path.read_bytes() for path in Path("out").rglob("*.py")}
    change()
    assert build()[0]
    if Path("schemas/thing.yaml").read_text() == MODEL and not Path("schemas/more.yaml").exists():
        assert before == {path: path.read_bytes() for path in Path("out").rglob("*.py")}
    assert not build()[0]


def test_options_and_templates_count(build, tmp_path):
    build()
    assert build("--package", "shop")[0]
    (tmp_path / "templates").mkdir()
    assert build("--templates", "templates")[0]
    (tmp_path / "templates/mapping.json.j2").write_text("{}\n")
    assert build("--templates", "templates")[0]
    assert not build("--templates", "templates")[0]


def test_an_edited_file_is_still_a_conflict(build):
    build()
    Path("out/thing.py").write_text("# mine\n")
    done = CliRunner().invoke(main, ["build", "schemas", "--out", "out"])
    assert done.exit_code == 1
    assert "it was edited by hand" in done.output


def test_warnings_are_told_again(build):
    Path("schemas/thing.yaml").write_text("model: Thing\nfields:\n  name: keyword\n")
    output = build()[1]
    assert "1 warning in 1 file" in output
    read, again = build()
    assert not read
    assert "1 warning in 1 file" in again


def test_a_folder_that_cannot_be_noted_in_is_built_every_time(build):
    Path(".ecgen-cache").write_text("in the way")
    assert build()[0]
    assert build()[0]


@pytest.mark.parametrize(
    "link", [".ecgen-cache", ".ecgen-cache/.gitignore", ".ecgen-cache/out.json"]
)
def test_nothing_is_written_through_a_link(build, tmp_path, link):
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in (".gitignore", "out.json", "file"):
        (outside / name).write_text("precious")
    if "/" in link:
        Path(".ecgen-cache").mkdir()
        Path(link).symlink_to(outside / "file")
    else:
        Path(link).symlink_to(outside)
    assert build()[0]
    assert build()[0] == (link != ".ecgen-cache/.gitignore" and "/" not in link)
    assert {file.read_text() for file in outside.iterdir()} == {"precious"}
    assert len(list(outside.iterdir())) == 3


@pytest.mark.parametrize("warnings", ["\x1b[31mred", -1.5, None, True, [1]])
def test_nothing_but_numbers_is_printed_of_a_note(build, warnings):
    build()
    note().write_text(json.dumps({**json.loads(note().read_text()), "warnings": warnings}))
    read, printed = build()
    assert read
    assert "\x1b" not in printed


@pytest.mark.parametrize(
    "path", ["\0", "a\0b.py", "../x.py", "/etc/passwd", "\ud800.py", "x\ny.py", "\x1b[2J"]
)
def test_odd_names_in_the_list_of_files(build, path):
    build()
    listed = Path("out/.ecgen.json")
    content = json.loads(listed.read_text())
    content["files"][path] = "0" * 64
    listed.write_text(json.dumps(content, indent=2))
    for command in ("check", "build"):
        done = CliRunner().invoke(main, [command, "schemas", "--out", "out"])
        assert not done.exception or isinstance(done.exception, SystemExit)
        assert done.exit_code == (1 if command == "check" else 0)
        assert path not in done.output
    assert path not in json.loads(listed.read_text())["files"]


def test_the_note_is_in_the_projects_folder_and_never_within_a_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("schemas").mkdir()
    Path("schemas/thing.yaml").write_text(MODEL)
    Path("pyproject.toml").write_text(
        '[tool.ecgen]\nout = "src/shop/models"\npackage = "shop.models"\n'
    )
    for said in ("files written", "nothing to do"):
        done = CliRunner().invoke(main, ["build"])
        assert said in done.output
    assert [path.as_posix() for path in Path().rglob(".ecgen-cache")] == [".ecgen-cache"]
    assert {path.name for path in Path(".ecgen-cache").iterdir()} == {
        ".gitignore",
        "src.shop.models.json",
    }


def test_what_a_killed_build_left_beside_the_note_goes(build):
    build()
    Path(".ecgen-cache/.out.json-abc").write_text("half")
    Path("schemas/thing.yaml").write_text(MODEL.replace("100", "200"))
    assert build()[0]
    assert {path.name for path in Path(".ecgen-cache").iterdir()} == {".gitignore", "out.json"}


def test_the_schema_for_editors_is_this_versions(build):
    build()
    schema = Path("schemas/model.schema.json")

    def check() -> tuple[int, str]:
        done = CliRunner().invoke(main, ["check", "schemas", "--out", "out"])
        return done.exit_code, done.output

    assert check()[0] == 0
    schema.write_text(CliRunner().invoke(main, ["schema"]).output)
    assert check()[0] == 0
    schema.write_text("{}")
    code, said = check()
    assert code == 1
    assert said.startswith(
        "schemas/model.schema.json:1:1: error[stale-output]: the JSON Schema for editors"
    )
    assert "run 'ecgen schema > schemas/model.schema.json'" in said


def test_the_schema_is_part_of_the_program(tmp_path, monkeypatch):
    """A changed model.schema.json may refuse definitions of the last build."""
    from ecgen.output import unchanged

    (tmp_path / "model.schema.json").write_text("{}")
    monkeypatch.setattr(unchanged, "_PROGRAM", (tmp_path,))
    before = unchanged.fingerprint((), {}, {}, None)
    (tmp_path / "model.schema.json").write_text("{ }")
    assert unchanged.fingerprint((), {}, {}, None) != before


def test_a_build_with_nothing_to_do_does_not_import_jsonschema(build, tmp_path):
    build()
    script = (
        "import sys\nfrom ecgen.cli.main import main\n"
        "main(['build', 'schemas', '--out', 'out'], standalone_mode=False)\n"
        "print('jsonschema' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines() == ["nothing to do: 4 files up to date", "False"]
