"""The asynchronous half of the runtime is what tools/twins.py makes of the blocking half."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import ecgen.runtime
import ecgen.runtime.aio

ROOT = Path(__file__).resolve().parents[2]


def test_the_twins_are_fresh() -> None:
    made = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "twins.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.returncode, made.stderr) == (0, "")


def test_both_have_the_same_names() -> None:
    assert ecgen.runtime.aio.__all__ == ecgen.runtime.__all__


@pytest.mark.parametrize("name", ["Model", "Namespace", "Result", "DocTypeConnection"])
def test_both_have_the_same_methods_with_the_same_parameters(name: str) -> None:
    blocking = getattr(ecgen.runtime, name)
    asynchronous = getattr(ecgen.runtime.aio, name)
    renamed = {"__enter__": "__aenter__", "__exit__": "__aexit__"}
    for method in list(vars(blocking)):  # what is compiled when it is reached changes them
        function = inspect.unwrap(getattr(blocking, method))
        if callable(function) and inspect.isroutine(function) and not method.startswith("__"):
            twin = getattr(asynchronous, renamed.get(method, method))
            assert list(inspect.signature(twin).parameters) == list(
                inspect.signature(function).parameters
            ), method


def test_one_is_not_the_other() -> None:
    assert not issubclass(ecgen.runtime.aio.Model, ecgen.runtime.Model)
    for method in ("get", "find_by", "all", "create", "save", "delete", "count", "load", "refresh"):
        assert inspect.iscoroutinefunction(getattr(ecgen.runtime.aio.Model, method)), method


def test_a_function_that_does_io_must_have_a_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import twins

    monkeypatch.setitem(twins.TWINS, "requests.scan", ("M",))
    with pytest.raises(SystemExit, match="scan does I/O; name it in TWINS"):
        twins.Twin("requests.scan")
    monkeypatch.setitem(twins.TWINS, "requests.scan", ("M", "gone"))
    with pytest.raises(SystemExit, match="there is no gone any more"):
        twins.Twin("requests.scan")


def test_importing_the_runtime_loads_no_asynchronous_part() -> None:
    code = (
        "import sys, ecgen.runtime; "
        "print([name for name in sys.modules if name.startswith(('asyncio', 'ecgen.runtime.aio'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_importing_the_asynchronous_runtime_loads_no_client() -> None:
    code = (
        "import sys, ecgen.runtime.aio; print([name for name in sys.modules "
        "if name.partition('.')[0] in ('elasticsearch', 'elastic_transport', 'aiohttp')])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
