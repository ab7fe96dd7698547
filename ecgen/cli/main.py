"""The command line: arguments, printing, exit codes. 0 fine, 1 problems found, 2 wrong usage.

What a command needs is imported inside it, so that `--help` and `--version` answer at once.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import click

from ecgen import __version__

if TYPE_CHECKING:
    from ecgen.config import Configuration

_Command = TypeVar("_Command", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)


class _Commands(click.Group):
    """A group some of whose commands stand in modules of their own, which are imported when asked for."""

    elsewhere: ClassVar[dict[str, str]] = {
        "abort": "ecgen.cli.abort:abort",
        "apply": "ecgen.cli.apply:apply",
        "clean": "ecgen.cli.clean:clean",
        "docs": "ecgen.cli.docs:docs",
        "import": "ecgen.cli.import_:import_",
        "init": "ecgen.cli.init:init",
        "migrations": "ecgen.cli.migrations:migrations",
        "plan": "ecgen.cli.plan:plan",
        "rollback": "ecgen.cli.rollback:rollback",
        "schema": "ecgen.cli.schema:schema",
        "status": "ecgen.cli.status:status",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.elsewhere})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module, _, function = self.elsewhere.get(cmd_name, "").partition(":")
        if not module:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(importlib.import_module(module), function)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="ecgen %(version)s")
def main() -> None:
    """Elasticsearch models from YAML: Python classes, mapping JSON, and what a change to them means.

    Defaults come from [tool.ecgen] in pyproject.toml.
    """


def _project_options(command: _Command) -> _Command:
    """The options that say what to work on; the same for build and check."""
    for decorator in (
        click.option(
            "--io",
            type=click.Choice(["sync", "async"]),
            help="Whether the models block or are awaited; default: sync.",
        ),
        click.option(
            "--templates",
            type=_PATH,
            metavar="DIR",
            help="Templates that replace bundled ones, by name.",
        ),
        click.option(
            "--package",
            metavar="NAME",
            help="Name of the generated package; default: as DIR is called.",
        ),
        click.option(
            "--out",
            type=_PATH,
            metavar="DIR",
            help="Where the package is written; default: generated.",
        ),
        click.argument("schemas", nargs=-1, type=_PATH),
    ):
        command = decorator(command)
    return command


@main.command()
@_project_options
@click.option(
    "--force", is_flag=True, help="Overwrite or remove files that people wrote or edited."
)
@click.option("--quiet", "-q", is_flag=True, help="Print problems only.")
@click.option("--watch", is_flag=True, help="Build again after every save; needs ecgen-es[watch].")
@click.pass_context
def build(context: click.Context, /, force: bool, quiet: bool, watch: bool, **options: Any) -> None:
    """Write the Python models and mapping JSON of the definitions in SCHEMAS."""
    if watch:
        from .watch import watch as keep_building

        context.exit(keep_building(_configuration(**options), force=force))
    gc.disable()  # the process ends with the build, which makes next to no cycles
    from . import building

    code = building.build(_configuration(**options), force=force, quiet=quiet)
    gc.freeze()  # or Python would look through it all once more when it ends
    context.exit(code)


@main.command()
@_project_options
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
    """Do all that build does, without writing: definitions, lints, and output that is stale or edited."""
    from . import building

    context.exit(building.check(_configuration(**options), strict=strict, form=form))


@main.command()
@click.argument("rule", required=False)
@click.pass_context
def explain(context: click.Context, /, rule: str | None) -> None:
    """Say what the rule RULE is about, and what to do; without RULE, list all rules."""
    from . import explain as explaining

    context.exit(explaining.explain(rule))


@main.command()
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option(
    "--merge-base",
    metavar="REVISION",
    help="Compare the working tree with where this branch began from REVISION; short for REVISION...",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How the changes are printed.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["reindex", "breaking", "any", "none"]),
    default="none",
    show_default=True,
    help="Which changes give exit code 1.",
)
@click.pass_context
def diff(
    context: click.Context,
    /,
    old: str | None,
    new: str | None,
    form: Any,
    fail_on: Any,
    merge_base: str | None,
) -> None:
    """Say what changed from OLD to NEW, what the server will do with it, and what you must do.

    OLD and NEW are a git revision, a directory of definitions, or a directory of mapping JSON; NEW defaults to the
    working tree. A...B compares B with where it branched off from A, A... the working tree with where this branch did.
    """
    from .diff import diff

    if (old is None) == (merge_base is None):
        raise click.UsageError("give either OLD or --merge-base REVISION")
    context.exit(
        diff(old or "", new, _configuration(), form=form, fail_on=fail_on, merge_base=merge_base)
    )


def _configuration(**options: Any) -> Configuration:
    """The project's configuration with what the command line says instead.

    Ends the program with exit code 2 where there is something wrong with it.
    """
    from ecgen import config as configuration

    try:
        return configuration.read(Path.cwd()).overridden(**options)
    except configuration.ConfigurationError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
