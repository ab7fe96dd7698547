"""Shared parts of the commands that change a cluster: connection, errors in one line, questions, results."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ecgen.diagnostics.command_error import CommandError
from ecgen.diagnostics.problems import visible
from ecgen.live.defined import UnusableDefinitionsError, read_definitions
from ecgen.live.migrate.applying import Result, apply_model, resume, sort_out
from ecgen.live.migrate.asking import MigrationError
from ecgen.live.migrate.copy_job import Manner
from ecgen.live.migrate.driving import Driver, connect
from ecgen.live.migrate.lease import SECONDS, Lease
from ecgen.live.migrate.plan_file import Plan
from ecgen.live.migrate.planning import Options, make_plan, read_cluster
from ecgen.live.migrate.watchdog import Watchdog

from .output import refuse
from .progress import Reporter


@dataclass(frozen=True, slots=True)
class Session:
    """A connection to a cluster, with its output and the name of this run."""

    driver: Driver
    reporter: Reporter
    owner: str


@dataclass(frozen=True, slots=True)
class Way:
    """The options of apply and rollback."""

    yes: bool = False
    max_pause: float = 10.0
    rate: float | None = None
    until_copied: bool = False
    seconds: float = SECONDS
    """Seconds without a sign of life after which another run counts as dead."""


@contextmanager
def _session(url: str) -> Iterator[Session]:
    reporter = Reporter()
    watchdog = Watchdog(url)
    driver = connect(url, tell=reporter, guard=watchdog)
    owner = f"{socket.gethostname()}, process {os.getpid()}"
    try:
        yield Session(driver, reporter, owner)
    finally:
        watchdog.close()
        driver.close()


def in_session(url: str, run: Callable[[Session], int]) -> int:
    """Run a command and return its exit code; an error is printed in one line."""
    try:
        with _session(url) as session:
            return run(session)
    except UnusableDefinitionsError as error:
        click.echo(error.problems, nl=False, err=True)
        return refuse(str(error), error.code)
    except CommandError as error:
        return refuse(str(error), 1)
    except MigrationError as error:
        return refuse(visible(str(error)), 1)
    except KeyboardInterrupt:
        return refuse("interrupted; 'ecgen apply' goes on, 'ecgen abort' undoes it", 1)


def agreed(yes: bool, question: str) -> bool:
    """Return whether to go on: `yes`, or the user's answer; False without a terminal."""
    if yes:
        return True
    if not sys.stdin.isatty():
        click.echo("error: nobody is there to ask; give --yes", err=True)
        return False
    return click.confirm(question)


def manner_of(session: Session, way: Way) -> Manner:
    """Return the options of copies on this cluster."""
    if way.max_pause >= 25:
        click.echo(
            f"warning: the runtime waits 30 s under a write block (write_pause); --max-pause {way.max_pause:g} leaves it "
            "little to try again",
            err=True,
        )
    cluster = session.driver.run(read_cluster())
    return Manner(
        max_pause=way.max_pause,
        rate=way.rate,
        until_copied=way.until_copied,
        whole=cluster.whole,
    )


def planned(
    session: Session,
    schemas: Sequence[Path],
    prefix: str,
    models: Sequence[str],
    options: Options,
) -> Plan:
    """Return the plan for the definitions.

    Raises:
        UnusableDefinitionsError: the definitions have problems, or a model is unknown.
    """
    project, _ = read_definitions(schemas)
    unknown = sorted(set(models) - {model.name for model in project.models})
    if unknown:
        raise UnusableDefinitionsError(f"there is no model {unknown[0]}", 2)
    return session.driver.run(make_plan(project, prefix, options, models))


def carry_out_plan(
    session: Session, plan: Plan, models: Sequence[str], manner: Manner, way: Way
) -> int:
    """Apply a plan, or its part for some models; return the exit code."""
    cluster = session.driver.run(read_cluster())
    if plan.cluster["uuid"] != cluster.uuid:
        raise MigrationError(
            f"the plan was made for the cluster {plan.cluster['name']} ({plan.cluster['uuid']}), and this is "
            f"{cluster.name} ({cluster.uuid})"
        )
    todo = session.driver.run(sort_out(plan, models))
    for each in todo.done:
        click.echo(f"{each.model}: done already")
    left = [*todo.begun, *todo.fresh]
    if not left:
        click.echo("nothing to do")
        return 0
    complete = True
    for each in left:
        session.reporter.begin(f"{each.model}: {each.index or each.name}", each.documents)
        result = session.driver.run(apply_model(each, plan.id, session.owner, manner, way.seconds))
        complete &= report(session, result)
    return 0 if complete or way.until_copied else 1


def go_on_with(session: Session, entry: Mapping[str, Any], manner: Manner, way: Way) -> bool:
    """Resume a migration under way, by its lease; return whether it is done, also if another run did it."""
    session.reporter.begin(f"{entry['name']}: going on ({entry.get('phase')})", 0)
    lease = Lease(entry["name"], session.owner, way.seconds)
    result = session.driver.run(resume(lease, manner))
    return result is None or report(session, result)


def report(session: Session, result: Result) -> bool:
    """Print the result of one model's plan; return whether it is done."""
    if result.outcome is None:
        session.reporter.line(f"  done: {result.name}")
    elif result.done:
        session.reporter.line(
            f"  done: {result.name}; {result.outcome.kept} is kept and write-blocked, 'ecgen clean' removes it"
        )
    else:
        session.reporter.line(
            f"  copied {result.outcome.copied:,} documents; 'ecgen apply' without --until catches up and swaps"
        )
    return result.done
