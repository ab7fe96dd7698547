"""`ecgen init`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.pass_context
def init(context: click.Context, folder: Path) -> None:
    """Set ecgen up in FOLDER, here by default: a first definition, [tool.ecgen], editor and CI.

    What is there already is left as it is; a second run does nothing.
    """
    from ecgen.scaffold import run

    context.exit(run(folder))
