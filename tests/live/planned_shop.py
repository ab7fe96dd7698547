"""A project of one model and its cluster, and `ecgen` as people call it there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import CliRunner
from json_formats import assert_described
from recorded_documents import Server as Plain

from ecgen.cli.main import main
from ecgen.testing.server import Server

Json = Any

BOOK = """\
model: Book
index: {index}
settings: {{number_of_replicas: 0}}
fields:
  isbn: {{type: keyword, ignore_above: 32}}
  title: {{type: text}}
  pages: {{type: integer}}
"""


class Shop:
    """A project of one model, and the cluster that its index is in."""

    def __init__(self, server: Server, folder: Path, prefix: str) -> None:
        self.server, self.folder, self.prefix = server, folder, prefix
        self.plain = Plain(server.url)
        self.name = f"{prefix}books"
        (folder / "schemas").mkdir()
        self.define(BOOK)

    def define(self, text: str) -> None:
        (self.folder / "schemas" / "book.yaml").write_text(text.format(index="books"))

    def change(self, old: str, new: str) -> None:
        file = self.folder / "schemas" / "book.yaml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def run(self, *arguments: str, code: int | None = 0, prefix: str | None = None) -> str:
        """What a command prints."""
        extra = ["--url", self.server.url]
        if arguments[0] != "migrations":
            extra += ["--prefix", self.prefix if prefix is None else prefix]
        result = CliRunner().invoke(main, [*arguments, *extra])
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        assert code is None or result.exit_code == code, result.output
        return result.stdout if arguments[0] == "plan" else result.output

    def plan(self, *arguments: str, code: int = 1) -> Json:
        text = self.run("plan", "--format", "json", *arguments, code=code)
        (model,) = assert_described("plan", text)["models"]
        return model

    def apply(self, *arguments: str, code: int = 0) -> str:
        return self.run("apply", "--yes", *arguments, code=code)

    def put(self, **documents: Json) -> None:
        for id, source in documents.items():
            self.plain.ok("PUT", f"/{self.name}/_doc/{id}?refresh=true", source)

    def steps(self, *arguments: str) -> list[str]:
        return [step["step"] for step in self.plan(*arguments)["steps"]]

    def behind(self) -> str:
        (index,) = self.plain.ok("GET", f"/{self.name}")
        return str(index)

    def close(self) -> None:
        found = self.plain.ok("GET", f"/{self.prefix}*/_alias?expand_wildcards=all")
        if found:
            self.plain.ask("DELETE", f"/{','.join(found)}")
        query = {"query": {"prefix": {"name": self.prefix}}, "size": 100}
        status, answer = self.plain.ask("POST", "/ecgen-migrations/_search", query)
        for hit in answer["hits"]["hits"] if status == 200 else []:
            self.plain.ask("DELETE", f"/ecgen-migrations/_doc/{hit['_id']}?refresh=true")
