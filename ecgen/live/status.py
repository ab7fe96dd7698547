"""What `ecgen status` does: load the definitions, ask the cluster, and show how they stand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import click

from ecgen.definitions.ir import Project
from ecgen.diagnostics.problems import visible
from ecgen.importer.source import AdoptionError

from .defined import UnusableDefinitionsError, read_definitions
from .rest import Cluster
from .standing import Standing, stand

_COLOURS = {"in step": "green", "in-place": "yellow", "ignored": "yellow"}


def run(
    schemas: Sequence[Path], url: str, prefix: str, patterns: tuple[str, ...], form: str
) -> int:
    """Compare, print, and return the exit code: 0 where all is in step, 1 where it is not, 2 for wrong usage."""
    try:
        project, elasticsearch = read_definitions(schemas)
    except UnusableDefinitionsError as error:
        click.echo(error.problems, nl=False, err=True)
        return _refuse(str(error), error.code)
    try:
        cluster = Cluster(url)
        standings = _ask(cluster, project, prefix, patterns, elasticsearch)
    except AdoptionError as error:
        return _refuse(str(error), 1)
    in_step = all(each.state == "in step" for each in standings)
    if form == "json":
        click.echo(_as_json(cluster, standings, in_step), nl=False)
    else:
        click.echo(_as_table(standings), nl=False)
    return 0 if in_step else 1


def _refuse(message: str, code: int) -> int:
    click.echo(f"error: {message}", err=True)
    return code


def _ask(
    cluster: Cluster, project: Project, prefix: str, patterns: tuple[str, ...], configured: str
) -> list[Standing]:
    major = min(max(cluster.major() or int(configured.split(".")[0]), 7), 9)
    every = cluster.bodies("/*?expand_wildcards=open,hidden")
    named = {
        quote(name, safe="")
        for model in project.models
        for name in (prefix + model.index,)
        if not any(
            name == index or name in (body.get("aliases") or {}) for index, body in every.items()
        )
    }
    # A closed index is not among them, and its mapping counts all the same.
    for name in sorted(named):
        every |= cluster.bodies(f"/{name}?ignore_unavailable=true&expand_wildcards=all", missing={})
    others = cluster.indices(patterns or (f"{prefix}*",), missing_is_none=True)
    return stand(project.models, every, others, prefix, major)


def _as_table(standings: Sequence[Standing]) -> str:
    wide = max(len("STATE"), *(len(each.state) for each in standings))
    long = max(len("MODEL"), *(len(each.model or "-") for each in standings))
    lines = [f"{'STATE':{wide}}  {'MODEL':{long}}  INDEX"]
    for each in standings:
        state = click.style(f"{each.state:{wide}}", fg=_COLOURS.get(each.state, "red"))
        lines.append(f"{state}  {each.model or '-':{long}}  {visible(each.index or '-')}")
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
