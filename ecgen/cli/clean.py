"""`ecgen clean`."""

from __future__ import annotations

import click

from . import cluster_options
from .terminal import model_names


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...", shell_complete=model_names)
@cluster_options.url
@cluster_options.prefix
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def clean(
    context: click.Context, models: tuple[str, ...], url: str, prefix: str, yes: bool
) -> None:
    """Delete the indices that migrations kept."""
    from ecgen.live.migrate import commands

    context.exit(commands.clean(url, models, prefix, yes))
