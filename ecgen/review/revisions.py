"""The definitions of a git revision, read from git's objects; the working tree is neither read nor changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ecgen import config
from ecgen.config import Configuration
from ecgen.definitions.discover import SUFFIXES
from ecgen.diagnostics.problems import quoted

_SHALLOW = (
    "the clone is shallow: fetch the whole history ('fetch-depth: 0' of actions/checkout, or "
    "'git fetch --unshallow')"
)


_SUBMODULE = "160000"
_PLACES = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})


class UnusableSourceError(Exception):
    """A side that cannot be read; the message says why and what to write instead."""


def is_revision(name: str) -> bool:
    """Return whether git knows the name as a commit."""
    if name.startswith("-") or not name:
        return False
    try:
        git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except UnusableSourceError:
        return False
    return True


def why_unknown(name: str, usual: str) -> str:
    """Return why `name` is not a revision here, or what to write instead; `usual` if nothing special is the matter."""
    try:
        is_shallow = git("rev-parse", "--is-shallow-repository").strip() == b"true"
    except UnusableSourceError as error:
        return str(error)
    left, dots, right = name.partition("..")
    if dots and (not left or is_revision(left)) and (not right or is_revision(right)):
        return f"write '{left or 'HEAD'} {right or 'HEAD'}', or '{left}...{right}' to begin where they parted"
    return _SHALLOW if is_shallow else usual


def branch_point(one: str, other: str) -> str:
    """Return the commit where two revisions parted.

    Raises:
        UnusableSourceError: one of them is unknown, or they have no common ancestor.
    """
    for name in (one, other):
        if not is_revision(name):
            why = why_unknown(name, "write A...B, or A...")
            raise UnusableSourceError(f"{quoted(name)} is not a git revision; {why}")
    try:
        return git("merge-base", "--end-of-options", one, other).decode().strip()
    except UnusableSourceError:
        raise UnusableSourceError(
            f"{quoted(one)} and {quoted(other)} have no common ancestor here; a shallow clone lacks it: fetch the "
            "whole history ('fetch-depth: 0' of actions/checkout, or 'git fetch --unshallow')"
        ) from None


def definitions(name: str, configuration: Configuration) -> dict[str, bytes]:
    """Return the definitions of a revision under the names that the working tree would use.

    Their folders are those that the revision's own pyproject.toml names: they may have been moved since.

    Raises:
        UnusableSourceError: they cannot be read.
    """
    top = Path(git("rev-parse", "--show-toplevel").decode().strip())
    revision = f"{name}^{{commit}}"
    commit = git("rev-parse", "--verify", "--end-of-options", revision).decode().strip()
    found: dict[str, bytes] = {}
    for folder in _folders(commit, configuration, top):
        for prefix in _prefixes(folder, top):
            inside = dict(_contents(top, commit, prefix))
            for below, content in inside.items():
                found[_shown(folder / below if below else folder)] = content
            if inside:
                break
    return found


def _folders(commit: str, configuration: Configuration, top: Path) -> tuple[Path, ...]:
    """Return the folders of definitions that the revision's pyproject.toml names, if it is where it is now."""
    file = config.find_pyproject(Path.cwd())
    if file is None or not file.resolve().is_relative_to(top.resolve()):
        return configuration.schemas
    path = file.resolve().relative_to(top.resolve()).as_posix()
    try:
        text = git("cat-file", "blob", f"{commit}:{path}").decode()
        own = config.of_text(text, file)
    except (UnusableSourceError, UnicodeDecodeError, config.ConfigurationError):
        # It had none, or one of another version of ecgen.
        return configuration.schemas
    return own.schemas if own is not None else configuration.schemas


def _prefixes(folder: Path, top: Path) -> list[str]:
    """Return the folder's paths from the top of the repository: where it is, and where a symlink to it is."""
    absolute = Path(os.path.abspath(folder))
    found = [
        path.relative_to(root).as_posix()
        for path in (absolute.resolve(), absolute)
        for root in (top.resolve(), top)
        if path.is_relative_to(root)
    ]
    if not found:
        raise UnusableSourceError(f"{folder} is outside of the git repository {top}")
    return ["" if prefix == "." else prefix for prefix in dict.fromkeys(found)]


def _contents(
    top: Path, commit: str, prefix: str, module: Path | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield the definitions in a folder of a commit, those of submodules too, by path from the folder (empty for a file
    that was named itself).

    Args:
        module: the submodule that has the commit; None for the repository itself.
    """
    for link, sha in _submodules_above(commit, prefix, module):
        if not (top / link / ".git").exists():
            raise UnusableSourceError(
                f"{prefix} is in the submodule {link}, which is not checked out; 'git submodule update --init' does it"
            )
        yield from _of_submodule(top / link, sha, prefix[len(link) + 1 :])
        return
    wanted = []
    only = ("--", prefix) if prefix else ()
    tree = git("ls-tree", "-r", "-z", "--full-tree", commit, *only, module=module)
    for about, path in _entries(tree):
        mode, _, sha = about.split()
        below = path[len(prefix) + 1 :] if prefix else path
        # Symlinks are not definitions; hidden files are ignored on disk, too.
        if any(part.startswith(".") for part in below.split("/")):
            continue
        if mode == _SUBMODULE and (top / path / ".git").exists():
            for inner, content in _of_submodule(top / path, sha, ""):
                yield f"{below}/{inner}", content
        elif mode.startswith("100") and path.endswith(SUFFIXES):
            wanted.append((sha, below))
    if not wanted:
        return
    asked = "\n".join(sha for sha, _ in wanted).encode() + b"\n"
    objects = git("cat-file", "--batch", stdin=asked, module=module)
    at = 0
    for _, below in wanted:
        end = objects.index(b"\n", at)
        size = int(objects[at:end].split()[2])
        yield below, objects[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _submodules_above(commit: str, prefix: str, module: Path | None) -> list[tuple[str, str]]:
    """Return the submodule that is the folder or holds it, and its commit."""
    parts = prefix.split("/") if prefix else []
    above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    if not above:
        return []
    tree = git("ls-tree", "-z", "--full-tree", commit, "--", *above, module=module)
    return [
        (path, about.split()[2]) for about, path in _entries(tree) if about.startswith(_SUBMODULE)
    ]


def _of_submodule(module: Path, sha: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    try:
        git("cat-file", "-e", f"{sha}^{{commit}}", module=module)
    except UnusableSourceError:
        where = _shown(module)
        raise UnusableSourceError(
            f"the submodule {where} lacks the commit {sha[:12]}; 'git -C {where} fetch' brings it"
        ) from None
    return _contents(module, sha, prefix, module)


def _entries(tree: bytes) -> Iterator[tuple[str, str]]:
    for entry in tree.decode("utf-8", "surrogateescape").split("\0"):
        about, tab, path = entry.partition("\t")
        if tab:
            yield about, path


def _shown(path: Path) -> str:
    return Path(os.path.relpath(path)).as_posix()


def git(*arguments: str, stdin: bytes | None = None, module: Path | None = None) -> bytes:
    """Return what git prints.

    Args:
        module: the submodule to ask; None for the repository of the working directory.

    Raises:
        UnusableSourceError: it fails, with what it says.
    """
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", *arguments],  # noqa: S607 - the user's git, wherever it is
            input=stdin,
            capture_output=True,
            check=False,
            cwd=module,
            # In a hook these name the repository itself.
            env=None
            if module is None
            else {k: v for k, v in os.environ.items() if k not in _PLACES},
        )
    except OSError as error:
        raise UnusableSourceError(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise UnusableSourceError(reason or f"git {arguments[0]} failed")
    return done.stdout
