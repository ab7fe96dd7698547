"""Building generated packages, each time in a process of its own."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import yaml

from benchmarks.definitions import FIELDS, write_definitions, write_json_schema
from benchmarks.importing import run
from benchmarks.measure import Line, at_least, at_most, by_turns, whole
from ecgen.definitions.gate import MODEL, Gate
from ecgen.definitions.schema_file import schema_text

CLICK = """
import click
@click.group()
@click.version_option("1")
def main(): pass
@main.command()
@click.option("--name")
def hello(name): pass
main()
"""


MEMORY = Path("/dev/shm")


def fast_folder() -> Path | None:
    """A file system in memory with a GiB left, where there is one.

    On a disk with ext4 a new file takes ten times as long while files that were deleted in the last minutes wait for
    the journal; we write two files a model, the rival one in all, so a test run before would be charged to us alone.
    """
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**30 else None


def _gate(folder: Path) -> Line:
    """What asking the schema adds to the reading of a file, in CPU time of one process, of fields that no other model has."""
    rounds = 15
    write_definitions(folder, 100, alike=False)
    texts = [path.read_text() for path in sorted(folder.glob("*.yaml"))]
    definitions = [yaml.load(text, yaml.CSafeLoader) for text in texts]
    # A gate remembers the fields that it has seen, so each round needs one; its first model makes the validators.
    gates = [Gate(json.loads(schema_text())) for _ in range(rounds)]
    for each in gates:
        assert each.takes({"model": "Other", "fields": {name: yaml.safe_load(value) for name, value in FIELDS.items()}}, MODEL)  # fmt: skip
    current = iter(gates)
    gate = gates[0]

    def asked(definition: object) -> None:
        nonlocal gate
        if definition is definitions[0]:
            gate = next(current)
        assert not list(gate.refusals(definition))

    def read(text: str) -> None:
        yaml.load(text, yaml.CSafeLoader)

    times = by_turns({"gate": (asked, definitions), "read": (read, texts)}, rounds)
    rate = f"{min(times['gate']) / len(texts) * 1000:.2f} ms a model"
    return at_most("building", "the gate, of yaml's CSafeLoader", times["gate"], times["read"], 1.5, rate)  # fmt: skip


def lines() -> Iterator[Line]:
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        root = Path(folder)
        folders = 0
        for count, rounds, limit in ((100, 5, 4.5), (1000, 2, 8)):
            write_definitions(root / f"schemas{count}", count)
            write_json_schema(root / f"{count}.json", count)

            def cold(count: int = count) -> None:
                nonlocal folders
                folders += 1  # a new one, since to empty an old one takes its time
                again(count)

            def again(count: int = count) -> None:
                run(root, "-m", "ecgen", "build", f"schemas{count}", "--out", f"out{folders}", "--quiet")  # fmt: skip

            def rival(count: int = count) -> None:
                run(root, "-m", "datamodel_code_generator", "--input", f"{count}.json", "--input-file-type", "jsonschema", "--output", f"rival{count}.py")  # fmt: skip

            if count == 100:  # compiles the modules of both
                cold()
                rival()
            times = whole({"ours": cold, "rival": rival}, rounds)
            rate = f"{min(times['ours']):.2f} s, it {min(times['rival']):.1f} s"
            yield at_least("building", f"{count} models, × datamodel-code-generator", times["ours"], times["rival"], limit, rate)  # fmt: skip
        yield _gate(root / "apart")
        second = whole({"first": cold, "second": again}, 4)
        yield at_most("building", "1,000 models unchanged, of the first build", second["second"], second["first"], 0.25, f"{min(second['second']):.2f} s")  # fmt: skip
        (root / "bare.py").write_text(CLICK)
        for option in ("--help", "--version"):
            programs = {"ours": ("-m", "ecgen", option), "bare": ("bare.py", option)}
            times = whole({k: partial(run, root, *v) for k, v in programs.items()}, 15)
            yield at_most("building", f"ecgen {option}, of a bare click program", times["ours"], times["bare"], 1.3, f"{min(times['ours']) * 1000:.0f} ms")  # fmt: skip
