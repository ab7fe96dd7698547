"""Options of the commands that change clusters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from .terminal import model_names

_Command = TypeVar("_Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)


def url(command: _Command) -> _Command:
    """Add the option --url."""
    return click.option(
        "--url",
        required=True,
        envvar="ELASTICSEARCH_URL",
        metavar="URL",
        help="The cluster; also from ELASTICSEARCH_URL. Credentials come from ELASTICSEARCH_API_KEY, or "
        "ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD; ELASTICSEARCH_CA_CERTS names certificates to trust.",
    )(command)


def prefix(command: _Command) -> _Command:
    """Add the option --prefix."""
    return click.option(
        "--prefix", default="", metavar="TEXT", help="The prefix of the index names there."
    )(command)


def models(command: _Command) -> _Command:
    """Add the option --model."""
    return click.option(
        "--model",
        "models",
        multiple=True,
        metavar="NAME",
        shell_complete=model_names,
        help="This model only; may be repeated.",
    )(command)


def planning(command: _Command) -> _Command:
    """Add the options that allow a plan to do more; the command receives them as keyword arguments."""
    for name, text in (
        ("--writers-stopped", "No writer is running: ids and routing values may change."),
        ("--allow-close", "Settings that need a closed index close it, instead of copying it."),
        ("--drop-fields", "Copy without the fields that the definitions do not name."),
        ("--drop-values", "Leave out values that a field's new type cannot hold."),
    ):
        command = click.option(name, is_flag=True, help=text)(command)
    return command


def manner(command: _Command) -> _Command:
    """Add the options of how a copy is carried out: --rate, --max-pause, --yes."""
    for decorator in (
        click.option(
            "--rate",
            type=click.FloatRange(min=0, min_open=True),
            metavar="DOCS_PER_SECOND",
            help="Copy no more documents a second.",
        ),
        click.option(
            "--max-pause",
            type=click.FloatRange(min=0, min_open=True),
            default=10.0,
            show_default=True,
            metavar="SECONDS",
            help="The longest that writers may wait; past it the cut-over is undone.",
        ),
        click.option("--yes", is_flag=True, help="Do not ask."),
    ):
        command = decorator(command)
    return command
