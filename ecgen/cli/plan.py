"""`ecgen plan`."""

from __future__ import annotations

from pathlib import Path

import click

from ecgen.live.migrate.plan_file import Plan
from ecgen.live.migrate.planning import Options
from ecgen.live.migrate.showing import as_markdown, as_text

from . import cluster_options
from .cluster_session import Session, in_session, planned
from .output import refuse

_FORMS = {"text": as_text, "markdown": as_markdown, "json": Plan.as_json}


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
    type=click.Choice(list(_FORMS)),
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

    def run(session: Session) -> int:
        found = planned(session, schemas, prefix, models, Options(**allowed))
        click.echo(_FORMS[form](found), nl=False)
        if out is not None:
            try:
                out.write_text(found.as_json(), encoding="utf-8")
            except OSError as error:
                return refuse(f"{out} cannot be written: {error}", 2)
        return 0 if found.is_in_step else 1

    context.exit(in_session(url, run))
