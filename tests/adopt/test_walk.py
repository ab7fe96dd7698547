"""From an empty folder with an empty HOME: README.md and docs/adopting.md, typed in a shell as a newcomer types them.

The wheel is built and installed with pip; only its dependencies come from this environment, so that no network is needed.
Left out is what goes on until Ctrl-C, `python -m ecgen.testing.node`: the tests' own server stands in for it
(tests/testing/test_node.py runs it). README's Python session is run by tests/test_readme.py.

`python -m tests.adopt.test_walk` writes the outputs of docs/adopting.md as they are now, on the server of ECGEN_TEST_ES9.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from ecgen.testing.server import Server, server_from_environment

from . import shop

ROOT = Path(__file__).resolve().parents[2]
README, ADOPTING = ROOT / "README.md", ROOT / "docs" / "adopting.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://localhost:9200"
NODE = "python -m ecgen.testing.node"
# Sizes, rates, times and the ids of plans are those of one run; a slow one says how far it is.
PROGRESS = re.compile(r"^  copied \d+ of .*\n", re.MULTILINE)
VARYING = re.compile(
    r"\d[\d.]*(?= (?:KiB|B|s)\b|/s)|(?<=plan )[0-9a-f]{16}|(?<=\(block )[^)]*|(?<=the cluster )\w+"
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")


@dataclass
class Newcomer:
    """Somebody at a shell, in a folder of their own, whose indices are called otherwise than `shop`."""

    folder: Path
    variables: dict[str, str]
    wheel: Path
    url: str
    name: str

    def there(self, text: str) -> str:
        """A text of the page with the address, the names and the wheel of this run."""
        text = text.replace("shop", self.name).replace("Shop", self.name.capitalize())
        return text.replace(ADDRESS, self.url).replace("./ecgen", str(self.wheel))

    def here(self, text: str) -> str:
        """The other way round."""
        text = text.replace(self.url, ADDRESS)
        return text.replace(self.name, "shop").replace(self.name.capitalize(), "Shop")

    def types(self, command: str) -> tuple[int, str]:
        """The exit code, and what it prints."""
        done = subprocess.run(
            ["sh", "-c", self.there(command)],
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, self.here(done.stdout)

    def writes(self, file: str, text: str) -> None:
        path = self.folder / self.there(file)
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.there(text), encoding="utf-8")

    def reads(self, file: str) -> str:
        return self.here((self.folder / self.there(file)).read_text(encoding="utf-8"))

    def changes(self, file: str, lines: str) -> None:
        """Put the lines in the place of the one that begins like their first."""
        before = self.reads(file)
        after = re.sub(rf"^{lines.split(':')[0]}:.*\n", lambda _: lines, before, flags=re.M)
        assert after != before, lines
        self.writes(file, after)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("build")
    return built(tmp_path_factory.mktemp("wheel"))


def built(folder: Path) -> Path:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


def environment(folder: Path) -> dict[str, str]:
    """The variables of a shell with an empty HOME and a Python that has what ecgen needs, but not ecgen."""
    home, python = folder / "home", folder / "venv"
    home.mkdir()
    # With the pip of this environment, if it has one: to install another takes longer than all that is typed below.
    has_pip = find_spec("pip") is not None
    venv.create(python, with_pip=not has_pip, symlinks=True)
    (site,) = python.glob("lib/python*/site-packages")
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(ours) + "\n")
    if has_pip:
        pip = python / "bin" / "pip"
        pip.write_text(f'#!/bin/sh\nexec "{python / "bin" / "python"}" -m pip "$@"\n')
        pip.chmod(0o755)
    return {
        "PATH": f"{python / 'bin'}{os.pathsep}{os.defpath}",
        "HOME": str(home),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        **{f"GIT_{who}_NAME": "me" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "me@example.org" for who in ("AUTHOR", "COMMITTER")},
    }


@contextmanager
def newcomer(
    folder: Path, variables: dict[str, str], wheel: Path, es9: Server
) -> Iterator[Newcomer]:
    """Somebody in a new empty folder."""
    folder.mkdir()
    # Four letters, so that the widths of tables stay; files are listed by name, so they begin as `shop` does.
    name = "s" + "".join(random.choices("bdfghjkmnpqvwxz", k=3))
    try:
        yield Newcomer(folder, variables, wheel, es9.url, name)
    finally:
        shop.delete(es9, name)


def test_the_readme_and_the_adopting_page_from_nothing(
    es9: Server, wheel: Path, tmp_path: Path
) -> None:
    """One shell with an empty HOME, and an empty folder for each of the three projects that the two pages begin."""
    variables = environment(tmp_path)
    with newcomer(tmp_path / "books", variables, wheel, es9) as somebody:
        take_the_tour_of_the_readme(somebody)
    with newcomer(tmp_path / "short", variables, wheel, es9) as somebody:
        shop.create(es9, somebody.name)
        go_the_short_way_of_the_readme(somebody)
    with newcomer(tmp_path / "adopting", variables, wheel, es9) as somebody:
        go_the_way_of_the_adopting_page(somebody)
    assert not list(Path(variables["HOME"]).iterdir()), "something is left in HOME"


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield match["kind"], match["text"]


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and its output."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def same(output: str) -> str:
    return VARYING.sub("…", PROGRESS.sub("", output))


def check(newcomer: Newcomer, block: str) -> int:
    """Type the commands of a block and compare what they print; return how many there were."""
    count = 0
    for command, output in commands(block):
        if command.startswith(NODE):
            continue
        code, shown = newcomer.types(command)
        if command.startswith("pip "):
            assert (code, "ecgen-es" in shown) == (0, True), (command, shown)
        else:
            assert same(shown) == same(output), command
        count += 1
    return count


def take_the_tour_of_the_readme(newcomer: Newcomer) -> None:
    typed = 0
    for kind, text in blocks(README):
        first = text.partition("\n")[0]
        if kind == "console":
            typed += check(newcomer, text)
        elif kind == "yaml":
            newcomer.writes(first.removeprefix("# "), text)
        elif kind == "diff":
            book = newcomer.reads("schemas/book.yaml")
            lines = text.splitlines()
            for old, new in zip(lines[::2], lines[1::2], strict=True):
                assert book.count(old[1:]) == 1
                book = book.replace(old[1:], new[1:])
            newcomer.writes("schemas/book.yaml", book)
    assert typed == 8
    code, where = newcomer.types("python -c 'import ecgen; print(ecgen.__file__)'")
    assert (code, str(ROOT) in where) == (0, False)


def go_the_short_way_of_the_readme(newcomer: Newcomer) -> None:
    (block,) = (text for kind, text in blocks(README) if kind == "sh")
    said = {}
    for line in block.splitlines():
        command = re.split(r"\s{2,}#", line)[0].strip()
        code, said[command] = newcomer.types(command)
        assert code == 0, (command, said[command])
    assert len(said) == 8
    assert (newcomer.folder / ".github" / "workflows" / "ecgen.yml").is_file()
    (status,) = (out for command, out in said.items() if command.startswith("ecgen status"))
    assert "all 3 in step" in status
    assert said["ecgen diff HEAD"] == "no changes\n"


def go_the_way_of_the_adopting_page(newcomer: Newcomer) -> None:
    typed = 0
    for kind, text in blocks(ADOPTING):
        first, _, rest = text.partition("\n")
        if kind == "python":
            newcomer.writes(first.removeprefix("# "), text)
        elif kind == "yaml" and first.startswith("# schemas/"):
            assert newcomer.reads(first.removeprefix("# ")) == rest
        elif kind == "yaml":
            newcomer.changes(f"schemas/shop_{concerned(text)}.yaml", text)
        elif "#" in text:
            typed += other_ways(newcomer, text)
        else:
            typed += check(newcomer, text)
    assert typed == 19


def concerned(lines: str) -> str:
    """Which of the definitions the page changes so."""
    return "maker" if lines.startswith("  name:") else "product"


def other_ways(newcomer: Newcomer, block: str) -> int:
    """The further ways to import, in a folder of their own: what they need is not on the page."""
    elsewhere = newcomer.folder / "elsewhere"
    for folder in ("mappings", newcomer.there("shop")):
        (elsewhere / folder).mkdir(parents=True)
    body = json.dumps({"mappings": {"properties": {"sku": {"type": "keyword"}}}})
    for file in ("mappings/a.json", "mappings/b.json", "products.json"):
        (elsewhere / file).write_text(body, encoding="utf-8")
    (elsewhere / newcomer.there("shop") / "documents.py").write_text(
        "from elasticsearch.dsl import Document, Keyword\n\n\n"
        "class Order(Document):\n    number = Keyword()\n\n"
        '    class Index:\n        name = "orders"\n'
    )
    beside = Newcomer(elsewhere, newcomer.variables, newcomer.wheel, newcomer.url, newcomer.name)
    typed = [(command, *beside.types(command)) for command, _ in commands(block)]
    assert [code for _, code, _ in typed] == [0, 0, 0], typed
    assert {path.stem for path in (elsewhere / "schemas").glob("*.yaml")} == {"a", "b", "order"}
    assert "model: Product" in typed[2][2]
    return len(typed)


def _written_again(server: Server) -> str:
    """The page with the outputs as they are now."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for folder in ("wheel", "project"):
            (root / folder).mkdir()
        newcomer = Newcomer(
            root / "project", environment(root), built(root / "wheel"), server.url, "shop"
        )

        def block(match: re.Match[str]) -> str:
            kind, text = match["kind"], match["text"]
            first = text.partition("\n")[0]
            if kind == "python":
                newcomer.writes(first.removeprefix("# "), text)
            elif kind == "yaml" and first.startswith("# schemas/"):
                text = f"{first}\n{newcomer.reads(first.removeprefix('# '))}"
            elif kind == "yaml":
                newcomer.changes(f"schemas/shop_{concerned(text)}.yaml", text)
            elif kind == "console" and "#" not in text:
                text = ""
                for command, _ in commands(match["text"]):
                    shown = "" if command.startswith(NODE) else newcomer.types(command)[1]
                    shown = "" if command.startswith("pip ") else PROGRESS.sub("", shown)
                    text += f"$ {command}\n{shown}"
            return f"```{kind}\n{text}```"

        try:
            return BLOCK.sub(block, ADOPTING.read_text(encoding="utf-8"))
        finally:
            shop.delete(server, "shop")


if __name__ == "__main__":
    asked = server_from_environment("ECGEN_TEST_ES9")
    assert asked is not None, "ECGEN_TEST_ES9 names no server"
    ADOPTING.write_text(_written_again(asked), encoding="utf-8")
