"""`ecgen migrations`."""

from __future__ import annotations

import json

import click

from ecgen.diagnostics.problems import visible
from ecgen.live.migrate.applying import all_entries, under_way
from ecgen.live.migrate.showing import history_as_text, kept_as_text, under_way_as_text
from ecgen.live.migrate.undoing import kept_indices

from . import cluster_options
from .cluster_session import Session, in_session


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

    def run(session: Session) -> int:
        going = session.driver.run(under_way())
        history = session.driver.run(all_entries("history"))
        kept = session.driver.run(kept_indices())
        if form == "json":
            content = {"under_way": going, "history": history, "kept": kept}
            click.echo(json.dumps(content, indent=2))
            return 0
        lines = [*map(under_way_as_text, going), *map(history_as_text, history)]
        lines += [f"kept: {kept_as_text(each)}" for each in kept]
        for line in lines or ["no migrations"]:
            click.echo(visible(line))
        return 0

    context.exit(in_session(url, run))
