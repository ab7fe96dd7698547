"""`ecgen schema`: the JSON Schema of definitions, for editors and other tools."""

from __future__ import annotations

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of definitions, which editors read.

    `ecgen schema > schemas/model.schema.json` renews the one that the first line of imported definitions names.
    """
    from ecgen.definitions.schema_file import schema_text

    click.echo(schema_text(), nl=False)
