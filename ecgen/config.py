"""`[tool.ecgen]` of pyproject.toml: what a project says once, so that commands need no options."""

from __future__ import annotations

import keyword
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .diagnostics.problems import did_you_mean, quoted

KEYS = ("schemas", "out", "package", "templates", "io", "elasticsearch")


class ConfigurationError(Exception):
    """A configuration that cannot be used; the message names the file and says what to write."""


class Configuration(NamedTuple):
    """What a command works on. Paths are relative to the working directory.

    Where a pyproject.toml with `[tool.ecgen]` is, paths in it, and those it leaves to their defaults, are meant from
    its own folder, wherever in the project a command runs; without one, from the working directory.
    """

    schemas: tuple[Path, ...] = (Path("schemas"),)
    out: Path = Path("generated")
    package: str | None = None
    """None: as the output folder is called."""
    templates: Path | None = None
    io: str = "sync"
    elasticsearch: str = "9"
    """The version of the oldest server in use: `9`, or in full `8.19.2`."""

    @property
    def package_name(self) -> str:
        return self.package or self.out.resolve().name

    def overridden(self, **options: Any) -> Configuration:
        """Return the same with the options that are given, those that are not None or empty.

        Raises:
            ConfigurationError: `package` is not a name that Python can import.
        """
        if options.get("package"):
            _check_package("--package", options["package"])
        return self._replace(
            **{name: value for name, value in options.items() if value not in (None, ())}
        )


def find_pyproject(start: Path) -> Path | None:
    """Return the nearest pyproject.toml in `start` or above; None where there is none."""
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file():
            return folder / "pyproject.toml"
    return None


def read(start: Path) -> Configuration:
    """Return the configuration of the project that the folder `start` belongs to; defaults where it says nothing.

    Raises:
        ConfigurationError: for TOML that cannot be read, unknown keys, values of a wrong kind.
    """
    file = find_pyproject(start.resolve())
    if file is None:
        return Configuration()
    try:
        with file.open("rb") as stream:
            document = tomllib.load(stream)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{_shown(file)} cannot be read: {error}") from error
    tool = document.get("tool")
    if not isinstance(tool, dict) or "ecgen" not in tool:
        return Configuration()
    table = tool["ecgen"]
    if not isinstance(table, dict):
        raise ConfigurationError(f"{_shown(file)}: [tool.ecgen] is not a table")
    return _checked(table, file)


def _checked(table: Mapping[str, Any], file: Path) -> Configuration:
    where = f"{_shown(file)}: [tool.ecgen]"
    for key in table:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f"it knows {', '.join(KEYS)}"
            raise ConfigurationError(f"{where} has no key {quoted(key)}; {hint}")
    values: dict[str, Any] = {
        "schemas": (_from_here(file.parent / "schemas"),),
        "out": _from_here(file.parent / "generated"),
    }
    for key, value in table.items():
        listed = value if key == "schemas" and isinstance(value, list) else [value]
        if not listed or not all(isinstance(each, str) and each for each in listed):
            raise ConfigurationError(f"{where}: {key} must be text, not {quoted(value)}")
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
    return Configuration(**values)


def _check_package(where: str, name: str) -> None:
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in name.split(".")):
        raise ConfigurationError(
            f"{where} must be a name that Python can import, as in shop.models, not {quoted(name)}"
        )


def _from_here(path: Path) -> Path:
    """The path as one would type it in the working directory, where it is below that."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _shown(file: Path) -> str:
    return str(_from_here(file))
