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
    from ecgen.diagnostics.command_error import CommandError
    from ecgen.scaffold import set_up

    try:
        done = set_up(folder)
    except CommandError as error:
        click.echo(f"error: {error}", err=True)
        context.exit(1)
    if done.left_schemas:
        click.echo(f"left   {done.schemas}: it has definitions already")
    for path in done.wrote:
        click.echo(f"wrote  {path}")
    click.echo(
        {
            "wrote": f"wrote  {done.pyproject}",
            "added": f"added  [tool.ecgen] to {done.pyproject}",
            "left": f"left   {done.pyproject}: it has [tool.ecgen] already",
        }[done.table]
    )
    for path in done.left:
        click.echo(f"left   {path}: it is there already")
    if done.editor is not None:
        lines = "".join(f"\n         {line}" for line in done.editor.splitlines()[1:-1])
        click.echo(f"       for completion in definitions, add to .vscode/settings.json:{lines}")
    if done.first is not None:
        click.echo(f"\nNext: change {done.first}, or take over what you have with `ecgen import`;")
        click.echo("then run `ecgen build`, and commit what it writes.")
    else:
        click.echo("\nNext: run `ecgen build`, and commit what it writes.")
