"""Colours of the user's terminal, and shell completion."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

import click
from click.shell_completion import CompletionItem


def has_colour(stream: TextIO) -> bool:
    """Return whether to use colours: on a terminal except TERM=dumb, unless NO_COLOR or FORCE_COLOR overrides that.

    NO_COLOR (https://no-color.org) takes precedence over FORCE_COLOR. An empty value counts as unset, as does FORCE_COLOR=0.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def rules(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the rules whose ids begin with `incomplete`, with their summaries."""
    from ecgen.diagnostics.rules import RULES
    from ecgen.review.rules.table import RULES as CHANGES

    found = {each.id: each.summary for each in RULES.values()}
    found |= {each.id: each.summary for each in CHANGES.values()}
    return [
        CompletionItem(rule, help=summary)
        for rule, summary in found.items()
        if rule.startswith(incomplete)
    ]


def model_names(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the models of the project's definitions; none if the configuration or a file cannot be read."""
    import re

    from ecgen import config

    try:
        folders = config.read(Path.cwd()).schemas
        files = [file for folder in folders for file in sorted(folder.rglob("*.y*ml"))]
        texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    except (config.ConfigurationError, OSError):
        return []
    pattern = r"^model:[ \t]*[\"']?([A-Za-z]\w*)"
    names = [name for text in texts for name in re.findall(pattern, text, re.MULTILINE)]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def revisions(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return branches and tags of the git repository, and complete folders."""
    import subprocess  # not needed for `--help`

    command = ["git", "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags"]
    try:
        listed = subprocess.run(  # noqa: S603  a fixed command; nothing that the user typed is in it
            [*command, "refs/remotes"], capture_output=True, text=True, timeout=5, check=False
        ).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        listed = []
    # In A...B, complete B.
    before, dots, last = incomplete.rpartition("...")
    found = [name for name in ("HEAD", *listed) if name.startswith(last)]
    items = [CompletionItem(f"{before}{dots}{name}") for name in found]
    return items if dots else [*items, CompletionItem(incomplete, type="dir")]
