"""`make bench`: every line of the promise on speed, its limit and its ratio, in one table.

    make bench                          all of it, a quarter of an hour or a little more
    make bench ARGS="--only reading"    one section
    make bench ARGS=--save              renews benchmarks/baseline.json, the ratios to compare with
    make bench ARGS=--markdown          prints the table of docs/performance.md as well
    make bench VENV=.venv-3.13 PYTHON="$(tools/pythons 3.13)"    on another Python

A section in which a line is outside its limit is measured again: a machine can be slow for as long as one takes. Exit code 1 where
a line is outside both times. ELASTICSEARCH_URL names a server to use; else one is started.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.measure import Line

SECTIONS = (
    "reading",
    "writing",
    "importing",
    "building",
    "bulk",
    "scanning",
    "joins",
    "migrating",
    "growth",
)
BASELINE = Path(__file__).with_name("baseline.json")
MOVED = 0.15


def main() -> int:
    there = [name for name in SECTIONS if Path(__file__).with_name(f"{name}.py").exists()]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])  # fmt: skip
    parser.add_argument("--only", action="append", choices=there, help="a section; may be repeated")
    parser.add_argument("--save", action="store_true", help=f"renew {BASELINE.name}")
    parser.add_argument("--markdown", action="store_true", help="print the table for a page, too")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}")
    print(f"{'':11} {'':56} {'limit':>9} {'fastest':>8} {'median':>8}")
    lines: list[Line] = []
    for name in options.only or there:
        measured = list(printed(name))
        if not all(line.inside for line in measured):
            print(f"{name:11} again, whole")
            measured = [line if line.inside else again for line, again in zip(measured, printed(name), strict=True)]  # fmt: skip
        lines += measured
    before: dict[str, float] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    for text in moved(lines, before):
        print(text)
    if options.markdown:
        print("\n".join(map(markdown, lines)))
    if options.save:
        ratios = {**before, **{line.key: round(line.median, 3) for line in lines}}
        BASELINE.write_text(json.dumps(ratios, indent=2, ensure_ascii=False) + "\n")
    outside = [line.key for line in lines if not line.inside]
    print(f"{len(lines)} lines, {len(outside) or 'none'} outside" + "".join(f"\n  {key}" for key in outside))  # fmt: skip
    return 1 if outside else 0


def printed(section: str) -> Iterable[Line]:
    for line in importlib.import_module(f"benchmarks.{section}").lines():
        print(row(line), flush=True)
        yield line


def row(line: Line) -> str:
    limit = f"{'≤' if line.sense == 'at most' else '≥'} {line.limit:g}"
    verdict = "" if line.inside else "  OUTSIDE"
    return f"{line.section:11} {line.what:56} {limit:>9} {line.fastest:8.2f} {line.median:8.2f}{verdict}  {line.rate}"


def markdown(line: Line) -> str:
    """The line as a row of docs/performance.md."""
    limit = f"{'≤' if line.sense == 'at most' else '≥'} {line.limit:g}"
    return f"| {line.section} | {line.what} | {limit} | {line.fastest:.2f} | {line.median:.2f} |"


def moved(lines: Iterable[Line], before: dict[str, float]) -> Iterable[str]:
    """What is slower or faster by more than 15% than when the baseline was saved."""
    for line in lines:
        was = before.get(line.key)
        if was and abs(line.median / was - 1) > MOVED:
            worse = (line.median > was) == (line.sense == "at most")
            yield f"moved: {line.key}: {was:.2f} → {line.median:.2f}, {'slower' if worse else 'faster'}"


if __name__ == "__main__":
    sys.exit(main())
