"""`ecgen abort`."""

from __future__ import annotations

import click

from . import cluster_options
from .terminal import model_names


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...", shell_complete=model_names)
@cluster_options.url
@cluster_options.prefix
@click.pass_context
def abort(context: click.Context, models: tuple[str, ...], url: str, prefix: str) -> None:
    """Undo what 'ecgen apply' began, in any state: the old index is writable again, and nothing else remains.

    MODEL is a model or the name of its index. If the swap has happened already, it is completed instead.
    """
    from ecgen.live.migrate import commands

    context.exit(commands.abort(url, models, prefix))
