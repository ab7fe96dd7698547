"""`ecgen docs`: arguments and printing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import click

_PATH = click.Path(path_type=Path)
Form = Literal["html", "markdown"]


@click.command()
@click.argument("schemas", nargs=-1, type=_PATH)
@click.option(
    "--out",
    type=_PATH,
    metavar="DIR",
    help="Where the pages are written; default: site for HTML, docs/models for Markdown.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "markdown"]),
    default="html",
    show_default=True,
    help="A site to open in a browser, or pages for a repository.",
)
@click.option("--title", metavar="TEXT", help="Name of the whole; default: the package's.")
@click.option("--package", metavar="NAME", help="Name of the generated package.")
@click.option(
    "--force", is_flag=True, help="Overwrite or remove pages that people wrote or edited."
)
@click.option("--quiet", "-q", is_flag=True, help="Print problems only.")
@click.pass_context
def docs(
    context: click.Context,
    /,
    schemas: tuple[Path, ...],
    package: str | None,
    form: Form,
    **options: Any,
) -> None:
    """Write pages that document the models in SCHEMAS, for people who use them.

    The HTML site is one folder: it needs no server and no network, index.html opens from disk.
    """
    from ecgen import config as configuration

    try:
        settings = configuration.read(Path.cwd()).overridden(schemas=schemas, package=package)
    except configuration.ConfigurationError as error:
        click.echo(f"error: {error}", err=True)
        context.exit(2)
    context.exit(_docs(settings, form=form, **options))


def _docs(
    settings: Any, form: Form, out: Path | None, title: str | None, force: bool, quiet: bool
) -> int:
    from ecgen.definitions import discover as sources
    from ecgen.diagnostics import formats
    from ecgen.output import write
    from ecgen.pipeline import load_project

    out = out or (Path("site") if form == "html" else Path("docs") / "models")
    try:
        found = sources.read(settings.schemas)
        write.check_folder(out, settings.schemas)
    except FileNotFoundError as error:
        return _refuse(
            f"there is no {error}; name the folder of the definitions, as in 'ecgen docs schemas/'"
        )
    except write.RefusedFolder as error:
        return _refuse(str(error))
    if not found.contents and not found.problems:
        return _refuse(
            f"there are no definitions (*.yaml) in {', '.join(map(str, settings.schemas))}"
        )
    project, problems = load_project(
        found.contents, found.labels, settings.package_name, settings.elasticsearch
    )
    problems = sorted([*found.problems, *problems])
    errors = [problem for problem in problems if problem.severity == "error"]
    if project is None or errors:
        # Warnings are for `ecgen check`: these pages are not about how the definitions are written.
        click.echo(formats.render(errors, "text", colour=sys.stderr.isatty()), nl=False, err=True)
        click.echo("nothing was written", err=True)
        return 1
    if form == "html":
        from ecgen.site.html import render
    else:
        from ecgen.site.markdown import render
    from ecgen.output.environment import TemplateProblem

    try:
        texts = render(project, title or settings.package_name, settings.templates)
    except TemplateProblem as problem:
        place = f"{Path(problem.file).as_posix()}:{problem.line}"
        click.echo(f"error: {place}: {problem}; nothing was written", err=True)
        return 1
    try:
        plan = write.apply(out, lambda: write.plan(out, texts, force))
    except OSError as error:
        click.echo(f"error: {out} cannot be written: {error}; it is as it was", err=True)
        return 1
    if plan.conflicts:
        for conflict in plan.conflicts:
            click.echo(f"{(out / conflict.path).as_posix()}: {conflict.reason}", err=True)
        click.echo(
            "nothing was written; move what is yours elsewhere, or run 'ecgen docs --force' to lose it",
            err=True,
        )
        return 1
    if not quiet:
        start = out / ("index.html" if form == "html" else "README.md")
        count = len(project.models)
        click.echo(
            f"{count} model{'' if count == 1 else 's'} documented, "
            f"{len(plan.changed)} of {len(texts)} files changed; start at {start.as_posix()}"
        )
    return 0


def _refuse(message: str) -> int:
    click.echo(f"error: {message}", err=True)
    return 2
