"""`make test`: every test on this Python; in parallel the tests with the oldest client, then smoke tests on each newer Python.

The servers are started once for all. Output of the parallel rounds is printed at their end, and how long each took; the last
line sums up all rounds.
"""

from __future__ import annotations

import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import shared

ROOT = Path(__file__).resolve().parent.parent
MOST_WORKERS = 4  # more wait for the servers
BESIDE = 2  # processes of the round with the client 8.19
MEMORY = Path("/dev/shm")
MEMORY_WANTED = 4 << 30  # bytes; a run leaves less than a fourth of that
CLOSE_WITHIN = 20.0
ENDING = threading.Event()
"""Set when no further round may start."""

# Tests without a server, which do not depend on the client, and those of thousands of documents.
CLIENTLESS = (
    "compiled",
    "ids",
    "stored_once",
    "twins",
    "types",
    "types_dates",
    "types_scaled_float",
    "values",
)
TEN_THOUSAND = (
    "tests/runtime/test_loading.py::test_ten_thousand_documents_load_with_one_request_an_index"
)
# With the client 8.19 these tests of the asynchronous runtime suffice: it calls the same methods of the client as the blocking
# one, from which it is generated, and all tests of that one run.
ASYNCHRONOUS = (
    "aio",
    *(f"aio_{each}" for each in ("bulk", "connecting", "faults", "models", "paging")),
)
# What these tests send is sent in the same way by others, too.
ALIKE = (
    *("dotted_keywords", "histories", "joined_otherwise", "overrides", "overwriting", "parts", "patterns"),
    *("places", "private", "reading", "routed", "showing", "stamps", "values_people_have"),
)  # fmt: skip
# Smoke tests: reading definitions, building, generated code on a server, blocking and asynchronous.
SMOKE = (
    *("tests/definitions/test_bad_cases.py", "tests/output/test_output_cases.py"),
    *(
        "tests/runtime/test_generated.py",
        "tests/runtime/test_types.py",
        "tests/runtime/test_ids.py",
    ),
    *("tests/runtime/test_models.py", "tests/runtime/test_aio_models.py", "tests/test_cli.py"),
    # Linters and type checkers are run once, by the suite; they are not in the smoke part's environment.
    "--deselect=tests/output/test_output_cases.py::test_packages_pass_under_default_settings",
)


# Only the suite uses pytest's cache, which contains the language server that tests/adopt/test_editor.py installs.
CACHELESS = ("-p", "no:cacheprovider")


@dataclass
class Round:
    """One run of pytest."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    output: bytes = b""
    status: int | None = None
    process: subprocess.Popen[bytes] | None = None
    seconds: float = 0.0
    processor: float = 0.0
    """Seconds of processor time, without that of the servers."""

    def run(self, show: bool) -> None:
        started = time.monotonic()
        self.process = process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert process.stdout is not None
        while chunk := os.read(process.stdout.fileno(), 65536):
            self.output += chunk
            if show:
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
        self.processor = processor_time(process.pid)
        self.status = process.wait()
        self.seconds = time.monotonic() - started

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(CLOSE_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def counts(self) -> Counter[str]:
        """Return the counts in pytest's last line; one error if the run did not get to it."""
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.output.decode("utf-8", "replace"))
        closing = [line for line in text.splitlines() if re.search(r" in [\d.]+s\b", line)]
        found: Counter[str] = Counter()
        for number, what in re.findall(r"(\d+) ([a-z]+)", closing[-1] if closing else ""):
            found[what.removesuffix("s") if what == "errors" else what] += int(number)
        if not found or (self.status and not found["failed"] and not found["error"]):
            found["error"] += 1
        return found


def processor_time(pid: int) -> float:
    """Return the processor time of a process that ends, with its children, in seconds; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def pytest_command(python: Path | str, *arguments: str) -> list[str]:
    return [str(python), "-m", "pytest", "-q", *arguments]


def wanted_versions() -> list[str]:
    """Return the Python versions that pyproject.toml names, except the running one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    return [version for version in found if version != f"3.{sys.version_info.minor}"]


def environment_of(version: str) -> Path | str:
    """Return the Python of an environment for the smoke tests, or the reason why there is none."""
    found = subprocess.run(
        [str(ROOT / "tools" / "pythons"), version], capture_output=True, text=True, check=False
    ).stdout.strip()
    if not found:
        return "it is not on this machine"
    folder = ROOT / f".venv-{version}"
    python, mark = folder / "bin" / "python", folder / "smoke.done"
    lock = ROOT / "requirements" / "smoke.txt"
    state = hashlib.sha256(
        lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + found.encode()
    ).hexdigest()
    if mark.exists() and mark.read_text() == state:
        return python
    install = [str(ROOT / "tools" / "install"), str(python)]
    uv = {**os.environ, "UV": str(Path(sys.executable).with_name("uv"))}
    for command in (
        [found, "-m", "venv", "--clear", "--without-pip", str(folder)],
        [*install, "--require-hashes", "--no-deps", "-r", str(lock)],
        [*install, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)],
    ):
        done = subprocess.run(command, env=uv, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"its environment cannot be made: {(done.stderr or done.stdout).strip()}"
    mark.write_text(state)
    return python


def workers() -> int:
    """Return the number of the suite's processes: twice as many as there are cores, since tests wait for servers and timeouts."""
    return max(2, min(MOST_WORKERS, 2 * len(os.sched_getaffinity(0))))


def beside(rounds: list[Round], left_out: list[str]) -> None:
    """Run the parallel rounds, one after the other."""
    for each in rounds:
        each.run(show=False)
    for version in wanted_versions():
        if ENDING.is_set():
            return
        python = environment_of(version)
        if isinstance(python, str):
            left_out.append(f"Python {version}: {python}")
            continue
        smoke = Round(
            f"the smoke part on Python {version}",
            pytest_command(python, *CACHELESS, *SMOKE),
            {"ECGEN_TEST_SERVERS": "es7"},
        )
        rounds.append(smoke)
        smoke.run(show=False)


@contextmanager
def temporary_files_in_memory() -> Iterator[None]:
    """Put temporary files, including the nodes' data, into memory if there is enough.

    To create an index, a node waits for a dozen writes to its disk: on ext4 that is four fifths of the time.
    """
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MEMORY_WANTED:
        yield
        return
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(
        prefix="ecgen-suite-", dir=MEMORY, ignore_cleanup_errors=True
    ) as folder:
        os.environ["TMPDIR"] = folder
        tempfile.tempdir = None
        try:
            yield
        finally:
            os.environ.pop("TMPDIR")
            if before is not None:
                os.environ["TMPDIR"] = before
            tempfile.tempdir = None


@contextmanager
def bytecode_kept() -> Iterator[None]:
    """Where Python may not write bytecode beside the sources, let the run's processes share it in a temporary folder.

    Otherwise each compiles ecgen and the tests again; a short run of pytest takes twice as long.
    """
    if not os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        yield
        return
    with tempfile.TemporaryDirectory(
        prefix="ecgen-bytecode-", ignore_cleanup_errors=True
    ) as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        yield


@contextmanager
def stopped_first(suite: Round, others: list[Round]) -> Iterator[None]:
    """Stop the rounds, by their ids, before the servers that they use; `others` may grow meanwhile."""
    try:
        yield
    finally:
        ENDING.set()
        for each in (suite, *others):
            each.stop()


def client_8() -> Round:
    repeated = {path.stem.removeprefix("test_") for path in ROOT.glob("tests/runtime/test_aio*.py")}
    ignored = [
        f"--ignore=tests/runtime/test_{name}.py"
        for name in sorted({*CLIENTLESS, *ALIKE, *repeated} - {*ASYNCHRONOUS})
    ]
    return Round(
        "the client 8.19 on Elasticsearch 8.19.21",
        pytest_command(
            ROOT / ".venv-client8" / "bin" / "python",
            *CACHELESS,
            *("-n", str(BESIDE)),
            *ignored,
            f"--deselect={TEN_THOUSAND}",
            "tests/runtime",
        ),
        {"ECGEN_TEST_SERVERS": "es8"},
    )


def summary(rounds: Iterable[Round], seconds: float) -> str:
    counts = sum((each.counts() for each in rounds), Counter[str]())
    order = ("failed", "passed", "skipped", "xfailed", "xpassed", "warnings", "error")
    parts = [f"{counts[what]} {what}" for what in order if counts[what]]
    minutes, rest = divmod(round(seconds), 60)
    return f"{', '.join(parts)} in {seconds:.2f}s ({minutes // 60}:{minutes % 60:02}:{rest:02})"


def clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def times(rounds: Iterable[Round]) -> str:
    """Return a line for each round, and one for the rest: the servers, and making environments."""
    lines = [
        f"  {clock(each.seconds):>5} {clock(each.processor):>9}  {each.name}" for each in rounds
    ]
    whole = sum(
        sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    rest = whole - sum(each.processor for each in rounds)
    return "\n".join(
        [" time processor", *lines, f"        {clock(rest):>9}  the servers, and environments"]
    )


def main(arguments: list[str]) -> int:
    """Return 0 if every round passed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    suite = Round("the suite", pytest_command(sys.executable, "-n", str(workers()), *arguments))
    others, left_out = [client_8()], list[str]()
    try:
        with (
            temporary_files_in_memory(),
            bytecode_kept(),
            shared(say=lambda text: print(text, flush=True)),
            stopped_first(suite, others),
        ):
            version = ".".join(map(str, sys.version_info[:3]))
            print(f"the suite on Python {version}, in {workers()} processes;", flush=True)
            names = ", ".join(wanted_versions())
            print(f"beside it {others[0].name}, then a smoke part on Python {names}", flush=True)
            thread = threading.Thread(target=beside, args=(others, left_out), daemon=True)
            thread.start()
            suite.run(show=True)
            if thread.is_alive():
                print("waiting for what runs beside it", flush=True)
            thread.join()
    except KeyboardInterrupt:
        print("interrupted; servers and tests are ended", file=sys.stderr)
        return 1
    for each in others:
        print(f"\n{each.name}:\n{each.output.decode('utf-8', 'replace').rstrip()}")
    for line in left_out:
        print(f"left out: {line}")
    rounds = [suite, *others]
    print(f"\n{times(rounds)}")
    print(summary(rounds, time.monotonic() - started))
    return 1 if any(each.status for each in rounds) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
