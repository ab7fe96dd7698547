"""`ecgen abort`."""

from __future__ import annotations

import click

from ecgen.live.migrate.applying import under_way
from ecgen.live.migrate.lease import SECONDS
from ecgen.live.migrate.undoing import abort_name, belonging

from . import cluster_options
from .cluster_session import Session, in_session
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

    def run(session: Session) -> int:
        chosen = belonging(session.driver.run(under_way()), models, prefix)
        if not chosen:
            click.echo("nothing is under way")
        for each in chosen:
            outcome = session.driver.run(abort_name(each["name"], session.owner, SECONDS))
            click.echo(f"{each['name']}: {outcome or 'nothing is under way'}")
        return 0

    context.exit(in_session(url, run))
