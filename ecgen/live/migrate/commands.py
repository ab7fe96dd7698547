"""What the commands do: plan, apply, migrations, abort, rollback, clean. Each returns the exit code."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ecgen.diagnostics.problems import visible
from ecgen.importer.source import AdoptionError

from ..defined import UnusableDefinitionsError, read_definitions
from . import undoing
from .applying import Result, all_entries, apply_model, go_on, sort_out, under_way
from .asking import MigrationError, Steps
from .copy_job import Manner
from .driving import Driver, connect
from .lease import SECONDS, Lease
from .plan_file import ModelPlan, Plan, load
from .planning import Options, make_plan, read_cluster
from .reporting import Reporter
from .showing import as_markdown, as_text, model_as_text, size, summary
from .watchdog import Watchdog

Run = Callable[["Session"], int]


@dataclass(frozen=True, slots=True)
class Session:
    """A connection to a cluster, and who asks."""

    url: str
    driver: Driver
    reporter: Reporter
    owner: str


@contextmanager
def _session(url: str) -> Iterator[Session]:
    reporter = Reporter()
    watchdog = Watchdog(url)
    driver = connect(url, tell=reporter, guard=watchdog)
    owner = f"{socket.gethostname()}, process {os.getpid()}"
    try:
        yield Session(url, driver, reporter, owner)
    finally:
        watchdog.close()
        driver.close()


def _guarded(url: str, run: Run) -> int:
    """Run a command, and say what went wrong in one line."""
    try:
        with _session(url) as session:
            return run(session)
    except UnusableDefinitionsError as error:
        click.echo(error.problems, nl=False, err=True)
        return _refuse(str(error), error.code)
    except AdoptionError as error:
        return _refuse(str(error), 1)
    except MigrationError as error:
        return _refuse(visible(str(error)), 1)
    except KeyboardInterrupt:
        return _refuse("interrupted; 'ecgen apply' goes on, 'ecgen abort' undoes it", 1)


def _refuse(message: str, code: int) -> int:
    click.echo(f"error: {message}", err=True)
    return code


def plan(
    schemas: Sequence[Path],
    url: str,
    prefix: str,
    models: Sequence[str],
    out: Path | None,
    form: str,
    options: Options,
) -> int:
    """Show what `apply` would do: 0 where there is nothing to do, 1 otherwise."""

    def run(session: Session) -> int:
        found = _plan(session, schemas, prefix, models, options)
        shown = {"text": as_text, "markdown": as_markdown, "json": Plan.as_json}[form](found)
        click.echo(shown, nl=False)
        if out is not None:
            out.write_text(found.as_json(), encoding="utf-8")
        return 0 if found.is_in_step else 1

    return _guarded(url, run)


def _plan(
    session: Session,
    schemas: Sequence[Path],
    prefix: str,
    models: Sequence[str],
    options: Options,
) -> Plan:
    project, _ = read_definitions(schemas)
    unknown = sorted(set(models) - {model.name for model in project.models})
    if unknown:
        raise UnusableDefinitionsError(f"there is no model {unknown[0]}", 2)
    return session.driver.run(make_plan(project, prefix, options, models))


@dataclass(frozen=True, slots=True)
class Way:
    """How to apply."""

    yes: bool = False
    max_pause: float = 10.0
    rate: float | None = None
    until_copied: bool = False
    seconds: float = SECONDS
    """How long another run may be silent before it is taken to be dead."""


def apply(
    file: Path | None,
    schemas: Sequence[Path],
    url: str,
    prefix: str,
    models: Sequence[str],
    options: Options,
    way: Way,
) -> int:
    """Carry a plan out; without a file go on with what is under way, plan, show, ask, and apply."""

    def run(session: Session) -> int:
        manner = _manner(session, way)
        if file is not None:
            return _apply_plan(session, load(_text_of(file)), models, manner, way)
        resumed = _resume(session, schemas, prefix, models, manner, way)
        found = _plan(session, schemas, prefix, models, options)
        if found.is_in_step:
            click.echo(summary(found))
            return 0
        click.echo(as_text(found), nl=False)
        if found.refused and len(found.refused) == sum(
            not each.is_in_step for each in found.models
        ):
            return 1
        if not resumed and not _agreed(way, "Apply this plan?"):
            return 1
        return _apply_plan(
            session, found, [m.model for m in found.models if not m.refused], manner, way
        )

    return _guarded(url, run)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise UnusableDefinitionsError(f"{file} cannot be read: {error}", 2) from None


def _manner(session: Session, way: Way) -> Manner:
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


def _agreed(way: Way, question: str) -> bool:
    if way.yes:
        return True
    if not sys.stdin.isatty():
        click.echo("error: nobody is there to ask; give --yes", err=True)
        return False
    return click.confirm(question)


def _resume(
    session: Session,
    schemas: Sequence[Path],
    prefix: str,
    models: Sequence[str],
    manner: Manner,
    way: Way,
) -> bool:
    """Go on with what is under way of the chosen models; whether there was anything."""
    project, _ = read_definitions(schemas)
    names = [prefix + model.index for model in project.models if not models or model.name in models]
    entries = session.driver.run(under_way(names))
    for entry in entries:
        lease = Lease(entry["name"], session.owner, way.seconds)

        def steps(lease: Lease = lease) -> Steps[Result | None]:
            yield from lease.acquire()
            return (yield from go_on(lease, manner)) if lease.job else None

        session.reporter.begin(f"{entry['name']}: going on ({entry.get('phase')})", 0)
        result = session.driver.run(steps())
        if result is not None:
            _tell(session, result)
    return bool(entries)


def _apply_plan(
    session: Session, found: Plan, models: Sequence[str], manner: Manner, way: Way
) -> int:
    cluster = session.driver.run(read_cluster())
    if found.cluster["uuid"] != cluster.uuid:
        raise MigrationError(
            f"the plan was made for the cluster {found.cluster['name']} ({found.cluster['uuid']}), and this is "
            f"{cluster.name} ({cluster.uuid})"
        )
    todo = session.driver.run(sort_out(found, models))
    for each in todo.done:
        click.echo(f"{each.model}: done already")
    left: list[ModelPlan] = [*todo.begun, *todo.fresh]
    if not left:
        click.echo("nothing to do")
        return 0
    complete = True
    for each in left:
        session.reporter.begin(f"{each.model}: {each.index or each.name}", each.documents)
        result = session.driver.run(apply_model(each, found.id, session.owner, manner, way.seconds))
        complete &= _tell(session, result)
    return 0 if complete or way.until_copied else 1


def _tell(session: Session, result: Result) -> bool:
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


def migrations(url: str, form: str) -> int:
    """Say what is under way, what was done, and what is kept."""

    def run(session: Session) -> int:
        going = session.driver.run(under_way())
        history = session.driver.run(all_entries("history"))
        kept = session.driver.run(undoing.kept_indices())
        if form == "json":
            content = {"under_way": going, "history": history, "kept": kept}
            click.echo(json.dumps(content, indent=2))
            return 0
        for each in going:
            copied = sum(max(0, at + 1) for at in (each.get("cursors") or {}).values())
            click.echo(
                f"under way: {each['name']}, phase {each.get('phase')}, {copied:,} operations copied, by {each.get('owner')}"
            )
        for each in history:
            click.echo(visible(_history_line(each)))
        for each in kept:
            click.echo(
                f"kept: {each['index']} ({each['documents']:,} documents, {size(each['bytes'])}) since {each['since']}"
            )
        if not (going or history or kept):
            click.echo("no migrations")
        return 0

    return _guarded(url, run)


def _history_line(entry: dict[str, Any]) -> str:
    what = (
        f"{entry.get('old')} → {entry.get('new')}"
        if entry.get("new")
        else ", ".join(entry.get("steps") or [])
    )
    pause = f", pause {entry['pause']:.2f} s" if entry.get("pause") is not None else ""
    return f"{entry.get('ended')}  {entry['name']}: {entry.get('what')} {entry.get('outcome')}: {what}{pause}"


def abort(url: str, models: Sequence[str], prefix: str) -> int:
    """Undo what is under way, of all names or of one."""

    def run(session: Session) -> int:
        entries = session.driver.run(under_way())
        chosen = [each for each in entries if _is_chosen(each, models, prefix)]
        if not chosen:
            click.echo("nothing is under way")
            return 0
        for each in chosen:
            outcome = session.driver.run(undoing.abort_name(each["name"], session.owner, SECONDS))
            click.echo(f"{each['name']}: {outcome or 'nothing is under way'}")
        return 0

    return _guarded(url, run)


def _is_chosen(entry: dict[str, Any], models: Sequence[str], prefix: str) -> bool:
    """Whether a lease or a line of history is of one of the models, or all are meant; never of another prefix."""
    name = entry["name"]
    model = entry.get("model") or (entry.get("job") or {}).get("model")
    named = {*models, *(prefix + each for each in models)}
    return name.startswith(prefix) and (not models or name in named or model in models)


def rollback(url: str, model: str, prefix: str, way: Way) -> int:
    """Copy back into an index as the kept one is."""

    def run(session: Session) -> int:
        history = session.driver.run(all_entries("history"))
        names = sorted({each["name"] for each in history if _is_chosen(each, [model], prefix)})
        if len(names) != 1:
            several = (
                f"several indices are of it: {', '.join(names)}; name one"
                if names
                else "no migration of it is noted"
            )
            raise MigrationError(f"{model}: {several}")
        found = session.driver.run(undoing.plan_rollback(names[0]))
        click.echo(model_as_text(found), nl=False)
        if found.refused or not _agreed(way, "Roll back?"):
            return 1
        session.reporter.begin(f"{found.model}: {found.index}", found.documents)
        manner = _manner(session, way)
        identity = undoing.rollback_id(found)
        result = session.driver.run(
            apply_model(found, identity, session.owner, manner, way.seconds)
        )
        return 0 if _tell(session, result) else 1

    return _guarded(url, run)


def clean(url: str, models: Sequence[str], prefix: str, yes: bool) -> int:
    """Remove kept indices."""

    def run(session: Session) -> int:
        kept = [
            each
            for each in session.driver.run(undoing.kept_indices())
            if _is_chosen(each, models, prefix)
        ]
        if not kept:
            click.echo("nothing is kept")
            return 0
        for each in kept:
            click.echo(
                f"{each['index']}: {each['documents']:,} documents, {size(each['bytes'])}, kept since {each['since']}"
            )
        if not _agreed(Way(yes=yes), "Delete them?"):
            return 1
        for each in kept:
            session.driver.run(undoing.delete_kept(each["index"]))
            click.echo(f"deleted {each['index']}")
        return 0

    return _guarded(url, run)
