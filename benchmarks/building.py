"""Building generated packages, each time in a process of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.definitions import write_definitions, write_json_schema
from benchmarks.importing import run
from benchmarks.measure import Line, at_least, at_most, whole

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


def _fast_folder() -> Path | None:
    """A file system in memory with a GiB left, where there is one.

    On a disk with ext4 a new file takes ten times as long while files that were deleted in the last minutes wait for
    the journal; we write two files a model, the rival one in all, so a test run before would be charged to us alone.
    """
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**30 else None


def lines() -> Iterator[Line]:
    with tempfile.TemporaryDirectory(dir=_fast_folder()) as folder:
        root = Path(folder)
        folders = 0
        for count, rounds in ((100, 5), (1000, 2)):
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
            yield at_least("building", f"{count} models, × datamodel-code-generator", times["ours"], times["rival"], 6, rate)  # fmt: skip
        second = whole({"first": cold, "second": again}, 4)
        yield at_most("building", "1,000 models unchanged, of the first build", second["second"], second["first"], 0.25, f"{min(second['second']):.2f} s")  # fmt: skip
        (root / "bare.py").write_text(CLICK)
        for option in ("--help", "--version"):
            programs = {"ours": ("-m", "ecgen", option), "bare": ("bare.py", option)}
            times = whole({k: partial(run, root, *v) for k, v in programs.items()}, 15)
            yield at_most("building", f"ecgen {option}, of a bare click program", times["ours"], times["bare"], 1.3, f"{min(times['ours']) * 1000:.0f} ms")  # fmt: skip
