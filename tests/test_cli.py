"""The command line: output, written files, exit codes."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ecgen.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = "model: Product\nfields: {sku: {type: keyword, ignore_above: 64}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one definition, which is the working directory."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/product.yaml").write_text(PRODUCT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ecgen(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="ecgen")


def test_build_says_what_it_wrote_and_then_that_there_is_nothing_to_do(project: Path) -> None:
    first = ecgen("build")
    assert first.exit_code == 0
    assert first.output == (
        "wrote generated/__init__.py\nwrote generated/mappings/product.json\nwrote generated/product.py\n"
        "wrote generated/py.typed\n1 model in generated: 4 files written\n"
    )
    assert ecgen("build", "schemas/").output == "nothing to do: 4 files up to date\n"
    assert ecgen("build", "--quiet").output == ""


@pytest.mark.parametrize("verb", ["build", "check", "diff", "docs", "import"])
def test_the_collector_is_off_in_commands_that_end_with_their_work(
    project: Path, verb: str
) -> None:
    (project / "mappings.json").write_text(
        '{"mappings": {"properties": {"sku": {"type": "long"}}}}'
    )
    operands = {"diff": ("schemas", "schemas"), "import": ("mappings.json", "--out", "again")}
    gc.enable()
    try:
        done = ecgen(verb, *operands.get(verb, ()))
        assert not gc.isenabled(), done.output
    finally:
        gc.enable()


def test_three_mistakes_are_three_problems_and_nothing_is_written(project: Path) -> None:
    (project / "schemas/order.yaml").write_text(
        "model: Order\nfields:\n  total: {type: keywrd}\n  note: {type: keyword, ignore_abvoe: 9}\n"
        "joins:\n  product: {type: single, target: Prodct}\n"
    )
    done = ecgen("build")
    assert done.exit_code == 1
    assert "schemas/order.yaml:3:17: error[unknown-type]" in done.stderr
    assert "schemas/order.yaml:4:25: error[unknown-parameter]" in done.stderr
    assert "schemas/order.yaml:6:35: error[unknown-target]" in done.stderr
    assert "did you mean 'Product'?" in done.stderr
    assert "3 errors in 1 file; nothing was written" in done.stderr
    assert not (project / "generated").exists()


def test_check_finds_stale_missing_and_edited_output(project: Path) -> None:
    missing = ecgen("check", "--format", "json")
    assert missing.exit_code == 1
    assert {each["rule"] for each in json.loads(missing.stdout)["problems"]} == {"stale-output"}
    ecgen("build")
    assert ecgen("check").output == "OK: 1 model in 1 file, output up to date\n"
    (project / "schemas/product.yaml").write_text(PRODUCT.replace("64", "65"))
    stale = json.loads(ecgen("check", "--format", "json").stdout)["problems"]
    assert [(each["file"], each["rule"], each["severity"]) for each in stale] == [
        ("generated/mappings/product.json", "stale-output", "error"),
        ("generated/product.py", "stale-output", "error"),
    ]
    assert all("ecgen build" in each["hint"] for each in stale)
    (project / "generated/product.py").write_text("mine = 1\n")
    edited = ecgen("check")
    assert edited.exit_code == 1
    assert "generated/product.py:1:1: error[edited-output]: it was edited by hand" in edited.output
    refused = ecgen("build")
    assert refused.exit_code == 1
    assert "generated/product.py: it was edited by hand" in refused.stderr
    assert "--force" in refused.stderr
    assert (project / "generated/product.py").read_text() == "mine = 1\n"
    assert ecgen("build", "--force").exit_code == 0
    assert ecgen("check").exit_code == 0


def test_a_model_that_is_gone_takes_its_files_along(project: Path) -> None:
    (project / "schemas/extra.yaml").write_text("model: Extra\nfields: {a: long}\n")
    ecgen("build")
    (project / "schemas/extra.yaml").unlink()
    assert (
        "generated/extra.py:1:1: error[stale-output]: no model needs this file"
        in ecgen("check").output
    )
    done = ecgen("build")
    assert "removed generated/extra.py" in done.output
    assert sorted(os.listdir(project / "generated")) == [
        ".ecgen.json",
        "__init__.py",
        "mappings",
        "product.py",
        "py.typed",
    ]


def test_warnings_fail_only_with_strict(project: Path) -> None:
    (project / "schemas/product.yaml").write_text("model: Product\nfields: {sku: keyword}\n")
    built = ecgen("build")
    assert built.exit_code == 0
    assert "1 warning in 1 file; 'ecgen check' shows them" in built.stderr
    assert ecgen("check").exit_code == 0
    strict = ecgen("check", "--strict")
    assert strict.exit_code == 1
    assert "warning[keyword-without-ignore-above]" in strict.output


@pytest.mark.parametrize("form", ["github", "sarif"])
def test_other_formats_carry_the_same_problems(project: Path, form: str) -> None:
    (project / "schemas/product.yaml").write_text("model: Product\nfields: {sku: keywrd}\n")
    done = ecgen("check", "--format", form)
    assert done.exit_code == 1
    assert "unknown-type" in done.output
    if form == "sarif":
        assert json.loads(done.stdout)["version"] == "2.1.0"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("build", "nowhere"), "folder nowhere not found"),
        (("build", "empty"), "no definitions (*.yaml) in empty"),
        (("build", "--out", "."), "is the working directory"),
        (("build", "--out", "schemas"), "holds the definitions"),
        (("build", "--templates", "nowhere"), "folder nowhere of templates not found"),
        (("build", "--frobnicate"), "--frobnicate"),
        (("check", "--format", "xml"), "xml"),
        (("explain", "unknown-typ"), "did you mean 'unknown-type'?"),
    ],
)
def test_wrong_usage_is_exit_code_2(project: Path, arguments: tuple[str, ...], says: str) -> None:
    (project / "empty").mkdir()
    done = ecgen(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[tool.ecgen\n", "pyproject.toml cannot be read"),
        ("[tool.ecgen]\nshemas = 'x'\n", "has no key 'shemas'; did you mean 'schemas'?"),
        ("[tool.ecgen]\nout = 3\n", "out must be text"),
        ("[tool.ecgen]\nout = ''\n", "out is empty"),
        ("[tool.ecgen]\nelasticsearch = 8.10\n", "must be text, not '8.1'; put it in quotes"),
        ("[tool.ecgen]\nio = 'later'\n", "io is 'sync' or 'async'"),
        ("[tool.ecgen]\nelasticsearch = 'new'\n", "elasticsearch is not 'new'"),
        ("[tool]\necgen = 3\n", "[tool.ecgen] is not a table"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_exit_code_2(
    project: Path, toml: str, says: str
) -> None:
    (project / "pyproject.toml").write_text(toml)
    done = ecgen("build")
    assert done.exit_code == 2
    assert says in done.stderr


def test_configuration_counts_from_its_own_folder_and_options_win(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "pyproject.toml").write_text(
        "[tool.ecgen]\nschemas = ['schemas']\nout = 'shop/models'\n"
    )
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert ecgen("build").exit_code == 0
    assert (project / "shop/models/product.py").exists()
    assert ecgen("build", "--out", "here").exit_code == 0
    assert (project / "below/here/product.py").exists()


def test_defaults_count_from_the_configuration_s_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    (project / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    assert ecgen("build").exit_code == 2
    (project / "pyproject.toml").write_text('[tool.ecgen]\nio = "sync"\n')
    assert ecgen("build").exit_code == 0
    assert (project / "generated/product.py").exists()


def test_io_says_whether_models_block(project: Path) -> None:
    assert ecgen("build", "--io", "async").exit_code == 0
    module = project / "generated/product.py"
    assert "from ecgen.runtime.aio import" in module.read_text()
    assert "async def create(" in module.read_text()
    assert ecgen("check", "--io", "async").exit_code == 0
    assert "generated/product.py:1:1: error[stale-output]" in ecgen("check").output
    (project / "pyproject.toml").write_text('[tool.ecgen]\nio = "async"\n')
    assert ecgen("check").exit_code == 0
    assert ecgen("build", "--io", "later").exit_code == 2
    assert ecgen("build", "--io", "sync").exit_code == 0
    assert "from ecgen.runtime import" in module.read_text()


def test_users_templates_replace_bundled_ones_one_by_one(project: Path) -> None:
    (project / "own").mkdir()
    (project / "own/mapping.json.j2").write_text("{{ model.name | tojson }}\n")
    assert ecgen("build", "--templates", "own").exit_code == 0
    assert (project / "generated/mappings/product.json").read_text() == '"Product"\n'
    assert "class Product(Model):" in (project / "generated/product.py").read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ model.name }}\n{% for %}\n", "own/mapping.json.j2:2: "),
        ("\n\n{{ model.nmae }}\n", "own/mapping.json.j2:3: "),
        ("{{ 1 / 0 }}\n", "own/mapping.json.j2:1: division by zero"),
    ],
)
def test_a_broken_template_is_named_with_its_line(project: Path, text: str, says: str) -> None:
    (project / "own").mkdir()
    (project / "own/mapping.json.j2").write_text(text)
    done = ecgen("build", "--templates", "own")
    assert done.exit_code == 1
    assert says in done.stderr
    assert not (project / "generated").exists()


def test_explain_prints_a_page_and_lists_all_rules() -> None:
    page = ecgen("explain", "stale-output")
    assert page.exit_code == 0
    assert page.output.startswith("# stale-output\n")
    assert "unknown-type" in ecgen("explain").output


def run(*arguments: str, cwd: Path, **environment: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "ecgen", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_same_bytes_under_any_hash_seed_and_from_any_folder(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "schemas", tmp_path / "a/schemas")
    shutil.copytree(ROOT / "schemas", tmp_path / "b/c/schemas")
    run("build", "schemas", "--out", "generated", cwd=tmp_path / "a", PYTHONHASHSEED="1")
    run(
        "build",
        str(tmp_path / "b/c/schemas"),
        "--out",
        "b/generated",
        cwd=tmp_path,
        PYTHONHASHSEED="2",
    )
    run(
        "build", ".", "--out", "../here/generated", cwd=tmp_path / "b/c/schemas", PYTHONHASHSEED="3"
    )
    trees = [
        {file.relative_to(out): file.read_bytes() for file in out.rglob("*") if file.is_file()}
        for out in (
            tmp_path / "a/generated",
            tmp_path / "b/generated",
            tmp_path / "b/c/here/generated",
        )
    ]
    assert trees[0] == trees[1] == trees[2]
    assert trees[0] == {
        file.relative_to(ROOT / "generated"): file.read_bytes()
        for file in (ROOT / "generated").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(tmp_path: Path, option: str) -> None:
    code = (
        "import sys; from ecgen.cli.main import main\n"
        f"main([{option!r}], prog_name='ecgen', standalone_mode=False)\n"
        "heavy = ('jinja2', 'yaml', 'jsonschema', 'elasticsearch', 'ecgen.definitions', 'ecgen.cli.build')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: ecgen " if option == "--help" else "ecgen ")
    assert done.stdout.endswith("[]\n")


def test_every_verb_is_listed_in_one_short_line() -> None:
    context = click.Context(main)
    shown = main.get_help(context)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert len(re.findall(rf"^  {name} +\S.*\.$", shown, re.MULTILINE)) == 1


def test_an_unchanged_build_loads_no_compiler(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/thing.yaml").write_text("model: Thing\nfields: {n: long}\n")
    code = (
        "import sys; from ecgen.cli.main import main\n"
        "try: main(['build'])\n"
        "except SystemExit: pass\n"
        "heavy = ('jinja2', 'yaml', 'jsonschema', 'ecgen.definitions.resolve', 'ecgen.elasticsearch.field_types')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
        )
    assert done.stdout == "nothing to do: 4 files up to date\n[]\n"


def test_links_and_odd_file_names_are_problems_and_no_tracebacks(tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    (tmp_path / "other").mkdir()
    (schemas / "loop.yaml").symlink_to("loop.yaml")
    (schemas / "linked").symlink_to(tmp_path / "other")
    odd = os.path.join(os.fsencode(schemas), b"\xff.yaml")
    with open(odd, "wb") as stream:
        stream.write(b"model: Thing\nfields: {a: date}\n")
    for form in ("text", "json", "github", "sarif"):
        done = subprocess.run(
            [sys.executable, "-m", "ecgen", "check", "--format", form],
            cwd=tmp_path,
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        assert done.returncode == 1
        assert b"Traceback" not in done.stderr
        assert b"a symlink to itself" in done.stdout
        assert b"the folder is a symlink, which is not followed" in done.stdout


@pytest.mark.parametrize("name", ["../x", "a.", "class", "a-b", "a b"])
def test_a_package_must_be_a_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "pyproject.toml").write_text(f"[tool.ecgen]\npackage = {name!r}\n")
    done = subprocess.run(
        [sys.executable, "-m", "ecgen", "check"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "must be a name that Python can import" in done.stderr
    (tmp_path / "pyproject.toml").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "ecgen", "check", "--package", name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "must be a name that Python can import" in done.stderr
