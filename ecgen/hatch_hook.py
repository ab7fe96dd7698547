"""A hatch build hook that generates the models and adds them to the wheel.

In the project's pyproject.toml::

    [build-system]
    requires = ["hatchling", "ecgen-es"]
    build-backend = "hatchling.build"

    [tool.hatch.build.hooks.ecgen]

    [tool.ecgen]
    schemas = "schemas"
    out = "src/shop/models"
    package = "shop.models"

The models are written to `out` as by `ecgen build` (an edited file stops the build), and added to the wheel below the path
of `package`, whether or not git ignores them.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

if TYPE_CHECKING:
    from ecgen.building import Built


class EcgenBuildHook(BuildHookInterface[Any]):
    """Runs `ecgen build` before hatchling collects the files."""

    PLUGIN_NAME = "ecgen"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate the models and add them to the wheel's files.

        Raises:
            RuntimeError: the definitions or the output have problems; the message is that of `ecgen build`.
        """
        from ecgen import config as configuration
        from ecgen.building import Build, BuildError

        root = Path(self.root)
        with _working_directory(root):
            try:
                settings = configuration.read(root)
            except configuration.ConfigurationError as error:
                raise RuntimeError(f"ecgen: {error}") from error
            try:
                built = Build(settings).run()
            except BuildError as error:
                raise RuntimeError(f"ecgen build failed\nerror: {error}") from error
            if not built.ok:
                raise RuntimeError(f"ecgen build failed\n{_why(built)}nothing was written")
            out = settings.out.resolve()
        if self.target_name == "wheel" and version != "editable":
            place = settings.package_name.replace(".", "/")
            files = build_data.setdefault("force_include", {})
            for file in sorted(out.rglob("*")):
                path = file.relative_to(out).as_posix()
                if file.is_file() and "__pycache__" not in path and not file.name.startswith("."):
                    files[str(file)] = f"{place}/{path}"


def _why(built: Built) -> str:
    from ecgen.diagnostics.formats import render

    if built.plans is None and built.loaded is not None:
        return render(built.loaded.errors, source_line=built.loaded.line)
    return "".join(f"{path.as_posix()}: {each.reason}\n" for path, each in built.conflicts)


@contextlib.contextmanager
def _working_directory(folder: Path) -> Any:
    """Change to the folder, so that messages name files relative to the project."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@hookimpl
def hatch_register_build_hook() -> type[BuildHookInterface[Any]]:
    """Return the hook's class, for hatch's plugin manager."""
    return EcgenBuildHook
