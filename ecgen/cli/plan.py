"""`ecgen plan`."""

from __future__ import annotations

from pathlib import Path

import click

from . import cluster_options


@click.command()
@click.argument("schemas", nargs=-1, type=cluster_options.PATH, metavar="[SCHEMAS]...")
@cluster_options.url
@cluster_options.prefix
@cluster_options.models
@click.option(
    "--out", type=cluster_options.PATH, metavar="FILE", help="Write the plan as JSON, for apply."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="For people, for a pull request, or for programs.",
)
@cluster_options.planning
@click.pass_context
def plan(
    context: click.Context,
    /,
    schemas: tuple[Path, ...],
    url: str,
    prefix: str,
    models: tuple[str, ...],
    out: Path | None,
    form: str,
    **allowed: bool,
) -> None:
    """Show what would bring a live cluster in step with the definitions in SCHEMAS, and change nothing.

    Exit code 0 if everything is in step, 1 if there is something to do, 2 for wrong usage.
    """
    from ecgen.live.migrate import commands
    from ecgen.live.migrate.planning import Options

    context.exit(commands.plan(schemas, url, prefix, models, out, form, Options(**allowed)))
