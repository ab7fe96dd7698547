"""`ecgen docs`."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any, Literal

import click

from ecgen.building import Build, BuildError
from ecgen.config import Configuration
from ecgen.output import write

from .options import PATH, configuration
from .output import number, place, refuse, show

Form = Literal["html", "markdown"]


@click.command()
@click.argument("schemas", nargs=-1, type=PATH)
@click.option(
    "--out",
    type=PATH,
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
    settings = configuration(schemas=schemas, package=package)
    gc.disable()  # as in a build: a quarter of the time of many pages
    context.exit(_docs(settings, form=form, **options))


def _docs(
    settings: Configuration,
    form: Form,
    out: Path | None,
    title: str | None,
    force: bool,
    quiet: bool,
) -> int:
    out = out or (Path("site") if form == "html" else Path("docs") / "models")
    try:
        loaded = Build(settings.overridden(out=out, package=settings.package_name)).load()
    except BuildError as error:
        return refuse(str(error), error.code)
    project = loaded.project
    if project is None:
        # Only errors: warnings are the business of `ecgen check`.
        show(loaded, loaded.errors, err=True)
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
        at = f"{place(Path(problem.file))}:{problem.line}"
        return refuse(f"{at}: {problem}; nothing was written", 1)
    try:
        plan = write.apply(out, lambda: write.plan(out, texts, force))
    except OSError as error:
        return refuse(f"{out} cannot be written: {error}; it is unchanged", 1)
    if plan.conflicts:
        for conflict in plan.conflicts:
            click.echo(f"{place(out / conflict.path)}: {conflict.reason}", err=True)
        click.echo(
            "nothing was written; move what is yours elsewhere, or run 'ecgen docs --force' to lose it",
            err=True,
        )
        return 1
    if not quiet:
        start = out / ("index.html" if form == "html" else "README.md")
        click.echo(
            f"{number(len(project.models), 'model')} documented, "
            f"{len(plan.changed)} of {len(texts)} files changed; start at {place(start)}"
        )
    return 0
