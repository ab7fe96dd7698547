"""`ecgen explain`."""

from __future__ import annotations

import click

from ecgen.diagnostics.problems import did_you_mean, quoted
from ecgen.diagnostics.rules import RULES
from ecgen.diagnostics.rules import explain as page_of
from ecgen.review.rules.table import RULES as CHANGES

from .terminal import rules


@click.command()
@click.argument("rule", required=False, shell_complete=rules)
@click.pass_context
def explain(context: click.Context, /, rule: str | None) -> None:
    """Explain the rule RULE and what to do about it; without RULE, list all rules."""
    context.exit(_explain(rule))


def _explain(rule: str | None) -> int:
    if rule is None:
        longest = max(map(len, (*RULES, *CHANGES)))
        for each in RULES.values():
            click.echo(f"{each.id:{longest}}  {each.severity:7}  {each.summary}")
        for change in CHANGES.values():
            click.echo(f"{change.id:{longest}}  change   {change.summary}")
        return 0
    page = page_of(rule)
    if page is None:
        hint = did_you_mean(rule, (*RULES, *CHANGES)) or "'ecgen explain' lists all rules"
        click.echo(f"error: unknown rule {quoted(rule)}; {hint}", err=True)
        return 2
    click.echo(page.rstrip("\n"))
    return 0
