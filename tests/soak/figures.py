"""Adds up what portions of test_migration_faults.py have written to SOAK_FIGURES: `python figures.py FILE`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

SUMS = (
    *("migrations", "faults", "acknowledged", "versioned", "searches"),
    *("lost", "resurrected", "stale", "bad searches"),
)


def table(lines: list[dict[str, Any]]) -> str:
    """By server and in all, as Markdown."""
    servers = sorted({line["server"] for line in lines})
    rows = ["| server | " + " | ".join(SUMS) + " | longest wait |", "|---" * (len(SUMS) + 2) + "|"]
    for server in [*servers, "all"]:
        own = [line for line in lines if server in (line["server"], "all")]
        sums = [f"{sum(line[name] for line in own):,}" for name in SUMS]
        wait = max(line["longest wait"] for line in own)
        rows.append(f"| {server} | " + " | ".join(sums) + f" | {wait} s |")
    kinds: Counter[str] = Counter()
    for line in lines:
        kinds.update(line["kinds"])
    return "\n".join([*rows, "", ", ".join(f"{kind} {n}" for kind, n in sorted(kinds.items()))])


if __name__ == "__main__":
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    print(table([json.loads(line) for line in text.splitlines()]))
