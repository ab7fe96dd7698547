"""`ecgen diff`: read both sides, compare, print; the exit code says whether a change matches --fail-on."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any, Literal

import click

from ecgen.config import Configuration, find_pyproject
from ecgen.diagnostics.formats import render as render_problems
from ecgen.diagnostics.problems import Problem
from ecgen.pipeline import Files
from ecgen.repository import from_root
from ecgen.review import approvals
from ecgen.review.compare.changes import Change, compare
from ecgen.review.report import reports as report
from ecgen.review.report.judged import Judged
from ecgen.review.revisions import UnusableSourceError
from ecgen.review.sides import Side, has_left_behind, named_sides, read_side

from .options import configuration
from .terminal import has_colour, revisions

FailOn = Literal["reindex", "breaking", "any", "none"]


@click.command()
@click.argument("old", required=False, shell_complete=revisions)
@click.argument("new", required=False, shell_complete=revisions)
@click.option(
    "--merge-base",
    metavar="REVISION",
    shell_complete=revisions,
    help="Compare the working tree with where this branch began from REVISION; short for REVISION...",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How the changes are printed.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["reindex", "breaking", "any", "none"]),
    default="none",
    show_default=True,
    help="Which changes give exit code 1.",
)
@click.pass_context
def diff(
    context: click.Context,
    /,
    old: str | None,
    new: str | None,
    form: Any,
    fail_on: Any,
    merge_base: str | None,
) -> None:
    """Show what changed from OLD to NEW, what the server will do with it, and what you must do.

    OLD and NEW are a git revision, a directory of definitions, or a directory of mapping JSON; NEW defaults to the
    working tree. A...B compares B with where it branched off from A, A... the working tree with where this branch did.
    """
    if (old is None) == (merge_base is None):
        raise click.UsageError("give either OLD or --merge-base REVISION")
    gc.disable()  # as in a build: two fifths of the time of many changes
    context.exit(_diff(old or "", new, configuration(), form, fail_on, merge_base))


def _diff(
    old: str,
    new: str | None,
    settings: Configuration,
    form: report.Format = "text",
    fail_on: FailOn = "none",
    merge_base: str | None = None,
) -> int:
    """Print the changes from `old` to `new` and return the exit code.

    Args:
        old: a git revision, `A...B`, `A...`, a folder of definitions or a folder of mapping JSON.
        new: the same; None is the working tree.
        settings: the folders of definitions, and the servers' version.
        form: the output format.
        fail_on: `reindex` (changes that need a new index), `breaking` (changes that break code), `any` or `none`.
            Approved changes do not count.
        merge_base: the revision A of `A...`, instead of `old`.

    Returns:
        0; 1 if `fail_on` applies or definitions have errors; 2 if a side or the approvals cannot be read.
    """
    try:
        is_plain = merge_base is None and "..." not in old
        old, new = named_sides(old, new, merge_base)
        files = Files(remember=True)
        before, after = (read_side(side, settings, files) for side in (old, new))
        if is_plain and new is None and has_left_behind(old):
            click.echo(
                f"note: {old} has commits that this branch lacks; what they added looks removed here. "
                f"'ecgen diff {old}...' compares with where this branch began",
                err=True,
            )
        folder = (find_pyproject(Path.cwd()) or Path("pyproject.toml")).parent
        approved = approvals.read(folder)
    except (UnusableSourceError, approvals.ApprovalError) as error:
        click.echo(f"error: {error}", err=True)
        return 2
    if before.problems or after.problems:
        _refuse(old, before.problems)
        _refuse(new or "the working tree", after.problems)
        return 1
    _note_nothing(before, after, old, "new")
    _note_nothing(after, before, new or "the working tree", "removed")
    review = compare(before.subjects, after.subjects, major_of(settings.elasticsearch))
    covered, stale = approvals.judge(approved, review.changes)
    failing = frozenset(
        change for change in review.changes if change not in covered and _fails(change, fail_on)
    )
    judged = Judged(review, covered, tuple(stale), failing)
    colour = form == "text" and has_colour(sys.stdout)
    named = from_root() if form in ("github", "sarif") else str
    click.echo(report.render(judged, form, colour=colour, named=named), nl=False, color=colour)
    return 1 if failing else 0


def _note_nothing(side: Side, other: Side, name: str, look: str) -> None:
    if not side.subjects:
        so = f"; all models look {look}" if other.subjects else ""
        click.echo(f"note: {name} has no definitions where 'schemas' says{so}", err=True)


def major_of(version: str) -> int:
    """Return the major version of `9` or `8.19.2`, limited to those that the rules cover: 7 to 9."""
    return min(max(int(version.split(".")[0]), 7), 9)


def _refuse(side: str, problems: list[Problem]) -> None:
    if problems:
        click.echo(render_problems(problems), nl=False, err=True)
        click.echo(f"error: the definitions of {side} have errors; nothing was compared", err=True)


def _fails(change: Change, fail_on: FailOn) -> bool:
    if fail_on == "any":
        return True
    return (fail_on == "reindex" and change.server == "reindex") or (
        fail_on == "breaking" and change.code == "breaking"
    )
