"""What work costs as it grows: 1 to 5,000 models, 1,000 to a million documents; seconds, memory and their exponents.

An exponent of 1 is linear. It is that of the last step, of what is above the cost of the smallest size, which is mostly that of
starting Python. Each measurement is a process of its own.
"""

from __future__ import annotations

import functools
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.building import fast_folder
from benchmarks.definitions import write_definitions
from benchmarks.measure import Line, peak_memory
from benchmarks.server import client, url

MODELS = (1, 10, 100, 1000, 5000)
DOCUMENTS = (1000, 10_000, 100_000, 1_000_000)
LIMIT = 1.15
TURNS = 3


class Cost(NamedTuple):
    """Of one process: seconds (of CPU, or on the clock where a server works too), and MiB at its largest."""

    seconds: float
    mib: float


def lines() -> Iterator[Line]:
    yield from _models()
    url()
    yield from _documents()


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """How what is above the cost of the smallest size grew in the last step; 0 where nearly nothing is above it."""
    least = costs[0]
    before, last = costs[-2] - least, costs[-1] - least
    if last < least / 4:
        return 0.0
    return math.log(last / max(before, least / 50)) / math.log(sizes[-1] / sizes[-2])


def _lines(noun: str, sizes: Sequence[int], table: dict[str, list[Cost]]) -> Iterator[Line]:
    for what, costs in table.items():
        for unit in ("seconds", "mib"):
            each = [getattr(cost, unit) for cost in costs]
            shown = " ".join(f"{one:,.2f}" if one < 10 else f"{one:,.0f}" for one in each)
            name = f"{what}, exponent of {'time' if unit == 'seconds' else 'memory'} by {noun}"
            found = exponent(sizes, each)
            yield Line("growth", name, found, found, LIMIT, "at most", f"{shown} {'s' if unit == 'seconds' else 'MiB'}")  # fmt: skip


def _models() -> Iterator[Line]:
    """The sizes take turns, and the quickest turn counts: between two that are measured once each, the machine's speed changes by
    more than the limit allows."""
    found: dict[str, dict[int, list[Cost]]] = {}
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        dict(_of_models(Path(folder) / "before", 1))  # its processes compile ecgen's own modules
        for turn in range(TURNS):
            for count in MODELS:
                root = Path(folder) / f"{count}-{turn}"
                for what, cost in _of_models(root, count):
                    found.setdefault(what, {}).setdefault(count, []).append(cost)
                shutil.rmtree(root)
    table = {
        what: [Cost(*map(min, zip(*of_size[count], strict=True))) for count in MODELS]
        for what, of_size in found.items()
    }
    yield from _lines("models", MODELS, table)


def _of_models(root: Path, count: int) -> Iterator[tuple[str, Cost]]:
    write_definitions(root / "schemas", count)
    write_definitions(root / "old", count)
    for file in (root / "old").iterdir():
        file.write_text(file.read_text().replace("stock: integer", "stock: long"))
    verbs = {
        "build": ("build", "schemas", "--out", "generated", "--quiet"),
        "a second build": ("build", "schemas", "--out", "generated", "--quiet"),
        "check": ("check", "schemas", "--out", "generated"),
        "diff of as many changes": ("diff", "old", "schemas", "--fail-on", "none"),
        "docs": ("docs", "schemas", "--out", "site", "--quiet"),
        "import of their mappings": ("import", *_mappings(root, count), "--out", "again"),
    }
    for what, arguments in verbs.items():
        yield what, _measured(root, "-m", "ecgen", *arguments)
    _measured(root, "-c", "import generated")  # compiles the modules
    for _ in range(TURNS):  # it is short
        yield "import of the package", _measured(root, "-c", "import generated")


def _mappings(root: Path, count: int) -> list[str]:
    """One file with the mappings of all, as GET answers them."""
    stock = {"type": "integer"}
    body = {"mappings": {"properties": {f"field_{number}": stock for number in range(15)}}}
    (root / "mappings.json").write_text(json.dumps({f"index_{n}": body for n in range(count)}))
    return ["mappings.json"]


_GROWN = """
model: Grown
compute_id: uuid7
fields:
  name: {{type: keyword, ignore_above: 256}}
  note: text
  stock: {stock}
  rating: double
  active: boolean
  created: date
  tags: {{type: keyword, many: true, ignore_above: 256}}
"""

_SAVE = """
import datetime, sys
from ecgen.runtime import connect
from generated import Grown
url, prefix, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
connect({"hosts": [url], "request_timeout": 60}, index_prefix=prefix)
start = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901)
models = (
    Grown(name=f"n{n}", note="A sentence or two. " * 5, stock=n % 1000, rating=n / 10, active=n % 2 == 0,
          created=start + datetime.timedelta(seconds=n), tags=["one", "two", "three"])
    for n in range(count)
)
Grown.save_all(models, threads=2).raise_failures()
Grown.refresh()
"""

_SCAN = """
import sys
from ecgen.runtime import connect
from generated import Grown
connect({"hosts": [sys.argv[1]], "request_timeout": 60}, index_prefix=sys.argv[2])
assert sum(1 for _ in Grown.scan(size=1000)) == int(sys.argv[3])
"""


def _documents() -> Iterator[Line]:
    table: dict[str, list[Cost]] = {}
    es = client()
    # The first size twice: its processes compile ecgen's own modules.
    for count in (DOCUMENTS[0], *DOCUMENTS):
        prefix = f"bench-{uuid.uuid4().hex[:8]}-"
        asked = (url(), prefix, str(count))
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "schemas").mkdir()
            definition = root / "schemas" / "grown.yaml"
            definition.write_text(_GROWN.format(stock="integer"))
            _measured(root, "-m", "ecgen", "build", "schemas", "--out", "generated", "--quiet")
            apply = ("-m", "ecgen", "apply", "--schemas", "schemas", "--url", url(), "--prefix", prefix, "--yes")  # fmt: skip
            _measured(root, *apply)
            try:
                for what, script in (("save_all", _SAVE), ("scan", _SCAN)):
                    cost = _measured(root, "-c", script, *asked, clock=time.perf_counter)
                    table.setdefault(what, []).append(cost)
                definition.write_text(_GROWN.format(stock="long"))
                copied = _measured(root, *apply, clock=time.perf_counter)
                table.setdefault("a migration's copy", []).append(copied)
            finally:
                names = list(es.indices.get(index=f"{prefix}*").body)
                es.indices.delete(index=names)
    table = {what: costs[1:] for what, costs in table.items()}
    yield from _lines("documents", DOCUMENTS, table)


@functools.cache
def _compiled() -> tempfile.TemporaryDirectory[str]:
    """Where all processes keep their bytecode; removed at the end."""
    return tempfile.TemporaryDirectory()


def _measured(folder: Path, *arguments: str, clock: Callable[[], float] | None = None) -> Cost:
    """What Python costs with these arguments, in the folder; RuntimeError where it fails."""
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": _compiled().name}
    with tempfile.TemporaryFile("w+") as printed:
        start = clock() if clock else 0.0
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, **kept},
            stdout=printed,
            stderr=printed,
        )
        peak, ended = 0.0, 0
        while not ended:
            peak = max(peak, peak_memory(process.pid))
            time.sleep(0.02)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        took = clock() - start if clock else used.ru_utime + used.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            printed.seek(0)
            raise RuntimeError(f"python {' '.join(arguments)[:200]}: {printed.read()[-2000:]}")
    return Cost(took, peak)
