"""Read `[tool.ecgen]` of pyproject.toml, the defaults of all commands."""

from __future__ import annotations

import keyword
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .diagnostics.problems import did_you_mean, quoted
from .output.manifest import NAME as MANIFEST
from .output.manifest import stays_inside

KEYS = ("schemas", "out", "package", "templates", "io", "elasticsearch")
TABLES = ("artifacts",)

_ARTIFACT_KEYS = ("out", "files")
_PLACEHOLDERS = ("{module}", "{model}")
_EXAMPLE = 'out = "web/types" and files = {"{module}.ts" = "ecgen/typescript/model.ts.j2"}'


class ConfigurationError(Exception):
    """An invalid configuration; the message names the file and says what to write."""


class Artifact(NamedTuple):
    """Files rendered by the user's templates: `[tool.ecgen.artifacts.NAME]`."""

    name: str
    out: Path
    files: tuple[tuple[str, str], ...]
    """Paths within `out` and their templates; a path with `{module}` or `{model}` gives a file for each model."""


class Configuration(NamedTuple):
    """The settings of a project. Paths are relative to the working directory.

    Paths in a pyproject.toml with `[tool.ecgen]`, and the defaults, start from its folder, wherever in the project a command
    runs; without one, from the working directory.
    """

    schemas: tuple[Path, ...] = (Path("schemas"),)
    out: Path = Path("generated")
    package: str | None = None
    """None: the name of the output folder."""
    templates: Path | None = None
    io: str = "sync"
    elasticsearch: str = "9"
    """The version of the oldest server in use: `9`, or a full one such as `8.19.2`."""
    artifacts: tuple[Artifact, ...] = ()

    @property
    def package_name(self) -> str:
        return self.package or self.out.resolve().name

    def overridden(self, **options: Any) -> Configuration:
        """Return the configuration with the given options replaced; options that are None or empty are ignored.

        Raises:
            ConfigurationError: `package` is not an importable name.
        """
        if options.get("package"):
            _check_package("--package", options["package"])
        return self._replace(
            **{name: value for name, value in options.items() if value not in (None, ())}
        )


def find_pyproject(start: Path) -> Path | None:
    """Return the nearest pyproject.toml in `start` or above; None if there is none."""
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file():
            return folder / "pyproject.toml"
    return None


def read(start: Path) -> Configuration:
    """Return the configuration of the project that contains the folder `start`, with defaults for missing keys.

    Raises:
        ConfigurationError: for unreadable TOML, unknown keys, and values of the wrong type.
    """
    file = find_pyproject(start.resolve())
    if file is None:
        return Configuration()
    try:
        text = file.read_bytes().decode()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{_shown(file)} cannot be read: {error}") from error
    return of_text(text, file) or Configuration()


def of_text(text: str, file: Path) -> Configuration | None:
    """Return the configuration in the text of a pyproject.toml at `file`; None if it has none.

    Raises:
        ConfigurationError: as for `read`.
    """
    try:
        document = tomllib.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"{_shown(file)} cannot be read: {error}") from error
    tool = document.get("tool")
    if not isinstance(tool, dict) or "ecgen" not in tool:
        return None
    table = tool["ecgen"]
    if not isinstance(table, dict):
        raise ConfigurationError(f"{_shown(file)}: [tool.ecgen] is not a table")
    return _checked(table, file)


def _checked(table: Mapping[str, Any], file: Path) -> Configuration:
    where = f"{_shown(file)}: [tool.ecgen]"
    for key in table:
        if key not in KEYS + TABLES:
            hint = did_you_mean(key, KEYS + TABLES) or f"it knows {', '.join(KEYS)}"
            raise ConfigurationError(f"{where} has no key {quoted(key)}; {hint}")
    values: dict[str, Any] = {
        "schemas": (_from_here(file.parent / "schemas"),),
        "out": _from_here(file.parent / "generated"),
    }
    for key, value in table.items():
        if key in TABLES:
            continue
        listed = value if key == "schemas" and isinstance(value, list) else [value]
        if not listed or not all(isinstance(each, str) and each for each in listed):
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            hint = "; put it in quotes" if is_number else ""
            wrong = "is empty" if value in ("", []) else f"must be text, not {quoted(value)}"
            raise ConfigurationError(f"{where}: {key} {wrong}{hint}")
        if key == "schemas":
            values[key] = tuple(_from_here(file.parent / each) for each in listed)
        elif key in ("out", "templates"):
            values[key] = _from_here(file.parent / value)
        else:
            values[key] = value
    if "package" in values:
        _check_package(f"{where}: package", values["package"])
    if values.get("io", "sync") not in ("sync", "async"):
        raise ConfigurationError(f"{where}: io is 'sync' or 'async', not {quoted(values['io'])}")
    if not re.fullmatch(r"\d+(\.\d+){0,2}", values.get("elasticsearch", "9")):
        hint = 'write the server\'s version, as in elasticsearch = "9"'
        raise ConfigurationError(
            f"{where}: elasticsearch is not {quoted(values['elasticsearch'])}; {hint}"
        )
    if "artifacts" in table:
        outs = {"out": values["out"].resolve()}
        values["artifacts"] = _artifacts(table["artifacts"], file, where, outs)
    return Configuration(**values)


def _check_package(where: str, name: str) -> None:
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in name.split(".")):
        raise ConfigurationError(
            f"{where} must be a name that Python can import, as in shop.models, not {quoted(name)}"
        )


def _artifacts(table: Any, file: Path, where: str, outs: dict[str, Path]) -> tuple[Artifact, ...]:
    """Return the artifacts of a configuration.

    Args:
        table: the value of `artifacts`.
        file: the pyproject.toml.
        where: the beginning of messages.
        outs: the other output folders, resolved, by the key that names them.

    Raises:
        ConfigurationError: for an invalid artifact, and for folders that are outside the project or overlap.
    """
    if not isinstance(table, Mapping):
        raise ConfigurationError(f"{where}: artifacts must be a table, not {quoted(table)}")
    found = []
    for name, value in table.items():
        at = f"{where[:-1]}.artifacts.{name}]"
        if not isinstance(value, Mapping):
            raise ConfigurationError(f"{at} must be a table with {_EXAMPLE}")
        for key in value:
            if key not in _ARTIFACT_KEYS:
                hint = did_you_mean(key, _ARTIFACT_KEYS) or f"it knows {', '.join(_ARTIFACT_KEYS)}"
                raise ConfigurationError(f"{at} has no key {quoted(key)}; {hint}")
        out = _out(value.get("out"), file.parent, at)
        real = (file.parent / out).resolve()
        for other, folder in outs.items():
            if real.is_relative_to(folder) or folder.is_relative_to(real):
                raise ConfigurationError(
                    f"{at}: out {quoted(out)} and the folder of {other} are one, or one lies in the other"
                )
        outs[f"artifacts.{name}"] = real
        folder = _from_here(file.parent / out)
        found.append(Artifact(name, folder, _files(value.get("files"), at)))
    return tuple(found)


def _out(out: Any, root: Path, at: str) -> str:
    if not isinstance(out, str) or not out:
        raise ConfigurationError(f"{at} requires out, the folder to write to, as in {_EXAMPLE}")
    if not stays_inside(out.rstrip("/")):
        raise ConfigurationError(
            f"{at}: out {quoted(out)} must be a folder inside the project, with '/' between its parts"
        )
    if not (root / out).resolve().is_relative_to(root.resolve()):
        raise ConfigurationError(f"{at}: out {quoted(out)} leads out of the project")
    return out.rstrip("/")


def _files(files: Any, at: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(files, Mapping) or not files:
        raise ConfigurationError(
            f"{at} requires files, paths and their templates, as in {_EXAMPLE}"
        )
    seen: dict[str, str] = {}
    for path, template in files.items():
        if not isinstance(template, str) or not template:
            raise ConfigurationError(f"{at}: {quoted(path)} must name a template")
        for braces in re.findall(r"\{[^{}]*\}", path):
            if braces not in _PLACEHOLDERS:
                hint = did_you_mean(braces, _PLACEHOLDERS) or "write {module} or {model}"
                raise ConfigurationError(f"{at}: {quoted(path)}: unknown {quoted(braces)}; {hint}")
        plain = path.replace("{module}", "m").replace("{model}", "m")
        if not stays_inside(plain) or set("{}") & set(plain) or plain == MANIFEST:
            raise ConfigurationError(
                f"{at}: {quoted(path)} must be a path inside out, with '/' between its parts"
            )
        same = plain.casefold()
        if same in seen:
            raise ConfigurationError(f"{at}: {quoted(seen[same])} and {quoted(path)} are one path")
        seen[same] = path
    return tuple((str(path), template) for path, template in files.items())


def _from_here(path: Path) -> Path:
    """Return the path relative to the working directory if it is below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _shown(file: Path) -> str:
    return str(_from_here(file))
