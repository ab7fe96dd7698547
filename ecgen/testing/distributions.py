"""Elasticsearch distributions on this machine: downloaded from Maven Central once, then kept in the user's cache folder.

A distribution has the layout of an Elasticsearch home: `lib/` is the class path, `modules/<name>/` holds one plugin with
its descriptor. It gets its final name when it is complete, so that an interrupted download is never used. Concurrent
downloads, of threads or processes, wait for each other.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .node_errors import JarsError, MissingExtraError, UnknownVersionError


@dataclass(frozen=True, slots=True)
class Module:
    """A server module that is published as a jar of its own."""

    name: str
    artifact: str  # in group org.elasticsearch.plugin
    plugin_class: str
    own_jars: tuple[str, ...] = ()  # prefixes of jars that its class loader loads, not the core's


_NETTY_CLIENT = Module(
    "transport-netty4", "transport-netty4-client", "org.elasticsearch.transport.Netty4Plugin"
)
_NETTY = Module(
    "transport-netty4",
    "transport-netty4",
    "org.elasticsearch.transport.netty4.Netty4Plugin",
    own_jars=("netty-",),
)
# 7.x published more modules to Maven Central, for the transport client that 8.0 removed; later versions only the transport.
MODULES: Mapping[str, tuple[Module, ...]] = {
    "9.5.3": (_NETTY,),
    "8.19.21": (_NETTY,),
    "7.17.29": (
        _NETTY_CLIENT,
        Module(
            "mapper-extras",
            "mapper-extras-client",
            "org.elasticsearch.index.mapper.MapperExtrasPlugin",
        ),
        Module("reindex", "reindex-client", "org.elasticsearch.reindex.ReindexPlugin"),
        Module("parent-join", "parent-join-client", "org.elasticsearch.join.ParentJoinPlugin"),
    ),
}
VERSIONS = tuple(MODULES)
DEFAULT_VERSION = VERSIONS[0]

_REPOSITORY_VARIABLE = "ECGEN_MAVEN_REPOSITORY"
_DOWNLOADS_AT_ONCE = 8
_TIMEOUT = 60  # seconds for each request to the repository
_PAUSES = (1.0, 5.0)  # seconds before the second and the third try


def cache_folder() -> Path:
    """Return ecgen's cache folder: `ecgen` in XDG_CACHE_HOME or in the platform's folder for caches."""
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "ecgen"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ecgen"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "ecgen"
    return Path.home() / ".cache" / "ecgen"


def distribution(version: str, say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the home folder of Elasticsearch `version`, downloaded if it is missing (46 MB, about 20 s).

    `say` is called with one line before a download.

    Raises:
        UnknownVersionError: `version` is not one of VERSIONS.
        JarsError: a jar cannot be downloaded, in three tries.
        MissingExtraError: `ecgen-es[node]` is not installed.
    """
    if version not in MODULES:
        raise UnknownVersionError(version, VERSIONS)
    home = cache_folder() / "elasticsearch" / version
    if home.exists():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    with _locked(home.with_suffix(f"{home.suffix}.lock")):
        if not home.exists():  # another process may have downloaded it meanwhile
            say(f"fetching Elasticsearch {version} into {home} (once, about 46 MB)")
            _fetch_patiently(version, home, say)
    return home


def _fetch_patiently(version: str, home: Path, say: Callable[[str], None]) -> None:
    """Fetch, and after a JarsError twice again: a name that is not resolved and a broken connection are often over soon."""
    for pause in _PAUSES:
        try:
            return _fetch(version, home)
        except JarsError as error:
            say(f"{str(error).splitlines()[0]}; trying again in {pause:g} s")
        time.sleep(pause)
    _fetch(version, home)


def _fetch(version: str, home: Path) -> None:
    partial = home.with_name(f"{version}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # left by an interrupted download
    partial.mkdir()
    try:
        found = _download(_coordinates(version), partial / "repository")
        _check(found)
        whole = partial / "home"
        _lay_out(whole, version, found)
        whole.rename(home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _coordinates(version: str) -> list[str]:
    modules = [f"org.elasticsearch.plugin:{module.artifact}" for module in MODULES[version]]
    return [f"{name}:{version}" for name in ("org.elasticsearch:elasticsearch", *modules)]


def _download(coordinates: list[str], repository: Path) -> list[Path]:
    """Return the jars of `coordinates` and of their runtime dependencies."""
    try:
        from jgo.config import GlobalSettings
        from jgo.constants import MAVEN_CENTRAL_URL
        from jgo.maven import MavenContext
        from jgo.parse import Endpoint
    except ImportError as error:
        raise MissingExtraError(str(error.name)) from None
    central = os.environ.get(_REPOSITORY_VARIABLE) or MAVEN_CENTRAL_URL
    try:
        context = MavenContext(
            repo_cache=repository,
            remote_repos={"central": central, **GlobalSettings.load().repositories},
            timeout=_TIMEOUT,
        )
        wanted = [
            context.create_dependency(replace(coordinate, scope="compile"))
            for coordinate in Endpoint.parse("+".join(coordinates)).coordinates
        ]
        given, transitive = context.resolver.resolve(wanted)
        needed = [d for d in transitive if d.scope in ("compile", "runtime")]
        artifacts: list[Any] = [dependency.artifact for dependency in (*given, *needed)]
        with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
            jars = pool.map(lambda artifact: Path(artifact.resolve()), artifacts)
            return list(_counted(jars, len(artifacts)))
    except Exception as error:  # requests and jgo's XML parser raise many kinds
        raise JarsError(coordinates, central, error) from error


def _counted(jars: Iterable[Path], number: int) -> Iterator[Path]:
    """Yield the jars; on a terminal, print how many are downloaded."""
    is_terminal = sys.stderr.isatty()
    for count, jar in enumerate(jars, 1):
        if is_terminal:
            end = "\n" if count == number else ""
            print(f"\r{count} of {number} files", end=end, file=sys.stderr, flush=True)
        yield jar


def _check(jars: list[Path]) -> None:
    """Raise JarsError for a damaged jar: jgo only logs a wrong checksum, and the cache must not keep such a file."""
    for jar in jars:
        try:
            with zipfile.ZipFile(jar) as archive:
                broken = archive.testzip()
        except zipfile.BadZipFile as error:
            broken = str(error)
        if broken:
            raise JarsError([jar.name], "the repository", ValueError(f"damaged jar ({broken})"))


def _lay_out(home: Path, version: str, jars: list[Path]) -> None:
    library = home / "lib"
    library.mkdir(parents=True)
    remaining = sorted(jars)
    for module in MODULES[version]:
        folder = home / "modules" / module.name
        folder.mkdir(parents=True)
        prefixes = (f"{module.artifact}-{version}.jar", *module.own_jars)
        for jar in [jar for jar in remaining if jar.name.startswith(prefixes)]:
            jar.rename(folder / jar.name)
            remaining.remove(jar)
        (folder / "plugin-descriptor.properties").write_text(
            f"name={module.name}\ndescription={module.name}\nversion={version}\n"
            f"elasticsearch.version={version}\nclassname={module.plugin_class}\n"
            "java.version=1.8\nhas.native.controller=false\nextended.plugins=\n",
            encoding="utf-8",
        )
    for jar in remaining:
        jar.rename(library / jar.name)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`, after waiting for others; the system releases it if the process dies."""
    with path.open("a") as file:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            # A lock belongs to one open(), so it also excludes other threads.
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
