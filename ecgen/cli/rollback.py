"""`ecgen rollback`."""

from __future__ import annotations

import click

from ecgen.live.migrate.applying import all_entries, apply_model, under_way
from ecgen.live.migrate.asking import MigrationError
from ecgen.live.migrate.showing import model_as_text
from ecgen.live.migrate.undoing import belonging, plan_rollback, rollback_id

from . import cluster_options
from .cluster_session import Session, Way, agreed, go_on_with, in_session, manner_of, report
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
    way = Way(yes, max_pause, rate)

    def run(session: Session) -> int:
        history = belonging(session.driver.run(all_entries("history")), [model], prefix)
        if not history:
            raise MigrationError(f"{model}: no migration of it is noted")
        name = history[0]["name"]
        manner = manner_of(session, way)
        for each in session.driver.run(under_way([name])):
            if each["job"].get("kind") == "rollback":  # one that was interrupted
                return 0 if go_on_with(session, each, manner, way) else 1
        found = session.driver.run(plan_rollback(name))
        click.echo(model_as_text(found), nl=False)
        if found.refused or not agreed(yes, "Roll back?"):
            return 1
        session.reporter.begin(f"{found.model}: {found.index}", found.documents)
        result = session.driver.run(
            apply_model(found, rollback_id(found), session.owner, manner, way.seconds)
        )
        return 0 if report(session, result) else 1

    context.exit(in_session(url, run))
