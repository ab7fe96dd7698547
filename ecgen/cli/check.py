"""`ecgen check`."""

from __future__ import annotations

import gc
from typing import Any

import click

from ecgen.building import Build, BuildError
from ecgen.diagnostics.problems import has_errors

from .options import configuration, project_options
from .output import counted, number, refuse, show


@click.command()
@project_options
@click.option("--strict", is_flag=True, help="Let warnings fail the run as well.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How problems are printed.",
)
@click.pass_context
def check(context: click.Context, /, strict: bool, form: Any, **options: Any) -> None:
    """Do all that build does without writing: report errors, warnings, and output that is stale or edited."""
    gc.disable()  # as in a build; many problems would trigger many collections
    try:
        loaded, problems = Build(configuration(**options)).examine()
    except BuildError as error:
        context.exit(refuse(str(error), error.code))
    show(loaded, problems, form)
    if form == "text" and problems:
        click.echo(counted(problems))
    elif form == "text" and loaded.project is not None:
        models, files = len(loaded.project.models), len(loaded.found.contents)
        click.echo(f"OK: {number(models, 'model')} in {number(files, 'file')}, output up to date")
    context.exit(1 if has_errors(problems) or (strict and problems) else 0)
