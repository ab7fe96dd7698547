"""`ecgen migrations`."""

from __future__ import annotations

import click

from . import cluster_options


@click.command()
@cluster_options.url
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@click.pass_context
def migrations(context: click.Context, url: str, form: str) -> None:
    """Show the migrations of a cluster: those under way, those done, and the indices that were kept."""
    from ecgen.live.migrate import commands

    context.exit(commands.migrations(url, form))
