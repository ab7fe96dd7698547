"""`ecgen import`."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ecgen.importer.importing import Imported


@click.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES]...")
@click.option(
    "--url",
    metavar="URL",
    help="A running cluster. Credentials come from ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and "
    "ELASTICSEARCH_PASSWORD; ELASTICSEARCH_CA_CERTS names certificates to trust.",
)
@click.option(
    "--index",
    "indices",
    multiple=True,
    metavar="NAME",
    help="With --url: an index, alias or data stream, or a pattern; may be repeated. Default: all that are not hidden.",
)
@click.option(
    "--sample",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="With --url: guess lists, joins and ids from N documents an index, each guess marked in a comment.",
)
@click.option(
    "--python",
    "modules",
    multiple=True,
    metavar="MODULE",
    help="A Python module or package with elastic_connect or elasticsearch.dsl classes; it is imported.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the definitions are written; default: the schemas of [tool.ecgen], or schemas.",
)
@click.option("--dry-run", is_flag=True, help="Print the definitions instead of writing them.")
@click.pass_context
def import_(
    context: click.Context,
    files: Sequence[Path],
    url: str | None,
    indices: tuple[str, ...],
    sample: int | None,
    modules: tuple[str, ...],
    out: Path | None,
    dry_run: bool,
) -> None:
    """Write definitions of existing indices or classes: mapping JSON in FILES, a running cluster, or Python classes.

    FILES hold responses of GET index or GET index/_mapping, bodies that create an index or a template, or mappings;
    `-` reads standard input. Building the definitions gives exactly the same mapping. No existing file is overwritten.
    """
    if not (files or url or modules):
        raise click.UsageError("give FILES, --url or --python")
    if (indices or sample) and not url:
        raise click.UsageError("--index and --sample go with --url")
    from ecgen.diagnostics.command_error import CommandError
    from ecgen.importer.importing import Request, import_definitions

    gc.disable()  # as in a build: a fifth of the time of many definitions
    request = Request(tuple(files), url, indices, sample, modules, out, dry_run)
    try:
        imported = import_definitions(request)
    except CommandError as error:
        click.echo(f"error: {error}", err=True)
        context.exit(1)
    if dry_run:
        click.echo("\n".join(each.settled.text for each in imported), nl=False)
    failed = [each for each in imported if not _reported(each, dry_run)]
    if failed:
        click.echo("\nFix these by hand; `ecgen check` shows what is left.", err=True)
        context.exit(1)
    if not dry_run:
        click.echo("\nNext: read them, then run `ecgen build`, which checks them.")


def _reported(imported: Imported, dry_run: bool) -> bool:
    """Print what became of one source, and return whether nothing is left to fix."""
    verb = "would write" if dry_run else "wrote"
    noun = "field" if imported.fields == 1 else "fields"
    click.echo(
        f"{verb} {imported.path}: {imported.model}, {imported.fields} {noun}, from {imported.origin}",
        err=dry_run,
    )
    for note in imported.notes:
        click.echo(f"  {note}", err=dry_run)
    settled = imported.settled
    for problem in settled.problems:
        place = f"{problem.file}:{problem.line}:{problem.column}"
        click.echo(f"{place}: error[{problem.rule}]: {problem.message}", err=True)
    if settled.difference:
        click.echo(
            f"{imported.path}: error: it builds another mapping than it was made from: {settled.difference}",
            err=True,
        )
    return not (settled.problems or settled.difference)
