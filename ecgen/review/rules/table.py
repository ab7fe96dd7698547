"""The single table of the rules that classify changes.

A row states the server's reaction, the consequences for code, why, and the steps. The pages in `docs/rules/` are
generated from these rows (`ecgen.review.rules.rule_pages`), and a test checks that they are equal. If a row gives
versions, it was checked against real nodes of these; tests/review repeats the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .change_rule import Rule, Way
from .mapping_rules import INDICES, MAPPINGS
from .model_rules import MODELS
from .parameter_rules import PARAMETERS, ParameterRule


def _of_parameter(row: ParameterRule) -> Rule:
    ways: dict[str, Way] = {
        "updated": "put-reset",
        "filled": "put-fill",
        "refused": "reindex",
    }
    servers = {
        "updated": "Takes it in place. If omitted, the server silently resets it to the default.",
        "filled": "Takes it in place, for documents written from then on. If omitted, the server silently resets it "
        "to the default.",
        "refused": "Refuses it.",
    }
    return Rule(
        f"{row.parameter.replace('_', '-')}-changed",
        row.summary,
        row.server or servers[row.kind],
        row.why,
        way=ways[row.kind],
        seen=row.seen,
    )


RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for rule in (*MAPPINGS, *map(_of_parameter, PARAMETERS), *INDICES, *MODELS)}
)
"""Every rule by its id, in the order of the table."""
