"""`ecgen build`."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import configuration, project_options

if TYPE_CHECKING:
    from ecgen.building import Build, Built
    from ecgen.config import Configuration


@click.command()
@project_options
@click.option(
    "--force", is_flag=True, help="Overwrite or remove files that people wrote or edited."
)
@click.option("--quiet", "-q", is_flag=True, help="Print problems only.")
@click.option("--watch", is_flag=True, help="Build again after every save; needs ecgen-es[watch].")
@click.pass_context
def build(context: click.Context, /, force: bool, quiet: bool, watch: bool, **options: Any) -> None:
    """Write the Python models and mapping JSON of the definitions in SCHEMAS."""
    settings = configuration(**options)
    if watch:
        context.exit(_watch(settings, force))
    gc.disable()  # the process ends with the build, which makes next to no cycles
    from ecgen.building import Build

    code = run(Build(settings), settings.out, force, quiet)
    gc.freeze()  # or Python would look through it all once more when it ends
    context.exit(code)


def _watch(settings: Configuration, force: bool) -> int:
    from ecgen.building import Build

    from .watch import watch

    build = Build(settings, repeated=True)
    return watch(settings, lambda: run(build, settings.out, force, quiet=True))


def run(build: Build, out: Path, force: bool = False, quiet: bool = False) -> int:
    """Build, print what was done, and problems to stderr. Return the exit code."""
    from ecgen.building import BuildError

    from .output import counted, number, place, refuse, show

    try:
        built = build.run(force)
    except BuildError as error:
        return refuse(
            f"{error}; nothing was written" if error.code == 1 else str(error), error.code
        )
    loaded, plan = built.loaded, built.plan
    if loaded is not None:
        show(loaded, loaded.errors, err=True)
        if plan is None:
            click.echo(f"{counted(loaded.errors)}; nothing was written", err=True)
            return 1
    outcome = built.outcome
    if outcome.warnings and not quiet:
        click.echo(
            f"{number(outcome.warnings, 'warning')} in {number(outcome.warned, 'file')}; 'ecgen check' shows them",
            err=True,
        )
    if plan is not None and plan.conflicts:
        for conflict in plan.conflicts:
            click.echo(f"{place(out / conflict.path)}: {conflict.reason}", err=True)
        what = "move what is yours elsewhere, or run 'ecgen build --force' to lose it"
        if any(not each.forcible for each in plan.conflicts):
            what = "move these files or folders, then run 'ecgen build' again"
        click.echo(f"nothing was written; {what}", err=True)
        return 1
    if not quiet:
        _report(built, out)
    return 0


def _report(built: Built, out: Path) -> None:
    from .output import number, place

    plan, loaded = built.plan, built.loaded
    if plan is None or plan.is_empty or loaded is None or loaded.project is None:
        files = built.outcome.files if plan is None else plan.unchanged
        click.echo(f"nothing to do: {number(files, 'file')} up to date")
        return
    for path in plan.changed:
        click.echo(f"{'removed' if path in plan.remove else 'wrote'} {place(out / path)}")
    parts = [f"{number(sum(path in plan.write for path in plan.changed), 'file')} written"]
    if plan.remove:
        parts.append(f"{len(plan.remove)} removed")
    if plan.unchanged:
        parts.append(f"{plan.unchanged} up to date")
    models = number(len(loaded.project.models), "model")
    click.echo(f"{models} in {place(out)}: {', '.join(parts)}")
