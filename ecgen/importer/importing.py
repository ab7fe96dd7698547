"""What `ecgen import` does: read sources, draft definitions, settle them, write them, say what was done."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from ecgen.definitions import naming
from ecgen.definitions.schema_file import schema_text
from ecgen.output.new_files import write_new

from .define import Definition, define
from .fold import fold
from .raised_limits import raise_limits
from .settle import Settled, settle
from .source import AdoptionError, Source

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


def run(request: Request) -> int:
    """Import, print what was done, and return the exit code: 1 where anything is left to fix."""
    try:
        return _import(request)
    except AdoptionError as error:
        click.echo(f"error: {error}", err=True)
        return 1


def _import(request: Request) -> int:
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
    texts = dict(zip(paths, (each.text for each in settled), strict=True))
    if request.dry_run:
        click.echo("\n".join(texts.values()), nl=False)
    else:
        beside = {} if (folder / SCHEMA).exists() else {folder / SCHEMA: schema_text()}
        write_new({**texts, **beside})
    return _report(settled, paths, request.dry_run)


def _from_files(files: Sequence[Path]) -> list[Source]:
    from .from_mapping import read_file, read_text

    read: list[Source] = []
    for path in files:
        if str(path) == "-":
            read += read_text(sys.stdin.read(), "document", "standard input")
        elif path.is_dir():
            inside = sorted(path.glob("*.json"))
            if not inside:
                raise AdoptionError(f"{path}: there is no .json file in this folder")
            for each in inside:
                read += read_file(each, str(each))
        else:
            read += read_file(path, str(path))
    return fold(read)


def _from_cluster(url: str, indices: tuple[str, ...], size: int | None) -> list[Source]:
    from ecgen.live.rest import Cluster

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
            draft.head.append(f"{draft.model} is the model of {other.source.origin} already.")
            draft.model = draft.data["model"] = f"{draft.model}{number}"
        taken[naming.module(draft.model)] = draft
    return drafts


def _schemas() -> Path:
    from ecgen import config as configuration

    try:
        return configuration.read(Path.cwd()).schemas[0]
    except configuration.ConfigurationError as error:
        raise AdoptionError(str(error)) from error


def _report(settled: Sequence[Settled], paths: Sequence[Path], dry_run: bool) -> int:
    failed = False
    for each, path in zip(settled, paths, strict=True):
        draft = each.definition
        fields = len(draft.data.get("fields", {})) + len(draft.data.get("joins", {}))
        verb = "would write" if dry_run else "wrote"
        noun = "field" if fields == 1 else "fields"
        click.echo(
            f"{verb} {path}: {draft.model}, {fields} {noun}, from {draft.source.origin}",
            err=dry_run,
        )
        for note in (*draft.head, *draft.refusals, *_marked(draft)):
            click.echo(f"  {note}", err=dry_run)
        for problem in each.problems:
            failed = True
            click.echo(
                f"{problem.file}:{problem.line}:{problem.column}: error[{problem.rule}]: {problem.message}",
                err=True,
            )
        if each.difference:
            failed = True
            click.echo(
                f"{path}: error: it builds another mapping than it was made from: {each.difference}",
                err=True,
            )
    if failed:
        click.echo("\nMend these by hand; `ecgen check` shows what is left.", err=True)
        return 1
    if not dry_run:
        click.echo("\nNext: read them, then run `ecgen build`, which checks them.")
    return 0


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
