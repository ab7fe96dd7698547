"""`ecgen import`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click


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
    from ecgen.importer.importing import Request, run

    request = Request(tuple(files), url, indices, sample, modules, out, dry_run)
    context.exit(run(request))
