"""docs/adopting.md, done as written against a real server: its commands, their output, its files."""

from __future__ import annotations

import os
import random
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecgen.testing.server import Server

from . import shop

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "adopting.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://localhost:9200"


@pytest.fixture
def name(es9: Server) -> Iterator[str]:
    """Four letters that take the place of `shop`, so that the widths of tables stay."""
    # Files are listed in the order of their names, so it begins as `shop` does.
    chosen = "s" + "".join(random.choices("bdfghjkmnpqvwxz", k=3))
    yield chosen
    shop.delete(es9, chosen)


def steps() -> Iterator[tuple[str, str, str]]:
    """Each block of the page as (kind, command or text, output)."""
    for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if match["kind"] == "console":
            for part in re.split(r"^\$ ", match["text"], flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                yield "console", command, output
        else:
            yield match["kind"], match["text"], ""


def done(command: str, folder: Path) -> str:
    words = shlex.split(command)
    if words[0] == "ecgen":
        words[:1] = [sys.executable, "-m", "ecgen"]
    identity = {
        f"GIT_{role}_{what}": "me@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    finished = subprocess.run(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, **identity},
    )  # fmt: skip
    return finished.stdout


def skipped(command: str) -> bool:
    # The other ways in have tests of their own.
    return command.startswith("pip ") or "#" in command


def test_the_page_goes_as_written(es9: Server, name: str, tmp_path: Path) -> None:
    shop.create(es9, name)
    done("git init --quiet", tmp_path)

    def there(text: str) -> str:
        return (
            text.replace("shop", name).replace("Shop", name.capitalize()).replace(ADDRESS, es9.url)
        )

    def here(text: str) -> str:
        return (
            text.replace(es9.url, ADDRESS).replace(name, "shop").replace(name.capitalize(), "Shop")
        )

    commands = 0
    definition = tmp_path / "schemas" / f"{name}_product.yaml"
    for kind, text, output in steps():
        if kind == "console" and not skipped(text):
            assert here(done(there(text), tmp_path)) == output, text
            commands += 1
        elif kind == "yaml" and text.startswith("# schemas/"):
            assert here(definition.read_text()) == text.partition("\n")[2]
        elif kind == "yaml":
            change(definition, text)
    assert commands == 9


def change(definition: Path, lines: str) -> None:
    """Put the lines in the place of the one that begins like their first."""
    key = lines.split(":")[0]
    before = definition.read_text()
    after = re.sub(rf"^{key}:.*\n", lambda _: lines, before, flags=re.MULTILINE)
    assert after != before
    definition.write_text(after)


if __name__ == "__main__":  # prints the page with the outputs as they are now
    import tempfile

    from ecgen.testing.server import server_from_environment

    server = server_from_environment("ECGEN_TEST_ES9")
    assert server is not None
    folder = Path(tempfile.mkdtemp())
    done("git init --quiet", folder)
    shop.create(server, "shop")
    try:
        page = PAGE.read_text()

        address = server.url

        def block(match: re.Match[str]) -> str:
            if match["kind"] == "yaml":
                definition = folder / "schemas" / "shop_product.yaml"
                if match["text"].startswith("# schemas/"):
                    return f"```yaml\n# schemas/shop_product.yaml\n{definition.read_text()}```"
                change(definition, match["text"])
                return match[0]
            if match["kind"] != "console":
                return match[0]
            out = "```console\n"
            for part in re.split(r"^\$ ", match["text"], flags=re.MULTILINE)[1:]:
                command = part.partition("\n")[0]
                out += f"$ {command}\n"
                if not skipped(command):
                    shown = done(command.replace(ADDRESS, address), folder)
                    out += shown.replace(address, ADDRESS)
            return out + "```"

        PAGE.write_text(BLOCK.sub(block, page))
    finally:
        shop.delete(server, "shop")
