"""`ecgen schema`."""

from __future__ import annotations

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of definitions, which editors read.

    `ecgen schema > schemas/model.schema.json` updates the file that the first line of imported definitions names.
    """
    from ecgen.definitions.schema_file import schema_text

    click.echo(schema_text(), nl=False)
