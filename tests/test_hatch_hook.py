"""The hatch build hook in real builds of a small project: `pip wheel`, hatchling's backend, an editable install."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling")

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
PYPROJECT = next(
    block
    for block in re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    if "hooks.ecgen" in block
)
"""The project as the page about commands has it: the src layout, its models not in git."""
THING = "model: Thing\nfields:\n  name: {type: keyword, ignore_above: 64}\n"
WHEEL = "shop-1.0-py3-none-any.whl"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with src layout whose models are not in git."""
    registered = importlib.metadata.entry_points(group="hatch", name="ecgen")
    if not registered:
        pytest.skip("ecgen was installed before it had a hatch hook; install it again")
    folder = tmp_path / "project"
    (folder / "src" / "shop").mkdir(parents=True)
    (folder / "src" / "shop" / "__init__.py").write_text("")
    (folder / "schemas").mkdir()
    (folder / "schemas" / "thing.yaml").write_text(THING)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / ".gitignore").write_text("models/\n")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def build(folder: Path, what: str) -> subprocess.CompletedProcess[str]:
    """Call a hook of the build backend as pip does, but with the installed packages and from another folder."""
    program = f"import os, hatchling.build as b; os.chdir({str(folder)!r}); print(b.{what}(os.path.join(os.pardir, 'dist')))"
    (folder.parent / "dist").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120
    )


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        found = archive.namelist()
    assert len(found) == len(set(found)), found
    return found


def test_a_wheel_has_the_models_and_they_work(project: Path) -> None:
    result = build(project, "build_wheel")
    assert result.returncode == 0, result.stderr
    wheel = project.parent / "dist" / WHEEL
    assert {
        "shop/__init__.py",
        "shop/models/__init__.py",
        "shop/models/thing.py",
        "shop/models/mappings/thing.json",
    } <= set(names(wheel))
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        assert b"Requires-Dist: ecgen-es\n" in archive.read(metadata)
    assert build(project, "build_wheel").returncode == 0  # with the record of the first build there
    assert (project / ".ecgen-cache").is_dir()
    assert not [name for name in names(wheel) if "ecgen-cache" in name]
    program = f"import sys; sys.path.insert(0, {str(wheel)!r}); from shop.models import Thing; print(Thing(name='x').name)"
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=project.parent
    )
    assert (said.stdout, said.stderr) == ("x\n", "")


def test_pip_wheel_builds_it(project: Path) -> None:
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"),
            *("--no-build-isolation", "--wheel-dir", str(project.parent / "dist"), str(project)),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert "shop/models/thing.py" in names(project.parent / "dist" / WHEEL)


def test_models_are_fresh_in_every_build(project: Path) -> None:
    build(project, "build_wheel")
    (project / "schemas" / "thing.yaml").write_text(THING.replace("name", "title"))
    (project / "schemas" / "other.yaml").write_text(THING.replace("Thing", "Other"))
    build(project, "build_wheel")
    wheel = project.parent / "dist" / WHEEL
    assert "shop/models/other.py" in names(wheel)
    with zipfile.ZipFile(wheel) as archive:
        assert b"title: " in archive.read("shop/models/thing.py")
        assert (
            archive.read("shop/models/thing.py")
            == (project / "src/shop/models/thing.py").read_bytes()
        )


def test_models_that_git_knows_are_in_it_once(project: Path) -> None:
    (project / ".gitignore").write_text("")
    assert build(project, "build_wheel").returncode == 0
    assert names(project.parent / "dist" / WHEEL).count("shop/models/thing.py") == 1


def test_an_editable_install_generates_in_place(project: Path) -> None:
    result = build(project, "build_editable")
    assert result.returncode == 0, result.stderr
    assert (project / "src" / "shop" / "models" / "thing.py").exists()
    assert not [name for name in names(project.parent / "dist" / WHEEL) if "models" in name]


def test_a_source_distribution_builds_the_same_wheel(project: Path) -> None:
    assert build(project, "build_sdist").returncode == 0
    with tarfile.open(project.parent / "dist" / "shop-1.0.tar.gz") as archive:
        # extractall(filter=…) came with 3.11.4; an older tarfile ignores the attribute.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(project.parent)
    unpacked = project.parent / "shop-1.0"
    assert (unpacked / "schemas" / "thing.yaml").exists()
    assert build(unpacked, "build_wheel").returncode == 0
    assert "shop/models/thing.py" in names(project.parent / "dist" / WHEEL)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("schemas/thing.yaml", "model: Thing\nfields: {a: keywrod}\n", "schemas/thing.yaml:2:"),
        ("src/shop/models/thing.py", "mine = True\n", "src/shop/models/thing.py: "),
    ],
)
def test_a_build_ends_with_what_ecgen_says(
    project: Path, file: str, text: str, message: str
) -> None:
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text(text)
    result = build(project, "build_wheel")
    assert result.returncode != 0
    assert message in result.stderr
    assert "nothing was written" in result.stderr
    assert not (project.parent / "dist" / WHEEL).exists()


def test_wrong_configuration_is_reported(project: Path) -> None:
    (project / "pyproject.toml").write_text(PYPROJECT.replace("schemas =", "shemas ="))
    result = build(project, "build_wheel")
    assert result.returncode != 0
    assert "has no key 'shemas'" in result.stderr
