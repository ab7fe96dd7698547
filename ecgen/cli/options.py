"""Options shared by several commands, and the configuration that results from them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ecgen import config
from ecgen.config import Configuration

_Command = TypeVar("_Command", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)


def project_options(command: _Command) -> _Command:
    """Add the options that select definitions and output; the same for build and check."""
    for decorator in (
        click.option(
            "--io",
            type=click.Choice(["sync", "async"]),
            help="Whether the models block or are awaited; default: sync.",
        ),
        click.option(
            "--templates",
            type=PATH,
            metavar="DIR",
            help="Templates that replace bundled ones, by name.",
        ),
        click.option(
            "--package",
            metavar="NAME",
            help="Name of the generated package; default: the name of DIR.",
        ),
        click.option(
            "--out",
            type=PATH,
            metavar="DIR",
            help="Where the package is written; default: generated.",
        ),
        click.argument("schemas", nargs=-1, type=PATH),
    ):
        command = decorator(command)
    return command


def configuration(**options: Any) -> Configuration:
    """Return the project's configuration, overridden by the command line.

    Exits the program with code 2 if the configuration is invalid.
    """
    try:
        return config.read(Path.cwd()).overridden(**options)
    except config.ConfigurationError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
