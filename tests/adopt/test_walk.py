"""From an empty folder with an empty HOME: the commands of README's "Starting from an existing index", in a shell.

The wheel is built and installed with pip; only its dependencies come from this environment, so that no network is needed.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecgen.testing.server import Server

from . import shop

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "http://localhost:9200"


def commands() -> list[str]:
    """The lines of the only shell block of README.md, without the comments."""
    (block,) = re.findall(
        r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S
    )
    return [re.split(r"\s{2,}#", line)[0].strip() for line in block.splitlines()]


@pytest.fixture
def name(es9: Server) -> Iterator[str]:
    """Four letters that take the place of `shop`."""
    chosen = "s" + "".join(random.choices("bdfghjkmnpqvwxz", k=3))
    shop.create(es9, chosen)
    yield chosen
    shop.delete(es9, chosen)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
def test_the_short_way_of_the_readme(es9: Server, name: str, wheel: Path, tmp_path: Path) -> None:
    home, project, environment = (tmp_path / each for each in ("home", "project", "venv"))
    home.mkdir()
    project.mkdir()
    venv.create(environment, with_pip=True, symlinks=True)
    (site,) = environment.glob("lib/python*/site-packages")
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(ours) + "\n")
    variables = {
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.defpath}",
        "HOME": str(home),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        **{f"GIT_{who}_NAME": "me" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "me@example.org" for who in ("AUTHOR", "COMMITTER")},
    }

    def typed(command: str) -> str:
        there = command.replace("./ecgen", str(wheel)).replace(ADDRESS, es9.url)
        done = subprocess.run(
            ["sh", "-c", there.replace("shop", name)],
            cwd=project, env=variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    said = {command: typed(command) for command in commands()}
    assert len(said) == 8
    assert str(environment) in typed("python -c 'import ecgen; print(ecgen.__file__)'")
    definitions = {path.name for path in (project / "schemas").glob("*.yaml")}
    assert definitions == {f"{name}_maker.yaml", f"{name}_product.yaml"}
    assert (project / ".github" / "workflows" / "ecgen.yml").is_file()
    (status,) = (out for command, out in said.items() if command.startswith("ecgen status"))
    assert "all 3 in step" in status
    assert said["ecgen diff HEAD"] == "no changes\n"
    # And then the first change.
    definition = project / "schemas" / f"{name}_maker.yaml"
    definition.write_text(definition.read_text().replace("fields:\n", "fields:\n  born: date\n"))
    assert "in-place [field-added]" in typed("ecgen diff HEAD")
    assert not list(home.iterdir()), "nothing is left in HOME"
