"""The command line. Exit codes: 0 OK, 1 problems found, 2 wrong usage.

Each command is imported on use, which keeps `--help` and `--version` fast.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import NamedTuple

import click

from ecgen import __version__

from .terminal import has_colour


class _Verb(NamedTuple):
    module: str
    """The module in this package, and the name of the command in it."""
    summary: str
    """The line in `ecgen --help`, which therefore imports no command."""


_VERBS = {
    "abort": _Verb("abort", "Undo a migration that is under way."),
    "apply": _Verb("apply", "Migrate indices as a plan says; nothing written is lost."),
    "build": _Verb("build", "Write Python models and mapping JSON."),
    "check": _Verb("check", "Report problems, warnings and stale output; write nothing."),
    "clean": _Verb("clean", "Delete the indices that migrations kept."),
    "diff": _Verb("diff", "Show what changed, and what the server and you have to do."),
    "docs": _Verb("docs", "Write pages that document the models."),
    "explain": _Verb("explain", "Print the page of a rule, or list all rules."),
    "import": _Verb("import_", "Write definitions of existing mappings or Python classes."),
    "init": _Verb("init", "Set up ecgen in a folder."),
    "migrations": _Verb("migrations", "Show the migrations of a cluster."),
    "plan": _Verb("plan", "Show what would bring a live cluster in step; change nothing."),
    "rollback": _Verb("rollback", "Migrate a model back to its previous index."),
    "schema": _Verb("schema", "Print the JSON Schema of definitions for editors."),
    "status": _Verb("status", "Compare a live cluster with the definitions."),
}


class _Commands(click.Group):
    """Imports the module of a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = _VERBS.get(cmd_name)
        if verb is None:
            return None
        module = importlib.import_module(f"ecgen.cli.{verb.module}")
        command: click.Command = getattr(module, verb.module)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _VERBS[name].summary) for name in sorted(_VERBS)])


def _client_version() -> str:
    """Return the client's version from its file; importing importlib.metadata or the client would take most of the time."""
    from importlib.util import find_spec

    spec = find_spec("elasticsearch")
    folders = spec.submodule_search_locations if spec is not None else None
    for folder in folders or ():
        with open(os.path.join(folder, "_version.py"), encoding="utf-8") as file:
            text = file.read()
        return text.partition('__versionstr__ = "')[2].partition('"')[0]
    return "not installed"


def _print_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    python = ".".join(map(str, sys.version_info[:3]))
    client = _client_version()
    click.echo(f"ecgen {__version__} (Python {python}, elasticsearch {client})")
    context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of ecgen, Python and the Elasticsearch client, and exit.",
)
@click.pass_context
def main(context: click.Context) -> None:
    """Elasticsearch models from YAML: Python classes, mapping JSON, and what a change to them means.

    Defaults come from [tool.ecgen] in pyproject.toml.
    """
    context.color = has_colour(sys.stdout)
