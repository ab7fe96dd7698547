"""docs/migrating.md, done as written: exactly on 7.17.29, and with types that 9.5.3's core has there."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from recorded_documents import Server as Plain

from ecgen.testing.server import Server

PAGE = Path(__file__).resolve().parents[2] / "docs" / "migrating.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
CHANGING = re.compile(
    r"\b[0-9a-f]{16}\b|\d+\.\d+ (?:s\b|[KM]iB)|(?<= )\d+\.\d\d\b|[-0-9]+T[:0-9]+Z"
)
"""Ids of plans, seconds, sizes, times: other ones in each run."""


@pytest.fixture
def name(server: Server) -> Iterator[str]:
    chosen = f"mgr{secrets.token_hex(3)}"
    yield chosen
    plain = Plain(server.url)
    plain.ask("DELETE", f"/{','.join(plain.ok('GET', f'/{chosen}*'))}")
    query = {"query": {"term": {"name": chosen}}, "size": 100}
    for hit in plain.ok("POST", "/ecgen-migrations/_search", query)["hits"]["hits"]:
        plain.ask("DELETE", f"/ecgen-migrations/_doc/{hit['_id']}?refresh=true")


def test_the_page_goes_as_written(server: Server, name: str, tmp_path: Path) -> None:
    exact = "scaled_float" not in server.lacks
    plain = Plain(server.url)
    (tmp_path / "schemas").mkdir()
    file = tmp_path / "schemas" / "book.yaml"

    def there(text: str) -> str:
        text = text.replace("index: books", f"index: {name}")
        if not exact:
            text = text.replace("scaled_float, scaling_factor: 1000}", "double}")
            text = text.replace("scaled_float, scaling_factor: 100}", "long}")
        return text

    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["kind"] == "yaml":
            file.write_text(there(block["text"]))
        elif block["kind"] == "diff":
            for number in range(5):
                source = {"id": f"97{number}", "isbn": f"97{number}", "price": number}
                plain.ok("PUT", f"/{name}/_doc/97{number}?refresh=true", source)
            old, new = (
                "\n".join(re.findall(rf"^\{sign}  (.*)$", block["text"], re.MULTILINE))
                for sign in "-+"
            )
            text = file.read_text()
            assert there(old) in text
            file.write_text(text.replace(there(old), there(new)))
        else:
            for part in re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]:
                command, _, expected = part.partition("\n")
                shown = _done(command, name, tmp_path, server)
                if exact:
                    assert _steady(shown.replace(name, "books")) == _steady(expected), command
                assert "error" not in shown
    (index,) = plain.ok("GET", f"/{name}")
    assert index == f"{name}-000003"


def _steady(text: str) -> str:
    # What other tests left in the history, and how far a slow run was.
    lines = [
        line for line in text.splitlines() if " looked " not in line and " copied " not in line
    ]
    ours = [line for line in lines if "mgr" not in line]
    return CHANGING.sub("…", "\n".join(ours)).strip()


def _done(command: str, name: str, folder: Path, server: Server) -> str:
    words = shlex.split(command.replace("books", name))
    assert words[0] == "ecgen"
    finished = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "ELASTICSEARCH_URL": server.url},
    )
    return finished.stdout
