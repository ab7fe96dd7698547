"""`ecgen status`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from ecgen.diagnostics.command_error import CommandError
from ecgen.diagnostics.problems import visible
from ecgen.live.defined import UnusableDefinitionsError, read_definitions
from ecgen.live.standing import Standing, ask
from ecgen.rest import Cluster

from .output import refuse

_COLOURS = {"in step": "green", "in-place": "yellow", "ignored": "yellow"}


@click.command()
@click.argument("schemas", nargs=-1, type=click.Path(path_type=Path), metavar="[SCHEMAS]...")
@click.option(
    "--url",
    required=True,
    envvar="ELASTICSEARCH_URL",
    metavar="URL",
    help="The cluster; also from ELASTICSEARCH_URL. Credentials come from ELASTICSEARCH_API_KEY, or "
    "ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD; ELASTICSEARCH_CA_CERTS names certificates to trust.",
)
@click.option("--prefix", default="", metavar="TEXT", help="The prefix of the index names there.")
@click.option(
    "--index",
    "indices",
    multiple=True,
    metavar="NAME",
    help="Look for indices without a model under these names or patterns only; may be repeated.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A table, or JSON for monitors.",
)
@click.pass_context
def status(
    context: click.Context,
    schemas: tuple[Path, ...],
    url: str,
    prefix: str,
    indices: tuple[str, ...],
    form: str,
) -> None:
    """Compare a live cluster with the definitions in SCHEMAS.

    Exit code 0 if everything is in step, 1 if anything is not or the cluster does not answer, 2 for wrong usage.
    """
    try:
        project, elasticsearch = read_definitions(schemas)
    except UnusableDefinitionsError as error:
        click.echo(error.problems, nl=False, err=True)
        context.exit(refuse(str(error), error.code))
    try:
        cluster = Cluster(url)
        standings = ask(cluster, project, prefix, indices, elasticsearch)
    except CommandError as error:
        context.exit(refuse(str(error), 1))
    in_step = all(each.state == "in step" for each in standings)
    text = _as_json(cluster, standings, in_step) if form == "json" else _as_table(standings)
    click.echo(text, nl=False)
    context.exit(0 if in_step else 1)


def _as_table(standings: Sequence[Standing]) -> str:
    wide = max(len("STATE"), *(len(each.state) for each in standings))
    long = max(len("MODEL"), *(len(each.model or "-") for each in standings))
    lines = [f"{'STATE':{wide}}  {'MODEL':{long}}  INDEX"]
    for each in standings:
        state = click.style(f"{each.state:{wide}}", fg=_COLOURS.get(each.state, "red"))
        kind = " (index template)" if each.is_template else ""
        lines.append(f"{state}  {each.model or '-':{long}}  {visible(each.index or '-')}{kind}")
        lines += [
            f"  {deviation.server}: {visible(deviation.message)}" for deviation in each.deviations
        ]
    off = sum(each.state != "in step" for each in standings)
    lines.append(
        f"{off} of {len(standings)} not in step" if off else f"all {len(standings)} in step"
    )
    return "\n".join(lines) + "\n"


def _as_json(cluster: Cluster, standings: Sequence[Standing], in_step: bool) -> str:
    entries = [
        {
            "model": each.model,
            "file": each.file,
            "index": each.index,
            "kind": "index template" if each.is_template else "index",
            "state": each.state,
            "changes": [
                {
                    "path": deviation.path,
                    "rule": deviation.rule,
                    "server": deviation.server,
                    "message": deviation.message,
                }
                for deviation in each.deviations
            ],
        }
        for each in standings
    ]
    body = {"cluster": cluster.shown, "in_step": in_step, "indices": entries}
    return json.dumps(body, indent=2) + "\n"
