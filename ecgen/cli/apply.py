"""`ecgen apply`."""

from __future__ import annotations

from pathlib import Path

import click

from . import cluster_options


@click.command()
@click.argument("plan", required=False, type=cluster_options.PATH)
@click.option(
    "--schemas",
    multiple=True,
    type=cluster_options.PATH,
    metavar="DIR",
    help="Without PLAN: the folder of the definitions; may be repeated.",
)
@cluster_options.url
@cluster_options.prefix
@cluster_options.models
@cluster_options.manner
@click.option(
    "--until",
    type=click.Choice(["copied"]),
    help="Stop before the cut-over; a later apply does it.",
)
@cluster_options.planning
@click.pass_context
def apply(
    context: click.Context,
    /,
    plan: Path | None,
    schemas: tuple[Path, ...],
    url: str,
    prefix: str,
    models: tuple[str, ...],
    yes: bool,
    max_pause: float,
    rate: float | None,
    until: str | None,
    **allowed: bool,
) -> None:
    """Carry out PLAN, a file written by 'ecgen plan --out'; without one, plan, show and ask.

    An interrupted run is resumed. Exit code 0 if everything is done, 1 if not, 2 for wrong usage.
    """
    from ecgen.live.migrate import commands
    from ecgen.live.migrate.planning import Options

    if plan is not None and (schemas or any(allowed.values())):
        raise click.UsageError(
            "a plan says itself what is to be done; give its options to 'ecgen plan'"
        )
    way = commands.Way(yes, max_pause, rate, until == "copied")
    context.exit(commands.apply(plan, schemas, url, prefix, models, Options(**allowed), way))
