"""`ecgen build`."""

from __future__ import annotations

import gc
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
@click.option("--diff", is_flag=True, help="Write nothing; print what would change as a patch.")
@click.option("--watch", is_flag=True, help="Build again after every save; needs ecgen-es[watch].")
@click.pass_context
def build(
    context: click.Context, /, force: bool, quiet: bool, watch: bool, diff: bool, **options: Any
) -> None:
    """Write the Python models and mapping JSON of the definitions in SCHEMAS."""
    if watch and diff:
        raise click.UsageError("--diff writes nothing, so there is nothing to --watch for")
    settings = configuration(**options)
    if watch:
        context.exit(_watch(settings, force))
    gc.disable()  # the process ends with the build, which makes hardly any reference cycles
    from ecgen.building import Build

    code = run(Build(settings), force, quiet, diff)
    gc.freeze()  # avoids a collection at exit
    context.exit(code)


def _watch(settings: Configuration, force: bool) -> int:
    from ecgen.building import Build

    from .watch import watch

    build = Build(settings, repeated=True)
    return watch(settings, lambda: run(build, force, quiet=True))


def run(build: Build, force: bool = False, quiet: bool = False, diff: bool = False) -> int:
    """Build, print what was done, print problems to stderr, and return the exit code.

    With `diff`, write nothing, and print the changes as a patch.
    """
    from ecgen.building import BuildError

    from .output import counted, number, place, refuse, show

    try:
        built = build.plan(force) if diff else build.run(force)
    except BuildError as error:
        return refuse(
            f"{error}; nothing was written" if error.code == 1 else str(error), error.code
        )
    loaded = built.loaded
    if loaded is not None:
        show(loaded, loaded.errors, err=True)
        if built.plans is None:
            click.echo(f"{counted(loaded.errors)}; nothing was written", err=True)
            return 1
    outcome = built.outcome
    if outcome.warnings and not quiet:
        click.echo(
            f"{number(outcome.warnings, 'warning')} in {number(outcome.warned, 'file')}; 'ecgen check' shows them",
            err=True,
        )
    if diff:
        from ecgen.output.patch import patch

        click.echo("".join(map(patch, built.plans or ())), nl=False)
    if built.conflicts:
        for path, conflict in built.conflicts:
            click.echo(f"{place(path)}: {conflict.reason}", err=True)
        what = "move what is yours elsewhere, or run 'ecgen build --force' to lose it"
        if any(not each.forcible for _, each in built.conflicts):
            what = "move these files or folders, then run 'ecgen build' again"
        click.echo(f"nothing was written; {what}", err=True)
        return 1
    if not quiet and not diff:
        _report(built)
    return 0


def _report(built: Built) -> None:
    from .output import number, place

    plans, loaded = built.plans or (), built.loaded
    if all(plan.is_empty for plan in plans) or loaded is None or loaded.project is None:
        files = sum(plan.unchanged for plan in plans) if plans else built.outcome.files
        click.echo(f"nothing to do: {number(files, 'file')} up to date")
        return
    models = number(len(loaded.project.models), "model")
    for plan in plans:
        for path in plan.changed:
            done = "removed" if path in plan.remove else "wrote"
            click.echo(f"{done} {place(plan.out / path)}")
        written = sum(path in plan.write for path in plan.changed)
        parts = [f"{number(written, 'file')} written"]
        if plan.remove:
            parts.append(f"{len(plan.remove)} removed")
        if plan.unchanged:
            parts.append(f"{plan.unchanged} up to date")
        click.echo(f"{models} in {place(plan.out)}: {', '.join(parts)}")
