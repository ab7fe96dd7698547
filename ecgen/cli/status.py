"""`ecgen status`: arguments. What it does stands in `status`, and is loaded when it is asked for."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("schemas", nargs=-1, type=click.Path(path_type=Path), metavar="[SCHEMAS]...")
@click.option(
    "--url",
    required=True,
    envvar="ELASTICSEARCH_URL",
    metavar="URL",
    help="The cluster; also from ELASTICSEARCH_URL. Credentials come from ELASTICSEARCH_API_KEY, or "
    "ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD; ELASTICSEARCH_CA_CERTS names certificates to trust.",
)
@click.option(
    "--prefix", default="", metavar="TEXT", help="What stands before the index names there."
)
@click.option(
    "--index",
    "indices",
    multiple=True,
    metavar="NAME",
    help="Look for indices without a model under these names or patterns only; may be repeated.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A table, or JSON for monitors.",
)
@click.pass_context
def status(
    context: click.Context,
    schemas: tuple[Path, ...],
    url: str,
    prefix: str,
    indices: tuple[str, ...],
    form: str,
) -> None:
    """Compare a live cluster with the definitions in SCHEMAS.

    Exit code 0 where everything is in step, 1 where anything is not or the cluster does not answer, 2 for wrong usage.
    """
    from ecgen.live.status import run

    context.exit(run(schemas, url, prefix, indices, form))
