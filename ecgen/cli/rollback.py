"""`ecgen rollback`."""

from __future__ import annotations

import click

from . import cluster_options
from .terminal import model_names


@click.command()
@click.argument("model", shell_complete=model_names)
@cluster_options.url
@cluster_options.prefix
@cluster_options.manner
@click.pass_context
def rollback(
    context: click.Context,
    model: str,
    url: str,
    prefix: str,
    yes: bool,
    max_pause: float,
    rate: float | None,
) -> None:
    """Migrate MODEL back to the state of its index before the migration, with everything written since."""
    from ecgen.live.migrate import commands

    context.exit(commands.rollback(url, model, prefix, commands.Way(yes, max_pause, rate)))
