"""README's examples, run as written: files, commands with their output, the Python session on a real server."""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecgen.runtime import namespace

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [match["text"] for match in BLOCK.finditer(README) if match["kind"] == kind]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example's files, and `library` built from them."""
    folder = tmp_path_factory.mktemp("tour")
    for text in blocks("yaml"):
        path = folder / text.partition("\n")[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def commands() -> Iterator[tuple[str, str]]:
    for text in blocks("console"):
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if command.startswith("ecgen ") and not command.startswith("ecgen diff"):
                yield command, output


def test_the_commands_print_what_the_readme_says(folder: Path) -> None:
    assert len(list(commands())) == 3
    for command, output in commands():
        done = subprocess.run(
            [sys.executable, "-m", *command.split()],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.stdout == output, command


def test_the_review_is_the_one_of_the_patch(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apply the patch to the example's definitions in a repository of their own."""
    shutil.copytree(folder / "schemas", tmp_path / "schemas")
    monkeypatch.chdir(tmp_path)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for command in ("init -q", "add -A", "commit -q -m before"):
        subprocess.run(["git", *who, *command.split()], check=True)
    (patch,) = blocks("diff")
    lines = patch.splitlines()
    book = Path("schemas/book.yaml")
    text = book.read_text(encoding="utf-8")
    for old, new in zip(lines[::2], lines[1::2], strict=True):
        assert (old[0], new[0], text.count(old[1:])) == ("-", "+", 1)
        text = text.replace(old[1:], new[1:])
    book.write_text(text, encoding="utf-8")
    (shown,) = [text for text in blocks("console") if text.startswith("$ ecgen diff")]
    command, _, output = shown.removeprefix("$ ").partition("\n")
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], capture_output=True, text=True, check=True
    )
    assert done.stdout == output


def test_the_way_from_a_running_index_is_the_one_that_is_tested() -> None:
    """Another test runs docs/adopting.md command by command; README's short form has the same commands in the same order."""
    page = (ROOT / "docs" / "adopting.md").read_text(encoding="utf-8")
    tested = [line.removeprefix("$ ") for line in page.splitlines() if line.startswith("$ ecgen ")]
    (text,) = blocks("sh")
    named = [line.partition("  ")[0] for line in text.splitlines() if line.startswith("ecgen ")]
    assert len(named) == 5
    rest = iter(tested)
    assert [command for command in named if command not in rest] == []


def test_the_excerpts_are_in_the_files_built(folder: Path) -> None:
    (excerpt,) = [text for text in blocks("python") if text.startswith("    ")]
    assert excerpt in (folder / "library" / "book.py").read_text(encoding="utf-8")


def test_the_python_session_goes_as_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # On its own node, as documented: a shared server may already have indices with these names.
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(namespace, "_global_prefix", "")
    default = namespace._namespaces["_default"]
    before = default._conf
    session = "\n".join(blocks("pycon"))
    test = doctest.DocTestParser().get_doctest(session, {}, "README", "README.md", 0)
    try:
        failed = (
            doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, clear_globs=False).failed
        )
    finally:
        test.globs["node"].close()
        default.es_conf = before.open
    assert not failed
