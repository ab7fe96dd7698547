"""`ecgen clean`."""

from __future__ import annotations

import click

from ecgen.live.migrate.showing import kept_as_text
from ecgen.live.migrate.undoing import belonging, delete_kept, kept_indices

from . import cluster_options
from .cluster_session import Session, agreed, in_session
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

    def run(session: Session) -> int:
        kept = belonging(session.driver.run(kept_indices()), models, prefix)
        if not kept:
            click.echo("nothing is kept")
            return 0
        for each in kept:
            click.echo(kept_as_text(each))
        if not agreed(yes, "Delete them?"):
            return 1
        for each in kept:
            session.driver.run(delete_kept(each["index"]))
            click.echo(f"deleted {each['index']}")
        return 0

    context.exit(in_session(url, run))
