"""`ecgen import` without its output: read sources, draft definitions, settle them, write them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecgen.definitions import naming
from ecgen.definitions.schema_file import schema_text
from ecgen.diagnostics.command_error import CommandError
from ecgen.output.new_files import write_new

from .define import Definition, define
from .fold import fold
from .json_text import decoded
from .raised_limits import raise_limits
from .settle import Settled, settle
from .source import Source

_SHOWN = 30
SCHEMA = "model.schema.json"
"""The JSON Schema beside the definitions, which their first line names for editors."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to import, and where to."""

    files: tuple[Path, ...] = ()
    url: str | None = None
    indices: tuple[str, ...] = ()
    sample: int | None = None
    modules: tuple[str, ...] = ()
    out: Path | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """One definition that was written, or would be."""

    path: Path
    settled: Settled

    @property
    def model(self) -> str:
        return self.settled.definition.model

    @property
    def origin(self) -> str:
        """What it was made from."""
        return self.settled.definition.source.origin

    @property
    def fields(self) -> int:
        """The number of its fields and joins."""
        data = self.settled.definition.data
        return len(data.get("fields", {})) + len(data.get("joins", {}))

    @property
    def notes(self) -> Iterator[str]:
        """What a person should read: on the model as a whole, then the comments at fields."""
        definition = self.settled.definition
        yield from definition.head
        yield from definition.refusals
        yield from _marked(definition)


def import_definitions(request: Request) -> list[Imported]:
    """Import and, unless it is a dry run, write.

    Raises:
        CommandError: a source cannot be read, or a file cannot be written.
    """
    found = _from_files(request.files)
    if request.url:
        found += _from_cluster(request.url, request.indices, request.sample)
    for module in request.modules:
        from .from_python import read_module

        found += read_module(module)
    folder = request.out or _schemas()
    drafts = _drafts(found)
    paths = [folder / f"{naming.snake_case(draft.model)}.yaml" for draft in drafts]
    settled = settle(drafts, [str(path) for path in paths], SCHEMA)
    imported = [Imported(path, each) for path, each in zip(paths, settled, strict=True)]
    if not request.dry_run:
        beside = {} if (folder / SCHEMA).exists() else {folder / SCHEMA: schema_text()}
        write_new({each.path: each.settled.text for each in imported} | beside)
    return imported


def _from_files(files: Sequence[Path]) -> list[Source]:
    from .from_mapping import read_file, read_text

    read: list[Source] = []
    for path in files:
        if str(path) == "-":
            # Bytes, as of a file: how Python decodes standard input depends on the locale.
            text = decoded(sys.stdin.buffer.read(), "standard input")
            read += read_text(text, "document", "standard input")
        elif path.is_dir():
            inside = sorted(path.glob("*.json"))
            if not inside:
                raise CommandError(f"{path}: there is no .json file in this folder")
            for each in inside:
                read += read_file(each, str(each))
        else:
            read += read_file(path, str(path))
    return fold(read)


def _from_cluster(url: str, indices: tuple[str, ...], size: int | None) -> list[Source]:
    from ecgen.rest import Cluster

    from .from_cluster import existing, read_cluster, sample
    from .guess import guess

    cluster = Cluster(url)
    read = read_cluster(cluster, indices or ("*",))
    if size:
        guess(sample(cluster, read, size), lambda source, ids: existing(cluster, source, ids))
    return read


def _drafts(found: Sequence[Source]) -> list[Definition]:
    drafts = [define(source) for source in found]
    taken: dict[str, Definition] = {}
    for draft in drafts:
        raise_limits(draft)
        if naming.module(draft.model) in taken:
            other = taken[naming.module(draft.model)]
            number = 2
            while naming.module(f"{draft.model}{number}") in taken:
                number += 1
            draft.head.append(f"{draft.model} is the model of {other.data['index']} already.")
            draft.model = draft.data["model"] = f"{draft.model}{number}"
        taken[naming.module(draft.model)] = draft
    return drafts


def _schemas() -> Path:
    from ecgen import config as configuration

    try:
        return configuration.read(Path.cwd()).schemas[0]
    except configuration.ConfigurationError as error:
        raise CommandError(str(error)) from error


def _marked(draft: Definition) -> list[str]:
    """The comments at fields that a person should look at: guesses, and what ecgen does not know."""
    marked = [
        f"{'.'.join(map(str, path))}: {line}"
        for path, lines in draft.notes.items()
        for line in lines
        if line.startswith(("guess:", "ecgen does not know"))
    ]
    if len(marked) <= _SHOWN:
        return marked
    return [*marked[:_SHOWN], f"and {len(marked) - _SHOWN} more, in comments at the fields"]
