"""`ecgen apply`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ecgen.live.defined import UnusableDefinitionsError, read_definitions
from ecgen.live.migrate.applying import under_way
from ecgen.live.migrate.copy_job import Manner
from ecgen.live.migrate.plan_file import load
from ecgen.live.migrate.planning import Options
from ecgen.live.migrate.showing import as_text, summary

from . import cluster_options
from .cluster_session import (
    Session,
    Way,
    agreed,
    carry_out_plan,
    go_on_with,
    in_session,
    manner_of,
    planned,
)


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
    if plan is not None and (schemas or any(allowed.values())):
        raise click.UsageError(
            "a plan says itself what is to be done; give its options to 'ecgen plan'"
        )
    way = Way(yes, max_pause, rate, until == "copied")

    def run(session: Session) -> int:
        manner = manner_of(session, way)
        if plan is not None:
            return carry_out_plan(session, load(_text_of(plan)), models, manner, way)
        waiting = _resume(session, schemas, prefix, models, manner, way)
        found = planned(session, schemas, prefix, models, Options(**allowed))
        # What waits for its cut-over has a plan already.
        found.models = [each for each in found.models if each.name not in waiting]
        if not found.models:
            return 0
        if found.is_in_step:
            click.echo(summary(found))
            return 0
        click.echo(as_text(found), nl=False)
        possible = [each for each in found.models if not each.refused]
        if all(each.is_in_step for each in possible):
            return 1
        if not agreed(yes, "Apply this plan?"):
            return 1
        code = carry_out_plan(session, found, [each.model for each in possible], manner, way)
        return code or int(bool(found.refused))

    context.exit(in_session(url, run))


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise UnusableDefinitionsError(f"{file} cannot be read: {error}", 2) from None


def _resume(
    session: Session,
    schemas: Sequence[Path],
    prefix: str,
    models: Sequence[str],
    manner: Manner,
    way: Way,
) -> list[str]:
    """Resume the migrations under way of the chosen models; return the names of those that are copied and not swapped."""
    project, _ = read_definitions(schemas)
    names = [prefix + model.index for model in project.models if not models or model.name in models]
    entries = session.driver.run(under_way(names))
    return [each["name"] for each in entries if not go_on_with(session, each, manner, way)]
