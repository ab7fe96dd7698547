"""`ecgen init`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.pass_context
def init(context: click.Context, folder: Path) -> None:
    """Set ecgen up in FOLDER, by default the working directory: a first definition, [tool.ecgen], editor and CI.

    Existing files are left as they are; a second run does nothing.
    """
    from ecgen.scaffold import run

    context.exit(run(folder))
